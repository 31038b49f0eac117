"""At the pace of people time runs: silence ends by itself, and a key cuts a prompt short."""

import time

import pytest

from hotline.simulator.config import Line, Phone
from hotline.simulator.driver import pocket_network


@pytest.fixture
def network(application):
    with pocket_network(
        {"12355": Line(f"{application.base}/voice")},
        account_sid="AC1",
        auth_token="t",
        pace="real",
        phones=[Phone("13800000001", "来电人")],
    ) as network:
        yield network


def test_a_key_cuts_a_long_prompt_short(application, network):
    application.pages |= {
        "/voice": f'<Gather numDigits="1" action="/key"><Say>{"很长的话" * 40}</Say></Gather>',
        "/key": "<Hangup/>",
    }
    began = time.monotonic()
    caller = network.phone("13800000001").dial("12355").hears("很长的话")
    caller.presses("1").is_hung_up_on()
    assert application.at("/key")[0]["Digits"] == "1"
    assert time.monotonic() - began < 5


def test_silence_ends_a_gather_and_a_recording(application, network):
    application.pages["/voice"] = (
        '<Gather timeout="1"/><Record action="/done" timeout="1"/><Say>没有声音</Say>'
    )
    caller = network.phone("13800000001").dial("12355").hears("没有声音", within=5)
    assert application.at("/done") == []
    assert caller.call["duration"] is None
    caller.hangs_up()


def test_who_is_still_speaking_is_not_silent(application, network):
    application.pages |= {"/voice": '<Record action="/done" timeout="1"/>', "/done": "<Hangup/>"}
    caller = network.phone("13800000001").dial("12355").hears("")
    network.post("microphone", {"number": caller.number, "open": True})
    time.sleep(1.3)
    caller.says(seconds=2)
    network.post("microphone", {"number": caller.number, "open": False})
    caller.is_hung_up_on(within=5)
    assert application.at("/done")[0]["RecordingDuration"] == "2"


def test_a_telephone_rings_as_long_as_it_is_told_to(application, network):
    application.pages["/voice"] = (
        '<Dial timeout="1" action="/dialled"><Number>13800000002</Number></Dial>'
    )
    officer = network.phone("13800000002")
    caller = network.phone("13800000001").dial("12355")
    officer.rings()
    caller.is_hung_up_on(within=5)
    assert application.at("/dialled")[0]["DialCallStatus"] == "no-answer"
