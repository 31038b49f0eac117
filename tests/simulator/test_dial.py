"""Dial: several telephones ring, a whisper asks, one person accepts."""

import io
import wave

import pytest

from tests.simulator.conftest import Application

OFFICER, COLLEAGUE = "13800000011", "13800000012"
RING = (
    '<Dial action="/dialled" timeout="20" {more}>'
    f'<Number url="/whisper" statusCallback="/leg" '
    f'statusCallbackEvent="initiated ringing answered completed">{OFFICER}</Number>'
    f'<Number url="/whisper">{COLLEAGUE}</Number></Dial>'
)
WHISPER = '<Gather numDigits="1" action="/accept"><Say>来电，按一接听</Say></Gather><Hangup/>'


@pytest.fixture(autouse=True)
def pages(application):
    application.pages |= {
        "/voice": RING.format(more=""),
        "/whisper": WHISPER,
        "/accept": lambda form: "" if form["Digits"] == "1" else "<Hangup/>",
        "/dialled": "<Say>通话完了</Say>",
    }


@pytest.fixture
def officer(network):
    return network.phone(OFFICER)


@pytest.fixture
def colleague(network):
    return network.phone(COLLEAGUE)


def _result(application: Application) -> tuple[str, str]:
    (form,) = application.at("/dialled")
    return form["DialCallStatus"], form["DialBridged"]


def test_the_first_to_accept_wins_and_the_others_stop_ringing(
    application, network, caller, officer, colleague
):
    caller.dial("12355")
    colleague.rings()
    officer.answers().hears("按一接听").presses("1").is_connected()
    colleague.does_not_ring(0)
    caller.is_connected().says(text="救救他")
    officer.hears("救救他").says(text="您在哪里")
    caller.hears("您在哪里")
    officer.hangs_up()
    caller.hears("通话完了").is_hung_up_on()
    assert caller.call["awaiting"] == ""
    network.settles()
    assert _result(application) == ("completed", "true")
    assert application.at("/dialled")[0]["DialCallSid"] == officer.call["sid"]
    assert colleague.call["status"] == "canceled"
    assert network.errors == []


def test_the_called_leg_reports_its_progress(application, network, caller, officer, colleague):
    colleague.never_answers()
    caller.dial("12355")
    officer.answers().presses("1").is_connected().hangs_up()
    network.settles()
    progress = [(f["SequenceNumber"], f["CallStatus"]) for f in application.at("/leg")]
    assert progress == [
        ("0", "initiated"),
        ("1", "ringing"),
        ("2", "in-progress"),
        ("3", "completed"),
    ]
    assert {f["Direction"] for f in application.at("/leg")} == {"outbound-dial"}
    assert {f["ParentCallSid"] for f in application.at("/leg")} == {caller.call["sid"]}


def test_answered_but_not_accepted_is_not_bridged(application, caller, officer, colleague):
    colleague.never_answers()
    caller.dial("12355")
    officer.answers().hears("按一接听").presses("2").is_hung_up_on()
    caller.hears("通话完了").is_hung_up_on()
    assert _result(application)[1] == "false"


def test_a_machine_answers_and_presses_nothing(application, caller, officer, colleague):
    officer.has_voicemail()
    colleague.is_busy()
    caller.dial("12355").hears("通话完了").is_hung_up_on()
    assert _result(application) == ("completed", "false")
    assert "按一接听" in officer.heard


@pytest.mark.parametrize(
    ("habit", "status"),
    [("never_answers", "no-answer"), ("is_busy", "busy"), ("is_unreachable", "failed")],
)
def test_nobody_to_be_had(application, caller, officer, colleague, habit, status):
    getattr(officer, habit)()
    getattr(colleague, habit)()
    caller.dial("12355").hears("通话完了").is_hung_up_on()
    assert _result(application) == (status, "false")


def test_declining_and_letting_it_ring(application, caller, officer, colleague):
    caller.dial("12355")
    officer.declines()
    colleague.lets_it_ring()
    caller.hears("通话完了").is_hung_up_on()
    assert _result(application) == ("no-answer", "false")
    assert officer.call["status"] == "busy"


def test_an_end_of_the_whisper_without_hangup_means_accepted(
    application, caller, officer, colleague
):
    application.pages["/whisper"] = "<Say>来电</Say>"
    colleague.never_answers()
    caller.dial("12355")
    officer.answers().hears("来电").is_connected()
    caller.hangs_up()
    officer.is_hung_up_on()
    assert _result(application) == ("completed", "true")


def test_a_caller_who_gives_up_stops_the_ringing(application, network, caller, officer, colleague):
    caller.dial("12355")
    officer.rings()
    colleague.rings()
    caller.hangs_up()
    officer.is_hung_up_on().does_not_ring(0)
    network.settles()
    assert {officer.call["status"], colleague.call["status"]} == {"canceled"}
    assert _result(application)[1] == "false"


def test_a_telephone_in_a_call_is_busy(application, network, caller, officer, colleague):
    colleague.never_answers()
    caller.dial("12355")
    officer.answers().presses("1").is_connected()
    second = network.phone("13800000002")
    second.dial("12355").hears("通话完了").is_hung_up_on()
    assert application.at("/dialled")[0]["DialCallStatus"] in {"busy", "no-answer"}
    officer.hangs_up()


def test_the_conversation_is_recorded_in_two_channels(
    application, network, caller, officer, colleague, client, media
):
    application.pages["/voice"] = RING.format(
        more='record="record-from-answer-dual" recordingStatusCallback="/recording"'
    )
    colleague.never_answers()
    caller.dial("12355")
    officer.answers().presses("1").is_connected()
    caller.is_connected().says(seconds=2)
    officer.says(seconds=1)
    caller.hangs_up()
    network.settles()
    (recording,) = application.at("/recording")
    assert (recording["RecordingChannels"], recording["RecordingSource"]) == ("2", "DialVerb")
    assert recording["RecordingDuration"] == "3"
    assert application.at("/dialled")[0]["RecordingSid"] == recording["RecordingSid"]
    assert client.recordings(recording["RecordingSid"]).fetch().channels == 2
    for asked, channels in (("", 2), ("?RequestedChannels=2", 2), ("?RequestedChannels=1", 1)):
        with wave.open(io.BytesIO(media(recording["RecordingUrl"] + asked).content)) as file:
            assert (file.getnchannels(), file.getnframes()) == (channels, 24000)


def test_a_caller_id_must_be_ours_or_the_callers(application, network, caller, officer, colleague):
    application.pages["/voice"] = RING.format(more='callerId="13911111111"')
    caller.dial("12355").hears("application error").is_hung_up_on()
    assert [error["code"] for error in network.errors] == [13214]
    application.pages["/voice"] = RING.format(more='callerId="12355"')
    caller.dial("12355")
    officer.rings()
    assert officer.call["from"] == "12355"
    caller.hangs_up()


def test_without_an_action_the_next_verb_follows(application, caller):
    application.pages["/voice"] = "<Dial>13900000000</Dial><Say>没人接</Say>"
    caller.dial("12355").hears("没人接").is_hung_up_on()


def test_a_called_leg_that_is_moved_leaves_the_caller_behind(
    application, network, caller, officer, colleague, client
):
    application.pages["/elsewhere"] = "<Say>请记录</Say><Hangup/>"
    colleague.never_answers()
    caller.dial("12355")
    officer.answers().presses("1").is_connected()
    caller.is_connected()
    client.calls(officer.call["sid"]).update(url=f"{application.base}/elsewhere")
    officer.hears("请记录").is_hung_up_on()
    caller.hears("通话完了").is_hung_up_on()
    assert _result(application) == ("completed", "true")
    assert "DialCallDuration" not in application.at("/dialled")[0]
    assert network.errors == []


def test_a_caller_who_is_moved_takes_leave_of_the_called(
    application, network, caller, officer, colleague, client
):
    colleague.never_answers()
    caller.dial("12355")
    officer.answers().presses("1").is_connected()
    caller.is_connected()
    client.calls(caller.call["sid"]).update(twiml="<Response><Say>请稍候</Say></Response>")
    caller.hears("请稍候").is_hung_up_on()
    officer.is_hung_up_on()
    assert application.at("/dialled") == []
