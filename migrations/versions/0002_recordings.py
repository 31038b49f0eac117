"""Recordings know what they are and end one day; legal holds; what a machine understood of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATUS = "ck_recordings_recordingstatus"
BEFORE = "status IN ('announced', 'fetching', 'stored', 'absent', 'failed')"
AFTER = "status IN ('announced', 'fetching', 'stored', 'absent', 'failed', 'deleting', 'deleted')"


def upgrade() -> None:
    op.drop_constraint(op.f(STATUS), "recordings", type_="check")
    op.create_check_constraint(op.f(STATUS), "recordings", AFTER)
    op.add_column(
        "recordings",
        sa.Column("media_type", sa.Text(), server_default="audio/wav", nullable=False),
    )
    op.add_column("recordings", sa.Column("channels", sa.SmallInteger(), nullable=True))
    op.add_column("recordings", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_recordings_deleted_has_time"),
        "recordings",
        "(status = 'deleted') = (deleted_at IS NOT NULL)",
    )
    op.create_index(
        "ix_recordings_kept",
        "recordings",
        ["stored_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('stored', 'deleting')"),
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("placed_by", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lift_reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL) "
            "AND (lifted_at IS NULL) = (lift_reason IS NULL)",
            name=op.f("ck_holds_lifted_by_someone"),
        ),
        sa.ForeignKeyConstraint(["lifted_by"], ["accounts.id"], name=op.f("fk_holds_lifted_by")),
        sa.ForeignKeyConstraint(["placed_by"], ["accounts.id"], name=op.f("fk_holds_placed_by")),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_holds_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_report_id"), "holds", ["report_id"], unique=False)
    op.create_index(
        "uq_holds_standing",
        "holds",
        ["report_id"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "transcripts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column(
            "engine",
            sa.Enum(
                "network",
                "local",
                name="engine",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("recording_id", sa.BigInteger(), nullable=True),
        sa.Column("network_sid", sa.Text(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "working",
                "done",
                "failed",
                name="transcriptstatus",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(engine = 'local') = (recording_id IS NOT NULL) "
            "AND (engine = 'network') = (network_sid IS NOT NULL)",
            name=op.f("ck_transcripts_names_its_source"),
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_transcripts_recording_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcripts")),
        sa.UniqueConstraint("network_sid", name=op.f("uq_transcripts_network_sid")),
        sa.UniqueConstraint("recording_id", name=op.f("uq_transcripts_recording_id")),
    )
    op.create_index(op.f("ix_transcripts_call_sid"), "transcripts", ["call_sid"], unique=False)
    op.create_index(
        "ix_transcripts_due",
        "transcripts",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_table(
        "transcript_lines",
        sa.Column("transcript_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "voice",
            sa.Enum(
                "caller",
                "line",
                name="voice",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("tokens", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["transcript_id"],
            ["transcripts.id"],
            name=op.f("fk_transcript_lines_transcript_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "transcript_id", "number", "voice", name=op.f("pk_transcript_lines")
        ),
    )
    op.create_index(
        "ix_transcript_lines_tokens",
        "transcript_lines",
        ["tokens"],
        unique=False,
        postgresql_using="gin",
    )


def downgrade() -> None:
    op.drop_table("transcript_lines")
    op.drop_table("transcripts")
    op.drop_table("holds")
    op.drop_index("ix_recordings_kept", table_name="recordings")
    op.drop_constraint(op.f("ck_recordings_deleted_has_time"), "recordings", type_="check")
    op.drop_column("recordings", "deleted_at")
    op.drop_column("recordings", "channels")
    op.drop_column("recordings", "media_type")
    op.drop_constraint(op.f(STATUS), "recordings", type_="check")
    # The audio is gone; the schema before knew no other word for a recording without any.
    op.execute("UPDATE recordings SET status = 'absent' WHERE status IN ('deleting', 'deleted')")
    op.create_check_constraint(op.f(STATUS), "recordings", BEFORE)
