"""What the sweeper does about conversations: whatever a job or a webhook should have done and did not."""

import datetime as dt
from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock, config, db, queues
from hotline.outbox import MessageStatus, OutboxMessage
from triage.conversations import service
from triage.conversations.models import Leg, LegKind
from triage.conversations.statements import LEG, MOVE
from triage.conversations.states import ACTIVE, LegStatus
from triage.intake import service as intake
from triage.intake.models import Call, Report
from triage.intake.service import LONGEST_CALL
from triage.intake.states import CallEvent, CallStatus, ReportStatus

NUDGE_GRACE = dt.timedelta(seconds=1)
"""How long a worker has, before the sweeper rings officers itself."""
LONGEST_RING = dt.timedelta(minutes=2)
"""A leg still ringing after this is not: the network's word of its end was lost."""
OVER_AT_NETWORK = ("404", "21220")
"""What the network answers to whoever would move a call that is over, or that it no longer knows."""
MOST = 100
MOST_RUNG_FOR = 20
"""Callers, of those who wait longest: nobody is rung for whoever stands behind them anyway."""


def sweep() -> int:
    """Ring, end and hang up whatever is due; how many rows were worked on. Each in a transaction of its
    own: a caller's webhook waits for as long as its call is locked."""
    worked = sum(queues.row_by_row(find, act) for find, act in _DUTIES)
    with db.transaction() as session:
        return worked + _keep_claims(session)


def _to_ring_for(session: orm.Session) -> Sequence[int]:
    return session.scalars(
        sa.select(Call.id)
        .join(Report, Report.call_id == Call.id, isouter=True)
        .where(Call.ring_at <= clock.now() - NUDGE_GRACE)
        .order_by(Report.emergency.desc().nulls_last(), Call.waiting_since, Call.id)
        .limit(MOST_RUNG_FOR)
    ).all()


def _ended_legs(session: orm.Session) -> Sequence[int]:
    """Legs of which no end was told: the ring was refused or came too late, or a webhook was lost."""
    now = clock.now()
    never_rang = OutboxMessage.status.in_([MessageStatus.failed, MessageStatus.undelivered])
    over = sa.or_(
        OutboxMessage.settled_at < now - NUDGE_GRACE,
        sa.and_(Leg.status == LegStatus.ringing, never_rang),
        sa.and_(Leg.status == LegStatus.ringing, Leg.rung_at < now - LONGEST_RING),
        Leg.rung_at < now - LONGEST_CALL,
    )
    return session.scalars(
        sa.select(Leg.id)
        .join(OutboxMessage, sa.and_(OutboxMessage.topic == LEG, OutboxMessage.ref == Leg.id))
        .where(Leg.status.in_(ACTIVE), over)
        .limit(MOST)
    ).all()


def _gone(session: orm.Session) -> Sequence[int]:
    """Callers whom the network would not move to the officer who came, because their call is over: the
    word of that was lost, and the officer would wait for nobody (network fact: HTTP 404, error 21220)."""
    refused = sa.exists().where(
        OutboxMessage.topic == MOVE,
        OutboxMessage.ref == Call.id,
        OutboxMessage.status == MessageStatus.failed,
        OutboxMessage.error_code.in_(OVER_AT_NETWORK),
    )
    return session.scalars(
        sa.select(Call.id).where(Call.status == CallStatus.in_progress, refused).limit(MOST)
    ).all()


def _end_call(session: orm.Session, call_id: int) -> None:
    call_sid = session.get_one(Call, call_id).call_sid
    intake.end_call(session, call_sid, CallEvent.ended)
    service.call_ended(session, call_sid)


def _ended(session: orm.Session) -> Sequence[int]:
    """Calls that ended otherwise than by the network's own word (`intake.end_forgotten_calls`)."""
    return session.scalars(
        sa.select(Call.id)
        .where(
            Call.waiting_at.is_not(None),
            Call.status != CallStatus.in_progress,
            Call.ended_at < clock.now() - NUDGE_GRACE,
        )
        .limit(MOST)
    ).all()


def _settle(session: orm.Session, call_id: int) -> None:
    service.call_ended(session, session.get_one(Call, call_id).call_sid)


def _left(session: orm.Session) -> Sequence[int]:
    """Telephones that ring or wait for a caller who has gone, where the job was lost."""
    back = orm.aliased(Leg)
    called_back = sa.exists().where(
        back.call_id == Leg.call_id,
        back.kind.in_([LegKind.callback, LegKind.caller]),
        back.status.in_(ACTIVE),
    )
    return session.scalars(
        sa.select(Leg.call_id)
        .distinct()
        .join(Call, Call.id == Leg.call_id)
        .where(
            Leg.status.in_(ACTIVE),
            Call.status != CallStatus.in_progress,
            Call.ended_at < clock.now() - NUDGE_GRACE,
            sa.not_(called_back),
        )
        .limit(MOST)
    ).all()


_DUTIES: tuple[
    tuple[Callable[[orm.Session], Sequence[int]], Callable[[orm.Session, int], None]], ...
] = (
    (_to_ring_for, service.ring_due),
    (_ended_legs, service.over),
    (_gone, _end_call),
    (_ended, _settle),
    (_left, service.clear_call),
)


def _keep_claims(session: orm.Session) -> int:
    """Who talks with the caller keeps the report, also without touching the keyboard."""
    lease = dt.timedelta(seconds=config.current().claim_lease_seconds)
    talks = (
        sa.select(Report.id)
        .join(Leg, Leg.call_id == Report.call_id)
        .where(
            Report.status == ReportStatus.claimed,
            Report.claimed_by == Leg.account_id,
            Report.lease_until < clock.now() + lease / 2,
            Leg.status == LegStatus.joined,
        )
        .with_for_update(of=Report, skip_locked=True)
    )
    kept = session.scalars(
        sa.update(Report)
        .where(Report.id.in_(talks))
        .values(lease_until=clock.now() + lease)
        .returning(Report.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(kept)
