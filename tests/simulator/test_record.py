"""Record, with all that is unpleasant about it."""

import io
import wave

import pytest

from hotline.simulator.sound import silence, to_wav, tone

CALLBACK = 'recordingStatusCallback="/recording" recordingStatusCallbackEvent="completed absent"'
TAKE = f'<Record action="/done" finishOnKey="#" {CALLBACK} />'
EMPTY = "<Redirect>/empty</Redirect>"


@pytest.fixture(autouse=True)
def pages(application):
    application.pages |= {"/voice": TAKE + EMPTY, "/done": "<Say>收到</Say>", "/empty": "<Hangup/>"}


def _only(items: list[dict[str, str]]) -> dict[str, str]:
    (item,) = items
    return item


def test_the_action_comes_before_the_media_exists(application, network, caller, media):
    seen = []

    def ask_at_once(form):
        seen.append(media(form["RecordingUrl"]).status_code)
        return "<Hangup/>"

    application.pages["/done"] = ask_at_once
    caller.dial("12355").says(seconds=2).presses("#").is_hung_up_on()
    network.settles()
    assert seen == [404]
    done = _only(application.at("/done"))
    assert (done["RecordingDuration"], done["Digits"]) == ("2", "#")
    assert media(done["RecordingUrl"]).status_code == 200
    callback = _only(application.at("/recording"))
    assert callback["RecordingSid"] == done["RecordingSid"]
    assert callback["RecordingStatus"] == "completed"
    assert (callback["RecordingChannels"], callback["RecordingSource"]) == ("1", "RecordVerb")


def test_the_media_is_a_telephone_recording_and_needs_a_password(
    application, network, caller, media, anonymous_media
):
    caller.dial("12355").says(seconds=2).presses("#").is_hung_up_on()
    network.settles()
    url = _only(application.at("/done"))["RecordingUrl"]
    for address in (url, f"{url}.wav"):
        with wave.open(io.BytesIO(media(address).content)) as file:
            assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
            assert file.getnframes() == 16000
    assert anonymous_media(url).status_code == 401


def test_an_empty_recording_never_calls_the_action(application, network, caller):
    caller.dial("12355").stays_silent().is_hung_up_on()
    network.settles()
    assert application.at("/done") == []
    assert len(application.at("/empty")) == 1
    assert _only(application.at("/recording"))["RecordingStatus"] == "absent"


@pytest.mark.parametrize("sound", [silence(5), tone(0.3)], ids=["silent", "too short"])
def test_silent_or_short_sound_is_empty(application, network, caller, sound):
    caller.dial("12355").says(to_wav([sound])).presses("#").is_hung_up_on()
    network.settles()
    assert application.at("/done") == []
    assert _only(application.at("/recording"))["RecordingStatus"] == "absent"


def test_hanging_up_after_speaking_says_so_and_the_answer_is_ignored(application, network, caller):
    caller.dial("12355").says(seconds=1).hangs_up()
    network.settles()
    done = _only(application.at("/done"))
    assert (done["Digits"], done["CallStatus"]) == ("hangup", "completed")
    assert "收到" not in caller.heard
    assert _only(application.at("/recording"))["RecordingStatus"] == "completed"


def test_hanging_up_in_silence_calls_nothing(application, network, caller):
    application.pages["/voice"] = "<Say>请说</Say>" + TAKE + EMPTY
    caller.dial("12355").hears("请说").hangs_up()
    network.settles()
    assert application.at("/done") == []
    assert application.at("/empty") == []


def test_without_events_asked_for_absence_is_not_reported(application, network, caller):
    application.pages["/voice"] = TAKE.replace(" absent", "") + EMPTY
    caller.dial("12355").stays_silent().is_hung_up_on()
    network.settles()
    assert application.at("/recording") == []


def test_any_key_ends_a_recording_by_default(application, caller):
    application.pages["/voice"] = '<Record action="/done"/>'
    caller.dial("12355").says(seconds=1).presses("5").hears("收到").is_hung_up_on()
    assert _only(application.at("/done"))["Digits"] == "5"


def test_other_keys_do_not_end_one_that_waits_for_the_hash(application, caller):
    caller.dial("12355").says(seconds=1).presses("5").says(seconds=1).presses("#").hears("收到")
    assert _only(application.at("/done"))["RecordingDuration"] == "2"


def test_silence_after_speech_ends_it(application, caller):
    caller.dial("12355").says(seconds=2).stays_silent().hears("收到").is_hung_up_on()
    done = _only(application.at("/done"))
    assert (done["Digits"], done["RecordingDuration"]) == ("", "2")


@pytest.mark.parametrize(("trim", "seconds"), [("trim-silence", "1"), ("do-not-trim", "4")])
def test_silence_is_trimmed_unless_told_not_to(application, caller, trim, seconds):
    application.pages["/voice"] = f'<Record action="/done" trim="{trim}" finishOnKey="#"/>'
    sound = silence(1) + tone(1) + silence(2)
    caller.dial("12355").says(to_wav([sound])).presses("#").hears("收到").is_hung_up_on()
    assert _only(application.at("/done"))["RecordingDuration"] == seconds


def test_the_longest_recording_ends_by_itself(application, caller):
    application.pages["/voice"] = '<Record action="/done" maxLength="3"/>'
    caller.dial("12355").says(seconds=10).hears("收到").is_hung_up_on()
    assert _only(application.at("/done"))["RecordingDuration"] == "3"


def test_the_beep_can_be_heard_and_switched_off(application, caller):
    caller.dial("12355").stays_silent().is_hung_up_on()
    assert "[beep]" in caller.heard
    application.pages["/voice"] = '<Record playBeep="false"/>'
    caller.dial("12355").stays_silent().is_hung_up_on()
    assert "[beep]" not in caller.heard


def test_typed_text_becomes_speech(application, network, caller, media):
    caller.dial("12355").says(text="有个孩子一直在哭，请你们来看看。").presses("#").is_hung_up_on()
    network.settles()
    done = _only(application.at("/done"))
    assert int(done["RecordingDuration"]) >= 2
    with wave.open(io.BytesIO(media(done["RecordingUrl"]).content)) as file:
        assert len(set(file.readframes(file.getnframes()))) > 100


def test_a_wav_file_of_another_rate_is_accepted(application, caller, tmp_path):
    path = tmp_path / "statement.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(tone(4).pcm)  # 32 000 samples: one second of stereo
    caller.dial("12355").says(path).presses("#").hears("收到").is_hung_up_on()
    assert _only(application.at("/done"))["RecordingDuration"] == "1"


def test_what_is_no_sound_is_refused(caller):
    caller.dial("12355")
    with pytest.raises(ValueError, match="WAV"):
        caller.says(b"nothing of the kind")
    caller.hangs_up()


def test_no_key_ends_a_recording_without_finishing_keys(application, caller):
    application.pages["/voice"] = '<Record action="/done" finishOnKey=""/>'
    caller.dial("12355").says(seconds=1).presses("#").says(seconds=1).stays_silent().hears("收到")
    done = _only(application.at("/done"))
    assert (done["RecordingDuration"], done["Digits"]) == ("2", "")


def test_silence_does_not_end_a_recording_without_timeout(application, caller):
    application.pages["/voice"] = (
        '<Record action="/done" timeout="0" maxLength="30" trim="do-not-trim"/>'
    )
    caller.dial("12355").says(seconds=2).stays_silent().hears("收到")
    assert _only(application.at("/done"))["RecordingDuration"] == "30"


def test_a_recording_of_one_channel_is_not_to_be_had_on_two(application, network, caller, media):
    caller.dial("12355").says(seconds=2).presses("#").is_hung_up_on()
    network.settles()
    url = _only(application.at("/done"))["RecordingUrl"]
    assert media(f"{url}.wav?RequestedChannels=1").status_code == 200
    refused = media(f"{url}.wav?RequestedChannels=2")
    assert (refused.status_code, refused.json()["code"]) == (400, 16113)
