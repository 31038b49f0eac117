"""People, tasks, attachments, merging, confidential cases.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
KINDS_BEFORE = (
    "note",
    "opened",
    "linked",
    "unlinked",
    "moved",
    "closed",
    "reopened",
    "alert",
)
KINDS = (
    *KINDS_BEFORE,
    "split_off",
    "merged",
    "unmerged",
    "assigned",
    "taken_over",
    "person",
    "person_changed",
    "person_removed",
    "task",
    "task_done",
    "task_reopened",
    "attached",
    "infected",
    "detached",
    "confidential",
    "opened_up",
    "named",
    "unnamed",
    "looked_into",
)


def upgrade() -> None:
    _cases()
    _members()
    _urgent_accesses()
    _merges()
    _people()
    _tasks()
    _mentions()
    _attachments()
    _kinds_of_notes(KINDS)
    op.add_column("case_notes", sa.Column("other_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key("fk_case_notes_other_id", "case_notes", "cases", ["other_id"], ["id"])


def _kinds_of_notes(kinds: tuple[str, ...]) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint("ck_case_notes_notekind", "case_notes")
    op.create_check_constraint(op.f("ck_case_notes_notekind"), "case_notes", f"kind IN ({words})")


def _cases() -> None:
    op.add_column("cases", sa.Column("assigned_to", sa.BigInteger(), nullable=True))
    op.add_column(
        "cases", sa.Column("confidential", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("cases", sa.Column("merged_into", sa.BigInteger(), nullable=True))
    op.create_foreign_key("fk_cases_assigned_to", "cases", "accounts", ["assigned_to"], ["id"])
    op.create_foreign_key("fk_cases_merged_into", "cases", "cases", ["merged_into"], ["id"])
    op.create_check_constraint(
        op.f("ck_cases_not_merged_into_itself"), "cases", "merged_into <> id"
    )
    op.drop_index("ix_cases_list", "cases")
    op.drop_index("ix_cases_place_id", "cases")
    op.create_index("ix_cases_merged_into", "cases", ["merged_into"])
    op.create_index(
        "ix_cases_living",
        "cases",
        ["id"],
        postgresql_where=sa.text("status <> 'closed' AND merged_into IS NULL"),
    )
    op.create_index("ix_cases_status_id", "cases", ["status", "id"])
    op.create_index("ix_cases_place_id_id", "cases", ["place_id", "id"])
    op.create_index("ix_cases_assigned_to_id", "cases", ["assigned_to", "id"])


def _members() -> None:
    op.create_table(
        "case_members",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=True),
        sa.Column("added_at", TIME, nullable=False),
        _refers("case_members", "case_id", "cases"),
        _refers("case_members", "account_id", "accounts"),
        _refers("case_members", "added_by", "accounts"),
        sa.PrimaryKeyConstraint("case_id", "account_id", name=op.f("pk_case_members")),
    )
    op.create_index("ix_case_members_account_id", "case_members", ["account_id"])


def _urgent_accesses() -> None:
    table = "case_urgent_accesses"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("reviewed_by", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_at", TIME, nullable=True),
        sa.Column("review", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(reviewed_at IS NULL) = (reviewed_by IS NULL) "
            "AND (reviewed_by IS NULL OR reviewed_by <> account_id)",
            name=op.f("ck_case_urgent_accesses_reviewed_by_another"),
        ),
        _refers(table, "case_id", "cases"),
        _refers(table, "account_id", "accounts"),
        _refers(table, "reviewed_by", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_urgent_accesses")),
    )
    op.create_index("ix_case_urgent_accesses_case_id", table, ["case_id"])
    op.create_index("ix_case_urgent_accesses_account_id_until", table, ["account_id", "until"])
    op.create_index(
        "ix_case_urgent_accesses_unreviewed",
        table,
        ["id"],
        postgresql_where=sa.text("reviewed_at IS NULL"),
    )


def _merges() -> None:
    table = "case_merges"
    op.create_table(
        table,
        _id(),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        _word("status", "mergestatus", "standing", "undone"),
        sa.Column("moved", postgresql.JSONB(), nullable=False),
        sa.Column("was_confidential", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("undone_at", TIME, nullable=True),
        _holds(table, "undone_has_time", "(status = 'undone') = (undone_at IS NOT NULL)"),
        _holds(table, "two_cases", "source_id <> target_id"),
        _refers(table, "source_id", "cases"),
        _refers(table, "target_id", "cases"),
        _refers(table, "by", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index("ix_case_merges_target_id", table, ["target_id"])
    op.create_index(
        "uq_case_merges_standing",
        table,
        ["source_id"],
        unique=True,
        postgresql_where=sa.text("status = 'standing'"),
    )


def _people() -> None:
    table = "case_people"
    op.create_table(
        table,
        _id(),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        _word(
            "role",
            "personrole",
            "guardian",
            "relative",
            "neighbour",
            "professional",
            "suspected",
            "other",
        ),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("relation", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        _word("safety", "safety", "safe", "unknown", "unsafe"),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("added_by", sa.BigInteger(), nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.Column("removed_at", TIME, nullable=True),
        _holds(table, "suspect_is_unsafe", "role <> 'suspected' OR safety = 'unsafe'"),
        _refers(table, "case_id", "cases"),
        _refers(table, "added_by", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index("ix_case_people_case_id", table, ["case_id"])


def _tasks() -> None:
    table = "case_tasks"
    op.create_table(
        table,
        _id(),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("assignee_id", sa.BigInteger(), nullable=False),
        _word("status", "taskstatus", "open", "done"),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.Column("done_at", TIME, nullable=True),
        _holds(
            table,
            "done_by_someone",
            "(status = 'done') = (done_at IS NOT NULL) AND (done_at IS NULL) = (done_by IS NULL)",
        ),
        _refers(table, "case_id", "cases"),
        _refers(table, "assignee_id", "accounts"),
        _refers(table, "created_by", "accounts"),
        _refers(table, "done_by", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index("ix_case_tasks_case_id", table, ["case_id"])
    op.create_index(
        "ix_case_tasks_open",
        table,
        ["assignee_id", "due_on"],
        postgresql_where=sa.text("status = 'open'"),
    )


def _mentions() -> None:
    table = "case_mentions"
    op.create_table(
        table,
        sa.Column("note_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("read_at", TIME, nullable=True),
        _refers(table, "note_id", "case_notes"),
        _refers(table, "account_id", "accounts"),
        sa.PrimaryKeyConstraint("note_id", "account_id", name=op.f(f"pk_{table}")),
    )
    op.create_index(
        "ix_case_mentions_unread",
        table,
        ["account_id"],
        postgresql_where=sa.text("read_at IS NULL"),
    )


def _attachments() -> None:
    table = "case_attachments"
    op.create_table(
        table,
        _id(),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        _word(
            "status",
            "attachmentstatus",
            "arriving",
            "unscanned",
            "clean",
            "infected",
            "deleting",
            "deleted",
        ),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("storage_name", sa.Text(), nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.Column("next_try_at", TIME, nullable=True),
        sa.Column("found", sa.Text(), server_default="", nullable=False),
        sa.Column("removed_by", sa.BigInteger(), nullable=True),
        sa.Column("removed_because", sa.LargeBinary(), nullable=True),
        _holds(
            table,
            "unfinished_is_due",
            "(status IN ('arriving', 'unscanned', 'deleting')) = (next_try_at IS NOT NULL)",
        ),
        _refers(table, "case_id", "cases"),
        _refers(table, "added_by", "accounts"),
        _refers(table, "removed_by", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("storage_name", name=op.f(f"uq_{table}_storage_name")),
    )
    op.create_index("ix_case_attachments_case_id", table, ["case_id"])
    op.create_index(
        "ix_case_attachments_due",
        table,
        ["next_try_at"],
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _word(column: str, name: str, *words: str) -> sa.Column[str]:
    kind = sa.Enum(*words, name=name, native_enum=False, create_constraint=True)
    return sa.Column(column, kind, nullable=False)


def _holds(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def downgrade() -> None:
    kinds = ", ".join(f"'{kind}'" for kind in KINDS_BEFORE)
    op.drop_column("case_notes", "other_id")
    op.execute("DELETE FROM case_mentions")
    op.execute(f"DELETE FROM case_notes WHERE kind NOT IN ({kinds})")
    _kinds_of_notes(KINDS_BEFORE)
    for table in ("attachments", "mentions", "tasks", "people", "merges", "urgent_accesses"):
        op.drop_table(f"case_{table}")
    op.drop_table("case_members")
    for name in ("assigned_to_id", "place_id_id", "status_id", "living", "merged_into"):
        op.drop_index(f"ix_cases_{name}", "cases")
    op.create_index("ix_cases_place_id", "cases", ["place_id"])
    op.create_index("ix_cases_list", "cases", ["status", sa.text("opened_at DESC"), "id"])
    for name in ("merged_into", "confidential", "assigned_to"):
        op.drop_column("cases", name)
