import enum
from types import ModuleType

import pytest

import hotline.outbox
import hotline.phones
import triage.alerts.models
import triage.alerts.states
import triage.alike.score
import triage.callers.models
import triage.cases.models
import triage.cases.states
import triage.conversations.models
import triage.conversations.states
import triage.intake.models
import triage.intake.states
import triage.mandated.models
import triage.places.models
import triage.queue.bulk
import triage.queue.models
import triage.queue.states
from ivr.flow import load_all
from ivr.nodes import Audience, Decide, Say
from triage import words
from triage.intake.states import Situation
from triage.trace import TRACE_NODES

INSIDE = {
    # What happens to a noun is not shown; what it leads to is.
    "CallEvent",
    "ReportEvent",
    "RecordingEvent",
    "AlertEvent",
    "LegEvent",
    "CallbackEvent",
    "MessageEvent",
    "HandoverEvent",
    "MergeEvent",
    "TaskEvent",
    "AttachmentEvent",
    "Likeness",  # becomes a reason of its own
}


def shown(room: ModuleType) -> list[type[enum.StrEnum]]:
    found = [one for one in vars(room).values() if isinstance(one, type)]
    return [one for one in found if issubclass(one, enum.StrEnum) and one is not enum.StrEnum]


@pytest.mark.parametrize(
    "room",
    [
        hotline.outbox,
        hotline.phones,
        triage.alerts.models,
        triage.alerts.states,
        triage.cases.models,
        triage.cases.states,
        triage.conversations.models,
        triage.conversations.states,
        triage.callers.models,
        triage.intake.models,
        triage.mandated.models,
        triage.intake.states,
        triage.places.models,
        triage.queue.bulk,
        triage.queue.models,
        triage.queue.states,
        triage.alike.score,
    ],
)
def test_every_member_has_its_word(room: ModuleType) -> None:
    kinds = [kind for kind in shown(room) if kind.__name__ not in INSIDE]
    assert kinds
    for kind in kinds:
        assert set(words.WORDS[kind]) == set(kind), kind


def test_every_situation_stands_in_exactly_one_group() -> None:
    grouped = [one for _, members in words.SITUATION_GROUPS for one in members]
    assert sorted(grouped) == sorted(Situation)


def test_equal_values_of_different_kinds_keep_their_own_word() -> None:
    kinds = (triage.alerts.states.AlertStatus, triage.alerts.models.LogKind)
    status, line = (words.WORDS[kind][kind("raised")] for kind in kinds)
    assert len({str(kind("raised")) for kind in kinds}) == 1
    assert status is not line


@pytest.mark.parametrize(
    "node",
    [
        pytest.param(name, id=f"{flow.name}-{name}")
        for flow in load_all().values()
        if flow.audience is Audience.caller
        for name, node in flow.nodes.items()
        if not isinstance(node, Decide | Say)
    ],
)
def test_every_place_where_a_caller_can_be_has_a_word_in_the_trace(node: str):
    assert node in TRACE_NODES
