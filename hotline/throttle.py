"""How many messages one telephone gets at most, so that no fault of ours and no stranger can make the line
text one number for ever. Alerts are exempt; whatever is held back waits, and ends by its own validity."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock
from hotline.outbox import Lane, MessageStatus, OutboxMessage


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many messages of one lane to one telephone in so long."""

    messages: int
    within: dt.timedelta


LIMITS = {
    Lane.alert: (),
    # Whoever is on duty is paged by SMS and by call once a minute for each unclaimed emergency.
    Lane.page: (Limit(12, dt.timedelta(minutes=1)),),
    Lane.other: (Limit(2, dt.timedelta(minutes=1)), Limit(6, dt.timedelta(minutes=10))),
}


def held_until(session: orm.Session, message: OutboxMessage) -> dt.datetime | None:
    """When this message may go at the earliest; None if now. One asks at a time for each telephone, until
    the end of the transaction, so that two who ask at once do not both go."""
    limits = LIMITS[Lane(message.lane)]
    if not limits or message.to_index is None:
        return None
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(message.to_index)))
    return max(
        (until for limit in limits if (until := _full(session, message, limit))), default=None
    )


def _full(session: orm.Session, message: OutboxMessage, limit: Limit) -> dt.datetime | None:
    """When the last message that still fits leaves the window, if there is no place in it now."""
    now = clock.now()
    went = sa.func.coalesce(OutboxMessage.sent_at, now)
    last_that_fits: dt.datetime | None = session.scalar(
        sa.select(went)
        .where(
            OutboxMessage.to_index == message.to_index,
            OutboxMessage.lane == message.lane,
            OutboxMessage.id != message.id,
            sa.or_(
                OutboxMessage.sent_at > now - limit.within,
                OutboxMessage.status == MessageStatus.sending,
            ),
        )
        .order_by(went.desc())
        .offset(limit.messages - 1)
        .limit(1)
    )
    return last_that_fits + limit.within if last_that_fits else None
