"""Messages waiting to leave: written in the transaction of the fact that causes them.

`add()` is all a service needs. `hotline.relay` takes them from here to the network. A row is sent
once by its `dedupe_key`; an overdue `sending` is sent again, because a second SMS is better than none.
"""

import datetime as dt
import enum
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import clock, crypto, phones, queues
from hotline.crypto import EncryptedText
from hotline.db import Base, Id, words
from hotline.states import Moves


class Channel(enum.StrEnum):
    """How a message travels. `redirect` reaches a call that is going on already: `to` is the network's
    name for it, `body` the address at which it goes on, or empty to hang up. `webhook` posts the document
    `body`, signed, to the address `to`."""

    sms = "sms"
    call = "call"
    redirect = "redirect"
    webhook = "webhook"


TELEPHONES = (Channel.sms, Channel.call)
"""Channels by which a message reaches a telephone of its own."""


class Lane(enum.IntEnum):
    """Which messages go first: an alert never waits behind a receipt."""

    alert = 0
    page = 1
    other = 2


RING_SECONDS = 30
"""How long a telephone rings, if nothing else is said."""


class MessageStatus(enum.StrEnum):
    """Where a message stands. `delivered` is the network's word and never an acknowledgement."""

    pending = "pending"
    sending = "sending"
    sent = "sent"
    delivered = "delivered"
    undelivered = "undelivered"
    failed = "failed"


class MessageEvent(enum.StrEnum):
    """What can happen to a message."""

    claim = "claim"
    accepted = "accepted"
    retry = "retry"
    refused = "refused"
    delivered = "delivered"
    undelivered = "undelivered"
    failed = "failed"


S, E = MessageStatus, MessageEvent

# The network's statuses come unordered, twice, or before the answer to our own request (network
# fact). `delivered` therefore wins over everything, and nothing takes it back.
MESSAGE_MOVES: Moves[MessageStatus, MessageEvent] = Moves(
    "message",
    {
        (S.pending, E.claim): S.sending,
        (S.sending, E.claim): S.sending,
        (S.sending, E.accepted): S.sent,
        (S.sending, E.retry): S.pending,
        # Two had it, because the lease of the first ran out; both failed.
        (S.pending, E.retry): S.pending,
        (S.sending, E.refused): S.failed,
        (S.pending, E.refused): S.failed,
        (S.pending, E.accepted): S.sent,
        **{(state, E.delivered): S.delivered for state in S},
        **{(state, E.undelivered): S.undelivered for state in (S.pending, S.sending, S.sent)},
        **{(state, E.failed): S.failed for state in (S.pending, S.sending, S.sent)},
        **{
            (state, event): state
            for state in (S.sent, S.delivered, S.undelivered, S.failed)
            for event in (E.accepted, E.retry, E.refused)
        },
        (S.delivered, E.undelivered): S.delivered,
        (S.delivered, E.failed): S.delivered,
        (S.undelivered, E.undelivered): S.undelivered,
        (S.undelivered, E.failed): S.undelivered,
        (S.failed, E.failed): S.failed,
        (S.failed, E.undelivered): S.failed,
    },
)


class OutboxMessage(Base):
    """One SMS or call on its way out, or a call to be moved. `topic` and `ref` say what it belongs to
    (an alert, a page, a leg); for a call, `flow` names the call flow that speaks."""

    __tablename__ = "outbox_messages"

    id: orm.Mapped[Id]
    dedupe_key: orm.Mapped[str] = orm.mapped_column(unique=True)
    topic: orm.Mapped[str]
    ref: orm.Mapped[int]
    lane: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger)
    channel: orm.Mapped[Channel] = orm.mapped_column(words(Channel))
    to: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    to_name: orm.Mapped[str]
    body: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    flow: orm.Mapped[str]
    ring_seconds: orm.Mapped[int] = orm.mapped_column(
        sa.SmallInteger, server_default=str(RING_SECONDS)
    )
    status: orm.Mapped[MessageStatus] = orm.mapped_column(words(MessageStatus))
    attempts: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger, default=0)
    created_at: orm.Mapped[dt.datetime]
    next_attempt_at: orm.Mapped[dt.datetime]
    lease_until: orm.Mapped[dt.datetime | None]
    expires_at: orm.Mapped[dt.datetime]
    sent_at: orm.Mapped[dt.datetime | None]
    settled_at: orm.Mapped[dt.datetime | None]
    """When the network said the last word: delivered, undelivered, failed; for a call, that it ended."""
    carrier_sid: orm.Mapped[str | None] = orm.mapped_column(unique=True)
    network_status: orm.Mapped[str] = orm.mapped_column(default="")
    error_code: orm.Mapped[str] = orm.mapped_column(default="")
    network: orm.Mapped[str] = orm.mapped_column(server_default="")
    """Which network carried it, `first` or `second`; while it is being sent, the one that is asked."""
    only_by: orm.Mapped[str] = orm.mapped_column(server_default="")
    """The only network that can carry it, if only one can."""
    in_doubt: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())
    """An attempt was begun of which nobody knows what became: it is looked for before it is made again."""
    to_index: orm.Mapped[int | None]
    """The telephone to be reached, as a keyed digest by which messages to it are counted."""
    again: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger, server_default="0")
    """The how-manieth repetition this is of an SMS that the carrier could not deliver."""

    __table_args__ = (
        sa.Index(
            "ix_outbox_due",
            "lane",
            "next_attempt_at",
            postgresql_where=sa.text("status IN ('pending', 'sending')"),
        ),
        sa.Index(
            "ix_outbox_failed",
            "created_at",
            postgresql_where=sa.text("status IN ('failed', 'undelivered')"),
        ),
        sa.Index(None, "topic", "ref"),
        sa.Index(None, "to_index", "sent_at"),
    )


DELIVER = "hotline.relay.deliver"
CLOCKS_APART = dt.timedelta(minutes=1)


def add(
    session: orm.Session,
    *,
    dedupe_key: str,
    topic: str,
    ref: int,
    lane: Lane,
    channel: Channel,
    to: str,
    to_name: str,
    body: str = "",
    flow: str = "",
    ring_seconds: int = RING_SECONDS,
    only_by: str = "",
    queue: str = "",
    valid_for: dt.timedelta,
) -> int:
    """Put a message on its way and return its number; the same `dedupe_key` again returns the first.

    `only_by` names the one network that can carry it, such as a call that joins another call there.
    `queue` is whose workers are nudged, if not its lane's own.
    `valid_for` is how long it still makes sense to send it: an emergency wants minutes, and the
    network's own default of ten hours would deliver it tomorrow (network fact).
    """
    now = clock.now()
    added: int | None = session.scalar(
        postgresql.insert(OutboxMessage)
        .values(
            dedupe_key=dedupe_key,
            topic=topic,
            ref=ref,
            lane=int(lane),
            channel=channel,
            to=to,
            to_name=to_name,
            to_index=_to_index(channel, to),
            body=body,
            flow=flow,
            ring_seconds=ring_seconds,
            only_by=only_by,
            status=MessageStatus.pending,
            created_at=now,
            next_attempt_at=now,
            expires_at=now + valid_for,
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(OutboxMessage.id)
    )
    if added is None:
        known = sa.select(OutboxMessage.id).where(OutboxMessage.dedupe_key == dedupe_key)
        return session.scalars(known).one()
    usual = queues.ALERTS if lane is not Lane.other else queues.DEFAULT
    queues.enqueue(session, queue or usual, DELIVER, added)
    return added


def _to_index(channel: Channel, to: str) -> int | None:
    return crypto.blind_index("phone", phones.normalise(to).text) if channel in TELEPHONES else None


def withdraw(session: orm.Session, topics: Collection[str], ref: int) -> None:
    """Let what has not left yet leave no more: its time is over, also for one that is being tried, and
    what has left is not sent again if the carrier cannot deliver it."""
    now = clock.now()
    session.execute(
        sa.update(OutboxMessage)
        .where(
            OutboxMessage.topic.in_(topics),
            OutboxMessage.ref == ref,
            OutboxMessage.expires_at > now,
        )
        # Over by a margin: another process's clock, or this one put right, may be a little behind.
        .values(expires_at=now - CLOCKS_APART)
    )


def is_carried_by(session: orm.Session, message: OutboxMessage, sid: str) -> None:
    """The network names our message in this very call, so no other is it: of two calls to one number whose
    answers were lost, either may have been taken for the other (`hotline.lost`)."""
    if message.carrier_sid != sid:
        another = (OutboxMessage.carrier_sid == sid, OutboxMessage.id != message.id)
        session.execute(sa.update(OutboxMessage).where(*another).values(carrier_sid=None))
        message.carrier_sid = sid


def move(message: OutboxMessage, event: MessageEvent) -> None:
    """Move a locked message by its table.

    Raises:
        IllegalTransition: the table does not know the event in this state.
    """
    message.status = MESSAGE_MOVES.after(message.status, event)
