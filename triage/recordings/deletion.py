"""What has been kept long enough is deleted: audio, transcript, and nothing else of the report.

In three steps, each of which can be repeated: marked in the database, removed from the storage, settled
in the database. A process that dies between two leaves a mark, and the next round goes on from there.
"""

import sqlalchemy as sa
import structlog
from sqlalchemy import orm

from hotline import audit, clock, db, live, queues, storage
from triage.cases.models import Case
from triage.intake.models import Call, Recording, Report
from triage.intake.states import RECORDING_MOVES, RecordingEvent, RecordingStatus
from triage.recordings import notes, retention
from triage.recordings.models import Transcript

AT_ONCE = 200

log = structlog.get_logger()


def sweep() -> int:
    """Delete what is over; how many recordings were dealt with."""
    with db.transaction() as session:
        over = session.scalars(
            retention.over(clock.now()).where(sa.or_(_stored(), _transcribed())).limit(AT_ONCE)
        ).all()
    queues.try_each(over, _expire_alone)
    with db.transaction() as session:
        marked = session.scalars(
            sa.select(Recording.id).where(Recording.status == RecordingStatus.deleting)
        ).all()
    queues.try_each(marked, _delete)
    return len(marked)


def _stored() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        Recording.call_sid == Call.call_sid,
        Call.id == Report.call_id,
        Recording.status == RecordingStatus.stored,
    )


def _transcribed() -> sa.ColumnElement[bool]:
    return sa.exists().where(Transcript.call_sid == Call.call_sid, Call.id == Report.call_id)


def _expire_alone(report_id: int) -> None:
    with db.transaction() as session:
        expire(session, report_id)


def expire(session: orm.Session, report_id: int) -> None:
    """Mark a report's recordings for deletion and delete its transcripts, if they are still over now
    that report and case are locked: a hold, a reopening or an alert that came before this one wins."""
    report = session.get_one(Report, report_id, with_for_update=True)
    if report.case_id is not None:
        session.get_one(Case, report.case_id, with_for_update=True)
    if session.scalar(retention.over(clock.now()).where(Report.id == report_id)) is None:
        return
    rule = retention.keeping(session, report_id).rule
    sid = sa.select(Call.call_sid).where(Call.id == report.call_id).scalar_subquery()
    marked = session.scalars(
        sa.select(Recording)
        .where(Recording.call_sid == sid, Recording.status == RecordingStatus.stored)
        .with_for_update()
    ).all()
    for recording in marked:
        recording.status = RECORDING_MOVES.after(recording.status, RecordingEvent.expire)
        audit.record(
            session, audit.SWEEPER, "expire", "recording", recording.id, reason=rule.reason
        )
    gone = session.scalars(
        sa.delete(Transcript).where(Transcript.call_sid == sid).returning(Transcript.id)
    )
    for transcript in gone:
        audit.record(session, audit.SWEEPER, "delete", "transcript", transcript, reason=rule.reason)


def _delete(recording_id: int) -> None:
    with db.transaction() as session:
        recording = session.get_one(Recording, recording_id)
        name, kept = recording.storage_name, recording.status is RecordingStatus.stored
    if kept:  # by a hold, since it was marked
        return
    assert name is not None
    storage.delete(name)
    with db.transaction() as session:
        _settle(session, recording_id)


def _settle(session: orm.Session, recording_id: int) -> None:
    recording = session.get_one(Recording, recording_id, with_for_update=True)
    if recording.status is RecordingStatus.deleted:
        return
    recording.status = RECORDING_MOVES.after(recording.status, RecordingEvent.delete)
    recording.deleted_at = clock.now()
    notes.delete(session, recording_id)
    audit.record(
        session, audit.SWEEPER, "delete", "recording", recording_id, sha256=recording.sha256
    )
    live.announce(session, "recording")
    log.info("recording_deleted", recording=recording_id)
