"""A caller in any state of mind: random keys, silence, hanging up, and a network that says everything
twice. There is one report, and a person or the recording is never far."""

import itertools
import time
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline import config, db
from ivr import patience
from ivr.checker import KEYPAD
from ivr.flow import load, load_all
from ivr.nodes import Audience, Effect, End, Entry, Flow, Menu, Node, Record, Say, Talk, Wait, ways
from ivr.session import Event, Heard, Where, advance, start
from triage.intake.models import Call, Report
from triage.intake.states import CallStatus, ReportStatus, Urgency

LINES = {name: flow for name, flow in load_all().items() if flow.audience is Audience.caller}
IN_TWO_PROMPTS = 2
LONGEST_ANSWER = patience.SECONDS + 1
LONGEST_WALK = 40
SILENCE = Heard(Event.timeout)

NUMBERS = {name: str(12340 + place) for place, name in enumerate(LINES)}

_numbers = itertools.count(1)


@pytest.fixture
def every_line(wire, monkeypatch):
    """The application with a number for each of its lines."""
    pairs = ",".join(f"{number}={name}" for name, number in NUMBERS.items())
    changed = config.current().model_copy(update={"hotline_numbers": pairs})
    monkeypatch.setattr(config, "_current", changed)
    return wire


def is_danger(node: Node) -> bool:
    return Effect.emergency in node.effects


def reached(flow: Flow, *, past_danger: bool) -> list[str]:
    """Where a caller can come to."""
    found, ahead = [], [flow.start]
    while ahead:
        name = ahead.pop()
        if name in found:
            continue
        found.append(name)
        if past_danger or not is_danger(flow.nodes[name]):
            ahead += [to for _, to in ways(flow.nodes[name])]
    return found


@pytest.mark.parametrize("flow", LINES.values(), ids=LINES)
def test_danger_is_one_key_away_wherever_something_is_heard(flow: Flow):
    for name in reached(flow, past_danger=False):
        node = flow.nodes[name]
        heard = node.prompts or isinstance(node, Menu | Entry | Wait | Record)
        if not heard or is_danger(node) or isinstance(node, Talk):
            continue
        keys = [to for key, to in ways(node) if key in KEYPAD]
        assert any(is_danger(flow.nodes[to]) for to in keys), name


def prompts_before_somebody(flow: Flow, where: Where) -> int:
    """How many prompts a caller who does nothing more hears before a person is rung or the recording
    runs; none for those who have talked, or left a statement, already."""
    count = 0
    while True:
        node = flow.nodes[where.node]
        if isinstance(node, Wait | Record | Talk):
            return count
        if isinstance(node, End):
            return 0
        count += isinstance(node, Menu | Entry) or (isinstance(node, Say) and bool(node.prompts))
        where = advance(flow, where, SILENCE).where


@pytest.mark.parametrize("flow", LINES.values(), ids=LINES)
def test_whoever_does_nothing_more_reaches_a_person_or_the_recording_in_two_prompts(flow: Flow):
    for name in reached(flow, past_danger=True):
        where = Where(flow.name, name, flow.languages[0])
        assert prompts_before_somebody(flow, where) <= IN_TWO_PROMPTS, name
    assert prompts_before_somebody(flow, start(flow).where) <= 1


KEYS = st.sampled_from("0123456789*#")
DIGITS = st.sampled_from(["10000119", "100105", "4711", "0229", "999901", "12*"])
DEEDS = st.one_of(
    st.just(("silence", "")),
    st.tuples(st.just("press"), KEYS | DIGITS),
    st.tuples(st.just("say"), st.sampled_from(["救命", "查询", "喂", "我在学校", "English"])),
    st.just(("record", "")),
    st.just(("hang up", "")),
)


class Walk:
    """One call, webhook by webhook, as the network would follow the documents."""

    def __init__(self, wire, flow: str) -> None:
        self.wire = wire
        self.sid = f"CA{next(_numbers):032d}"
        self.to = NUMBERS[flow]
        self.recordings = 0
        self.slowest = 0.0
        self.document = self.ask("/ivr/voice", twice=False)

    def ask(self, path: str, *, twice: bool, **form: str) -> ET.Element:
        form = {"CallSid": self.sid, "To": self.to, "CallStatus": "in-progress", **form}
        for _ in range(1 + twice):
            began = time.monotonic()
            document = self.wire.post(path, **form)
            self.slowest = max(self.slowest, time.monotonic() - began)
        return document

    def does(self, deed: str, value: str, *, twice: bool) -> bool:
        """What the caller does, and what the network makes of it; whether the call goes on."""
        verb = self.document[-2] if len(self.document) > 1 else self.document[0]
        listening = next((one for one in self.document if one.tag in {"Gather", "Record"}), None)
        redirect = self.document.findtext("Redirect")
        if deed == "hang up":
            return False
        if deed == "press" and listening is not None and listening.tag == "Gather":
            self.go(listening.get("action", ""), twice=twice, Digits=value)
        elif deed == "say" and listening is not None and "speech" in listening.get("input", ""):
            self.go(listening.get("action", ""), twice=twice, SpeechResult=value)
        elif deed == "record" and verb.tag == "Record":
            self.recordings += 1
            sid = f"RE{self.sid[2:]}{self.recordings}"
            self.go(verb.get("action", ""), twice=twice, RecordingSid=sid)
        elif redirect:
            self.go(redirect, twice=twice)
        else:
            return False
        return True

    def go(self, url: str, *, twice: bool, **form: str) -> None:
        place = dict(parse_qsl(urlsplit(url).query))
        self.document = self.ask(
            f"/ivr/step?{urlencode(place)}", twice=twice, **{k: v for k, v in form.items() if v}
        )

    @property
    def where(self) -> str:
        """The node that is heard."""
        for verb in self.document:
            url = verb.get("action") or verb.text or ""
            if "node=" in url:
                return dict(parse_qsl(urlsplit(url).query))["node"]
        return ""


@pytest.mark.parametrize("name", LINES)
@settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    deeds=st.lists(st.tuples(DEEDS, st.booleans()), max_size=LONGEST_WALK),
    ends_twice=st.booleans(),
)
def test_whatever_a_caller_does_there_is_one_report(every_line, name, deeds, ends_twice):
    walk, flow = Walk(every_line, name), load(name)
    assert walk.where == flow.start
    was_danger = False
    for (deed, value), twice in deeds:
        if not walk.does(deed, value, twice=twice):
            break
        node = flow.nodes.get(walk.where)
        was_danger = was_danger or (node is not None and is_danger(node))
    walk.ask("/ivr/status", twice=ends_twice, CallStatus="completed")
    with db.transaction() as session:
        of_call = sa.select(Report).join(Call).where(Call.call_sid == walk.sid)
        [report] = session.scalars(of_call).all()
        call = session.scalars(sa.select(Call).where(Call.call_sid == walk.sid)).one()
    assert call.flow == name
    assert call.status in {CallStatus.completed, CallStatus.abandoned}
    assert report.status in {ReportStatus.waiting, ReportStatus.triaged}
    if was_danger:
        assert report.urgency is Urgency.emergency
    assert walk.slowest < LONGEST_ANSWER
