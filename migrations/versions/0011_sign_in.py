"""Second factors, recovery codes, what browsers are asked; sign-ins that are half way or locked.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STAGES = ("half", "open", "locked")
MEANS = ("password", "totp", "passkey", "recovery_code")
WHOLE = (
    "kind = 'totp' AND secret IS NOT NULL AND last_step IS NOT NULL"
    " OR kind = 'passkey' AND credential_id IS NOT NULL"
    " AND public_key IS NOT NULL AND sign_count IS NOT NULL"
)


def upgrade() -> None:
    op.add_column(
        "accounts", sa.Column("factors_reset_at", sa.DateTime(timezone=True), nullable=True)
    )
    _sign_ins()
    _second_factors()
    _recovery_codes()
    _ceremonies()


def _sign_ins() -> None:
    new = (("browser", "", sa.Text()), ("stage", "open", _word()), ("means", "password", _word()))
    for name, start, kind in new:
        op.add_column("sign_ins", sa.Column(name, kind, nullable=False, server_default=start))
        op.alter_column("sign_ins", name, server_default=None)
    op.create_check_constraint(op.f("ck_sign_ins_stage"), "sign_ins", _among("stage", STAGES))
    op.create_check_constraint(op.f("ck_sign_ins_means"), "sign_ins", _among("means", MEANS))
    op.add_column("sign_ins", sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE sign_ins SET proven_at = created_at")
    op.alter_column("sign_ins", "proven_at", nullable=False)


def _word() -> sa.String:
    return sa.String()


def _among(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", _word(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("credential_id", sa.LargeBinary(), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("sign_count", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_among("kind", MEANS), name=op.f("ck_second_factors_means")),
        sa.CheckConstraint(WHOLE, name=op.f("ck_second_factors_whole")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_second_factors_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factors")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_second_factors_credential_id")),
    )
    op.create_index(op.f("ix_second_factors_account_id"), "second_factors", ["account_id"])


def _recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_recovery_codes_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_codes_code_hash")),
    )
    op.create_index(op.f("ix_recovery_codes_account_id"), "recovery_codes", ["account_id"])


def _ceremonies() -> None:
    op.create_table(
        "ceremonies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_ceremonies_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ceremonies")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_ceremonies_token_hash")),
    )
    for column in ("account_id", "expires_at"):
        op.create_index(op.f(f"ix_ceremonies_{column}"), "ceremonies", [column])


def downgrade() -> None:
    for table in ("ceremonies", "recovery_codes", "second_factors"):
        op.drop_table(table)
    for name in ("proven_at", "means", "stage", "browser"):
        op.drop_column("sign_ins", name)
    op.drop_column("accounts", "factors_reset_at")
