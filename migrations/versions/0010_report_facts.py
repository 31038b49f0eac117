"""Who the child is: date of birth, identity number, school.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


TABLES = ("reports", "cases")
SEALED = ("child_born", "child_id_number", "child_school")


def upgrade() -> None:
    for table in TABLES:
        for name in SEALED:
            op.add_column(table, sa.Column(name, sa.LargeBinary(), nullable=True))
        op.add_column(table, sa.Column("child_id_index", sa.BigInteger(), nullable=True))
        op.create_index(
            f"ix_{table}_child_id_index",
            table,
            ["child_id_index"],
            postgresql_where=sa.text("child_id_index IS NOT NULL"),
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_child_id_index", table)
        for name in ("child_id_index", *SEALED):
            op.drop_column(table, name)
