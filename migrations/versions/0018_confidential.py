"""Confidential cases are few, and asked for by every list of what has been dealt with.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_cases_confidential", "cases", ["id"], postgresql_where=sa.text("confidential")
    )


def downgrade() -> None:
    op.drop_index("ix_cases_confidential", "cases")
