"""Rows that tests of the ground begin from."""

import datetime as dt
import itertools
from typing import Any

from sqlalchemy import orm

from hotline import db, outbox
from hotline.outbox import Channel, Lane, OutboxMessage

_keys = itertools.count()


def put(to: str = "+8610000000301", **more: Any) -> int:
    """A message on its way out; its number."""
    with db.transaction() as session:
        return add(session, to, **more)


def add(
    session: orm.Session,
    to: str = "+8610000000301",
    *,
    channel: Channel = Channel.sms,
    key: str = "",
    lane: Lane = Lane.alert,
    body: str = "紧急警情",
    ring_seconds: int = outbox.RING_SECONDS,
    only_by: str = "",
    valid_for: dt.timedelta = dt.timedelta(minutes=10),
) -> int:
    """A message written in a transaction; its number."""
    return outbox.add(
        session,
        dedupe_key=key or f"test:{next(_keys)}",
        topic="alert",
        ref=1,
        lane=lane,
        channel=channel,
        to=to,
        to_name="值班民警",
        body=body,
        flow="police" if channel is Channel.call else "",
        ring_seconds=ring_seconds,
        only_by=only_by,
        valid_for=valid_for,
    )


def row(number: int) -> OutboxMessage:
    """How that message stands."""
    with db.transaction() as session:
        return session.get_one(OutboxMessage, number)
