"""An alert 警情推送: an emergency on its way to the police, and everything that happened on the way."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline.crypto import EncryptedText
from hotline.db import Base, Id, words
from triage.alerts.states import (
    AcknowledgedHow,
    AlertStatus,
    Feedback,
    Finding,
    NoticeKind,
    Purpose,
)
from triage.cases.models import Case
from triage.intake.models import Report

FIRST_ALERT = 3_001
FOR_CHANGE = {"key_share": True}
"""How a row of an alert is locked: against another change of it, not against new rows that refer to it (a
log line, a notice). Those come from whoever holds another row of the same alert, and each would wait for the
other."""


class LogKind(enum.StrEnum):
    """What a line of an alert's log tells."""

    raised = "raised"
    step = "step"
    skipped = "skipped"
    unanswered = "unanswered"
    alarm = "alarm"
    acknowledged = "acknowledged"
    acknowledged_again = "acknowledged_again"
    heard = "heard"
    """Somebody of the line has confirmed an alarm."""
    news = "news"
    news_heard = "news_heard"
    feedback = "feedback"
    feedback_asked = "feedback_asked"
    feedback_missing = "feedback_missing"
    office_told = "office_told"
    resolved = "resolved"
    cancelled = "cancelled"


class Alert(Base):
    """One emergency for one agency, and the thread of all that is said about it. `step` counts the
    policy's steps already begun; `next_step_at` is never empty while the alert is running, so that none
    can rest in silence (a CHECK holds it)."""

    __tablename__ = "alerts"

    id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.Identity(start=FIRST_ALERT), primary_key=True
    )
    code: orm.Mapped[str]
    """Four digits that are easy to say; what the police name when they call back."""
    status: orm.Mapped[AlertStatus] = orm.mapped_column(words(AlertStatus))
    purpose: orm.Mapped[Purpose] = orm.mapped_column(
        words(Purpose), server_default=Purpose.police.value
    )
    exercise: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())
    """演练: the same machinery, every message marked, never counted with the real ones."""
    parent_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("alerts.id"), index=True)
    """The police's alert of which an office is told."""
    report_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("reports.id"), index=True)
    """The first report of the thread (further ones: `AlertReport`); an exercise has none."""
    place_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("places.id"))
    agency_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("agencies.id"), index=True)
    agency_name: orm.Mapped[str]
    place_name: orm.Mapped[str]
    text: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    """The SMS as it goes out now; every text that went out stands in `Notice`."""
    spoken: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    """What an alert call says has happened."""
    verified: orm.Mapped[bool]
    raised_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    raised_at: orm.Mapped[dt.datetime]
    because: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    """Why an officer chose another station than the one of the place."""
    policy: orm.Mapped[str] = orm.mapped_column(server_default="")
    """The name of the policy it follows."""
    step: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    next_step_at: orm.Mapped[dt.datetime | None]
    acknowledged_by: orm.Mapped[str | None]
    acknowledged_how: orm.Mapped[AcknowledgedHow | None] = orm.mapped_column(words(AcknowledgedHow))
    acknowledged_at: orm.Mapped[dt.datetime | None]
    acknowledged_contact_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.ForeignKey("contacts.id")
    )
    """Who is told of news first, if it was one of the contacts we know."""
    feedback: orm.Mapped[Feedback | None] = orm.mapped_column(words(Feedback))
    feedback_at: orm.Mapped[dt.datetime | None]
    feedback_due_at: orm.Mapped[dt.datetime | None]
    """When the police are next asked for feedback; empty when they are not (any more)."""
    feedback_asked: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger, server_default="0")
    """How often they were asked since they last said something."""
    ended_at: orm.Mapped[dt.datetime | None]
    finding: orm.Mapped[Finding | None] = orm.mapped_column(words(Finding))
    measures: orm.Mapped[list[str]] = orm.mapped_column(
        postgresql.ARRAY(sa.Text), server_default="{}"
    )
    """Words of `Measure`, in its order."""
    outcome: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)

    __table_args__ = (
        sa.Index(
            "ix_alerts_due", "next_step_at", postgresql_where=sa.text("next_step_at IS NOT NULL")
        ),
        sa.Index(
            "uq_alerts_running",
            "report_id",
            sa.text("coalesce(agency_id, 0)"),
            "purpose",
            unique=True,
            postgresql_where=sa.text("status IN ('raised', 'unanswered')"),
        ),
        sa.Index("ix_alerts_raised_at", "raised_at"),
        sa.CheckConstraint(
            "(status IN ('raised', 'unanswered')) = (next_step_at IS NOT NULL)",
            name="running_has_next_step",
        ),
        sa.CheckConstraint(
            "status NOT IN ('acknowledged', 'resolved') OR acknowledged_by IS NOT NULL",
            name="acknowledged_by_someone",
        ),
        sa.CheckConstraint("exercise OR report_id IS NOT NULL", name="about_a_report"),
        sa.CheckConstraint(
            "feedback_due_at IS NULL OR status = 'acknowledged'", name="feedback_of_acknowledged"
        ),
        sa.Index(
            "ix_alerts_feedback",
            "feedback_due_at",
            postgresql_where=sa.text("feedback_due_at IS NOT NULL"),
        ),
        sa.Index("ix_alerts_code", "code"),
    )

    case_id: orm.Mapped[int | None] = orm.column_property(
        sa.select(Report.case_id)
        .join(Case, Case.id == Report.case_id)
        .where(Report.id == report_id.column, sa.not_(Case.confidential))  # type: ignore[attr-defined]
        .correlate_except(Report, Case)
        .scalar_subquery()
    )
    """The case of its report, which may have been opened after the alert was raised. None if it is
    confidential: alerts are seen by the whole duty."""

    @property
    def number(self) -> str:
        """The number people use for it."""
        return str(self.id)


class AlertReport(Base):
    """A further report about the same child: it joins the thread instead of raising a second alert."""

    __tablename__ = "alert_reports"

    alert_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("alerts.id"), primary_key=True)
    report_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("reports.id"), primary_key=True, index=True
    )
    at: orm.Mapped[dt.datetime]


class Notice(Base):
    """One thing said to the agency of an alert, in the very words. News (`states.NEWS`) has steps of its own
    until a named person has heard it: a CHECK holds that it never rests before."""

    __tablename__ = "alert_notices"

    id: orm.Mapped[Id]
    alert_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("alerts.id"), index=True)
    kind: orm.Mapped[NoticeKind] = orm.mapped_column(words(NoticeKind))
    report_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("reports.id"))
    text: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    spoken: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    raised_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    at: orm.Mapped[dt.datetime]
    step: orm.Mapped[int] = orm.mapped_column(sa.Integer, server_default="0")
    next_step_at: orm.Mapped[dt.datetime | None]
    heard_by: orm.Mapped[str | None]
    heard_how: orm.Mapped[AcknowledgedHow | None] = orm.mapped_column(words(AcknowledgedHow))
    heard_at: orm.Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index(
            "ix_alert_notices_due",
            "next_step_at",
            postgresql_where=sa.text("next_step_at IS NOT NULL"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('update', 'correction', 'cancel') "
            "OR (heard_at IS NULL) = (next_step_at IS NOT NULL)",
            name="news_is_heard_or_goes_on",
        ),
        sa.CheckConstraint("(heard_at IS NULL) = (heard_by IS NULL)", name="heard_by_someone"),
    )


class AlertLog(Base):
    """One line of what happened to an alert, in the order in which it happened."""

    __tablename__ = "alert_log"

    id: orm.Mapped[Id]
    alert_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("alerts.id"), index=True)
    at: orm.Mapped[dt.datetime]
    kind: orm.Mapped[LogKind] = orm.mapped_column(words(LogKind))
    step: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    who: orm.Mapped[str]
    contact_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("contacts.id"))
    message_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("outbox_messages.id"))
    notice_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("alert_notices.id"))
    details: orm.Mapped[str] = orm.mapped_column(server_default="")
    """A word of ours: a channel, a kind of feedback."""
    note: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    """What somebody wrote about it."""

    __table_args__ = (sa.Index(None, "message_id"),)
