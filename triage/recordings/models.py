"""What keeps a recording (a legal hold), and what a machine has understood of it."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline.crypto import EncryptedText
from hotline.db import Base, Id, words
from triage.recordings.states import Engine, TranscriptStatus, Voice


class Hold(Base):
    """A legal hold 司法保全 on a report: as long as it is not lifted, none of its recordings and
    transcripts is deleted. A report has at most one at a time; lifted ones stay written down."""

    __tablename__ = "holds"

    id: orm.Mapped[Id]
    report_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("reports.id"), index=True)
    reason: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    placed_by: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    placed_at: orm.Mapped[dt.datetime]
    lifted_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    lifted_at: orm.Mapped[dt.datetime | None]
    lift_reason: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)

    __table_args__ = (
        sa.Index(
            "uq_holds_standing",
            "report_id",
            unique=True,
            postgresql_where=sa.text("lifted_at IS NULL"),
        ),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL) "
            "AND (lifted_at IS NULL) = (lift_reason IS NULL)",
            name="lifted_by_someone",
        ),
    )


class Transcript(Base):
    """What a machine has understood of a recording (our own engine) or of a call while it went on (the
    network's). Machine-made: it helps to find and to skim, and never decides anything."""

    __tablename__ = "transcripts"

    id: orm.Mapped[Id]
    call_sid: orm.Mapped[str] = orm.mapped_column(index=True)
    engine: orm.Mapped[Engine] = orm.mapped_column(words(Engine))
    recording_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.ForeignKey("recordings.id"), unique=True
    )
    network_sid: orm.Mapped[str | None] = orm.mapped_column(unique=True)
    """The network's name for a transcription of its own (`TranscriptionSid`)."""
    status: orm.Mapped[TranscriptStatus] = orm.mapped_column(words(TranscriptStatus))
    created_at: orm.Mapped[dt.datetime]
    finished_at: orm.Mapped[dt.datetime | None]
    attempts: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger, server_default="0")
    next_try_at: orm.Mapped[dt.datetime | None]
    lease_until: orm.Mapped[dt.datetime | None]
    error: orm.Mapped[str] = orm.mapped_column(server_default="")

    __table_args__ = (
        sa.Index(
            "ix_transcripts_due", "next_try_at", postgresql_where=sa.text("next_try_at IS NOT NULL")
        ),
        sa.Index(
            "ix_transcripts_unsettled",
            "status",
            postgresql_where=sa.text("status IN ('pending', 'working', 'failed')"),
        ),
        sa.CheckConstraint(
            "(engine = 'local') = (recording_id IS NOT NULL) "
            "AND (engine = 'network') = (network_sid IS NOT NULL)",
            name="names_its_source",
        ),
    )


class TranscriptLine(Base):
    """One utterance. `number` orders them: ours counts, the network's is its `SequenceId`. The voice is
    part of the key, because not every network counts both sides of a call together."""

    __tablename__ = "transcript_lines"

    transcript_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("transcripts.id", ondelete="CASCADE"), primary_key=True
    )
    number: orm.Mapped[int] = orm.mapped_column(sa.Integer, primary_key=True)
    voice: orm.Mapped[Voice] = orm.mapped_column(words(Voice), primary_key=True)
    seconds: orm.Mapped[int | None] = orm.mapped_column(sa.Integer)
    """Where in the recording it begins; unknown of the network's."""
    text: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    tokens: orm.Mapped[list[int]] = orm.mapped_column(
        postgresql.ARRAY(sa.BigInteger), server_default="{}"
    )

    __table_args__ = (sa.Index("ix_transcript_lines_tokens", "tokens", postgresql_using="gin"),)


class RecordingNote(Base):
    """What an officer noted at a moment of a recording. Added, never changed; deleted with the audio."""

    __tablename__ = "recording_notes"

    id: orm.Mapped[Id]
    recording_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("recordings.id"), index=True)
    seconds: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    """Where in the recording."""
    body: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    author_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    at: orm.Mapped[dt.datetime]

    __table_args__ = (sa.CheckConstraint("seconds >= 0", name="within"),)
