"""Takes a message from the outbox to the network, and records what came of it.

Two short transactions with the request between them: claim (a lease, committed before anything is
sent) and outcome. If the process dies in between, the lease runs out and somebody else sends again.
"""

import datetime as dt

import sqlalchemy as sa
import structlog
from sqlalchemy import orm

from hotline import clock, db, live, phones, queues
from hotline.carrier import CarrierError, carrier
from hotline.outbox import Channel, MessageEvent, MessageStatus, OutboxMessage, move

LEASE = dt.timedelta(seconds=30)
WAITS = tuple(dt.timedelta(seconds=s) for s in (1, 2, 5, 10, 20, 40, 60))
NUDGE_GRACE = dt.timedelta(seconds=1)
"""How long a worker has, before the sweeper sends a message itself."""

log = structlog.get_logger()


def deliver(message_id: int) -> None:
    """Send one message, if it is still to be sent. Called by a worker, or by the sweeper."""
    with db.transaction() as session:
        message = _claim(session, message_id)
    if message is None:
        return
    sid, error = _send(message)
    with db.transaction() as session:
        _settle(session, message_id, sid, error)


def due(session: orm.Session, limit: int = 50) -> list[int]:
    """Numbers of the messages that are due and that no worker has taken in time, alerts first."""
    late = clock.now() - NUDGE_GRACE
    ready = sa.and_(
        OutboxMessage.status == MessageStatus.pending, OutboxMessage.next_attempt_at <= late
    )
    return list(
        session.scalars(
            sa.select(OutboxMessage.id)
            .where(sa.or_(ready, _lease_ran_out()))
            .order_by(OutboxMessage.lane, OutboxMessage.next_attempt_at)
            .limit(limit)
        )
    )


def sweep() -> int:
    """Send what is due and has been left lying; how many were tried."""
    with db.transaction() as session:
        numbers = due(session)
    queues.try_each(numbers, deliver)
    return len(numbers)


def _lease_ran_out() -> sa.ColumnElement[bool]:
    return sa.and_(
        OutboxMessage.status == MessageStatus.sending, OutboxMessage.lease_until <= clock.now()
    )


def _claim(session: orm.Session, message_id: int) -> OutboxMessage | None:
    ready = sa.and_(
        OutboxMessage.status == MessageStatus.pending,
        OutboxMessage.next_attempt_at <= clock.now(),
    )
    message = session.scalar(
        sa.select(OutboxMessage)
        .where(OutboxMessage.id == message_id, sa.or_(ready, _lease_ran_out()))
        .with_for_update(skip_locked=True)
    )
    if message is None:
        return None
    if message.expires_at <= clock.now():
        _refuse(session, message, "expired")
        return None
    move(message, MessageEvent.claim)
    message.attempts += 1
    message.lease_until = clock.now() + LEASE
    return message


def _send(message: OutboxMessage) -> tuple[str | None, CarrierError | None]:
    try:
        return _taken(message), None
    except CarrierError as error:
        return None, error


def _taken(message: OutboxMessage) -> str | None:
    """The network's name for what was begun; none for a call that was only moved."""
    match message.channel:
        case Channel.call:
            return carrier().place_call(message.to, message.id, message.ring_seconds)
        case Channel.sms:
            valid = int((message.expires_at - clock.now()).total_seconds())
            return carrier().send_sms(message.to, message.body, message.id, valid)
        case Channel.redirect:
            carrier().redirect_call(message.to, message.body)
            return None


def _settle(
    session: orm.Session, message_id: int, sid: str | None, error: CarrierError | None
) -> None:
    message = session.get_one(OutboxMessage, message_id, with_for_update=True)
    if error is None:
        # A webhook may have named the call or SMS already, and another one if this is the second that
        # was sent because the first answer was lost: the one that is heard of is the one to follow.
        message.carrier_sid = message.carrier_sid or sid
        message.sent_at = message.sent_at or clock.now()
        message.error_code = ""
        move(message, MessageEvent.accepted)
    elif error.retry:
        _try_again(message, error)
    else:
        _refuse(session, message, error.code)
    live.announce(session, message.topic, message.ref)
    log.info(
        "message_sent" if error is None else "message_not_taken",
        message=message_id,
        channel=message.channel,
        to=phones.mask(message.to),
        status=message.status,
        error=message.error_code,
        attempt=message.attempts,
    )


def _try_again(message: OutboxMessage, error: CarrierError) -> None:
    move(message, MessageEvent.retry)
    message.error_code = error.code
    wait = WAITS[min(message.attempts, len(WAITS)) - 1]
    message.next_attempt_at = clock.now() + wait


def _refuse(session: orm.Session, message: OutboxMessage, code: str) -> None:
    message.error_code = code
    message.settled_at = clock.now()
    # An overdue lease found expired is still `sending`; both roads end in `failed`.
    move(message, MessageEvent.refused)
    live.announce(session, message.topic, message.ref)
