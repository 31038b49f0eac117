"""People, tasks, attachments, merging, confidential cases.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _cases()
    _members()
    _urgent_accesses()


def _cases() -> None:
    op.add_column("cases", sa.Column("assigned_to", sa.BigInteger(), nullable=True))
    op.add_column(
        "cases", sa.Column("confidential", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("cases", sa.Column("merged_into", sa.BigInteger(), nullable=True))
    op.create_foreign_key("fk_cases_assigned_to", "cases", "accounts", ["assigned_to"], ["id"])
    op.create_foreign_key("fk_cases_merged_into", "cases", "cases", ["merged_into"], ["id"])
    op.create_check_constraint(
        op.f("ck_cases_not_merged_into_itself"), "cases", "merged_into <> id"
    )
    op.drop_index("ix_cases_list", "cases")
    op.drop_index("ix_cases_place_id", "cases")
    op.create_index("ix_cases_merged_into", "cases", ["merged_into"])
    op.create_index(
        "ix_cases_living",
        "cases",
        ["id"],
        postgresql_where=sa.text("status <> 'closed' AND merged_into IS NULL"),
    )
    op.create_index("ix_cases_status_id", "cases", ["status", "id"])
    op.create_index("ix_cases_place_id_id", "cases", ["place_id", "id"])
    op.create_index("ix_cases_assigned_to_id", "cases", ["assigned_to", "id"])


def _members() -> None:
    op.create_table(
        "case_members",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=True),
        sa.Column("added_at", TIME, nullable=False),
        _refers("case_members", "case_id", "cases"),
        _refers("case_members", "account_id", "accounts"),
        _refers("case_members", "added_by", "accounts"),
        sa.PrimaryKeyConstraint("case_id", "account_id", name=op.f("pk_case_members")),
    )
    op.create_index("ix_case_members_account_id", "case_members", ["account_id"])


def _urgent_accesses() -> None:
    table = "case_urgent_accesses"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("reviewed_by", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_at", TIME, nullable=True),
        sa.Column("review", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(reviewed_at IS NULL) = (reviewed_by IS NULL) "
            "AND (reviewed_by IS NULL OR reviewed_by <> account_id)",
            name=op.f("ck_case_urgent_accesses_reviewed_by_another"),
        ),
        _refers(table, "case_id", "cases"),
        _refers(table, "account_id", "accounts"),
        _refers(table, "reviewed_by", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_urgent_accesses")),
    )
    op.create_index("ix_case_urgent_accesses_case_id", table, ["case_id"])
    op.create_index("ix_case_urgent_accesses_account_id_until", table, ["account_id", "until"])
    op.create_index(
        "ix_case_urgent_accesses_unreviewed",
        table,
        ["id"],
        postgresql_where=sa.text("reviewed_at IS NULL"),
    )


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def downgrade() -> None:
    op.drop_table("case_urgent_accesses")
    op.drop_table("case_members")
    for name in ("assigned_to_id", "place_id_id", "status_id", "living", "merged_into"):
        op.drop_index(f"ix_cases_{name}", "cases")
    op.create_index("ix_cases_place_id", "cases", ["place_id"])
    op.create_index("ix_cases_list", "cases", ["status", sa.text("opened_at DESC"), "id"])
    for name in ("merged_into", "confidential", "assigned_to"):
        op.drop_column("cases", name)
