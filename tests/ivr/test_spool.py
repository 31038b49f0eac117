"""Webhooks that came while the database was away: none lost, none filed twice."""

import datetime as dt
import os
import secrets
from pathlib import Path

import pytest
import structlog
from cryptography.fernet import Fernet
from sqlalchemy import exc

from hotline import clock, config
from ivr import calls, spool
from ivr.calls import Hook
from tests.ivr.people import CALLER, everything, the
from triage.intake.models import Report


def keep(route: str = "voice", **form: str) -> None:
    args = {"flow": "12355", "node": "greeting", "step": "1", "event": "digits"}
    spool.keep(
        route, Hook(args, {"CallSid": "CA1", "From": CALLER, "To": "12355", **form}, clock.now())
    )


def files(settings) -> dict[str, int]:
    found: dict[str, int] = {}
    for path in settings.spool_dir.iterdir():
        found[path.suffix] = found.get(path.suffix, 0) + 1
    return found


def test_what_was_kept_is_filed_in_its_order_with_its_own_time(wire):
    came = clock.now()
    keep("voice")
    keep("step", Digits="1")
    keep("recording", RecordingSid="RE1")
    clock.shift(dt.timedelta(minutes=20))
    assert spool.replay() == 3
    report = the(Report)
    assert report.emergency
    assert report.received_at - came < dt.timedelta(minutes=1)
    assert everything() == {"calls": 1, "call_steps": 1, "recordings": 1, "reports": 1}
    assert files(wire.settings) == {}
    assert spool.replay() == 0


def test_it_is_not_to_be_read_on_the_disk(wire):
    keep("sms", Body="李小雨")
    [path] = spool.waiting()
    assert "李小雨".encode() not in path.read_bytes()
    assert CALLER.encode() not in path.read_bytes()
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_process_that_dies_after_the_commit_files_nothing_twice(wire, monkeypatch):
    keep("voice")
    [path] = spool.waiting()
    content = path.read_bytes()
    spool.replay()
    path.write_bytes(content)
    assert spool.replay() == 1
    assert everything()["reports"] == 1


@pytest.mark.parametrize(
    "fault",
    [
        exc.OperationalError("x", {}, Exception()),
        exc.InternalError("a stand-by takes no writes", {}, Exception()),
        exc.ProgrammingError("no tables yet", {}, Exception()),
        exc.TimeoutError(),
    ],
)
def test_a_database_away_again_keeps_them_all(wire, monkeypatch, fault):
    keep("voice")
    keep("recording", RecordingSid="RE1")

    def away(session, hook) -> str:
        raise fault

    monkeypatch.setitem(calls.HANDLERS, "voice", away)
    assert spool.replay() == 0
    assert files(wire.settings) == {".hook": 2}
    monkeypatch.undo()
    monkeypatch.setattr(config, "_current", wire.settings)
    assert spool.replay() == 2


@pytest.mark.parametrize(
    "fault",
    [exc.DataError("x", {}, Exception()), exc.IntegrityError("x", {}, Exception()), LookupError()],
)
def test_one_that_can_never_be_filed_is_set_aside(wire, monkeypatch, fault):
    keep("voice")
    keep("recording", RecordingSid="RE1")

    def broken(session, hook) -> str:
        raise fault

    monkeypatch.setitem(calls.HANDLERS, "voice", broken)
    assert spool.replay() == 1
    assert files(wire.settings) == {".bad": 1}
    assert everything()["recordings"] == 1


def test_a_name_too_long_for_the_database_holds_up_nothing_behind_it(wire):
    keep("voice", CallSid="CA" + secrets.token_hex(9000))
    keep("voice")
    assert spool.replay() == 1
    assert everything()["reports"] == 1
    assert files(wire.settings) == {".bad": 1}


@pytest.mark.parametrize(
    "content",
    [b"", b"junk", Fernet(Fernet.generate_key()).encrypt(b"{}")],
    ids=["empty", "junk", "another key"],
)
def test_one_that_cannot_be_read_is_set_aside(wire, content):
    keep("voice")
    (wire.settings.spool_dir / "00000000T000000000000-0.hook").write_bytes(content)
    assert spool.replay() == 1
    assert files(wire.settings) == {".bad": 1}


def test_one_half_written_when_the_machine_died_is_not_touched(wire):
    keep("voice")
    (wire.settings.spool_dir / "20260101T000000000000-0.part").write_bytes(b"half")
    assert spool.replay() == 1
    assert files(wire.settings) == {".part": 1}


def test_it_is_on_the_disk_before_it_has_its_name(wire, monkeypatch):
    seen = []
    monkeypatch.setattr(os, "fsync", lambda _: seen.append(files(wire.settings)))
    keep("voice")
    # First the file, then the folder that gives it its name.
    assert seen == [{".part": 1}, {".hook": 1}]
    assert files(wire.settings) == {".hook": 1}


def test_it_is_replayed_in_the_order_in_which_it_came(wire, monkeypatch):
    first = clock.now()
    clock.shift(dt.timedelta(seconds=4))
    keep("status", CallStatus="completed")
    # The first webhook waited longer for the database, and was given up later.
    spool.keep("voice", Hook({}, {"CallSid": "CA1", "From": CALLER, "To": "12355"}, first))
    replayed = []

    def note(session, hook) -> str:
        replayed.append(hook.at)
        return ""

    for route in ("voice", "status"):
        monkeypatch.setitem(calls.HANDLERS, route, note)
    spool.replay()
    assert replayed == sorted(replayed)
    assert len(replayed) == 2


def fill_up(monkeypatch, on: str) -> None:
    def full(*what) -> None:
        raise OSError(28, "No space left on device")

    if on == "write":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "rename", full)


@pytest.mark.parametrize("on", ["write", "name"])
def test_on_a_full_disk_nothing_half_is_left(wire, monkeypatch, on):
    fill_up(monkeypatch, on)
    with pytest.raises(OSError, match="No space"):
        keep("voice")
    assert files(wire.settings) == {}


@pytest.mark.parametrize("on", ["write", "name"])
def test_a_full_disk_is_told_and_the_caller_goes_on(wire, monkeypatch, on):
    fill_up(monkeypatch, on)
    dead = "postgresql+psycopg://nobody@127.0.0.1:9/nowhere"
    monkeypatch.setattr(config, "_current", wire.settings.model_copy(update={"database_url": dead}))
    with structlog.testing.capture_logs() as told:
        assert wire.post("/ivr/voice").find("Gather") is not None
    [kept] = [line for line in told if line["event"] == "webhook_not_kept"]
    assert kept == {
        "event": "webhook_not_kept",
        "route": "voice",
        "error": "OSError",
        "log_level": "critical",
    }
