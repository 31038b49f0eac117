"""Live notices: after the commit, to every listening console, and never in anybody's way."""

import threading
import time

import pytest
import structlog

from hotline import db, live, queues


@pytest.fixture
def listen(database, redis, monkeypatch):
    """Opens a console's stream, when the hub's subscription stands."""
    monkeypatch.setattr(live, "KEEP_ALIVE_SECONDS", 0.5)

    def start():
        stream = live.events()
        assert next(stream).startswith("retry:")
        until = time.monotonic() + 5
        while not redis.pubsub_numsub(live.CHANNEL)[0][1] and time.monotonic() < until:
            time.sleep(0.01)
        return stream

    return start


def announce(*what) -> None:
    with db.transaction() as session:
        live.announce(session, *what)


def test_every_console_hears_what_has_changed(listen):
    one, other = listen(), listen()
    announce("report", 5)
    announce("recording")
    for stream in (one, other):
        assert next(stream) == "event: report\ndata: 5\n\n"
        assert next(stream) == "event: recording\ndata: \n\n"


def test_what_was_undone_or_not_yet_done_is_not_told(listen):
    stream = listen()

    def fact() -> None:
        with db.transaction() as session:
            live.announce(session, "report", 1)
            raise LookupError

    with pytest.raises(LookupError):
        fact()
    with db.transaction() as session:
        live.announce(session, "report", 2)
        queues.flush()
        assert next(stream) == ": still here\n\n"
    assert next(stream) == "event: report\ndata: 2\n\n"


def test_the_same_change_is_told_once(listen):
    stream = listen()
    with db.transaction() as session:
        for _ in range(3):
            live.announce(session, "report", 5)
        live.announce(session, "report", 6)
    assert next(stream) == "event: report\ndata: 5\n\n"
    assert next(stream) == "event: report\ndata: 6\n\n"


def test_too_many_are_told_to_ask_by_themselves(listen, monkeypatch):
    monkeypatch.setattr(live, "MOST_LISTENERS", 2)
    first, _second = listen(), listen()
    with pytest.raises(live.TooMany):
        live.events()
    first.close()
    listen()


def test_a_stream_dropped_before_its_first_event_leaves_its_place(listen, monkeypatch):
    monkeypatch.setattr(live, "MOST_LISTENERS", 1)
    for _ in range(3):
        stream = live.events()
        assert stream
        # As for a HEAD request: nobody ever asks for the first event.
        del stream
    assert listen()


def test_a_redis_that_is_away_is_harmless_and_heard_again(database, own_redis, monkeypatch):
    monkeypatch.setattr(live, "KEEP_ALIVE_SECONDS", 0.1)
    own_redis.stop()
    stream = live.events()
    next(stream)
    announce("report", 1)
    queues.flush()
    assert next(stream) == ": still here\n\n"
    own_redis.start()
    until = time.monotonic() + 10
    heard = ""
    while "report" not in heard and time.monotonic() < until:
        announce("report", 2)
        heard = next(stream)
    assert heard == "event: report\ndata: 2\n\n"


def test_a_redis_that_stays_away_is_told_once_and_nobody_waits_for_it_for_ever(
    database, own_redis, monkeypatch
):
    monkeypatch.setattr(live, "AGAIN_SECONDS", 0.02)
    own_redis.stop()

    def listening() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread not in others]

    others = threading.enumerate()
    with structlog.testing.capture_logs() as told:
        stream = live.events()
        next(stream)
        time.sleep(0.5)
        [thread] = listening()
        del stream
        thread.join(10)
    assert not thread.is_alive()
    assert [line["event"] for line in told] == ["live_interrupted"]
