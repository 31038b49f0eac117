"""Callers: what their keys answered, nuisance flags, duty-bound reports, enquiries.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

DISPOSITION = "ck_reports_disposition"
BEFORE = (
    "disposition IN ('case_opened', 'case_linked', 'advice_given', 'transferred', 'duplicate', "
    "'no_content', 'wrong_number', 'nuisance')"
)
AFTER = BEFORE.replace("'nuisance'", "'nuisance', 'enquiry'")


def upgrade() -> None:
    op.drop_constraint(op.f(DISPOSITION), "reports", type_="check")
    op.create_check_constraint(op.f(DISPOSITION), "reports", AFTER)
    op.create_table(
        "call_answers",
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_answers_call_id")),
        sa.PrimaryKeyConstraint("call_id", "question", name=op.f("pk_call_answers")),
    )
    op.create_table(
        "caller_flags",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("caller_index", sa.BigInteger(), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.BigInteger(), nullable=True),
        sa.Column("lifted_reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "expires_at > set_at AND expires_at <= set_at + interval '90 days'",
            name=op.f("ck_caller_flags_expires_in_time"),
        ),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lifted_reason IS NULL)",
            name=op.f("ck_caller_flags_lifted_by_someone"),
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by"], ["accounts.id"], name=op.f("fk_caller_flags_lifted_by")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_caller_flags_report_id")
        ),
        sa.ForeignKeyConstraint(["set_by"], ["accounts.id"], name=op.f("fk_caller_flags_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_flags")),
    )
    op.create_index(
        "ix_caller_flags_caller_index", "caller_flags", ["caller_index", "expires_at"], unique=False
    )
    op.create_table(
        "institutions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1001), nullable=False),
        sa.Column(
            "code",
            sa.Text(),
            sa.Computed("id::text || lpad((98 - mod(id * 100, 97))::text, 2, '0')", persisted=True),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "school",
                "hospital",
                "street",
                "committee",
                "social_work",
                "rescue",
                "welfare",
                name="institutionkind",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_institutions_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institutions")),
        sa.UniqueConstraint("code", name=op.f("uq_institutions_code")),
    )
    op.create_table(
        "mandated_reports",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=True),
        sa.Column("institution_name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "school",
                "hospital",
                "street",
                "committee",
                "social_work",
                "rescue",
                "welfare",
                name="institutionkind",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=True,
        ),
        sa.Column(
            "ground",
            sa.Enum(
                "private_parts",
                "girl_under_14",
                "girl_from_14",
                "injured",
                "unnatural",
                "abandoned",
                "unknown_origin",
                "begging",
                "other",
                name="ground",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=True,
        ),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "known_precision",
            sa.Enum(
                "minute",
                "day",
                "before",
                name="precision",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=True,
        ),
        sa.Column("reporter", sa.LargeBinary(), nullable=True),
        sa.Column("post", sa.LargeBinary(), nullable=True),
        sa.Column("told_back", sa.LargeBinary(), nullable=True),
        sa.Column("saved_by", sa.BigInteger(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(known_at IS NULL) = (known_precision IS NULL)",
            name=op.f("ck_mandated_reports_known_how_exactly"),
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_mandated_reports_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_mandated_reports_report_id")
        ),
        sa.ForeignKeyConstraint(
            ["saved_by"], ["accounts.id"], name=op.f("fk_mandated_reports_saved_by")
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_mandated_reports")),
    )
    op.create_table(
        "enquiry_tries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("pin_index", sa.BigInteger(), nullable=False),
        sa.Column("caller_index", sa.BigInteger(), nullable=True),
        sa.Column(
            "answer",
            sa.Enum(
                "wrong",
                "locked",
                "received",
                "handling",
                "handed_over",
                "closed",
                name="answer",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_enquiry_tries_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry_tries")),
        sa.UniqueConstraint(
            "call_id", "number", "pin_index", name=op.f("uq_enquiry_tries_call_id_number_pin_index")
        ),
    )
    op.create_index(
        "ix_enquiry_tries_wrong",
        "enquiry_tries",
        ["at"],
        unique=False,
        postgresql_where=sa.text("answer = 'wrong'"),
    )


def downgrade() -> None:
    op.drop_table("enquiry_tries")
    op.drop_table("mandated_reports")
    op.drop_table("institutions")
    op.drop_table("caller_flags")
    op.drop_table("call_answers")
    op.drop_constraint(op.f(DISPOSITION), "reports", type_="check")
    # The schema before knew no word for an answered enquiry.
    op.execute("UPDATE reports SET disposition = 'advice_given' WHERE disposition = 'enquiry'")
    op.create_check_constraint(op.f(DISPOSITION), "reports", BEFORE)
