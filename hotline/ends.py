"""Calls of ours whose end we have not heard of: the notice may have been lost, and an alert waits as long as
somebody seems to be listening. So their network is asked."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
import structlog
from sqlalchemy import orm

from hotline import clock, db, delivery, queues
from hotline.carrier import CarrierError, carrier
from hotline.network import FIRST
from hotline.outbox import Channel, Lane, OutboxMessage

ASK_AFTER = dt.timedelta(seconds=20)
"""How old a call is before its network is asked; most have ended by then, and were heard of."""
ASK_UNTIL = dt.timedelta(minutes=10)
AT_ONCE = 4

log = structlog.get_logger()


def sweep() -> int:
    """Ask after every call of an alert that goes on, as far as we have heard; how many."""
    with db.transaction() as session:
        numbers = _going_on(session)
    queues.try_at_once(numbers, _ask, AT_ONCE)
    return len(numbers)


def _going_on(session: orm.Session) -> Sequence[int]:
    now = clock.now()
    return session.scalars(
        sa.select(OutboxMessage.id).where(
            OutboxMessage.channel == Channel.call,
            OutboxMessage.lane == int(Lane.alert),
            OutboxMessage.carrier_sid.is_not(None),
            OutboxMessage.settled_at.is_(None),
            OutboxMessage.sent_at.between(now - ASK_UNTIL, now - ASK_AFTER),
        )
    ).all()


def _ask(message_id: int) -> None:
    with db.transaction() as session:
        message = session.get_one(OutboxMessage, message_id)
    assert message.carrier_sid
    try:
        found = carrier(message.network or FIRST).call(message.carrier_sid)
    except CarrierError as error:
        log.warning("call_not_asked_after", message=message_id, error=error.code)
        return
    with db.transaction() as session:
        delivery.status_came(
            session,
            message_id=message_id,
            sid=found.sid,
            status=found.status,
            error_code=found.error_code,
        )
