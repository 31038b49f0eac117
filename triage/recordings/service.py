"""Legal holds 司法保全: what a court, the police or a complaint may still ask for is not deleted."""

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock
from triage.intake.models import Report
from triage.recordings.models import Hold


def place_hold(session: orm.Session, report_id: int, actor: audit.Actor, reason: str) -> Hold:
    """Keep a report's recordings and transcripts until the hold is lifted. A report that is held
    already stays held for the reason it has."""
    # The sweeper locks the same row before it marks anything for deletion.
    session.get_one(Report, report_id, with_for_update=True)
    if standing := hold(session, report_id):
        return standing
    assert actor.account_id is not None
    placed = Hold(
        report_id=report_id, reason=reason, placed_by=actor.account_id, placed_at=clock.now()
    )
    session.add(placed)
    session.flush()
    audit.record(session, actor, "hold", "report", report_id, reason=reason, hold=placed.id)
    return placed


def lift_hold(session: orm.Session, report_id: int, actor: audit.Actor, reason: str) -> None:
    """Let the time that is set for it count again. Nothing to do if the report is not held."""
    session.get_one(Report, report_id, with_for_update=True)
    standing = hold(session, report_id)
    if standing is None:
        return
    standing.lifted_by, standing.lifted_at = actor.account_id, clock.now()
    standing.lift_reason = reason
    audit.record(session, actor, "lift_hold", "report", report_id, reason=reason, hold=standing.id)


def hold(session: orm.Session, report_id: int) -> Hold | None:
    """The hold that stands on a report, if one does."""
    standing = sa.select(Hold).where(Hold.report_id == report_id, Hold.lifted_at.is_(None))
    return session.scalar(standing)
