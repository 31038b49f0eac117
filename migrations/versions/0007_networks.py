"""Networks: which one carried a message, and how each of them fares.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "networks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_networks")),
    )
    op.add_column(
        "outbox_messages", sa.Column("network", sa.Text(), server_default="", nullable=False)
    )
    op.add_column(
        "outbox_messages", sa.Column("only_by", sa.Text(), server_default="", nullable=False)
    )
    op.add_column(
        "outbox_messages",
        sa.Column("in_doubt", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("outbox_messages", sa.Column("to_index", sa.BigInteger(), nullable=True))
    op.add_column(
        "outbox_messages", sa.Column("again", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.create_index(
        "ix_outbox_messages_to_index_sent_at",
        "outbox_messages",
        ["to_index", "sent_at"],
        unique=False,
    )
    # Until now there was one network, and it carried everything.
    op.execute("UPDATE outbox_messages SET network = 'first' WHERE sent_at IS NOT NULL")
    # What a version without this column was in the middle of sending is looked for.
    op.execute("UPDATE outbox_messages SET in_doubt = true WHERE status = 'sending'")
    channels("sms", "call", "redirect", "webhook")


def downgrade() -> None:
    op.execute("DELETE FROM outbox_messages WHERE channel = 'webhook'")
    channels("sms", "call", "redirect")
    op.drop_index("ix_outbox_messages_to_index_sent_at", table_name="outbox_messages")
    for column in ("again", "to_index", "in_doubt", "only_by", "network"):
        op.drop_column("outbox_messages", column)
    op.drop_table("networks")


def channels(*names: str) -> None:
    op.drop_constraint(op.f("ck_outbox_messages_channel"), "outbox_messages", type_="check")
    known = ", ".join(f"'{name}'" for name in names)
    op.create_check_constraint(
        op.f("ck_outbox_messages_channel"), "outbox_messages", f"channel IN ({known})"
    )
