"""Alerts: policies, threads and news, feedback and findings, exercises; contacts' hours and substitutes.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hotline import crypto

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

HOW_BEFORE = ("keypress", "telephone")
HOW = ("keypress", "called_in", "sms", "telephone")
KINDS_BEFORE = (
    "raised",
    "step",
    "skipped",
    "unanswered",
    "alarm",
    "acknowledged",
    "acknowledged_again",
    "heard",
    "resolved",
    "cancelled",
)
NEW_KINDS = (
    "news",
    "news_heard",
    "feedback",
    "feedback_asked",
    "feedback_missing",
    "office_told",
)
PURPOSES = ("police", "office")
NOTICES = ("alert", "update", "correction", "cancel", "reminder", "office")
FEEDBACK = ("on_the_way", "on_the_spot", "safe", "not_found", "needs_others")
FINDINGS = (
    "guardian_absent",
    "guardian_failing",
    "parents_unreachable",
    "missing",
    "domestic_violence",
    "other_harm",
    "unfounded",
)
ALL_DAY = "00:00-24:00"
NOTED = sa.text("kind IN ('acknowledged', 'acknowledged_again') AND details <> ''")


def upgrade() -> None:
    _places()
    _alerts()
    _notices()
    _log()
    _fill()


def _places() -> None:
    op.add_column(
        "agencies",
        sa.Column("asks_badge", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("agencies", sa.Column("pin_index", sa.BigInteger(), nullable=True))
    for name in ("workdays", "weekends"):
        op.add_column(
            "contacts", sa.Column(name, sa.Text(), server_default=ALL_DAY, nullable=False)
        )
    op.add_column("contacts", sa.Column("substitute_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_contacts_substitute_id"), "contacts", "contacts", ["substitute_id"], ["id"]
    )
    op.create_table(
        "contact_absences",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "starts_at < ends_at", name=op.f("ck_contact_absences_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_absences_contact_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_absences")),
    )
    op.create_index(op.f("ix_contact_absences_contact_id"), "contact_absences", ["contact_id"])


def _alerts() -> None:
    op.alter_column("alerts", "report_id", nullable=True)
    for column in (
        sa.Column("purpose", sa.String(), server_default="police", nullable=False),
        sa.Column("exercise", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("because", sa.LargeBinary(), nullable=True),
        sa.Column("policy", sa.Text(), server_default="", nullable=False),
        sa.Column("acknowledged_contact_id", sa.BigInteger(), nullable=True),
        sa.Column("feedback", sa.String(), nullable=True),
        sa.Column("feedback_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("feedback_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("feedback_asked", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("finding", sa.String(), nullable=True),
        sa.Column("measures", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    ):
        op.add_column("alerts", column)
    _known_words("alerts", "purpose", "purpose", PURPOSES)
    _known_words("alerts", "feedback", "feedback", FEEDBACK)
    _known_words("alerts", "finding", "finding", FINDINGS)
    _other_words("alerts", "acknowledged_how", "acknowledgedhow", HOW)
    for name, table in (
        ("parent_id", "alerts"),
        ("place_id", "places"),
        ("acknowledged_contact_id", "contacts"),
    ):
        op.create_foreign_key(op.f(f"fk_alerts_{name}"), "alerts", table, [name], ["id"])
    op.create_index(op.f("ix_alerts_parent_id"), "alerts", ["parent_id"])
    op.create_index("ix_alerts_code", "alerts", ["code"])
    op.create_index(
        "ix_alerts_feedback",
        "alerts",
        ["feedback_due_at"],
        postgresql_where=sa.text("feedback_due_at IS NOT NULL"),
    )
    op.create_check_constraint(
        op.f("ck_alerts_about_a_report"), "alerts", "exercise OR report_id IS NOT NULL"
    )
    op.create_check_constraint(
        op.f("ck_alerts_feedback_of_acknowledged"),
        "alerts",
        "feedback_due_at IS NULL OR status = 'acknowledged'",
    )
    op.drop_index("uq_alerts_running", table_name="alerts")
    _running_is_unique("report_id", "coalesce(agency_id, 0)", "purpose")


def _notices() -> None:
    op.create_table(
        "alert_reports",
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_reports_alert_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_alert_reports_report_id")
        ),
        sa.PrimaryKeyConstraint("alert_id", "report_id", name=op.f("pk_alert_reports")),
    )
    op.create_index(op.f("ix_alert_reports_report_id"), "alert_reports", ["report_id"])
    op.create_table(
        "alert_notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("spoken", sa.LargeBinary(), nullable=False),
        sa.Column("raised_by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_by", sa.Text(), nullable=True),
        sa.Column("heard_how", sa.String(), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind NOT IN ('update', 'correction', 'cancel') "
            "OR (heard_at IS NULL) = (next_step_at IS NOT NULL)",
            name=op.f("ck_alert_notices_news_is_heard_or_goes_on"),
        ),
        sa.CheckConstraint(
            "(heard_at IS NULL) = (heard_by IS NULL)",
            name=op.f("ck_alert_notices_heard_by_someone"),
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_notices_alert_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_alert_notices_report_id")
        ),
        sa.ForeignKeyConstraint(
            ["raised_by"], ["accounts.id"], name=op.f("fk_alert_notices_raised_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_notices")),
    )
    _known_words("alert_notices", "kind", "noticekind", NOTICES)
    _known_words("alert_notices", "heard_how", "acknowledgedhow", HOW)
    op.create_index(op.f("ix_alert_notices_alert_id"), "alert_notices", ["alert_id"])
    op.create_index(
        "ix_alert_notices_due",
        "alert_notices",
        ["next_step_at"],
        postgresql_where=sa.text("next_step_at IS NOT NULL"),
    )


def _log() -> None:
    for name, table in (("contact_id", "contacts"), ("notice_id", "alert_notices")):
        op.add_column("alert_log", sa.Column(name, sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(f"fk_alert_log_{name}"), "alert_log", table, [name], ["id"])
    op.add_column("alert_log", sa.Column("note", sa.LargeBinary(), nullable=True))
    _other_words("alert_log", "kind", "logkind", KINDS_BEFORE + NEW_KINDS)


def _fill() -> None:
    """What was said so far becomes the first notice; what somebody wrote is sealed."""
    op.execute("UPDATE alerts SET place_id = r.place_id FROM reports r WHERE r.id = report_id")
    op.execute(
        """INSERT INTO alert_notices (alert_id, kind, report_id, text, spoken, raised_by, at)
        SELECT id, 'alert', report_id, text, spoken, raised_by, raised_at FROM alerts"""
    )
    log = sa.table("alert_log", sa.column("id"), sa.column("details"), sa.column("note"))
    connection = op.get_bind()
    for number, details in connection.execute(sa.select(log.c.id, log.c.details).where(NOTED)):
        sealed = {"note": crypto.encrypt(details), "details": ""}
        connection.execute(sa.update(log).where(log.c.id == number).values(**sealed))


def _known_words(table: str, column: str, name: str, words: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{column} IN ({listed})")


def _other_words(table: str, column: str, name: str, words: tuple[str, ...]) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    _known_words(table, column, name, words)


def _running_is_unique(*columns: str) -> None:
    op.create_index(
        "uq_alerts_running",
        "alerts",
        [sa.literal_column(column) for column in columns],
        unique=True,
        postgresql_where=sa.text("status IN ('raised', 'unanswered')"),
    )


def downgrade() -> None:
    """Exercises and news are gone, an office's notice stays as an alert; words the earlier version does not
    know become the nearest it does."""
    listed = ", ".join(f"'{kind}'" for kind in NEW_KINDS)
    exercises = "SELECT id FROM alerts WHERE exercise"
    op.execute(f"DELETE FROM alert_log WHERE kind IN ({listed}) OR alert_id IN ({exercises})")
    op.execute("UPDATE alert_log SET notice_id = NULL")
    op.drop_table("alert_reports")
    op.execute("UPDATE alerts SET parent_id = NULL")
    op.execute("ALTER TABLE alert_log DROP COLUMN notice_id")
    op.drop_table("alert_notices")
    op.execute("DELETE FROM alerts WHERE exercise")
    op.execute(
        "UPDATE alerts SET acknowledged_how = 'telephone' "
        "WHERE acknowledged_how IN ('called_in', 'sms')"
    )
    op.drop_column("alert_log", "contact_id")
    op.drop_column("alert_log", "note")
    _other_words("alert_log", "kind", "logkind", KINDS_BEFORE)
    _other_words("alerts", "acknowledged_how", "acknowledgedhow", HOW_BEFORE)
    op.drop_index("uq_alerts_running", table_name="alerts")
    op.drop_constraint(op.f("ck_alerts_about_a_report"), "alerts", type_="check")
    for name in (
        "purpose",
        "exercise",
        "parent_id",
        "place_id",
        "because",
        "policy",
        "acknowledged_contact_id",
        "feedback",
        "feedback_at",
        "feedback_due_at",
        "feedback_asked",
        "finding",
        "measures",
    ):
        op.drop_column("alerts", name)
    op.drop_index("ix_alerts_code", table_name="alerts")
    op.alter_column("alerts", "report_id", nullable=False)
    _running_is_unique("report_id", "coalesce(agency_id, 0)")
    op.drop_table("contact_absences")
    for name in ("workdays", "weekends", "substitute_id"):
        op.drop_column("contacts", name)
    for name in ("asks_badge", "pin_index"):
        op.drop_column("agencies", name)
