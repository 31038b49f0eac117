"""Tests of the contacts 联系人测试. A drill 演练 has no model of its own: it is an alert marked so."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.db import Base, Id, words
from triage.exercises.states import ContactTestStatus


class ContactTestRun(Base):
    """One round of tests of every contact. At most one is going on at any time."""

    __tablename__ = "contact_test_runs"

    id: orm.Mapped[Id]
    month: orm.Mapped[str | None] = orm.mapped_column(unique=True)
    """The month whose test this is, `2026-03`: what makes it one a month. Empty if somebody started it."""
    started_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    started_at: orm.Mapped[dt.datetime]
    ended_at: orm.Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index(
            "uq_contact_test_runs_going_on",
            sa.text("(ended_at IS NULL)"),
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )


class ContactTest(Base):
    """One contact in a run. `due_at` is when the sweeper next looks after it: to ask, or to count what was
    asked as unanswered; never empty before it is over (a CHECK holds it)."""

    __tablename__ = "contact_tests"

    id: orm.Mapped[Id]
    run_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("contact_test_runs.id"))
    contact_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("contacts.id"), index=True)
    status: orm.Mapped[ContactTestStatus] = orm.mapped_column(words(ContactTestStatus))
    attempts: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger, default=0)
    due_at: orm.Mapped[dt.datetime | None]
    asked_at: orm.Mapped[dt.datetime | None]
    """When the last attempt was made."""
    answered_at: orm.Mapped[dt.datetime | None]

    __table_args__ = (
        sa.UniqueConstraint("run_id", "contact_id"),
        sa.Index("ix_contact_tests_due", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
        sa.CheckConstraint(
            "(status IN ('waiting', 'asked')) = (due_at IS NOT NULL)", name="open_is_due"
        ),
        sa.CheckConstraint(
            "(status = 'answered') = (answered_at IS NOT NULL)", name="answered_at_some_time"
        ),
    )
