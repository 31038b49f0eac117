"""Notes at a moment of a recording: what an officer heard there, and wants to find again."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock
from hotline.accounts.models import Account
from triage.intake.models import Recording
from triage.recordings.models import RecordingNote


def add(
    session: orm.Session, recording: Recording, actor: audit.Actor, seconds: int, body: str
) -> None:
    """Write one down. A moment beyond the end is the end."""
    end = recording.seconds if recording.seconds is not None else seconds
    assert actor.account_id is not None
    note = RecordingNote(
        recording_id=recording.id,
        seconds=max(0, min(seconds, end)),
        body=body,
        author_id=actor.account_id,
        at=clock.now(),
    )
    session.add(note)
    session.flush()
    audit.record(session, actor, "note", "recording", recording.id, note=note.id)


def of(session: orm.Session, recording_id: int) -> list[sa.Row[Any]]:
    """The notes on a recording (`RecordingNote`) with their `author`, in the order of its moments."""
    notes = (
        sa.select(RecordingNote, Account.name.label("author"))
        .join(Account, Account.id == RecordingNote.author_id)
        .where(RecordingNote.recording_id == recording_id)
    )
    return list(session.execute(notes.order_by(RecordingNote.seconds, RecordingNote.id)))


def delete(session: orm.Session, recording_id: int) -> None:
    """Delete them, with the audio they speak of."""
    session.execute(sa.delete(RecordingNote).where(RecordingNote.recording_id == recording_id))
