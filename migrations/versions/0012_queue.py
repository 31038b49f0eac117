"""Working together on the queue.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
SKILLS = (
    "english",
    "cantonese",
    "children",
    "sexual_harm",
    "violence",
    "self_harm",
    "guardianship",
    "missing",
    "institutions",
)
STATUSES = ("offered", "accepted", "declined", "withdrawn", "lapsed")


def upgrade() -> None:
    _skills()
    _views()
    _handovers()
    _bulk_closings()


def _skills() -> None:
    op.create_table(
        "officer_skills",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("skill", _words("skill", SKILLS), nullable=False),
        _refers("officer_skills", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("account_id", "skill", name=op.f("pk_officer_skills")),
    )


def _views() -> None:
    op.create_table(
        "saved_views",
        _id(),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        _refers("saved_views", "owner_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    op.create_index(
        "uq_saved_views_owner_id_name",
        "saved_views",
        ["owner_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_saved_views_shared", "saved_views", ["name"], postgresql_where=sa.text("shared")
    )
    op.create_table(
        "default_views",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("view_id", sa.BigInteger(), nullable=False),
        _refers("default_views", "account_id", "accounts"),
        _refers("default_views", "view_id", "saved_views"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_default_views")),
    )
    op.create_index(op.f("ix_default_views_view_id"), "default_views", ["view_id"])


def _handovers() -> None:
    op.create_table(
        "handovers",
        _id(),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("status", _words("handoverstatus", STATUSES), nullable=False),
        sa.Column("offered_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint(
            "(status = 'offered') = (ended_at IS NULL)", name=op.f("ck_handovers_ended_has_time")
        ),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_handovers_to_another")),
        _refers("handovers", "report_id", "reports"),
        _refers("handovers", "from_id", "accounts"),
        _refers("handovers", "to_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
    )
    op.create_index(op.f("ix_handovers_report_id"), "handovers", ["report_id"])
    offered = sa.text("status = 'offered'")
    op.create_index(
        "uq_handovers_open", "handovers", ["report_id"], unique=True, postgresql_where=offered
    )
    op.create_index("ix_handovers_to_id", "handovers", ["to_id"], postgresql_where=offered)


def _bulk_closings() -> None:
    op.create_table(
        "bulk_closings",
        _id(),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("reports", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("undone_at", TIME, nullable=True),
        _refers("bulk_closings", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_closings")),
    )


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False)


def _words(name: str, words: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=None)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def downgrade() -> None:
    op.drop_table("bulk_closings")
    op.drop_table("handovers")
    op.drop_table("default_views")
    op.drop_table("saved_views")
    op.drop_table("officer_skills")
