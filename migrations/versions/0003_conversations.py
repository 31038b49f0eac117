"""Conversations: waiting, legs, call-backs.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ACTIVE = sa.text("status IN ('ringing', 'joined')")
OPEN = sa.text("status = 'open'")


def words(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=None)


def upgrade() -> None:
    channels("sms", "call", "redirect")
    op.add_column(
        "outbox_messages",
        sa.Column("ring_seconds", sa.SmallInteger(), server_default="30", nullable=False),
    )
    waiting()
    legs()
    callbacks()


def waiting() -> None:
    moment = sa.DateTime(timezone=True)
    for column in (
        sa.Column("waiting_since", moment, nullable=True),
        sa.Column("waiting_at", moment, nullable=True),
        sa.Column("ring_round", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("ring_in_turn", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("ring_at", moment, nullable=True),
        sa.Column("talking_since", moment, nullable=True),
        sa.Column("next_url", sa.Text(), server_default="", nullable=False),
    ):
        op.add_column("calls", column)
    for name, column in (("ix_calls_ring", "ring_at"), ("ix_calls_waiting", "waiting_at")):
        op.create_index(name, "calls", [column], postgresql_where=sa.text(f"{column} IS NOT NULL"))


def legs() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "legs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            words("legkind", "officer", "transfer", "police", "callback", "caller"),
            nullable=False,
        ),
        sa.Column(
            "status", words("legstatus", "ringing", "joined", "left", "missed"), nullable=False
        ),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rung_at", moment, nullable=False),
        sa.Column("joined_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.CheckConstraint(
            "(status IN ('left', 'missed')) = (ended_at IS NOT NULL)",
            name=op.f("ck_legs_ended_has_time"),
        ),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_legs_call_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_legs_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legs")),
    )
    op.create_index(op.f("ix_legs_call_id"), "legs", ["call_id"])
    op.create_index("ix_legs_account_id", "legs", ["account_id", "rung_at"])
    op.create_index("ix_legs_active", "legs", ["call_id"], postgresql_where=ACTIVE)
    op.create_index(
        "uq_legs_one_each", "legs", ["account_id"], unique=True, postgresql_where=ACTIVE
    )


def callbacks() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "callbacks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", words("callbackreason", "asked", "missed"), nullable=False),
        sa.Column("status", words("callbackstatus", "open", "done", "given_up"), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_try_at", moment, nullable=False),
        sa.Column(
            "last_outcome",
            words("outcome", "talked", "no_answer", "officer_missed", "settled"),
            nullable=True,
        ),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.Column("done_at", moment, nullable=True),
        sa.CheckConstraint(
            "(status = 'open') = (done_at IS NULL)", name=op.f("ck_callbacks_ended_has_time")
        ),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_callbacks_report_id")),
        sa.ForeignKeyConstraint(["done_by"], ["accounts.id"], name=op.f("fk_callbacks_done_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
    )
    op.create_index(op.f("ix_callbacks_report_id"), "callbacks", ["report_id"])
    op.create_index("ix_callbacks_due", "callbacks", ["next_try_at"], postgresql_where=OPEN)
    op.create_index(
        "uq_callbacks_open", "callbacks", ["report_id"], unique=True, postgresql_where=OPEN
    )


def channels(*names: str) -> None:
    op.drop_constraint(op.f("ck_outbox_messages_channel"), "outbox_messages", type_="check")
    known = ", ".join(f"'{name}'" for name in names)
    op.create_check_constraint(
        op.f("ck_outbox_messages_channel"), "outbox_messages", f"channel IN ({known})"
    )


def downgrade() -> None:
    op.drop_table("callbacks")
    op.drop_table("legs")
    for name in ("ix_calls_ring", "ix_calls_waiting"):
        op.drop_index(name, "calls")
    for column in (
        "waiting_since",
        "waiting_at",
        "ring_round",
        "ring_in_turn",
        "ring_at",
        "talking_since",
        "next_url",
    ):
        op.drop_column("calls", column)
    op.drop_column("outbox_messages", "ring_seconds")
    # What the older software does not know; without these it could not go back at all.
    op.execute("DELETE FROM outbox_messages WHERE channel = 'redirect'")
    channels("sms", "call")
