"""What a caller's webhooks write of a conversation, one statement each, built once.

They stand on the tables beneath the models, for the reason given in `triage.intake.statements`.
"""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from hotline.accounts.models import Account
from hotline.accounts.permissions import Role
from hotline.db import Base
from hotline.outbox import MessageStatus, OutboxMessage
from triage.conversations.models import CALLABLE, Callback, CallbackReason, Leg, LegKind
from triage.conversations.states import (
    ACTIVE,
    LEG_MOVES,
    CallbackStatus,
    LegEvent,
    LegStatus,
)
from triage.intake.models import Call, Report
from triage.intake.states import CallStatus

PATIENCE = dt.timedelta(seconds=60)
"""A caller who has not come to a further round for so long waits no more; a round takes half of it."""
PUNCTUAL = dt.timedelta(seconds=10)
"""A caller for whom nobody could be rung is looked at again and again; one that was not looked at for
so long (its row cannot be worked on) holds up nobody behind."""
LEG = "leg"
MOVE = "move"
"""Topics of the messages that ring a leg, and that move the caller."""


def _table(model: type[Base]) -> sa.Table:
    return Base.metadata.tables[model.__tablename__]


CALLS, REPORTS, LEGS, CALLBACKS = map(_table, (Call, Report, Leg, Callback))
ACCOUNTS, MESSAGES = map(_table, (Account, OutboxMessage))
_SID = sa.bindparam("sid", type_=sa.Text())
_NOW = sa.bindparam("moment", type_=sa.DateTime(timezone=True))


def somebody_in(call_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether somebody of the line, or of the police, stands in the conversation of this call."""
    return (
        sa.exists()
        .where(
            LEGS.c.call_id == call_id,
            LEGS.c.kind != LegKind.caller,
            LEGS.c.status == LegStatus.joined,
        )
        .correlate_except(LEGS)
    )


SOMEBODY_THERE = (
    sa.select(somebody_in(CALLS.c.id)).where(CALLS.c.call_sid == _SID).with_for_update(of=CALLS)
)
"""Whether somebody has come for this caller; who leaves meanwhile waits for what follows from it."""


def _being_moved(call_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """A request to move the caller is on the wire: it will find them wherever they are."""
    return (
        sa.exists()
        .where(
            MESSAGES.c.topic == MOVE,
            MESSAGES.c.ref == call_id,
            MESSAGES.c.status == MessageStatus.sending,
            MESSAGES.c.lease_until > _NOW,
        )
        .correlate_except(MESSAGES)
    )


_OTHER = CALLS.alias("other")


def _before() -> sa.Select[Any]:
    """Callers who wait and are before one of `calls`: emergencies first, then the longest waiting."""
    of_other, of_this = REPORTS.alias(), REPORTS.alias()
    urgent = sa.func.coalesce(of_other.c.emergency, sa.false())
    own = sa.select(sa.func.coalesce(sa.func.bool_or(of_this.c.emergency), sa.false())).where(
        of_this.c.call_id == CALLS.c.id
    )
    mine = own.correlate(CALLS).scalar_subquery()
    earlier = sa.tuple_(_OTHER.c.waiting_since, _OTHER.c.id) < sa.tuple_(
        CALLS.c.waiting_since, CALLS.c.id
    )
    return (
        sa.select(sa.func.count())
        .select_from(_OTHER.join(of_other, of_other.c.call_id == _OTHER.c.id, isouter=True))
        .where(
            _OTHER.c.id != CALLS.c.id,
            _OTHER.c.status == CallStatus.in_progress,
            _OTHER.c.waiting_at > _NOW - PATIENCE,
            sa.not_(somebody_in(_OTHER.c.id)),
            sa.or_(sa.and_(urgent, sa.not_(mine)), sa.and_(urgent == mine, earlier)),
        )
        .correlate(CALLS)
    )


_RINGS_FOR_OTHER = (
    sa.exists()
    .where(LEGS.c.call_id == _OTHER.c.id, LEGS.c.status == LegStatus.ringing)
    .correlate_except(LEGS)
)
LEFT_OVER = (
    sa.select(
        _before()
        .where(_OTHER.c.ring_at > _NOW - PUNCTUAL, sa.not_(_RINGS_FOR_OTHER))
        .scalar_subquery()
    )
    .select_from(CALLS)
    .where(CALLS.c.id == sa.bindparam("call", type_=sa.BigInteger()))
)
"""How many callers before this one are still to be rung for: whoever becomes free is theirs."""


def _waiting() -> sa.Update:
    there = sa.and_(somebody_in(CALLS.c.id), sa.not_(_being_moved(CALLS.c.id)))
    anybody = sa.exists().where(
        ACCOUNTS.c.role == Role.officer, ACCOUNTS.c.active, ACCOUNTS.c.phone.is_not(None)
    )
    return (
        sa.update(CALLS)
        # A round that is heard of after the end (late, or replayed) rings nobody.
        .where(CALLS.c.call_sid == _SID, CALLS.c.status == CallStatus.in_progress)
        .values(
            waiting_since=sa.func.coalesce(CALLS.c.waiting_since, _NOW),
            waiting_at=_NOW,
            ring_round=sa.bindparam("round", type_=sa.SmallInteger()),
            ring_in_turn=sa.bindparam("in_turn", type_=sa.Boolean()),
            # Who is still to be rung for stays due since when they were.
            ring_at=sa.case(
                (somebody_in(CALLS.c.id), None), else_=sa.func.coalesce(CALLS.c.ring_at, _NOW)
            ),
            next_url=sa.bindparam("url", type_=sa.Text()),
        )
        .returning(
            CALLS.c.id,
            CALLS.c.ring_at,
            there.label("accepted"),
            _before().scalar_subquery().label("ahead"),
            anybody.label("anybody"),
        )
    )


WAIT = _waiting()
"""A caller has come to a round of waiting; gives nothing if the call is not known."""


LEAVE = sa.update(CALLS).where(CALLS.c.call_sid == _SID).values(waiting_at=None, ring_at=None)
"""A caller would rather leave a message, or be called back."""


def _coming_in() -> sa.Select[Any]:
    """Whoever has come to a conversation: the caller's own call, or one of ours to the caller. A move
    that has not left yet would only tear them out again."""
    caller = (
        sa.update(CALLS)
        .where(CALLS.c.call_sid == _SID)
        .values(
            waiting_at=None,
            ring_at=None,
            talking_since=sa.func.coalesce(CALLS.c.talking_since, _NOW),
            next_url=sa.bindparam("url", type_=sa.Text()),
        )
        .returning(CALLS.c.id)
        .cte("caller")
    )
    unsent = (
        sa.update(MESSAGES)
        .where(
            MESSAGES.c.topic == MOVE,
            MESSAGES.c.ref == sa.select(caller.c.id).scalar_subquery(),
            MESSAGES.c.status.in_([MessageStatus.pending, MessageStatus.sending]),
        )
        .values(expires_at=_NOW)
        .returning(MESSAGES.c.id)
        .cte("unsent")
    )
    of_ours = (
        sa.select(MESSAGES.c.ref)
        .where(MESSAGES.c.topic == LEG, MESSAGES.c.carrier_sid == _SID)
        .scalar_subquery()
    )
    leg = (
        sa.update(LEGS)
        .where(LEGS.c.id == of_ours, LEGS.c.status == LegStatus.ringing)
        .values(status=LEG_MOVES.sql(LEGS.c.status, LegEvent.accept), joined_at=_NOW)
        .returning(LEGS.c.id)
        .cte("leg")
    )
    return sa.select(sa.literal(1)).add_cte(caller, unsent, leg)


JOINED = _coming_in()


def _owing() -> sa.Select[Any]:
    was = (
        sa.select(CALLS.c.id, CALLS.c.waiting_at, CALLS.c.talking_since, CALLS.c.caller_kind)
        .where(CALLS.c.call_sid == _SID)
        .with_for_update()
        .cte("was")
    )
    over = (
        sa.update(CALLS)
        .where(CALLS.c.id == was.c.id)
        .values(waiting_at=None, ring_at=None)
        .returning(CALLS.c.id)
        .cte("over")
    )
    missed = _owed(CallbackReason.missed).where(
        REPORTS.c.call_id == was.c.id,
        was.c.waiting_at.is_not(None),
        was.c.talking_since.is_(None),
        was.c.caller_kind.in_(CALLABLE),
    )
    owed = _insert(missed).on_conflict_do_nothing().returning(CALLBACKS.c.id).cte("owed")
    left = sa.exists().where(LEGS.c.call_id == was.c.id, LEGS.c.status.in_(ACTIVE))
    return sa.select(was.c.id, left.label("left")).add_cte(over, owed)


def _owed(reason: CallbackReason) -> sa.Select[Any]:
    return sa.select(
        REPORTS.c.id,
        sa.literal(reason, CALLBACKS.c.reason.type),
        sa.literal(CallbackStatus.open, CALLBACKS.c.status.type),
        _NOW,
        _NOW,
    )


def _insert(rows: sa.Select[Any]) -> postgresql.Insert:
    columns = ["report_id", "reason", "status", "next_try_at", "created_at"]
    return postgresql.insert(CALLBACKS).from_select(columns, rows)


OVER = _owing()
"""The caller's call is over: whoever waited in vain is owed a call. Gives the call, and whether
anybody's telephone still rings or stands in its conversation."""


CALLABLE_CALL = sa.select(CALLS.c.caller_kind.in_(CALLABLE)).where(CALLS.c.call_sid == _SID)
"""Whether this caller has a number at which they can be reached again."""


def _asking() -> sa.Insert:
    asked = _owed(CallbackReason.asked).where(
        REPORTS.c.call_id == sa.select(CALLS.c.id).where(CALLS.c.call_sid == _SID).scalar_subquery()
    )
    return _insert(asked).on_conflict_do_update(
        index_elements=["report_id"],
        index_where=CALLBACKS.c.status == CallbackStatus.open,
        set_={"reason": CallbackReason.asked},
    )


ASK = _asking()
"""The caller asks to be called back."""
