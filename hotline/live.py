"""Live notices: tells every open console that something it shows has changed.

A notice carries a topic, numbers and a version, never content: the console then asks for what it may see.
Notices go through Redis and are best effort; a console without them asks again every few seconds.
`hotline.streams` brings them to the consoles.
"""

import threading
from collections.abc import Iterable
from typing import NamedTuple

import redis
from redis.client import Pipeline
from sqlalchemy import orm

from hotline import db, queues

CHANNEL = "live"
VERSION = "live:version"
"""In Redis: how many messages there have been. Counted after the commit, so that whoever reads the database
after reading the counter sees everything that was counted."""

_COUNT_AND_TELL = "redis.call('PUBLISH', KEYS[2], redis.call('INCR', KEYS[1]) .. ' ' .. ARGV[1])"
"""In one round trip, and so that versions are told in their order."""

Change = tuple[str, int]
"""A topic, and the number of what has changed; 0 where there is none to tell."""


class Notices(NamedTuple):
    """What one message of the channel tells: changes that came together."""

    version: int
    changes: list[Change]

    @classmethod
    def parse(cls, message: bytes) -> "Notices":
        """The words of a message are separated by spaces: the version, then topic and number in turns.

        Raises:
            ValueError: they are not.
        """
        version, *words = message.decode().split()
        numbers = map(int, words[1::2])
        return cls(int(version), list(zip(words[::2], numbers, strict=True)))


class _Untold:
    """Changes of this process that no message has told yet: those of a busy moment become one message,
    which each web process reads once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.changes: dict[Change, None] = {}

    def add(self, change: Change) -> None:
        with self.lock:
            self.changes[change] = None
        queues.nudge(self.tell)

    def tell(self, commands: Pipeline) -> None:
        with self.lock:
            changes, self.changes = self.changes, {}
        if changes:
            _publish(commands, changes)


def _publish(commands: Pipeline, changes: Iterable[Change]) -> None:
    commands.eval(_COUNT_AND_TELL, 2, VERSION, CHANNEL, _words(changes))


_untold = _Untold()


def announce(session: orm.Session, topic: str, ref: int | None = None) -> None:
    """After this transaction has committed, tell the consoles that `topic` (number `ref`) changed."""
    db.after_commit(session, lambda: _untold.add((topic, ref or 0)))


def tell_uncounted(client: redis.Redis, topic: str, ref: int | None) -> None:
    """Tell the consoles of what stands in no database: what was made of the database stays good."""
    client.publish(CHANNEL, f"{version() or 0} {_words([(topic, ref or 0)])}")


def _words(changes: Iterable[Change]) -> str:
    return " ".join(f"{topic} {ref}" for topic, ref in changes)


def version() -> int | None:
    """How many messages there have been; None while Redis is away."""
    try:
        return int(queues.connection().get(VERSION) or 0)
    except redis.RedisError:
        return None
