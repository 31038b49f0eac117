"""Finding the same child again: one index over what is sealed, and triggers that say what is to be indexed.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
KINDS = ("report", "case", "note", "person", "transcript")
# Table, its kind, and the columns whose change makes it due.
WATCHED = (
    (
        "reports",
        "report",
        ("child_name", "child_school", "address", "summary", "disposition_reason", "place_id"),
    ),
    ("cases", "case", ("child_name", "child_school", "address", "place_id")),
    ("case_notes", "note", ()),
    ("case_people", "person", ("name", "relation", "phone", "note", "removed_at")),
)


def upgrade() -> None:
    op.create_table(
        "search_entries",
        _kind(),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("tokens", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("kind", "row_id", name=op.f("pk_search_entries")),
    )
    op.create_index("ix_search_entries_at", "search_entries", ["at"])
    op.create_index(
        "ix_search_entries_tokens",
        "search_entries",
        ["tokens"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_table(
        "search_due",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        _kind(),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("due_at", TIME, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_due")),
    )
    op.create_index("ix_search_due_due_at", "search_due", ["due_at"])
    op.create_table(
        "search_questions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_search_questions_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_questions")),
    )
    op.create_index("ix_search_questions_at", "search_questions", ["at"])
    for table in ("reports", "cases"):
        op.drop_index(f"ix_{table}_child_tokens", table)
        op.drop_column(table, "child_tokens")
    _watch()
    _mark_what_is_there()


def _kind() -> sa.Column[str]:
    kind = sa.Enum(*KINDS, name="kind", native_enum=False, create_constraint=True, length=None)
    return sa.Column("kind", kind, nullable=False)


def _watch() -> None:
    op.execute(
        """
        CREATE FUNCTION search_row_is_due() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO search_due (kind, row_id) VALUES (TG_ARGV[0], NEW.id);
            RETURN NULL;
        END $$
        """
    )
    for table, kind, columns in WATCHED:
        op.execute(
            f"CREATE TRIGGER {table}_new_to_search AFTER INSERT ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION search_row_is_due('{kind}')"
        )
        if columns:
            changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in columns)
            op.execute(
                f"CREATE TRIGGER {table}_changed_to_search AFTER UPDATE OF {', '.join(columns)} "
                f"ON {table} FOR EACH ROW WHEN ({changed}) "
                f"EXECUTE FUNCTION search_row_is_due('{kind}')"
            )
    _watch_transcripts()


def _watch_transcripts() -> None:
    """Their lines come many at a time, and their words go in the transaction in which they go."""
    op.execute(
        """
        CREATE FUNCTION search_transcript_is_due() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO search_due (kind, row_id)
            SELECT DISTINCT 'transcript', transcript_id FROM fresh;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER transcript_lines_to_search AFTER INSERT ON transcript_lines "
        "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT "
        "EXECUTE FUNCTION search_transcript_is_due()"
    )
    op.execute(
        """
        CREATE FUNCTION search_forgets_transcript() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM search_entries WHERE kind = 'transcript' AND row_id = OLD.id;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER transcripts_forgotten_by_search AFTER DELETE ON transcripts "
        "FOR EACH ROW EXECUTE FUNCTION search_forgets_transcript()"
    )


def _mark_what_is_there() -> None:
    for table, kind in [(table, kind) for table, kind, _ in WATCHED] + [
        ("transcripts", "transcript")
    ]:
        op.execute(f"INSERT INTO search_due (kind, row_id) SELECT '{kind}', id FROM {table}")


def downgrade() -> None:
    for table, _, columns in WATCHED:
        op.execute(f"DROP TRIGGER {table}_new_to_search ON {table}")
        if columns:
            op.execute(f"DROP TRIGGER {table}_changed_to_search ON {table}")
    op.execute("DROP TRIGGER transcript_lines_to_search ON transcript_lines")
    op.execute("DROP TRIGGER transcripts_forgotten_by_search ON transcripts")
    for name in ("search_row_is_due", "search_transcript_is_due", "search_forgets_transcript"):
        op.execute(f"DROP FUNCTION {name}()")
    for table in ("search_questions", "search_due", "search_entries"):
        op.drop_table(table)
    for table in ("reports", "cases"):
        tokens = postgresql.ARRAY(sa.BigInteger())
        column = sa.Column("child_tokens", tokens, server_default="{}", nullable=False)
        op.add_column(table, column)
        op.create_index(f"ix_{table}_child_tokens", table, ["child_tokens"], postgresql_using="gin")
