"""Live notices: after the commit, to every open console, gathered, and never in anybody's way."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import structlog

from hotline import db, live, queues, streams
from hotline.embedded import processes


class Console:
    """The far end of a console's stream."""

    def __init__(self, *, chunked: bool = False) -> None:
        self.socket, near = socket.socketpair()
        self.socket.settimeout(5)
        self.lines = self.socket.makefile("rb")
        streams.hub().join(near, chunked=chunked)

    def next(self) -> dict[str, str]:
        """The next event; a comment is one without fields."""
        fields = {}
        while line := self.lines.readline().decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            fields[name] = value
        return fields

    def waits_for(self, kind: str) -> dict[str, str]:
        """The next event of that kind, and what it carries."""
        while (event := self.next()).get("event") != kind:
            continue
        return event

    def is_told_to(self, state: str) -> None:
        """Waits until notices come, or are said not to."""
        while not self.waits_for("state")["data"].startswith(state):
            continue

    def leaves(self) -> None:
        self.lines.close()
        self.socket.close()


@pytest.fixture
def opened():
    """Consoles to be left at the end."""
    opened: list[Console] = []
    yield opened
    for console in opened:
        console.leaves()
    until = time.monotonic() + 5
    while streams.hub().consoles and time.monotonic() < until:
        time.sleep(0.01)
    assert not streams.hub().consoles, "whoever leaves is forgotten"


@pytest.fixture
def listen(database, redis, opened):
    """Opens a console's stream, when notices come; the last test's are long ago."""
    streams.hub().told_at = 0.0

    def start() -> Console:
        opened.append(Console())
        opened[-1].is_told_to("live")
        return opened[-1]

    return start


def announce(*what) -> None:
    with db.transaction() as session:
        live.announce(session, *what)


def test_every_console_hears_what_has_changed(listen, redis):
    one, other = listen(), listen()
    announce("report", 5)
    queues.flush()
    announce("recording")
    for console in (one, other):
        assert console.waits_for("report")["data"] == "5"
        heard = console.waits_for("recording")
        assert heard["data"] == ""
        assert heard["id"] == redis.get(live.VERSION).decode() == "2"


@pytest.mark.parametrize("message", ['{"topic": "report", "ref": 5}', "", "8 report", "8 report x"])
def test_what_another_version_says_ends_no_stream(listen, redis, message):
    console = listen()
    redis.publish(live.CHANNEL, message)
    announce("case", 3)
    assert console.waits_for("case")["data"] == "3"


def test_what_was_undone_or_not_yet_done_is_not_told(listen):
    console = listen()

    def fact() -> None:
        with db.transaction() as session:
            live.announce(session, "report", 1)
            raise LookupError

    with pytest.raises(LookupError):
        fact()
    with db.transaction() as session:
        live.announce(session, "report", 2)
        queues.flush()
        announce("case", 3)
        assert console.waits_for("case")["data"] == "3"
    assert console.waits_for("report")["data"] == "2"


def test_what_happens_at_the_same_time_is_told_at_once(listen):
    console = listen()
    announce("report", 1)
    assert console.waits_for("report")["data"] == "1"
    for number in range(2, 40):
        announce("report", number)
    announce("case", 7)
    numbers = ["1"]
    while len(numbers) < 39:
        numbers += (event := console.waits_for("report"))["data"].split()
        gathered = len(event["data"].split())
    assert numbers == [str(number) for number in range(1, 40)]
    assert gathered > 10
    assert console.waits_for("case")["data"] == "7"


def test_an_emergency_is_not_gathered(listen, monkeypatch):
    monkeypatch.setattr(streams, "GATHER_SECONDS", 60)
    console = listen()
    announce("report", 1)
    console.waits_for("report")
    announce("report", 2)
    announce("emergency", 2)
    began = time.monotonic()
    # What had been gathered comes with it.
    assert console.waits_for("report")["data"] == "2"
    assert console.waits_for("emergency")["data"] == "2"
    assert time.monotonic() - began < 1


def test_the_more_consoles_the_longer_each_waits_before_it_asks(listen, monkeypatch):
    monkeypatch.setattr(streams, "ASKS_A_SECOND", 4)
    first = listen()
    for _ in range(3):
        last = listen()
    announce("report", 1)
    assert first.waits_for("state")["data"] == "live 1000"
    last.leaves()
    until = time.monotonic() + 5
    while len(streams.hub().consoles) > 3 and time.monotonic() < until:
        time.sleep(0.01)
    announce("report", 2)
    first.waits_for("report")
    assert first.waits_for("state")["data"] == "live 750"


def test_a_console_that_takes_nothing_is_cut_off_and_holds_up_nobody(listen, monkeypatch):
    asleep, awake = listen(), listen()
    asleep.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    monkeypatch.setattr(streams, "MOST_UNSENT", 1000)
    hub = streams.hub()
    noise = b": " + b"x" * 60_000 + b"\n\n"
    for _ in range(40):
        hub.loop.call_soon_threadsafe(hub._tell, noise)
        awake.next()
    announce("report", 1)
    assert awake.waits_for("report")["data"] == "1"
    assert len(hub.consoles) == 1


def test_a_redis_that_is_away_is_said_once_and_is_heard_again(database, own_redis, opened):
    own_redis.stop()
    with structlog.testing.capture_logs() as said:
        opened.append(Console())
        opened[0].is_told_to("poll")
        time.sleep(1.2)  # Tried again meanwhile.
    announce("report", 1)
    queues.flush()
    assert [line["event"] for line in said] == ["live_interrupted"]
    own_redis.start()
    opened[0].is_told_to("live")
    announce("report", 2)
    assert opened[0].waits_for("report")["data"] == "2"


def test_a_frozen_redis_is_noticed(database, own_redis, opened, monkeypatch):
    monkeypatch.setattr(streams, "KEEP_ALIVE_SECONDS", 0.1)
    monkeypatch.setattr(streams, "PATIENCE_SECONDS", 0.2)
    opened.append(Console())
    opened[0].is_told_to("live")
    [server] = processes.working_in(own_redis.folder, {"redis-server"})
    server.suspend()
    try:
        opened[0].is_told_to("poll")
    finally:
        server.resume()
    opened[0].is_told_to("live")


def test_a_stream_ends_after_a_while_so_that_the_console_is_checked_again(
    database, redis, opened, monkeypatch
):
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 0.2)
    opened.append(Console(chunked=True))
    everything = opened[0].lines.read()
    assert b"retry: 50\n\n\r\n0\r\n\r\n" in everything, "as HTTP ends a body"


@pytest.fixture
def server(database, redis):
    """The port of the real web server with two threads."""
    port = processes.free_port()
    environment = {**os.environ, "REDIS_URL": database.redis_url}
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.ground.streaming", str(port)],
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    yield port
    server.terminate()
    assert server.wait(10) == 0


def _asks(port: int) -> str:
    return requests.get(f"http://127.0.0.1:{port}/", timeout=20).text


def test_consoles_hold_no_thread_of_the_web_server(server):
    """More of them than it has threads, and it still answers."""
    waiting = [_stream(server) for _ in range(9)]
    queues.connection().publish(live.CHANNEL, "8 report 5")
    for lines in waiting:
        while next(lines) != b"event: report":
            continue
        assert next(lines) == b"data: 5"
    assert _asks(server) == "here"


def test_who_only_connects_holds_no_thread_either(server):
    """Browsers open connections that they may never use; what they say on them later is heard."""
    _stream(server)
    silent = [socket.create_connection(("127.0.0.1", server), timeout=10) for _ in range(9)]
    began = time.monotonic()
    assert _asks(server) == "here"
    assert time.monotonic() - began < 3, "gunicorn alone waits 5 s for each of them"
    for one in silent:
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        with one.makefile("rb") as answer:
            assert answer.read().endswith(b"here")
        one.close()


def _stream(port: int) -> Iterator[bytes]:
    """The lines of a stream on which notices have begun to come."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            answer = requests.get(f"http://127.0.0.1:{port}/live", stream=True, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
            continue
        lines: Iterator[bytes] = answer.iter_lines(chunk_size=1)
        while not next(lines).startswith(b"data: live"):
            continue
        return lines
    raise AssertionError("no server")
