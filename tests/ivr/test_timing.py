"""How long each answer took, brought back by the step that it led to."""

import datetime as dt
import re

import pytest

from hotline import clock
from ivr import timing
from ivr.flow import load
from ivr.session import Where
from ivr.twiml import Values, render
from tests.ivr.people import the
from triage.intake.models import CallStep

A_MOMENT = 1000
"""What the test itself may take, in milliseconds."""
GREETING = render(load("12355"), Where("12355", "greeting", "zh"), Values("https://line.example"))


def asked_before(seconds: float, args: dict[str, str] | None = None) -> dict[str, str]:
    args = timing.first_asked(args or {})
    clock.shift(dt.timedelta(seconds=seconds))
    return args


def told(document: str) -> list[int]:
    """What each step's address says; before the overrides, which stay at the network."""
    return [int(took) for took in re.findall(r"/ivr/step\?[^#]*&amp;took=(\d+)#ct=", document)]


def test_every_step_that_an_answer_leads_to_is_told():
    document = timing.told(GREETING, asked_before(1.5))
    assert len(told(document)) == document.count("/ivr/step?") == 2
    assert all(took in range(1500, 1500 + A_MOMENT) for took in told(document))


def test_one_moment_please_is_part_of_the_wait():
    first = asked_before(4)
    again = asked_before(0.25, first)
    assert told(timing.told(GREETING, again))[0] in range(4250, 4250 + A_MOMENT)


def test_who_was_asked_nothing_is_told_nothing():
    assert timing.told(GREETING, {}) == GREETING
    assert timing.told(GREETING, {timing.ASKED: "x"}) == GREETING


def test_a_clock_that_is_behind_makes_no_time_less_than_none():
    assert "took=0" in timing.told(GREETING, asked_before(-10))


@pytest.mark.parametrize("text", ["", "-1", "٣", "1e3", "9" * 12])
def test_what_is_no_time_is_unknown(text):
    assert timing.took({"took": text}) is None
    assert timing.took({}) is None
    assert timing.took({"took": "37"}) == 37


def test_the_first_step_of_a_call_writes_down_the_time_to_the_greeting(wire):
    url = wire.post("/ivr/voice").findtext("Redirect")
    wire.post(url.removeprefix(wire.settings.public_url).partition("#")[0])
    step = the(CallStep)
    assert (step.node, step.event) == ("greeting", "timeout")
    assert step.answer_ms in range(60_000)


def test_a_step_that_the_fallback_led_to_does_not_know(wire):
    failed = f"{wire.settings.public_url}/ivr/voice"
    answer = wire.post("/ivr/fallback", ErrorUrl=failed, ErrorCode="11200")
    url = answer.findtext("Redirect")
    wire.post(url.removeprefix(wire.settings.public_url).partition("#")[0])
    assert the(CallStep).answer_ms is None
