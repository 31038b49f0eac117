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


def test_a_move_interrupts_a_prompt_and_a_pause(application, network, client_of):
    application.pages |= {
        "/voice": f'<Say>{"很长的话" * 40}</Say><Pause length="60"/>',
        "/elsewhere": "<Hangup/>",
    }
    caller = network.phone("13800000001").dial("12355").hears("很长的话")
    client_of(network).calls(caller.call["sid"]).update(url=f"{application.base}/elsewhere")
    caller.is_hung_up_on(within=3)


def test_digits_come_one_by_one_and_a_pause_ends_them(application, network):
    application.pages |= {
        "/voice": '<Gather numDigits="6" timeout="1" action="/key"/>',
        "/key": "<Hangup/>",
    }
    caller = network.phone("13800000001").dial("12355")
    for key in "135":
        caller.presses(key)
        time.sleep(0.4)
    caller.is_hung_up_on(within=5)
    assert application.at("/key")[0]["Digits"] == "135"


def test_speech_is_heard_to_its_end(application, network):
    application.pages |= {
        "/voice": '<Gather input="dtmf speech" speechTimeout="auto" action="/key"/>',
        "/key": "<Hangup/>",
    }
    caller = network.phone("13800000001").dial("12355")
    caller.says(text="我要").says(text="报告").is_hung_up_on(within=5)
    assert application.at("/key")[0]["SpeechResult"] == "我要 报告"


def test_hold_music_ends_when_the_conference_begins(application, network, client_of):
    room = '<Dial><Conference {more} endConferenceOnExit="true">a</Conference></Dial>'
    application.pages |= {
        "/voice": room.format(more='waitUrl="/wait"'),
        "/wait": '<Say>请稍候</Say><Pause length="1"/><Redirect/>',
        "/officer": room.format(more=""),
    }
    caller, officer = network.phone("13800000001"), network.phone("13800000002")
    caller.dial("12355").hears("请稍候")
    time.sleep(2.5)
    assert len(application.at("/wait")) > 1
    client_of(network).calls.create(
        to=officer.number, from_="12355", url=f"{application.base}/officer"
    )
    officer.answers()
    caller.is_with(officer).says(text="您好")
    officer.hears("您好")
    caller.hangs_up()
    officer.is_hung_up_on()
