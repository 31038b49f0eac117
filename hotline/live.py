"""Live notices: tells every open console that something it shows has changed.

A notice carries a topic and a number, never content: the console then asks for what it may see. Notices
go through Redis and are best effort; a console without them asks again every few seconds.
"""

import functools
import json
import queue
import threading
import time
import weakref
from collections.abc import Iterator

import redis
import structlog
from sqlalchemy import orm

from hotline import config, db, queues

CHANNEL = "live"
KEEP_ALIVE_SECONDS = 15
AGAIN_SECONDS = 1
MOST_LISTENERS = 40
"""Of one web process. Beyond it a console is told to ask again by itself: telephone webhooks share
these threads and must never wait for a console."""

log = structlog.get_logger()


class TooMany(Exception):
    """This process already serves `MOST_LISTENERS` consoles."""


def announce(session: orm.Session, topic: str, ref: int | None = None) -> None:
    """After this transaction has committed, tell the consoles that `topic` (number `ref`) changed."""
    seen: set[tuple[str, int | None]] = session.info.setdefault("announced", set())
    if (topic, ref) in seen:
        return
    seen.add((topic, ref))
    db.after_commit(session, lambda: queues.nudge(lambda: _publish(topic, ref)))


def _publish(topic: str, ref: int | None) -> None:
    queues.connection().publish(CHANNEL, json.dumps({"topic": topic, "ref": ref}))


class _Hub:
    """One subscription for the whole process, handed on to each listening console."""

    def __init__(self, url: str) -> None:
        self.url = url
        # Weakly: a stream that is dropped before its first event never gets to leave by itself.
        self.listeners: weakref.WeakSet[queue.SimpleQueue[str]] = weakref.WeakSet()
        self.lock = threading.Lock()
        self.listening = False

    def join(self) -> queue.SimpleQueue[str]:
        with self.lock:
            if len(self.listeners) >= MOST_LISTENERS:
                raise TooMany
            mine: queue.SimpleQueue[str] = queue.SimpleQueue()
            self.listeners.add(mine)
            if not self.listening:
                self.listening = True
                threading.Thread(target=self._listen, name="live", daemon=True).start()
            return mine

    def leave(self, mine: queue.SimpleQueue[str]) -> None:
        with self.lock:
            self.listeners.discard(mine)

    def _listen(self) -> None:
        told = False
        while self._is_wanted():
            try:
                self._relay()
            except redis.RedisError as fault:
                # Once for each time that Redis is away, not once a second.
                if not told:
                    log.warning("live_interrupted", error=type(fault).__name__)
                told = True
                time.sleep(AGAIN_SECONDS)

    def _is_wanted(self) -> bool:
        with self.lock:
            self.listening = bool(self.listeners)
            return self.listening

    def _relay(self) -> None:
        client = redis.Redis.from_url(self.url, socket_connect_timeout=1)
        with client.pubsub() as subscription:  # type: ignore[no-untyped-call]
            subscription.subscribe(CHANNEL)
            for message in subscription.listen():
                if message["type"] == "message":
                    self._hand_on(message["data"].decode())

    def _hand_on(self, notice: str) -> None:
        with self.lock:
            for listener in self.listeners:
                listener.put(notice)


@functools.cache
def _hub(url: str) -> _Hub:
    return _Hub(url)


def events() -> Iterator[str]:
    """Server-sent events for one console, without end.

    Raises:
        TooMany: this process serves enough consoles already.
    """
    hub = _hub(config.current().redis_url)
    return _events(hub, hub.join())


def _events(hub: _Hub, mine: "queue.SimpleQueue[str]") -> Iterator[str]:
    try:
        yield "retry: 2000\n\n"
        while True:
            try:
                notice = json.loads(mine.get(timeout=KEEP_ALIVE_SECONDS))
            except queue.Empty:
                yield ": still here\n\n"
                continue
            yield f"event: {notice['topic']}\ndata: {notice['ref'] or ''}\n\n"
    finally:
        hub.leave(mine)
