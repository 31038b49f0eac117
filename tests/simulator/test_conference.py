"""Conference: several legs in one room, each leg with an end, an action and a recording of its own."""

import io
import wave

import pytest

ROOM = '<Dial action="/after" {dial}><Conference {room}>room 7</Conference></Dial>'
EVENTS = 'statusCallback="/events" statusCallbackEvent="start end join leave"'
DUAL = 'record="record-from-answer-dual" recordingStatusCallback="/recording"'
FROM = "12355"


def _room(dial: str = "", room: str = "") -> str:
    return ROOM.format(dial=dial, room=room)


@pytest.fixture(autouse=True)
def pages(application):
    application.pages |= {
        "/voice": _room(DUAL, f'endConferenceOnExit="true" {EVENTS}'),
        "/officer": _room(room='startConferenceOnEnter="true" waitUrl=""'),
        "/after": "<Say>会议结束</Say>",
    }


@pytest.fixture
def called(application, network, client):
    """Call somebody into a document, and let them answer."""

    def call(number: str, path: str = "/officer"):
        phone = network.phone(number)
        client.calls.create(to=number, from_=FROM, url=f"{application.base}{path}")
        return phone.answers()

    return call


def _events(application) -> list[str]:
    return [form["StatusCallbackEvent"] for form in application.at("/events")]


def _after(application, phone) -> dict[str, str]:
    (form,) = [f for f in application.at("/after") if f["CallSid"] == phone.call["sid"]]
    return form


def test_all_in_a_room_hear_each_other(application, network, caller, called):
    caller.dial("12355")
    officer = called("13800000011")
    caller.is_with(officer)
    police = called("13800000012")
    caller.is_with(officer, police)
    (room,) = network.conferences
    assert (room["name"], len(room["persons"]), room["started"]) == ("room 7", 3, True)
    officer.says(text="您在哪里")
    caller.hears("您在哪里").says(text="在学校")
    police.hears("您在哪里").hears("在学校").presses("5")
    officer.hears("在学校")
    assert "[key] 5" in officer.heard
    assert "[person] 您在哪里" not in officer.heard
    caller.hangs_up()
    assert network.errors == []


def test_the_room_ends_with_one_whom_it_ends_with(application, network, caller, called):
    caller.dial("12355")
    officer = called("13800000011")
    caller.is_with(officer)
    caller.hangs_up()
    officer.hears("会议结束").is_hung_up_on()
    network.settles()
    hung_up, went_on = (_after(application, phone) for phone in (caller, officer))
    assert (hung_up["CallStatus"], went_on["CallStatus"]) == ("completed", "in-progress")
    for form in (hung_up, went_on):
        assert (form["DialCallStatus"], form["DialBridged"]) == ("answered", "true")
        assert "DialCallSid" not in form
        assert "DialCallDuration" not in form
    assert network.conferences == []


def test_others_leaving_ends_nothing(application, network, caller, called):
    caller.dial("12355")
    officer = called("13800000011")
    caller.is_with(officer)
    officer.hangs_up()
    caller.is_with(called("13800000012")).hangs_up()
    network.settles()
    assert _events(application).count("conference-end") == 1


def test_events_tell_who_comes_and_goes_and_why(application, network, caller, called):
    caller.dial("12355").hears("hold music")
    officer = called("13800000011")
    caller.is_with(officer)
    officer.hangs_up()
    caller.hangs_up()
    network.settles()
    assert _events(application) == [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]
    told = application.at("/events")
    assert [form["SequenceNumber"] for form in told] == ["1", "2", "3", "4", "5", "6"]
    assert {form["FriendlyName"] for form in told} == {"room 7"}
    assert len({form["ConferenceSid"] for form in told}) == 1
    assert told[0]["CallSid"] == caller.call["sid"]
    assert (told[0]["EndConferenceOnExit"], told[1]["EndConferenceOnExit"]) == ("true", "false")
    assert told[3]["ReasonParticipantLeft"] == "participant_hung_up"
    assert told[3]["ParticipantCallStatus"] == "completed"
    assert told[5]["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert told[5]["CallSidEndingConference"] == caller.call["sid"]
    assert "CallSid" not in told[5]


def test_a_leg_is_recorded_on_two_channels(application, network, caller, called, client, media):
    caller.dial("12355")
    officer, police = called("13800000011"), called("13800000012")
    caller.is_with(officer, police).says(seconds=2)
    officer.says(seconds=1)
    police.says(seconds=3)
    caller.hangs_up()
    network.settles()
    (told,) = application.at("/recording")
    assert (told["RecordingChannels"], told["RecordingSource"]) == ("2", "DialVerb")
    assert (told["RecordingDuration"], told["CallSid"]) == ("6", caller.call["sid"])
    assert _after(application, caller)["RecordingSid"] == told["RecordingSid"]
    mine, theirs = _channels(media(told["RecordingUrl"]).content)
    assert any(mine[:16000])
    assert not any(mine[16000:])
    assert not any(theirs[:16000])
    assert any(theirs[16000:24000])
    assert any(theirs[24000:])


def _channels(wav: bytes) -> tuple[list[int], list[int]]:
    with wave.open(io.BytesIO(wav)) as file:
        assert file.getnchannels() == 2
        samples = memoryview(file.readframes(file.getnframes())).cast("h").tolist()
    return samples[0::2], samples[1::2]


def test_a_move_takes_a_leg_out_without_its_action(application, network, caller, called, client):
    application.pages["/elsewhere"] = "<Say>请稍候</Say><Hangup/>"
    caller.dial("12355")
    officer = called("13800000011")
    caller.is_with(officer)
    client.calls(officer.call["sid"]).update(url=f"{application.base}/elsewhere")
    officer.hears("请稍候").is_hung_up_on()
    assert application.at("/after") == []
    caller.hangs_up()
    network.settles()
    left = [f for f in application.at("/events") if f["StatusCallbackEvent"].endswith("leave")]
    assert left[0]["ReasonParticipantLeft"] == "participant_updated_via_api"
    assert left[0]["ParticipantCallStatus"] == "in-progress"


def test_a_moved_callers_recording_is_kept(application, network, caller, called, client):
    application.pages["/elsewhere"] = "<Hangup/>"
    caller.dial("12355")
    caller.is_with(called("13800000011")).says(seconds=1)
    client.calls(caller.call["sid"]).update(url=f"{application.base}/elsewhere")
    caller.is_hung_up_on()
    network.settles()
    assert application.at("/recording")[0]["RecordingDuration"] == "1"


def test_one_can_be_ended_by_the_api(application, network, caller, called, client):
    caller.dial("12355")
    officer = called("13800000011")
    caller.is_with(officer)
    client.calls(caller.call["sid"]).update(status="completed")
    caller.is_hung_up_on()
    officer.hears("会议结束").is_hung_up_on()
    network.settles()
    assert application.at("/events")[-1]["ReasonConferenceEnded"].endswith("on-exit-kicked")


def test_a_room_begins_with_two_and_one_who_may_begin_it(application, network, caller, called):
    application.pages["/officer"] = _room(room='startConferenceOnEnter="false"')
    application.pages["/voice"] = _room(room='startConferenceOnEnter="false"')
    application.pages["/chair"] = _room(room='waitUrl=""')
    caller.dial("12355")
    officer = called("13800000011")
    officer.hears("hold music")
    assert network.conferences[0]["started"] is False
    assert caller.call["awaiting"] == ""
    chair = called("13800000012", "/chair")
    caller.is_with(officer, chair)
    for phone in (caller, officer, chair):
        phone.hangs_up()


def test_while_alone_one_hears_music_or_a_document_or_nothing(application, network, caller, called):
    application.pages["/voice"] = _room(room='waitUrl="/wait" endConferenceOnExit="true"')
    application.pages["/wait"] = "<Say>请不要挂机</Say><Redirect/>"
    caller.dial("12355").hears("请不要挂机").is_with(called("13800000011")).hangs_up()
    assert len(application.at("/wait")) == 1
    application.pages["/voice"] = _room()
    caller.dial("12355").hears("hold music").hangs_up()
    application.pages["/voice"] = _room(room='waitUrl=""')
    caller.dial("12355")
    caller.is_with(called("13800000012"))
    assert "music" not in caller.heard
    caller.hangs_up()


@pytest.mark.parametrize(
    ("page", "code"), [(500, 11200), ("<Gather><Say>按一</Say></Gather>", 13238)]
)
def test_a_wait_document_that_fails_ends_the_dial(application, network, caller, page, code):
    application.pages |= {"/voice": _room(room='waitUrl="/wait"'), "/wait": page}
    caller.dial("12355").hears("会议结束").is_hung_up_on()
    assert application.at("/after")[0]["DialCallStatus"] == "failed"
    assert [error["code"] for error in network.errors] == [code]


def test_who_is_muted_is_not_heard(application, network, caller, called):
    application.pages["/listener"] = _room(room='muted="true" beep="false"')
    caller.dial("12355")
    listener = called("13800000011", "/listener")
    caller.is_with(listener)
    listener.says(text="我在听")
    caller.says(text="您好")
    listener.hears("您好")
    assert "我在听" not in caller.heard
    assert "[beep]" not in caller.heard
    caller.hangs_up()


@pytest.mark.parametrize(
    ("room", "code"),
    [('maxParticipants="2"', 16020), ('participantLabel="officer"', 16025)],
)
def test_who_cannot_join_goes_on_after_the_verb(application, network, caller, called, room, code):
    application.pages["/officer"] = _room(room=f'waitUrl="" {room}')
    caller.dial("12355")
    caller.is_with(called("13800000011"))
    third = called("13800000012").hears("会议结束").is_hung_up_on()
    assert third.call["status"] == "completed"
    assert [error["code"] for error in network.errors] == [code]
    caller.hangs_up()


def test_a_whole_conference_can_be_recorded(application, network, caller, called, client, media):
    wanted = (
        'record="record-from-start" recordingStatusCallback="/whole" endConferenceOnExit="true"'
    )
    application.pages["/voice"] = _room(room=wanted)
    caller.dial("12355").hears("hold music")
    officer = called("13800000011")
    caller.is_with(officer).says(seconds=2)
    officer.says(seconds=1)
    caller.hangs_up()
    network.settles()
    (told,) = application.at("/whole")
    assert (told["RecordingSource"], told["RecordingChannels"]) == ("Conference", "1")
    assert told["RecordingDuration"] == "3"
    assert told["ConferenceSid"].startswith("CF")
    assert "CallSid" not in told
    with wave.open(io.BytesIO(media(told["RecordingUrl"]).content)) as file:
        assert file.getnchannels() == 1
    first, others = _channels(media(told["RecordingUrl"] + ".wav?RequestedChannels=2").content)
    assert any(first[:16000])
    assert any(others[16000:])
    assert client.recordings(told["RecordingSid"]).fetch().conference_sid == told["ConferenceSid"]


def test_a_caller_who_waits_in_rounds_is_moved_into_the_room(
    application, network, caller, called, client
):
    application.pages |= {
        "/voice": '<Gather numDigits="1" action="/key"><Say>请稍候</Say></Gather>'
        "<Redirect>/voice</Redirect>",
        "/talk": _room(room=EVENTS),
    }
    caller.dial("12355").hears("请稍候").stays_silent().hears("请稍候").waits()
    client.calls(caller.call["sid"]).update(url=f"{application.base}/talk")
    caller.hears("hold music")
    officer = called("13800000011")
    caller.is_with(officer)
    assert application.at("/key") == []
    caller.says(text="您好").hangs_up()
    officer.hears("您好").hangs_up()
    network.settles()
    left = [f for f in application.at("/events") if f["StatusCallbackEvent"].endswith("leave")]
    assert {form["ReasonParticipantLeft"] for form in left} == {"participant_hung_up"}
    assert network.errors == []
