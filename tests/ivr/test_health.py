"""What the watch is told of webhooks that were kept while the database was away."""

import datetime as dt

import pytest

from hotline import clock
from ivr import health, spool
from ivr.calls import Hook


@pytest.fixture
def told(settings):
    """What is wrong with the spool now."""
    look = health.PART.look
    assert look
    return look


def keep():
    spool.keep("voice", Hook({}, {"CallSid": "CA1"}, clock.now()))


def test_well_while_empty_and_while_one_is_on_its_way(told):
    assert told() == ""
    keep()
    clock.shift(dt.timedelta(seconds=58))
    assert told() == ""


def test_one_that_nobody_replays(told):
    keep()
    clock.shift(dt.timedelta(seconds=61))
    assert told() == "1 webhooks are not being replayed"


def test_one_that_was_set_aside(told):
    keep()
    [path] = spool.waiting()
    path.rename(path.with_suffix(spool.BAD))
    assert told() == "1 webhooks could not be filed and were set aside"


def test_one_that_is_replayed_just_now(told, monkeypatch, settings):
    gone = settings.spool_dir / "gone.hook"
    monkeypatch.setattr(spool, "waiting", lambda: iter([gone]))
    settings.spool_dir.mkdir()
    assert told() == ""


def test_a_folder_that_cannot_be_written_to(told, settings):
    settings.spool_dir.write_text("a file where the folder should be")
    assert told() == "cannot be written to (FileExistsError)"
