"""Legal holds 司法保全: what a court, the police or a complaint may still ask for is not deleted."""

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock
from triage.intake.models import Call, Recording, Report
from triage.intake.states import RECORDING_MOVES, RecordingEvent, RecordingStatus
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
    _keep_marked(session, report_id)
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


def _keep_marked(session: orm.Session, report_id: int) -> None:
    # A storage that refuses leaves marks behind for as long as it does, and the audio is still there.
    of_report = sa.select(Call.call_sid).join(Report, Report.call_id == Call.id)
    marked = session.scalars(
        sa.select(Recording)
        .where(
            Recording.call_sid.in_(of_report.where(Report.id == report_id)),
            Recording.status == RecordingStatus.deleting,
        )
        .with_for_update()
    )
    for recording in marked:
        recording.status = RECORDING_MOVES.after(recording.status, RecordingEvent.keep)


def hold(session: orm.Session, report_id: int) -> Hold | None:
    """The hold that stands on a report, if one does."""
    standing = sa.select(Hold).where(Hold.report_id == report_id, Hold.lifted_at.is_(None))
    return session.scalar(standing)
