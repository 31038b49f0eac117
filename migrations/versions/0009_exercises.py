"""Tests of contacts; contacts that are no longer in use, and when each was last known to answer.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATUSES = ("waiting", "asked", "answered", "reached", "silent", "off_duty")


def upgrade() -> None:
    op.alter_column("contacts", "position", nullable=True)
    op.add_column("contacts", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    _runs()
    _tests()


def _runs() -> None:
    op.create_table(
        "contact_test_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("month", sa.Text(), nullable=True),
        sa.Column("started_by", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["started_by"], ["accounts.id"], name=op.f("fk_contact_test_runs_started_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_test_runs")),
        sa.UniqueConstraint("month", name=op.f("uq_contact_test_runs_month")),
    )
    op.create_index(
        "uq_contact_test_runs_going_on",
        "contact_test_runs",
        [sa.text("(ended_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _tests() -> None:
    op.create_table(
        "contact_tests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(*STATUSES, name="contactteststatus", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status IN ('waiting', 'asked')) = (due_at IS NOT NULL)",
            name=op.f("ck_contact_tests_open_is_due"),
        ),
        sa.CheckConstraint(
            "(status = 'answered') = (answered_at IS NOT NULL)",
            name=op.f("ck_contact_tests_answered_at_some_time"),
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_tests_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["contact_test_runs.id"], name=op.f("fk_contact_tests_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_tests")),
        sa.UniqueConstraint(
            "run_id", "contact_id", name=op.f("uq_contact_tests_run_id_contact_id")
        ),
    )
    op.create_index(op.f("ix_contact_tests_contact_id"), "contact_tests", ["contact_id"])
    op.create_index(
        "ix_contact_tests_due",
        "contact_tests",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("contact_tests")
    op.drop_table("contact_test_runs")
    op.drop_column("contacts", "answered_at")
    # Who is no longer in use goes to the end of their agency's row, where they were reached last.
    op.execute(
        """
        UPDATE contacts SET position = last.position + last.number
        FROM (
            SELECT id,
                row_number() OVER (PARTITION BY agency_id ORDER BY id) AS number,
                (SELECT coalesce(max(position), 0) FROM contacts AS others
                 WHERE others.agency_id = contacts.agency_id) AS position
            FROM contacts WHERE position IS NULL
        ) AS last
        WHERE last.id = contacts.id
        """
    )
    op.alter_column("contacts", "position", nullable=False)
