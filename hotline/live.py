"""Live notices: tells every open console that something it shows has changed.

A notice carries a topic, numbers and a version, never content: the console then asks for what it may see.
Notices go through Redis and are best effort; a console without them asks again every few seconds.
`hotline.streams` brings them to the consoles.
"""

import json

import redis
from sqlalchemy import orm

from hotline import db, queues

CHANNEL = "live"
VERSION = "live:version"
"""In Redis: how many notices there have been. Counted after the commit, so that whoever reads the database
after reading the counter sees everything that was counted."""


def announce(session: orm.Session, topic: str, ref: int | None = None) -> None:
    """After this transaction has committed, tell the consoles that `topic` (number `ref`) changed."""
    seen: set[tuple[str, int | None]] = session.info.setdefault("announced", set())
    if (topic, ref) in seen:
        return
    seen.add((topic, ref))
    db.after_commit(session, lambda: queues.nudge(lambda: _publish(topic, ref)))


def _publish(topic: str, ref: int | None) -> None:
    connection = queues.connection()
    version = connection.incr(VERSION)
    notice = {"topic": topic, "ref": ref, "version": version}
    connection.publish(CHANNEL, json.dumps(notice))


def version() -> int | None:
    """How many notices there have been; None while Redis is away."""
    try:
        return int(queues.connection().get(VERSION) or 0)
    except redis.RedisError:
        return None
