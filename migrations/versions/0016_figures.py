"""What is under way or has failed, to be counted every few seconds without a look at what is done.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_recordings_unsettled",
        "recordings",
        ["status"],
        postgresql_where=sa.text("status IN ('announced', 'fetching', 'failed', 'deleting')"),
    )
    op.create_index(
        "ix_transcripts_unsettled",
        "transcripts",
        ["status"],
        postgresql_where=sa.text("status IN ('pending', 'working', 'failed')"),
    )
    op.create_index(
        "ix_outbox_failed",
        "outbox_messages",
        ["created_at"],
        postgresql_where=sa.text("status IN ('failed', 'undelivered')"),
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_failed", "outbox_messages")
    op.drop_index("ix_transcripts_unsettled", "transcripts")
    op.drop_index("ix_recordings_unsettled", "recordings")
