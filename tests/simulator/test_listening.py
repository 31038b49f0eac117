"""What is said in a call is told while it goes on, as the network does it."""

import json

LISTEN = (
    '<Start><Transcription name="one" statusCallbackUrl="/said" track="both_tracks" '
    'languageCode="cmn-Hans-CN"/></Start>'
)


def test_each_utterance_is_told_in_order_with_who_said_it(application, network, caller):
    application.pages |= {
        "/voice": LISTEN + '<Record action="/done" finishOnKey="#"/>',
        "/done": "<Hangup/>",
    }
    caller.dial("12355").says(text="他在门外").says(text="我害怕").presses("#").is_hung_up_on()
    network.settles()
    told = application.at("/said")
    assert [form["TranscriptionEvent"].removeprefix("transcription-") for form in told] == [
        "started", "content", "content", "stopped",
    ]  # fmt: skip
    assert [form["SequenceId"] for form in told] == ["1", "2", "3", "4"]
    said = [json.loads(form["TranscriptionData"])["transcript"] for form in told[1:3]]
    assert said == ["他在门外", "我害怕"]
    assert {form["Track"] for form in told[1:3]} == {"inbound_track"}
    assert {form["TranscriptionSid"][:2] for form in told} == {"GT"}


def test_a_tone_is_understood_as_nothing(application, network, caller):
    application.pages |= {
        "/voice": LISTEN + '<Record action="/done" finishOnKey="#"/>',
        "/done": "<Hangup/>",
    }
    caller.dial("12355").says(seconds=2).presses("#").is_hung_up_on()
    network.settles()
    assert len(application.at("/said")) == 2


def test_a_name_serves_once_in_a_call(application, network, caller):
    application.pages["/voice"] = LISTEN + LISTEN + "<Hangup/>"
    caller.dial("12355").is_hung_up_on()
    network.settles()
    assert "already in use" in network.errors[0]["message"]
    assert len(application.at("/said")) == 2
