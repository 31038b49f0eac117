"""What the network says of the messages we have sent: its words, what each means, and that an SMS which could
not be delivered is sent once more.
"""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import clock
from hotline.db import Base
from hotline.outbox import Channel, MessageEvent, MessageStatus, OutboxMessage, move
from hotline.troubles import WORTH_SENDING_AGAIN


class StatusSeen(Base):
    """A status word already handled, so that the second and third copy change nothing."""

    __tablename__ = "outbox_statuses"

    carrier_sid: orm.Mapped[str] = orm.mapped_column(primary_key=True)
    status: orm.Mapped[str] = orm.mapped_column(primary_key=True)
    at: orm.Mapped[dt.datetime]


# The network's words for the state of an SMS or a call, and what each means to us. Words not listed
# (there will be new ones) change nothing but are kept on the row.
NETWORK_WORDS: dict[str, MessageEvent] = {
    "accepted": MessageEvent.accepted,
    "scheduled": MessageEvent.accepted,
    "queued": MessageEvent.accepted,
    "sending": MessageEvent.accepted,
    "sent": MessageEvent.accepted,
    "partially_delivered": MessageEvent.accepted,
    "initiated": MessageEvent.accepted,
    "ringing": MessageEvent.accepted,
    "delivered": MessageEvent.delivered,
    "read": MessageEvent.delivered,
    "answered": MessageEvent.delivered,
    "in-progress": MessageEvent.delivered,
    "completed": MessageEvent.delivered,
    "undelivered": MessageEvent.undelivered,
    "busy": MessageEvent.undelivered,
    "no-answer": MessageEvent.undelivered,
    "canceled": MessageEvent.undelivered,
    "failed": MessageEvent.failed,
}
LAST_WORDS = frozenset(
    {"delivered", "read", "completed", "undelivered", "busy", "no-answer", "canceled", "failed"}
)
BAD_NEWS = (MessageEvent.undelivered, MessageEvent.failed)

SEND_AGAIN_AFTER = (dt.timedelta(seconds=30), dt.timedelta(seconds=120))
"""How long after the carrier's word an undelivered SMS is sent anew: the first time, and the last."""


def status_came(
    session: orm.Session, *, message_id: int | None, sid: str, status: str, error_code: str
) -> OutboxMessage | None:
    """A status from the network, found by our own number (in the callback's URL) or by its sid.

    Statuses come in any order (network fact). Their words have one of their own, the same for every
    message and every call, so the network's sequence number, which SMS do not have, is not needed: a last
    word is followed by none but `delivered`, which is never taken back.

    Returns the message if this status was news, None if it was a copy or belongs to nobody.
    """
    if not _is_news(session, sid, status):
        return None
    wanted = OutboxMessage.id == message_id if message_id else OutboxMessage.carrier_sid == sid
    message = session.scalar(sa.select(OutboxMessage).where(wanted).with_for_update())
    if message is None or (message.carrier_sid not in (None, sid)):
        return None
    event = NETWORK_WORDS.get(status)
    if event:
        message.carrier_sid = sid
        message.sent_at = message.sent_at or clock.now()
    if _comes_too_late(message, status, event):
        return message
    message.network_status = status
    message.error_code = error_code or message.error_code
    if event:
        _follow(session, message, event)
    if status in LAST_WORDS:
        message.settled_at = clock.now()
    return message


def _comes_too_late(message: OutboxMessage, status: str, event: MessageEvent | None) -> bool:
    """Whether the last word has been here already, and this one takes nothing of it back."""
    if message.settled_at is None:
        return False
    if message.status is MessageStatus.delivered:
        return event in BAD_NEWS or status not in LAST_WORDS
    return status not in LAST_WORDS and event is not MessageEvent.delivered


def _follow(session: orm.Session, message: OutboxMessage, event: MessageEvent) -> None:
    before = message.status
    move(message, event)
    if message.status is before:
        return
    if event in BAD_NEWS:
        _send_again(session, message)
    elif before in (MessageStatus.undelivered, MessageStatus.failed):
        message.error_code = ""
        _withdraw_repetitions(session, message)


def _send_again(session: orm.Session, message: OutboxMessage) -> None:
    """An SMS for a handset that was off is sent once more while it is valid: as a message of its own, so
    that what waits for this one goes on to its next step at once."""
    if message.channel is not Channel.sms or message.error_code not in WORTH_SENDING_AGAIN:
        return
    if message.again >= len(SEND_AGAIN_AFTER):
        return
    now = clock.now()
    due = now + SEND_AGAIN_AFTER[message.again]
    if due >= message.expires_at:
        return
    same = ("topic", "ref", "lane", "channel", "to", "to_name", "to_index", "body", "expires_at")
    session.execute(
        postgresql.insert(OutboxMessage)
        .values(
            **{name: getattr(message, name) for name in same},
            dedupe_key=_key_of_repetition(message, message.again + 1),
            again=message.again + 1,
            flow="",
            status=MessageStatus.pending,
            created_at=now,
            next_attempt_at=due,
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
    )


def _withdraw_repetitions(session: orm.Session, message: OutboxMessage) -> None:
    """It has arrived after all."""
    later = range(message.again + 1, len(SEND_AGAIN_AFTER) + 1)
    session.execute(
        sa.update(OutboxMessage)
        .where(OutboxMessage.dedupe_key.in_([_key_of_repetition(message, n) for n in later]))
        .values(expires_at=clock.now())
    )


def _key_of_repetition(message: OutboxMessage, number: int) -> str:
    return f"{message.dedupe_key.removesuffix(f':again:{message.again}')}:again:{number}"


def _is_news(session: orm.Session, sid: str, status: str) -> bool:
    first = (
        postgresql.insert(StatusSeen)
        .values(carrier_sid=sid, status=status, at=clock.now())
        .on_conflict_do_nothing()
        .returning(StatusSeen.status)
    )
    return session.scalar(first) is not None
