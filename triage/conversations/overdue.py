"""What the sweeper does about conversations: whatever a job or a webhook should have done and did not."""

import datetime as dt

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


def sweep(session: orm.Session) -> int:
    """Ring, end and hang up whatever is due; how many rows were worked on."""
    duties = (_ring_due, _end_legs, _end_gone, _end_calls, _hang_up_left, _keep_claims)
    return sum(duty(session) for duty in duties)


def _ring_due(session: orm.Session) -> int:
    due = session.scalars(
        sa.select(Call.id)
        .join(Report, Report.call_id == Call.id, isouter=True)
        .where(Call.ring_at <= clock.now() - NUDGE_GRACE)
        .order_by(Report.emergency.desc().nulls_last(), Call.waiting_since, Call.id)
        .limit(MOST)
        .with_for_update(of=Call, skip_locked=True)
    ).all()
    queues.try_each(due, db.apart(session, lambda number: service.ring_due(session, number)))
    return len(due)


def _end_legs(session: orm.Session) -> int:
    """Legs of which no end was told: the ring was refused or came too late, or a webhook was lost."""
    now = clock.now()
    never_rang = OutboxMessage.status.in_([MessageStatus.failed, MessageStatus.undelivered])
    over = sa.or_(
        OutboxMessage.settled_at < now - NUDGE_GRACE,
        sa.and_(Leg.status == LegStatus.ringing, never_rang),
        sa.and_(Leg.status == LegStatus.ringing, Leg.rung_at < now - LONGEST_RING),
        Leg.rung_at < now - LONGEST_CALL,
    )
    ended = session.scalars(
        sa.select(Leg.id)
        .join(OutboxMessage, sa.and_(OutboxMessage.topic == LEG, OutboxMessage.ref == Leg.id))
        .where(Leg.status.in_(ACTIVE), over)
        .limit(MOST)
    ).all()
    queues.try_each(ended, db.apart(session, lambda number: service.over(session, number)))
    return len(ended)


def _end_gone(session: orm.Session) -> int:
    """Callers whom the network would not move to the officer who came, because their call is over: the
    word of that was lost, and the officer would wait for nobody (network fact: HTTP 404, error 21220)."""
    refused = sa.exists().where(
        OutboxMessage.topic == MOVE,
        OutboxMessage.ref == Call.id,
        OutboxMessage.status == MessageStatus.failed,
        OutboxMessage.error_code.in_(OVER_AT_NETWORK),
    )
    sids = session.scalars(
        sa.select(Call.call_sid)
        .where(Call.status == CallStatus.in_progress, refused)
        .limit(MOST)
        .with_for_update(skip_locked=True)
    ).all()
    for sid in sids:
        intake.end_call(session, sid, CallEvent.ended)
        service.call_ended(session, sid)
    return len(sids)


def _end_calls(session: orm.Session) -> int:
    """Calls that ended otherwise than by the network's own word (`intake.end_forgotten_calls`)."""
    sids = session.scalars(
        sa.select(Call.call_sid)
        .where(
            Call.waiting_at.is_not(None),
            Call.status != CallStatus.in_progress,
            Call.ended_at < clock.now() - NUDGE_GRACE,
        )
        .limit(MOST)
        .with_for_update(skip_locked=True)
    ).all()
    for sid in sids:
        service.call_ended(session, sid)
    return len(sids)


def _hang_up_left(session: orm.Session) -> int:
    """Telephones that ring or wait for a caller who has gone, where the job was lost."""
    back = orm.aliased(Leg)
    called_back = sa.exists().where(
        back.call_id == Leg.call_id,
        back.kind.in_([LegKind.callback, LegKind.caller]),
        back.status.in_(ACTIVE),
    )
    left = session.scalars(
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
    queues.try_each(left, db.apart(session, lambda number: service.clear_call(session, number)))
    return len(left)


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
