"""The board: who has seen a row that sounds; accounts of screens.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROLE = "ck_accounts_role"
ROLES_BEFORE = ("officer", "supervisor", "admin", "auditor")
ROLES = (*ROLES_BEFORE, "screen")
KINDS = ("unclaimed", "alert", "news", "feedback")


def upgrade() -> None:
    _say_roles(ROLES)
    op.create_table(
        "alert_seen",
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="kind", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("ref", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_alert_seen_account_id")
        ),
        sa.PrimaryKeyConstraint("kind", "ref", name=op.f("pk_alert_seen")),
    )


def downgrade() -> None:
    op.drop_table("alert_seen")
    # The audit log names accounts, so that a screen's is closed and not deleted.
    op.execute("UPDATE accounts SET role = 'auditor', active = false WHERE role = 'screen'")
    _say_roles(ROLES_BEFORE)


def _say_roles(roles: tuple[str, ...]) -> None:
    op.drop_constraint(op.f(ROLE), "accounts", type_="check")
    known = ", ".join(f"'{role}'" for role in roles)
    op.create_check_constraint(op.f(ROLE), "accounts", f"role IN ({known})")
