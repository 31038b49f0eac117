"""A case 个案: one child's matter, with the reports about it and the notes on it."""

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.crypto import EncryptedText
from hotline.db import Base, Id, words
from triage.cases.states import AttachmentStatus, CaseStatus, MergeStatus, TaskStatus
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
    split_off = "split_off"
    merged = "merged"
    unmerged = "unmerged"
    assigned = "assigned"
    taken_over = "taken_over"
    person = "person"
    person_changed = "person_changed"
    person_removed = "person_removed"
    task = "task"
    task_done = "task_done"
    task_reopened = "task_reopened"
    attached = "attached"
    infected = "infected"
    detached = "detached"
    confidential = "confidential"
    opened_up = "opened_up"
    named = "named"
    unnamed = "unnamed"
    looked_into = "looked_into"


class PersonRole(enum.StrEnum):
    """Who somebody is to the child."""

    guardian = "guardian"
    relative = "relative"
    neighbour = "neighbour"
    professional = "professional"
    suspected = "suspected"
    other = "other"


class Safety(enum.StrEnum):
    """Whether somebody may be contacted without harm to the child."""

    safe = "safe"
    unknown = "unknown"
    unsafe = "unsafe"


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
        sa.Index("ix_cases_confidential", "id", postgresql_where=sa.text("confidential")),
        sa.Index("ix_cases_status_id", "status", "id"),
        sa.Index("ix_cases_place_id_id", "place_id", "id"),
        sa.Index("ix_cases_assigned_to_id", "assigned_to", "id"),
        sa.CheckConstraint("merged_into <> id", name="not_merged_into_itself"),
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
    other_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("cases.id"))
    """Another case of which the line speaks: merged with, split off to."""


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


class CaseMerge(Base):
    """One case put into another. `moved` holds, for each table, the rows that went over, so that they can
    go back; `was_confidential` whether the case that was put away had been confidential by itself."""

    __tablename__ = "case_merges"

    id: orm.Mapped[Id]
    source_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("cases.id"))
    target_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("cases.id"), index=True)
    status: orm.Mapped[MergeStatus] = orm.mapped_column(words(MergeStatus))
    moved: orm.Mapped[dict[str, Any]]
    was_confidential: orm.Mapped[bool]
    reason: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    by: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    at: orm.Mapped[dt.datetime]
    undone_at: orm.Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index(
            "uq_case_merges_standing",
            "source_id",
            unique=True,
            postgresql_where=sa.text("status = 'standing'"),
        ),
        sa.CheckConstraint("(status = 'undone') = (undone_at IS NOT NULL)", name="undone_has_time"),
        sa.CheckConstraint("source_id <> target_id", name="two_cases"),
    )


class Person(Base):
    """Somebody around the child. Whoever is suspected is never safe to contact: a CHECK holds it."""

    __tablename__ = "case_people"

    id: orm.Mapped[Id]
    case_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("cases.id"), index=True)
    role: orm.Mapped[PersonRole] = orm.mapped_column(words(PersonRole))
    name: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    relation: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    """To the child, in words: 外婆, 班主任."""
    phone: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    safety: orm.Mapped[Safety] = orm.mapped_column(words(Safety))
    note: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    added_by: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    added_at: orm.Mapped[dt.datetime]
    removed_at: orm.Mapped[dt.datetime | None]

    __table_args__ = (
        sa.CheckConstraint("role <> 'suspected' OR safety = 'unsafe'", name="suspect_is_unsafe"),
    )


class Task(Base):
    """Something to be done for a case by a day, by somebody."""

    __tablename__ = "case_tasks"

    id: orm.Mapped[Id]
    case_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("cases.id"), index=True)
    title: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    due_on: orm.Mapped[dt.date] = orm.mapped_column(sa.Date)
    """The last day on which it is in time, in the line's zone."""
    assignee_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    status: orm.Mapped[TaskStatus] = orm.mapped_column(words(TaskStatus))
    created_by: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    created_at: orm.Mapped[dt.datetime]
    done_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    done_at: orm.Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index(
            "ix_case_tasks_open",
            "assignee_id",
            "due_on",
            postgresql_where=sa.text("status = 'open'"),
        ),
        sa.CheckConstraint(
            "(status = 'done') = (done_at IS NOT NULL) AND (done_at IS NULL) = (done_by IS NULL)",
            name="done_by_someone",
        ),
    )


class Mention(Base):
    """Somebody whose name stands in a note after an @, until they have seen it."""

    __tablename__ = "case_mentions"

    note_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("case_notes.id"), primary_key=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    read_at: orm.Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index(
            "ix_case_mentions_unread", "account_id", postgresql_where=sa.text("read_at IS NULL")
        ),
    )


class Attachment(Base):
    """A file that belongs to a case. What it is says its own content, never its name; its bytes lie sealed
    in the storage, as recordings do."""

    __tablename__ = "case_attachments"

    id: orm.Mapped[Id]
    case_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("cases.id"), index=True)
    status: orm.Mapped[AttachmentStatus] = orm.mapped_column(words(AttachmentStatus))
    name: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    media_type: orm.Mapped[str]
    size: orm.Mapped[int]
    sha256: orm.Mapped[str]
    storage_name: orm.Mapped[str] = orm.mapped_column(unique=True)
    added_by: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    added_at: orm.Mapped[dt.datetime]
    next_try_at: orm.Mapped[dt.datetime | None]
    """When the scanner, or whoever clears away, next turns to it; empty when nothing is to be done."""
    found: orm.Mapped[str] = orm.mapped_column(server_default="")
    """What the scanner calls that which it has found."""
    removed_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    removed_because: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)

    __table_args__ = (
        sa.Index(
            "ix_case_attachments_due",
            "next_try_at",
            postgresql_where=sa.text("next_try_at IS NOT NULL"),
        ),
        sa.CheckConstraint(
            "(status IN ('arriving', 'unscanned', 'deleting')) = (next_try_at IS NOT NULL)",
            name="unfinished_is_due",
        ),
    )
