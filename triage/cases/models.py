"""A case 个案: one child's matter, with the reports about it and the notes on it."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline.crypto import EncryptedText
from hotline.db import Base, Id, words
from triage.cases.states import CaseStatus
from triage.intake.models import Sex
from triage.intake.states import Situation, Urgency

FIRST_CASE = 20_001


class NoteKind(enum.StrEnum):
    """Who wrote a line of the timeline: a person, or the system telling what was done."""

    note = "note"
    opened = "opened"
    linked = "linked"
    unlinked = "unlinked"
    moved = "moved"
    closed = "closed"
    reopened = "reopened"
    alert = "alert"


class Case(Base):
    """A case. Its number is its row's own. What is known of the child is sealed."""

    __tablename__ = "cases"

    id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.Identity(start=FIRST_CASE), primary_key=True
    )
    status: orm.Mapped[CaseStatus] = orm.mapped_column(words(CaseStatus))
    urgency: orm.Mapped[Urgency] = orm.mapped_column(words(Urgency))
    situation: orm.Mapped[Situation] = orm.mapped_column(words(Situation))
    child_name: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    child_age: orm.Mapped[int | None] = orm.mapped_column(sa.SmallInteger)
    child_sex: orm.Mapped[Sex | None] = orm.mapped_column(words(Sex))
    child_tokens: orm.Mapped[list[int]] = orm.mapped_column(
        postgresql.ARRAY(sa.BigInteger), server_default="{}"
    )
    child_born: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    child_id_number: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    child_id_index: orm.Mapped[int | None]
    child_school: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    place_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("places.id"))
    address: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    opened_by: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    opened_at: orm.Mapped[dt.datetime]
    closed_at: orm.Mapped[dt.datetime | None]
    assigned_to: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    """Whose case it is, as far as somebody has said so."""
    confidential: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())
    """保密: seen by the people named on it only (`access.visible`)."""
    merged_into: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("cases.id"), index=True)
    """The case that has taken this one in. This one is a signpost then: it leads there, and nothing more
    is written to it. Never a signpost itself: what follows one arrives."""

    __table_args__ = (
        sa.Index(
            "ix_cases_living",
            "id",
            postgresql_where=sa.text("status <> 'closed' AND merged_into IS NULL"),
        ),
        sa.Index("ix_cases_status_id", "status", "id"),
        sa.Index("ix_cases_place_id_id", "place_id", "id"),
        sa.Index("ix_cases_assigned_to_id", "assigned_to", "id"),
        sa.CheckConstraint("merged_into <> id", name="not_merged_into_itself"),
        sa.Index("ix_cases_child_tokens", "child_tokens", postgresql_using="gin"),
        sa.Index(
            "ix_cases_child_id_index",
            "child_id_index",
            postgresql_where=sa.text("child_id_index IS NOT NULL"),
        ),
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_has_time"),
    )

    @property
    def number(self) -> str:
        """The number people use for it."""
        return str(self.id)


class CaseNote(Base):
    """A line in a case's timeline. Lines are added, never changed."""

    __tablename__ = "case_notes"

    id: orm.Mapped[Id]
    case_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("cases.id"), index=True)
    kind: orm.Mapped[NoteKind] = orm.mapped_column(words(NoteKind))
    author_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    at: orm.Mapped[dt.datetime]
    body: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    report_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("reports.id"))


class CaseMember(Base):
    """Somebody named on a confidential case."""

    __tablename__ = "case_members"

    case_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("cases.id"), primary_key=True)
    account_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("accounts.id"), primary_key=True, index=True
    )
    added_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    added_at: orm.Mapped[dt.datetime]


class UrgentAccess(Base):
    """Somebody who is not named on a confidential case has opened it all the same 紧急查阅, until `until`.
    It waits to be reviewed by a supervisor other than the one who looked."""

    __tablename__ = "case_urgent_accesses"

    id: orm.Mapped[Id]
    case_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("cases.id"), index=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    reason: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    at: orm.Mapped[dt.datetime]
    until: orm.Mapped[dt.datetime]
    reviewed_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    reviewed_at: orm.Mapped[dt.datetime | None]
    review: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    """What the reviewer thought of it."""

    __table_args__ = (
        sa.Index("ix_case_urgent_accesses_account_id_until", "account_id", "until"),
        sa.Index(
            "ix_case_urgent_accesses_unreviewed",
            "id",
            postgresql_where=sa.text("reviewed_at IS NULL"),
        ),
        sa.CheckConstraint(
            "(reviewed_at IS NULL) = (reviewed_by IS NULL) "
            "AND (reviewed_by IS NULL OR reviewed_by <> account_id)",
            name="reviewed_by_another",
        ),
    )
