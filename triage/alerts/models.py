"""An alert 警情推送: an emergency on its way to the police, and everything that happened on the way."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.crypto import EncryptedText
from hotline.db import Base, Id, words
from triage.alerts.states import AlertStatus
from triage.intake.models import Report

FIRST_ALERT = 3_001


class AcknowledgedHow(enum.StrEnum):
    """The ways that count. `delivered` and `completed` never do."""

    keypress = "keypress"
    telephone = "telephone"


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
    resolved = "resolved"
    cancelled = "cancelled"


class Alert(Base):
    """One emergency for one agency. `step` counts the policy's steps already begun; `next_step_at` is
    never empty while the alert is running, so that none can rest in silence (a CHECK holds it)."""

    __tablename__ = "alerts"

    id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.Identity(start=FIRST_ALERT), primary_key=True
    )
    code: orm.Mapped[str]
    """Four digits that are easy to say; what the police name when they call back."""
    status: orm.Mapped[AlertStatus] = orm.mapped_column(words(AlertStatus))
    report_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("reports.id"), index=True)
    agency_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("agencies.id"), index=True)
    agency_name: orm.Mapped[str]
    place_name: orm.Mapped[str]
    text: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    """The SMS, byte for byte as the officer saw it."""
    spoken: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    """What an alert call says has happened."""
    verified: orm.Mapped[bool]
    raised_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    raised_at: orm.Mapped[dt.datetime]
    step: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    next_step_at: orm.Mapped[dt.datetime | None]
    acknowledged_by: orm.Mapped[str | None]
    acknowledged_how: orm.Mapped[AcknowledgedHow | None] = orm.mapped_column(words(AcknowledgedHow))
    acknowledged_at: orm.Mapped[dt.datetime | None]
    ended_at: orm.Mapped[dt.datetime | None]
    outcome: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)

    __table_args__ = (
        sa.Index(
            "ix_alerts_due", "next_step_at", postgresql_where=sa.text("next_step_at IS NOT NULL")
        ),
        sa.Index(
            "uq_alerts_running",
            "report_id",
            sa.text("coalesce(agency_id, 0)"),
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
    )

    case_id: orm.Mapped[int | None] = orm.column_property(
        sa.select(Report.case_id)
        .where(Report.id == report_id.column)  # type: ignore[attr-defined]
        .correlate_except(Report)
        .scalar_subquery()
    )
    """The case of its report, which may have been opened after the alert was raised."""

    @property
    def number(self) -> str:
        """The number people use for it."""
        return str(self.id)


class AlertLog(Base):
    """One line of what happened to an alert, in the order in which it happened."""

    __tablename__ = "alert_log"

    id: orm.Mapped[Id]
    alert_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("alerts.id"), index=True)
    at: orm.Mapped[dt.datetime]
    kind: orm.Mapped[LogKind] = orm.mapped_column(words(LogKind))
    step: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    who: orm.Mapped[str]
    message_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("outbox_messages.id"))
    details: orm.Mapped[str] = orm.mapped_column(server_default="")

    __table_args__ = (sa.Index(None, "message_id"),)
