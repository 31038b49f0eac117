"""Lines of their own on top of the first: what is different about them, and that nothing else is."""

import datetime as dt
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from hotline import clock, config
from hotline.hours import ALWAYS
from ivr.checker import faults
from ivr.flow import load, load_all
from ivr.nodes import Audience, Record, prompt_language, spoken
from ivr.session import Event, Heard, Where, advance
from ivr.wording import INVITATIONS, wordings

LINES = ("12345", "district")
ZONE = ZoneInfo("Asia/Shanghai")
OUTSIDE_FLOWS = {"one_moment"}
"""Said by the engine itself (`ivr.patience`)."""


def _goes_to(line: str, node: str, event: Event, value: str = "") -> Where:
    flow = load(line)
    return advance(flow, Where(line, node, flow.languages[0]), Heard(event, value)).where


@pytest.mark.parametrize("name", LINES)
def test_every_line_is_without_fault_and_for_callers(name: str):
    assert faults(load(name)) == []
    assert load(name).audience is Audience.caller


@pytest.mark.parametrize("name", LINES)
def test_a_line_greets_as_itself_in_every_language(name: str):
    greetings = [
        node.prompts[0] for node in load(name).nodes.values() if "cannot_speak" in node.prompts
    ]
    assert len(greetings) == len(load(name).languages)
    assert set(greetings) == {f"greeting_{name}"}


@pytest.mark.parametrize("name", LINES)
def test_what_a_line_does_not_say_is_as_on_the_first_one(name: str):
    first, line = load("12355"), load(name)
    assert line.start == first.start
    assert line.nodes["danger"] == first.nodes["danger"]
    assert line.nodes["quiet_danger"] == first.nodes["quiet_danger"]
    assert first.nodes.keys() <= line.nodes.keys()


def test_calls_from_12345_ring_one_officer_after_the_other():
    assert load("12345").in_turn
    assert not load("12355").in_turn
    assert load("12345").hours == ALWAYS


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2026-02-13T15:00", True),
        ("2026-02-13T13:00", False),
        ("2026-02-14T15:00", True),
        ("2026-02-16T15:00", False),
    ],
)
def test_a_district_keeps_its_own_hours(local: str, is_open: bool):
    at = dt.datetime.fromisoformat(local).replace(tzinfo=ZONE)
    assert load("district").hours.open_at(at, ZONE) is is_open


def test_outside_its_hours_a_district_offers_the_recording_and_danger():
    assert _goes_to("district", "greeting", Event.timeout).node == "known_nuisance"
    assert _goes_to("district", "known_nuisance", Event.decided, "no").node == "opening"
    assert _goes_to("district", "opening", Event.decided, "open").node == "officer"
    assert _goes_to("district", "opening", Event.decided, "closed").node == "closed"
    closed = load("district").nodes["closed"]
    assert isinstance(closed, Record)
    assert _goes_to("district", "closed", Event.digits, "1").node == "danger"
    assert _goes_to("district", "closed", Event.digits, "*").node == "danger"
    assert _goes_to("district", "closed", Event.recorded, "RE1").node == "heard"


@pytest.mark.parametrize(("day", "is_open"), [("2026-02-16", False), ("2026-02-14", True)])
def test_a_call_to_the_district_on_a_holiday_and_on_a_make_up_day(wire, monkeypatch, day, is_open):
    line = wire.settings.model_copy(update={"hotline_numbers": "12355=district"})
    monkeypatch.setattr(config, "_current", line)
    wire.post("/ivr/voice")
    noon = dt.datetime.fromisoformat(f"{day}T15:00").replace(tzinfo=ZONE)
    clock.shift(noon - clock.now())
    place = {"flow": "district", "node": "greeting", "lang": "zh", "tries": "0", "step": "0"}
    answer = wire.post(f"/ivr/step?{urlencode(place | {'event': 'timeout'})}")
    said = "".join(answer.itertext())
    assert (wordings()["zh"].say["closed_now"] in said) is not is_open
    assert (answer.find("Record") is None) is is_open


def test_with_the_database_away_a_district_counts_as_open():
    assert _goes_to("district", "opening", Event.unanswered).node == "officer"


def test_cantonese_is_one_key_away_where_it_is_spoken():
    where = _goes_to("district", "greeting", Event.digits, "7")
    assert (where.node, where.lang) == ("cantonese", "yue")
    flow = load("district")
    assert advance(flow, where, Heard(Event.digits, "1")).where.lang == "yue"


def test_every_sentence_is_said_by_some_flow():
    said = {
        prompt_language(prompt, language)[1]
        for flow in load_all().values()
        for language in flow.languages
        for node in flow.nodes.values()
        for prompt in spoken(node)
    }
    written = {key for wording in wordings().values() for key in wording.say}
    assert written - said == OUTSIDE_FLOWS
    assert set(INVITATIONS) <= said
