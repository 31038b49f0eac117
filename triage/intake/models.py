"""A call, the report it becomes before anyone has said a word, its trace and its recordings."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.crypto import EncryptedText
from hotline.db import Base, Id, words
from hotline.phones import Kind
from triage.intake.states import CallStatus, RecordingStatus, ReportStatus, Situation, Urgency

FIRST_REPORT = 100_001
CHECKED_NUMBER = "id::text || lpad((98 - mod(id * 100, 97))::text, 2, '0')"
"""A receipt number: the row's own number and two check digits (ISO 7064, MOD 97-10), so that one
digit misheard or two exchanged on the telephone never name somebody else's report."""


class Sex(enum.StrEnum):
    """As in GB/T 2261.1, as far as a caller can say."""

    male = "male"
    female = "female"


class ReporterKind(enum.StrEnum):
    """Who reports, as seen from the child. Anyone may; `duty` are those who must (paper 000 五(二)2)."""

    child = "child"
    parent = "parent"
    relative = "relative"
    neighbour = "neighbour"
    duty = "duty"
    other = "other"
    anonymous = "anonymous"


class Disposition(enum.StrEnum):
    """What became of a report when it left the queue 处理结果."""

    case_opened = "case_opened"
    case_linked = "case_linked"
    advice_given = "advice_given"
    transferred = "transferred"
    duplicate = "duplicate"
    no_content = "no_content"
    wrong_number = "wrong_number"
    nuisance = "nuisance"
    enquiry = "enquiry"
    """The caller only asked after an earlier report, or was the police calling about an alert, and was
    answered; the system's own, never chosen."""


class Call(Base):
    """One call to the line. Numbers are sealed; `caller_index` finds the same caller again."""

    __tablename__ = "calls"

    id: orm.Mapped[Id]
    call_sid: orm.Mapped[str] = orm.mapped_column(unique=True)
    caller: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    caller_kind: orm.Mapped[Kind] = orm.mapped_column(words(Kind))
    line_number: orm.Mapped[str]
    flow: orm.Mapped[str]
    status: orm.Mapped[CallStatus] = orm.mapped_column(words(CallStatus))
    started_at: orm.Mapped[dt.datetime]
    ended_at: orm.Mapped[dt.datetime | None]
    answered_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    answered_at: orm.Mapped[dt.datetime | None]

    waiting_since: orm.Mapped[dt.datetime | None]
    """When the caller first came to wait for an officer."""
    waiting_at: orm.Mapped[dt.datetime | None]
    """The last round of waiting; empty when they have come to a conversation, or the call is over."""
    ring_round: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger, server_default="0")
    ring_in_turn: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())
    ring_at: orm.Mapped[dt.datetime | None]
    """When officers are to be rung for this caller; empty when nobody need be."""
    talking_since: orm.Mapped[dt.datetime | None]
    """When the caller first came to a conversation."""
    next_url: orm.Mapped[str] = orm.mapped_column(server_default="")
    """Where the caller's telephone goes on: when an officer has accepted, or the conversation is over."""

    __table_args__ = (
        sa.Index(
            "ix_calls_in_progress", "started_at", postgresql_where=sa.text("status = 'in_progress'")
        ),
        sa.Index("ix_calls_started_at", "started_at"),
        sa.Index("ix_calls_ring", "ring_at", postgresql_where=sa.text("ring_at IS NOT NULL")),
        sa.Index(
            "ix_calls_waiting", "waiting_at", postgresql_where=sa.text("waiting_at IS NOT NULL")
        ),
    )


class CallStep(Base):
    """One step of a call as the caller took it: which key, where, when. (call, step) is unique, so a
    webhook that comes twice leaves one trace."""

    __tablename__ = "call_steps"

    call_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("calls.id"), primary_key=True)
    step: orm.Mapped[int] = orm.mapped_column(sa.Integer, primary_key=True)
    at: orm.Mapped[dt.datetime]
    node: orm.Mapped[str]
    event: orm.Mapped[str]
    value: orm.Mapped[str]
    """Keys pressed. What is spoken is never kept here."""
    answer_ms: orm.Mapped[int | None] = orm.mapped_column(sa.Integer)
    """How long the network, and the caller, had waited for the answer that this step follows; on a call's
    first step, the time to the greeting. Milliseconds; unknown if that answer was no answer of ours."""


class CallAnswer(Base):
    """What a caller answered by key to a question of the flow; the last answer to it counts."""

    __tablename__ = "call_answers"

    call_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("calls.id"), primary_key=True)
    question: orm.Mapped[str] = orm.mapped_column(primary_key=True)
    value: orm.Mapped[str]
    """A key word of the flow (`yes`, `child`, `today`) or the digits pressed."""
    at: orm.Mapped[dt.datetime]


class CallerFlag(Base):
    """A caller marked as a nuisance 骚扰来电标记, for a time: the line offers them less, and never shuts
    them out. Who the caller is stands nowhere but in `caller_index`, as on their reports."""

    __tablename__ = "caller_flags"

    id: orm.Mapped[Id]
    caller_index: orm.Mapped[int]
    report_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("reports.id"))
    """The report over which it was set."""
    reason: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    set_by: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    set_at: orm.Mapped[dt.datetime]
    expires_at: orm.Mapped[dt.datetime]
    lifted_at: orm.Mapped[dt.datetime | None]
    lifted_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    lifted_reason: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)

    __table_args__ = (
        sa.Index("ix_caller_flags_caller_index", "caller_index", "expires_at"),
        sa.CheckConstraint(
            "expires_at > set_at AND expires_at <= set_at + interval '90 days'",
            name="expires_in_time",
        ),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL) AND "
            "(lifted_at IS NULL) = (lifted_reason IS NULL)",
            name="lifted_by_someone",
        ),
    )


class Report(Base):
    """A report 报告/诉求. It exists from the first ring; what it says is filled in by officers."""

    __tablename__ = "reports"

    id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.Identity(start=FIRST_REPORT), primary_key=True
    )
    number: orm.Mapped[str] = orm.mapped_column(
        sa.Computed(CHECKED_NUMBER, persisted=True), unique=True
    )
    call_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("calls.id"), unique=True)
    channel: orm.Mapped[str] = orm.mapped_column(default="phone")
    line_number: orm.Mapped[str]
    status: orm.Mapped[ReportStatus] = orm.mapped_column(words(ReportStatus))
    urgency: orm.Mapped[Urgency | None] = orm.mapped_column(words(Urgency))
    emergency: orm.Mapped[bool] = orm.mapped_column(
        sa.Computed("coalesce(urgency = 'emergency', false)", persisted=True)
    )
    received_at: orm.Mapped[dt.datetime]
    due_at: orm.Mapped[dt.datetime]
    caller_index: orm.Mapped[int | None]

    situation: orm.Mapped[Situation | None] = orm.mapped_column(words(Situation))
    child_name: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    child_age: orm.Mapped[int | None] = orm.mapped_column(sa.SmallInteger)
    child_sex: orm.Mapped[Sex | None] = orm.mapped_column(words(Sex))
    child_born: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    """Date of birth, as YYYY-MM-DD."""
    child_id_number: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    """Citizen identification number 公民身份号码 (GB 11643); `child_id_index` finds it again."""
    child_id_index: orm.Mapped[int | None]
    child_school: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    place_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("places.id"))
    address: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    summary: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    reporter_kind: orm.Mapped[ReporterKind | None] = orm.mapped_column(words(ReporterKind))
    reporter_hidden: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())
    """The reporter wishes to stay unnamed to whoever handles the matter 保密工单."""
    facts: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    """What was asked and answered, as JSON: question (`triage/facts/questions.toml`) to answer."""

    claimed_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    claimed_at: orm.Mapped[dt.datetime | None]
    lease_until: orm.Mapped[dt.datetime | None]

    page_step: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger, server_default="0")
    next_page_at: orm.Mapped[dt.datetime | None]
    """When an unclaimed emergency next calls for somebody; empty when nobody need be called."""

    disposition: orm.Mapped[Disposition | None] = orm.mapped_column(words(Disposition))
    disposition_reason: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    triaged_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    triaged_at: orm.Mapped[dt.datetime | None]
    case_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("cases.id"), index=True)

    __table_args__ = (
        sa.Index(
            "ix_reports_queue",
            sa.text("emergency DESC"),
            "due_at",
            "received_at",
            "id",
            postgresql_where=sa.text("status IN ('incoming', 'waiting', 'claimed')"),
        ),
        sa.Index(
            "ix_reports_triaged",
            sa.text("triaged_at DESC"),
            sa.text("id DESC"),
            postgresql_where=sa.text("status = 'triaged'"),
        ),
        sa.Index("ix_reports_caller_index", "caller_index", "received_at"),
        sa.Index("ix_reports_place_id", "place_id", "received_at"),
        sa.Index(
            "ix_reports_child_id_index",
            "child_id_index",
            postgresql_where=sa.text("child_id_index IS NOT NULL"),
        ),
        sa.Index(
            "ix_reports_paging",
            "next_page_at",
            postgresql_where=sa.text("next_page_at IS NOT NULL"),
        ),
        sa.Index("ix_reports_lease", "lease_until", postgresql_where=sa.text("status = 'claimed'")),
        sa.CheckConstraint(
            "(status = 'claimed') = (claimed_by IS NOT NULL)", name="claimed_has_owner"
        ),
        sa.CheckConstraint(
            "(status = 'triaged') = (disposition IS NOT NULL)", name="triaged_has_disposition"
        ),
    )


class Recording(Base):
    """One recording of a call: a statement, or a conversation. `call_id` is found by `call_sid`, and
    may come later than the recording itself."""

    __tablename__ = "recordings"

    id: orm.Mapped[Id]
    recording_sid: orm.Mapped[str] = orm.mapped_column(unique=True)
    call_sid: orm.Mapped[str] = orm.mapped_column(index=True)
    source: orm.Mapped[str]
    status: orm.Mapped[RecordingStatus] = orm.mapped_column(words(RecordingStatus))
    announced_at: orm.Mapped[dt.datetime]
    seconds: orm.Mapped[int | None] = orm.mapped_column(sa.Integer)
    sha256: orm.Mapped[str | None]
    size: orm.Mapped[int | None]
    storage_name: orm.Mapped[str | None]
    media_type: orm.Mapped[str] = orm.mapped_column(server_default="audio/wav")
    """What it is by its own bytes once stored; before, what the network is asked for."""
    channels: orm.Mapped[int | None] = orm.mapped_column(sa.SmallInteger)
    """Two in a conversation: the caller's side, then ours."""
    attempts: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger, server_default="0")
    next_fetch_at: orm.Mapped[dt.datetime | None]
    lease_until: orm.Mapped[dt.datetime | None]
    error: orm.Mapped[str] = orm.mapped_column(server_default="")
    stored_at: orm.Mapped[dt.datetime | None]
    removed_at_network_at: orm.Mapped[dt.datetime | None]
    deleted_at: orm.Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index(
            "ix_recordings_due",
            "next_fetch_at",
            postgresql_where=sa.text("next_fetch_at IS NOT NULL"),
        ),
        sa.Index(
            "ix_recordings_left",
            "stored_at",
            postgresql_where=sa.text("removed_at_network_at IS NULL"),
        ),
        sa.Index(
            "ix_recordings_kept",
            "stored_at",
            postgresql_where=sa.text("status IN ('stored', 'deleting')"),
        ),
        sa.Index(
            "ix_recordings_unsettled",
            "status",
            postgresql_where=sa.text("status IN ('announced', 'fetching', 'failed', 'deleting')"),
        ),
        sa.CheckConstraint(
            "(status = 'deleted') = (deleted_at IS NOT NULL)", name="deleted_has_time"
        ),
    )


class Draft(Base):
    """What an officer has typed into a classification and not yet saved; survives a dead browser."""

    __tablename__ = "drafts"

    report_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("reports.id"), primary_key=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    body: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    at: orm.Mapped[dt.datetime]
