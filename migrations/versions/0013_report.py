"""What a report says, by situation; the suggestion of urgency; notes at a moment of a recording.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

REPORTERS = ("child", "parent", "relative", "neighbour", "duty", "other", "anonymous")
URGENCIES = ("emergency", "urgent", "standard", "consult")


def _one_of(words: tuple[str, ...], check: str) -> sa.Enum:
    return sa.Enum(*words, name=check, native_enum=False, create_constraint=True)


def upgrade() -> None:
    op.add_column("reports", sa.Column("reporter_kind", _one_of(REPORTERS, "reporterkind")))
    op.add_column(
        "reports",
        sa.Column("reporter_hidden", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("reports", sa.Column("facts", sa.LargeBinary()))
    _suggestions()
    _notes()


def _suggestions() -> None:
    op.create_table(
        "urgency_suggestions",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("suggested", _one_of(URGENCIES, "suggested"), nullable=False),
        sa.Column("chosen", _one_of(URGENCIES, "chosen"), nullable=False),
        sa.Column("rules", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("chosen_by", sa.BigInteger(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_urgency_suggestions")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_urgency_suggestions_report_id")
        ),
        sa.ForeignKeyConstraint(
            ["chosen_by"], ["accounts.id"], name=op.f("fk_urgency_suggestions_chosen_by")
        ),
    )
    op.create_index(op.f("ix_urgency_suggestions_chosen_at"), "urgency_suggestions", ["chosen_at"])


def _notes() -> None:
    op.create_table(
        "recording_notes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("recording_id", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_notes")),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_recording_notes_recording_id")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["accounts.id"], name=op.f("fk_recording_notes_author_id")
        ),
        sa.CheckConstraint("seconds >= 0", name=op.f("ck_recording_notes_within")),
    )
    op.create_index(op.f("ix_recording_notes_recording_id"), "recording_notes", ["recording_id"])


def downgrade() -> None:
    op.drop_table("recording_notes")
    op.drop_table("urgency_suggestions")
    for name in ("facts", "reporter_hidden", "reporter_kind"):
        op.drop_column("reports", name)
