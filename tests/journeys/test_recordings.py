"""A statement's way home: fetched when it is there, sealed, played back, and only then deleted."""

import datetime as dt
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from hotline import app, clock, sweeper
from tests.journeys.looks import recordings, reports, stored_files


@pytest.fixture
def statement(line):
    """A caller has left a statement; nobody has fetched it yet."""
    line.caller.dial("12355").hears("儿童保护热线").stays_silent()
    line.caller.hears("留言").presses("2").hears("听到嘀的一声")
    line.caller.stays_silent().says(seconds=3).hangs_up()
    line.network.settles()


def _at_network(line):
    account = line.settings.twilio_account_sid
    answer = requests.get(
        f"{line.network.base_url}/2010-04-01/Accounts/{account}/Recordings.json",
        auth=(account, line.settings.twilio_auth_token),
        timeout=10,
    )
    return answer.json()["recordings"]


def _audio_at_network(line):
    [there] = _at_network(line)
    account = line.settings.twilio_account_sid
    auth = (account, line.settings.twilio_auth_token)
    return requests.get(there["media_url"], auth=auth, timeout=10).content


def test_it_is_stored_sealed_played_back_whole_and_deleted_at_the_network(line, statement):
    audio = _audio_at_network(line)
    assert audio[:4] == b"RIFF"
    line.works()

    assert _at_network(line) == []
    [stored], [file] = recordings(), stored_files()
    sealed = file.read_bytes()
    assert not any(piece in sealed for piece in (b"RIFF", b"WAVE", audio[1000:1032]))
    assert (stored.status, stored.seconds, stored.size) == ("stored", 3, len(audio))

    whole = line.officer().hears_recording(stored.id)
    assert (whole.status_code, whole.content) == (200, audio)
    part = line.officer().hears_recording(stored.id, Range="bytes=1000-20999")
    assert (part.status_code, part.content) == (206, audio[1000:21000])
    assert part.headers["Content-Range"] == f"bytes 1000-20999/{len(audio)}"
    end = line.officer().hears_recording(stored.id, Range="bytes=-100")
    assert (end.status_code, end.content) == (206, audio[-100:])


def test_whoever_is_not_signed_in_hears_nothing(line, statement):
    line.works()
    url = f"{line.settings.public_url}/recordings/{recordings()[0].id}"
    answer = requests.get(url, allow_redirects=False, timeout=10)
    assert (answer.status_code, b"RIFF" in answer.content) == (303, False)


def test_media_that_comes_late_is_fetched_later(line):
    line.network.faults(media_late=2)
    line.emergency()
    assert [one.status for one in recordings()] == ["announced"]
    assert stored_files() == []
    line.waits(4)
    assert [(one.status, one.attempts) for one in recordings()] == [("announced", 2)]
    assert len(_at_network(line)) == 1
    line.waits(5)
    assert [(one.status, one.attempts) for one in recordings()] == [("stored", 3)]
    assert _at_network(line) == []


def test_the_audio_stays_at_the_network_until_ours_is_stored(line, statement):
    folder = Path(urlsplit(line.settings.recordings_url).path)
    folder.write_text("no folder")
    for _ in range(12):
        line.works()
        line.waits(400)
    assert [one.status for one in recordings()] == ["failed"]
    assert len(_at_network(line)) == 1
    [report] = reports()
    line.signed_in.clear()
    line.officer().opens("/recordings/alarm").sees("1 段录音取不回来", str(report["number"]))

    folder.unlink()
    line.waits(1000)
    assert [one.status for one in recordings()] == ["stored"]
    assert _at_network(line) == []
    line.officer().opens("/recordings/alarm").does_not_see("取不回来")


def test_no_voice_is_said_to_be_absent(line):
    line.caller.dial("12355").hears("儿童保护热线").stays_silent()
    line.caller.hears("留言").presses("2").hears("听到嘀的一声")
    line.caller.stays_silent().says(seconds=0.2).hangs_up()
    line.settles()

    [report] = reports()
    assert [one["status"] for one in report["recordings"]] == ["absent"]
    assert stored_files() == []
    line.officer().opens(f"/reports/{report['number']}").sees("录音")


def test_a_recording_that_failed_at_the_network_costs_no_report(line):
    line.network.faults(recordings_fail=True)
    line.emergency()
    [report] = reports()
    assert (report["status"], report["emergency"]) == ("waiting", True)
    assert [one["status"] for one in report["recordings"]] == ["absent"]


def test_its_time_comes_but_what_is_held_stays_until_the_hold_is_lifted(line, statement):
    line.works()
    [report], [recording] = reports(), recordings()
    page = f"/reports/{report['number']}"
    line.officer().claims(report["number"]).sends(
        f"{page}/dispose", disposition="wrong_number", reason="打错了"
    )
    line.officer("daiban").opens(page).sends(f"{page}/hold", reason="派出所来函调取")

    _days_go_by(line, 31)
    assert line.officer().hears_recording(recording.id).status_code == 200
    line.officer("daiban").opens("/recordings").sees("派出所来函调取", str(report["number"]))
    line.officer("daiban").opens(page).sends(f"{page}/hold/lift", reason="已移交")

    _days_go_by(line, 1)
    assert stored_files() == []
    assert line.officer().hears_recording(recording.id).status_code == 404
    line.officer().opens(page).sees("已按保存期限删除")


def _days_go_by(line, days: int) -> None:
    clock.shift(dt.timedelta(days=days))
    line.signed_in.clear()
    sweeper.sweep_once([duty for duty in app.duties() if duty.name == "retention"])
