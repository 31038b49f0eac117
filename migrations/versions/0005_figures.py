"""Figures: how long each answer took, and calls by the time they came in.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("call_steps", sa.Column("answer_ms", sa.Integer(), nullable=True))
    op.create_index("ix_calls_started_at", "calls", ["started_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_calls_started_at", table_name="calls")
    op.drop_column("call_steps", "answer_ms")
