"""The consoles' live streams: server-sent events from one thread for all consoles of a web process.

A console's request is let in like every other; then its connection is taken off the web server, whose
thread is free again for the next webhook, and handed to an event loop that writes to hundreds of them.
Format: WHATWG HTML, section 9.2 (server-sent events); chunks: RFC 9112, section 7.1.
"""

import asyncio
import functools
import os
import random
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import redis
import structlog
from redis import asyncio as redis_asyncio

from hotline import config
from hotline.live import CHANNEL, Notices

KEEP_ALIVE_SECONDS = 15.0
AGAIN_SECONDS = 1.0
PATIENCE_SECONDS = 2.0
"""With a Redis that is there but says nothing."""
GATHER_SECONDS = 0.25
"""What happens within this time is told at once: a busy line must not wake every console for each step of
each call. The first notice after a pause does not wait."""
URGENT = "emergency"
"""This topic is not gathered, but told at once."""
ASKS_A_SECOND = 40
"""How often the consoles of one process ask together when something has changed: the more there are, the
longer each waits before it asks. Measured: with 500 consoles it leaves webhooks the processors they need."""
LONGEST_SECONDS = 1800.0
"""Then the console comes again and is checked again: a sign-in may be over meanwhile."""
MOST_CONSOLES = 1000
"""Of one process: a bound for its memory and files. Further ones ask by themselves."""
MOST_UNSENT = 64 * 1024
"""Bytes that a console does not take; more, and it is cut off and comes again."""
STARTING, LIVE, POLL = b"starting", b"live", b"poll"
"""Before anything is known of Redis; notices come; they do not, and consoles ask by themselves."""

log = structlog.get_logger()


class TooMany(Exception):
    """This process already serves `MOST_CONSOLES`, or its server cannot hand over a connection."""


class _Console(asyncio.Protocol):
    """One open console, which only listens."""

    def __init__(self, hub: "_Hub", *, chunked: bool) -> None:
        self.hub = hub
        self.chunked = chunked
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.hub.enters(self)
        longest = LONGEST_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 (no secret)
        self.hub.loop.call_later(longest, self.ends)

    def connection_lost(self, fault: Exception | None) -> None:
        self.hub.consoles.discard(self)

    def tell(self, text: bytes) -> None:
        if self.transport.get_write_buffer_size() > MOST_UNSENT:
            self.transport.abort()
            return
        self.transport.write(b"%x\r\n%b\r\n" % (len(text), text) if self.chunked else text)

    def ends(self) -> None:
        if not self.transport.is_closing():
            self.tell(b"retry: 50\n\n")
            self.transport.write(b"0\r\n\r\n" if self.chunked else b"")
            self.transport.close()


class _Hub:
    """One subscription for the whole process, and the consoles it is handed on to. All but `join` happens in
    the thread of its loop."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.consoles: set[_Console] = set()
        self.state = STARTING
        self.gathered: dict[str, set[int]] = {}
        self.version = 0
        self.told_at = 0.0
        self.telling: asyncio.TimerHandle | None = None
        self.listening: asyncio.Task[None] | None = None
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="live", daemon=True).start()

    def join(self, connection: socket.socket, *, chunked: bool) -> None:
        """From any thread: tell this connection from now on."""
        connection.setblocking(False)

        async def joins() -> None:
            await self.loop.connect_accepted_socket(
                lambda: _Console(self, chunked=chunked), connection
            )

        asyncio.run_coroutine_threadsafe(joins(), self.loop)

    def enters(self, console: _Console) -> None:
        self.consoles.add(console)
        if self.state != STARTING:
            console.tell(self._state())
        if self.listening is None or self.listening.done():
            self.listening = self.loop.create_task(self._listen())

    async def _listen(self) -> None:
        """As long as there is anybody to tell."""
        while self.consoles:
            try:
                await self._relay()
            except redis.RedisError as fault:
                if self.state != POLL:
                    log.warning("live_interrupted", error=type(fault).__name__)
                self._is_now(POLL)
                await asyncio.sleep(AGAIN_SECONDS)
        self.state = STARTING

    async def _relay(self) -> None:
        client = redis_asyncio.Redis.from_url(
            self.url, socket_connect_timeout=1, socket_timeout=PATIENCE_SECONDS
        )
        async with client, client.pubsub() as subscription:
            await subscription.subscribe(CHANNEL)
            while self.consoles:
                message = await subscription.get_message(timeout=KEEP_ALIVE_SECONDS)
                if message is None:
                    # A frozen Redis is as silent as one that has nothing to say.
                    await client.ping()
                    self._tell(b": still here\n\n")
                elif message["type"] == "subscribe":
                    self._is_now(LIVE)
                else:
                    self._hear(message["data"])

    def _hear(self, message: bytes) -> None:
        try:
            self._gather(Notices.parse(message))
        except ValueError:  # a process of another version, while the line is brought up to date
            log.warning("notice_unreadable")

    def _is_now(self, state: bytes) -> None:
        if self.state != state:
            self.state = state
            self._tell(self._state())

    def _state(self) -> bytes:
        """Whether notices come, and how long a console spreads its asking: milliseconds."""
        pace = round(1000 * len(self.consoles) / ASKS_A_SECOND)
        return b"event: state\ndata: %b %d\n\n" % (self.state, pace)

    def _gather(self, notices: Notices) -> None:
        for topic, ref in notices.changes:
            self.gathered.setdefault(topic, set()).add(ref)
        self.version = notices.version
        if URGENT in self.gathered:
            self._tell_gathered()
        elif self.telling is None:
            pause = self.told_at + GATHER_SECONDS - self.loop.time()
            self.telling = self.loop.call_later(max(0.0, pause), self._tell_gathered)

    def _tell_gathered(self) -> None:
        if self.telling is not None:
            self.telling.cancel()
        self.telling, self.told_at = None, self.loop.time()
        gathered, self.gathered = self.gathered, {}
        events = (_event(topic, refs, self.version) for topic, refs in gathered.items())
        self._tell(self._state() + b"".join(events))

    def _tell(self, text: bytes) -> None:
        for console in tuple(self.consoles):
            console.tell(text)


def _event(topic: str, refs: set[int], version: int) -> bytes:
    numbers = " ".join(str(ref) for ref in sorted(refs) if ref)
    return f"id: {version}\nevent: {topic}\ndata: {numbers}\n\n".encode()


@functools.cache
def _hub(url: str) -> _Hub:
    return _Hub(url)


def hub() -> _Hub:
    """This process's hub."""
    return _hub(config.current().redis_url)


def stream(environ: Mapping[str, Any]) -> Iterator[bytes]:
    """The body of a console's stream: its first line from the web server, the rest from the hub.

    Raises:
        TooMany: this process serves enough consoles already.
    """
    held = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    if held is None or len(hub().consoles) >= MOST_CONSOLES:
        raise TooMany
    return _begun(hub(), held, chunked=environ["SERVER_PROTOCOL"] != "HTTP/1.0")


def _begun(hub: _Hub, held: socket.socket, *, chunked: bool) -> Iterator[bytes]:
    # With this the head of the answer goes out, too.
    yield b"retry: 2000\n\n"
    hub.join(_taken_off(held), chunked=chunked)


def _taken_off(held: socket.socket) -> socket.socket:
    """The connection, for ourselves: in its place the server finds one whose far end has gone, closes that,
    and forgets it. To close, or to end, the true one would reach the console."""
    taken = socket.socket(fileno=os.dup(held.fileno()))
    near, far = socket.socketpair()
    far.close()
    with near:
        os.dup2(near.fileno(), held.fileno())
    return taken
