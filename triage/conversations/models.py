"""A leg: one telephone rung to join a conversation; and the call-backs that callers are owed."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.db import Base, Id, words
from hotline.phones import Kind
from triage.conversations.states import CallbackStatus, LegStatus

CALLABLE = (Kind.mobile, Kind.landline, Kind.foreign)
"""Numbers at which a caller can be reached again. A short code is a switchboard's, a SIP address lives
as long as its call, and the rest are none."""


class LegKind(enum.StrEnum):
    """Who is rung: officers on duty for a waiting caller, a second officer, the police; for a call-back
    the officer's own telephone, and then the caller's."""

    officer = "officer"
    transfer = "transfer"
    police = "police"
    callback = "callback"
    caller = "caller"


class CallbackReason(enum.StrEnum):
    """Why somebody is owed a call: they asked for it by key, or waited and nobody took the call."""

    asked = "asked"
    missed = "missed"


class Outcome(enum.StrEnum):
    """What came of the last try."""

    talked = "talked"
    no_answer = "no_answer"
    officer_missed = "officer_missed"
    """The officer's own telephone was not answered; nobody rang the caller, so it counts as no try."""
    settled = "settled"


class Leg(Base):
    """One telephone in the conversation of a call. The message that rings it has the topic `leg` and
    this row's number; a person's telephone is in one conversation at a time (an index holds it)."""

    __tablename__ = "legs"

    id: orm.Mapped[Id]
    call_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("calls.id"), index=True)
    kind: orm.Mapped[LegKind] = orm.mapped_column(words(LegKind))
    status: orm.Mapped[LegStatus] = orm.mapped_column(words(LegStatus))
    account_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    name: orm.Mapped[str]
    """Who it is, for screens; empty for the caller."""
    rung_at: orm.Mapped[dt.datetime]
    joined_at: orm.Mapped[dt.datetime | None]
    ended_at: orm.Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index(
            "uq_legs_one_each",
            "account_id",
            unique=True,
            postgresql_where=sa.text("status IN ('ringing', 'joined')"),
        ),
        sa.Index(
            "ix_legs_active",
            "call_id",
            postgresql_where=sa.text("status IN ('ringing', 'joined')"),
        ),
        sa.Index("ix_legs_account_id", "account_id", "rung_at"),
        sa.CheckConstraint(
            "(status IN ('left', 'missed')) = (ended_at IS NOT NULL)", name="ended_has_time"
        ),
    )


class Callback(Base):
    """A call that a caller is owed 回拨任务; a report has one open at most. `next_try_at` says when it
    is worth trying again: nothing is ever dialled without an officer who wants to talk."""

    __tablename__ = "callbacks"

    id: orm.Mapped[Id]
    report_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("reports.id"), index=True)
    reason: orm.Mapped[CallbackReason] = orm.mapped_column(words(CallbackReason))
    status: orm.Mapped[CallbackStatus] = orm.mapped_column(words(CallbackStatus))
    tries: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger, server_default="0")
    """Times the caller's telephone rang and nobody talked."""
    next_try_at: orm.Mapped[dt.datetime]
    last_outcome: orm.Mapped[Outcome | None] = orm.mapped_column(words(Outcome))
    created_at: orm.Mapped[dt.datetime]
    done_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    done_at: orm.Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index(
            "uq_callbacks_open",
            "report_id",
            unique=True,
            postgresql_where=sa.text("status = 'open'"),
        ),
        sa.Index("ix_callbacks_due", "next_try_at", postgresql_where=sa.text("status = 'open'")),
        sa.CheckConstraint("(status = 'open') = (done_at IS NULL)", name="ended_has_time"),
    )
