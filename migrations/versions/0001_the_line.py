"""Calls, reports, cases, alerts, accounts, the outbox, and an audit log that can only grow."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

GROWING = ("audit_log", "audit_seals")
REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log can only grow: % on % refused', TG_OP, TG_TABLE_NAME;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "officer",
                "supervisor",
                "admin",
                "auditor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failed_sign_ins", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("username", name=op.f("uq_accounts_username")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "txid",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(
        op.f("ix_audit_log_subject_subject_id"),
        "audit_log",
        ["subject", "subject_id"],
        unique=False,
    )
    op.create_index(op.f("ix_audit_log_txid_id"), "audit_log", ["txid", "id"], unique=False)
    op.create_table(
        "audit_seals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_txid", sa.BigInteger(), nullable=False),
        sa.Column("to_txid", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("previous", name=op.f("uq_audit_seals_previous")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "outbox_messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("ref", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "sms",
                "call",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("to", sa.LargeBinary(), nullable=False),
        sa.Column("to_name", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "sending",
                "sent",
                "delivered",
                "undelivered",
                "failed",
                name="messagestatus",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("carrier_sid", sa.Text(), nullable=True),
        sa.Column("network_status", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_messages")),
        sa.UniqueConstraint("carrier_sid", name=op.f("uq_outbox_messages_carrier_sid")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_outbox_messages_dedupe_key")),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox_messages",
        ["lane", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('pending', 'sending')"),
    )
    op.create_index(
        op.f("ix_outbox_messages_topic_ref"), "outbox_messages", ["topic", "ref"], unique=False
    )
    op.create_table(
        "outbox_statuses",
        sa.Column("carrier_sid", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("carrier_sid", "status", name=op.f("pk_outbox_statuses")),
    )
    op.create_table(
        "places",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "district",
                "street",
                "community",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["places.id"], name=op.f("fk_places_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sa.UniqueConstraint("code", name=op.f("uq_places_code")),
    )
    op.create_index(op.f("ix_places_parent_id"), "places", ["parent_id"], unique=False)
    op.create_table(
        "recordings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recording_sid", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "announced",
                "fetching",
                "stored",
                "absent",
                "failed",
                name="recordingstatus",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("storage_name", sa.Text(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_fetch_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at_network_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sa.UniqueConstraint("recording_sid", name=op.f("uq_recordings_recording_sid")),
    )
    op.create_index(op.f("ix_recordings_call_sid"), "recordings", ["call_sid"], unique=False)
    op.create_index(
        "ix_recordings_due",
        "recordings",
        ["next_fetch_at"],
        unique=False,
        postgresql_where=sa.text("next_fetch_at IS NOT NULL"),
    )
    op.create_index(
        "ix_recordings_left",
        "recordings",
        ["stored_at"],
        unique=False,
        postgresql_where=sa.text("removed_at_network_at IS NULL"),
    )
    op.create_table(
        "agencies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "police",
                "street_office",
                name="agencykind",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_agencies_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agencies")),
    )
    op.create_index(op.f("ix_agencies_place_id"), "agencies", ["place_id"], unique=False)
    op.create_table(
        "calls",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("caller", sa.LargeBinary(), nullable=False),
        sa.Column(
            "caller_kind",
            sa.Enum(
                "mobile",
                "landline",
                "short_code",
                "foreign",
                "sip",
                "withheld",
                "odd",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("line_number", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "in_progress",
                "completed",
                "abandoned",
                "failed",
                name="callstatus",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["accounts.id"], name=op.f("fk_calls_answered_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("call_sid", name=op.f("uq_calls_call_sid")),
    )
    op.create_index(
        "ix_calls_in_progress",
        "calls",
        ["started_at"],
        unique=False,
        postgresql_where=sa.text("status = 'in_progress'"),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=20001), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "assessing",
                "helping",
                "monitoring",
                "closed",
                name="casestatus",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column(
            "urgency",
            sa.Enum(
                "emergency",
                "urgent",
                "standard",
                "consult",
                name="urgency",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column(
            "situation",
            sa.Enum(
                "living_alone",
                "missing",
                "guardian_unable",
                "guardian_unwilling",
                "domestic_violence",
                "accident",
                "unlawful_harm",
                "abandoned",
                "neglected",
                "dropped_out",
                "wandering",
                "trafficked",
                "other",
                name="situation",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("child_name", sa.LargeBinary(), nullable=True),
        sa.Column("child_age", sa.SmallInteger(), nullable=True),
        sa.Column(
            "child_sex",
            sa.Enum(
                "male", "female", name="sex", native_enum=False, create_constraint=True, length=None
            ),
            nullable=True,
        ),
        sa.Column(
            "child_tokens", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False
        ),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_cases_closed_has_time")
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["accounts.id"], name=op.f("fk_cases_opened_by")),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_cases_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index(
        "ix_cases_child_tokens", "cases", ["child_tokens"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_cases_list",
        "cases",
        ["status", sa.literal_column("opened_at DESC"), "id"],
        unique=False,
    )
    op.create_index(op.f("ix_cases_place_id"), "cases", ["place_id"], unique=False)
    op.create_table(
        "lines",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_lines_place_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_lines")),
    )
    op.create_index(op.f("ix_lines_place_id"), "lines", ["place_id"], unique=False)
    op.create_table(
        "shifts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_shifts_ends_after_start")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_shifts_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    op.create_index(op.f("ix_shifts_account_id"), "shifts", ["account_id"], unique=False)
    op.create_index(
        op.f("ix_shifts_ends_at_starts_at"), "shifts", ["ends_at", "starts_at"], unique=False
    )
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sign_ins_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_ins_token_hash")),
    )
    op.create_index(op.f("ix_sign_ins_account_id"), "sign_ins", ["account_id"], unique=False)
    op.create_table(
        "call_steps",
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_steps_call_id")),
        sa.PrimaryKeyConstraint("call_id", "step", name=op.f("pk_call_steps")),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("takes_sms", sa.Boolean(), nullable=False),
        sa.Column("takes_calls", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_contacts_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("agency_id", "position", name=op.f("uq_contacts_agency_id_position")),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=100001), nullable=False),
        sa.Column(
            "number",
            sa.Text(),
            sa.Computed("id::text || lpad((98 - mod(id * 100, 97))::text, 2, '0')", persisted=True),
            nullable=False,
        ),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("line_number", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "incoming",
                "waiting",
                "claimed",
                "triaged",
                name="reportstatus",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column(
            "urgency",
            sa.Enum(
                "emergency",
                "urgent",
                "standard",
                "consult",
                name="urgency",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=True,
        ),
        sa.Column(
            "emergency",
            sa.Boolean(),
            sa.Computed("coalesce(urgency = 'emergency', false)", persisted=True),
            nullable=False,
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caller_index", sa.BigInteger(), nullable=True),
        sa.Column(
            "situation",
            sa.Enum(
                "living_alone",
                "missing",
                "guardian_unable",
                "guardian_unwilling",
                "domestic_violence",
                "accident",
                "unlawful_harm",
                "abandoned",
                "neglected",
                "dropped_out",
                "wandering",
                "trafficked",
                "other",
                name="situation",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=True,
        ),
        sa.Column("child_name", sa.LargeBinary(), nullable=True),
        sa.Column("child_age", sa.SmallInteger(), nullable=True),
        sa.Column(
            "child_sex",
            sa.Enum(
                "male", "female", name="sex", native_enum=False, create_constraint=True, length=None
            ),
            nullable=True,
        ),
        sa.Column(
            "child_tokens", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False
        ),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("summary", sa.LargeBinary(), nullable=True),
        sa.Column("claimed_by", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("page_step", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_page_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "disposition",
            sa.Enum(
                "case_opened",
                "case_linked",
                "advice_given",
                "transferred",
                "duplicate",
                "no_content",
                "wrong_number",
                "nuisance",
                name="disposition",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=True,
        ),
        sa.Column("disposition_reason", sa.LargeBinary(), nullable=True),
        sa.Column("triaged_by", sa.BigInteger(), nullable=True),
        sa.Column("triaged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'claimed') = (claimed_by IS NOT NULL)",
            name=op.f("ck_reports_claimed_has_owner"),
        ),
        sa.CheckConstraint(
            "(status = 'triaged') = (disposition IS NOT NULL)",
            name=op.f("ck_reports_triaged_has_disposition"),
        ),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_reports_call_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_reports_case_id")),
        sa.ForeignKeyConstraint(
            ["claimed_by"], ["accounts.id"], name=op.f("fk_reports_claimed_by")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_reports_place_id")),
        sa.ForeignKeyConstraint(
            ["triaged_by"], ["accounts.id"], name=op.f("fk_reports_triaged_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("call_id", name=op.f("uq_reports_call_id")),
        sa.UniqueConstraint("number", name=op.f("uq_reports_number")),
    )
    op.create_index(
        "ix_reports_caller_index", "reports", ["caller_index", "received_at"], unique=False
    )
    op.create_index(op.f("ix_reports_case_id"), "reports", ["case_id"], unique=False)
    op.create_index(
        "ix_reports_child_tokens", "reports", ["child_tokens"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_reports_lease",
        "reports",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("status = 'claimed'"),
    )
    op.create_index(
        "ix_reports_paging",
        "reports",
        ["next_page_at"],
        unique=False,
        postgresql_where=sa.text("next_page_at IS NOT NULL"),
    )
    op.create_index("ix_reports_place_id", "reports", ["place_id", "received_at"], unique=False)
    op.create_index(
        "ix_reports_queue",
        "reports",
        [sa.literal_column("emergency DESC"), "due_at", "received_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('incoming', 'waiting', 'claimed')"),
    )
    op.create_index(
        "ix_reports_triaged",
        "reports",
        [sa.literal_column("triaged_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("status = 'triaged'"),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=3001), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "raised",
                "unanswered",
                "acknowledged",
                "resolved",
                "cancelled",
                name="alertstatus",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=True),
        sa.Column("agency_name", sa.Text(), nullable=False),
        sa.Column("place_name", sa.Text(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("spoken", sa.LargeBinary(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("raised_by", sa.BigInteger(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column(
            "acknowledged_how",
            sa.Enum(
                "keypress",
                "telephone",
                name="acknowledgedhow",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=True,
        ),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(status IN ('raised', 'unanswered')) = (next_step_at IS NOT NULL)",
            name=op.f("ck_alerts_running_has_next_step"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('acknowledged', 'resolved') OR acknowledged_by IS NOT NULL",
            name=op.f("ck_alerts_acknowledged_by_someone"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_alerts_agency_id")),
        sa.ForeignKeyConstraint(["raised_by"], ["accounts.id"], name=op.f("fk_alerts_raised_by")),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_alerts_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_agency_id"), "alerts", ["agency_id"], unique=False)
    op.create_index(
        "ix_alerts_due",
        "alerts",
        ["next_step_at"],
        unique=False,
        postgresql_where=sa.text("next_step_at IS NOT NULL"),
    )
    op.create_index("ix_alerts_raised_at", "alerts", ["raised_at"], unique=False)
    op.create_index(op.f("ix_alerts_report_id"), "alerts", ["report_id"], unique=False)
    op.create_index(
        "uq_alerts_running",
        "alerts",
        ["report_id", sa.literal_column("coalesce(agency_id, 0)")],
        unique=True,
        postgresql_where=sa.text("status IN ('raised', 'unanswered')"),
    )
    op.create_table(
        "case_notes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "note",
                "opened",
                "linked",
                "unlinked",
                "moved",
                "closed",
                "reopened",
                "alert",
                name="notekind",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["accounts.id"], name=op.f("fk_case_notes_author_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_notes_case_id")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_case_notes_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_notes")),
    )
    op.create_index(op.f("ix_case_notes_case_id"), "case_notes", ["case_id"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_drafts_account_id")),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_drafts_report_id")),
        sa.PrimaryKeyConstraint("report_id", "account_id", name=op.f("pk_drafts")),
    )
    op.create_table(
        "alert_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "raised",
                "step",
                "skipped",
                "unanswered",
                "alarm",
                "acknowledged",
                "acknowledged_again",
                "heard",
                "resolved",
                "cancelled",
                name="logkind",
                native_enum=False,
                create_constraint=True,
                length=None,
            ),
            nullable=False,
        ),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("details", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_log_alert_id")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["outbox_messages.id"], name=op.f("fk_alert_log_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_log")),
    )
    op.create_index(op.f("ix_alert_log_alert_id"), "alert_log", ["alert_id"], unique=False)
    op.create_index(op.f("ix_alert_log_message_id"), "alert_log", ["message_id"], unique=False)
    op.execute(REFUSE)
    for table in GROWING:
        op.execute(
            f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.drop_index(op.f("ix_alert_log_message_id"), table_name="alert_log")
    op.drop_index(op.f("ix_alert_log_alert_id"), table_name="alert_log")
    op.drop_table("alert_log")
    op.drop_table("drafts")
    op.drop_index(op.f("ix_case_notes_case_id"), table_name="case_notes")
    op.drop_table("case_notes")
    op.drop_index(
        "uq_alerts_running",
        table_name="alerts",
        postgresql_where=sa.text("status IN ('raised', 'unanswered')"),
    )
    op.drop_index(op.f("ix_alerts_report_id"), table_name="alerts")
    op.drop_index("ix_alerts_raised_at", table_name="alerts")
    op.drop_index(
        "ix_alerts_due", table_name="alerts", postgresql_where=sa.text("next_step_at IS NOT NULL")
    )
    op.drop_index(op.f("ix_alerts_agency_id"), table_name="alerts")
    op.drop_table("alerts")
    op.drop_index(
        "ix_reports_triaged", table_name="reports", postgresql_where=sa.text("status = 'triaged'")
    )
    op.drop_index(
        "ix_reports_queue",
        table_name="reports",
        postgresql_where=sa.text("status IN ('incoming', 'waiting', 'claimed')"),
    )
    op.drop_index("ix_reports_place_id", table_name="reports")
    op.drop_index(
        "ix_reports_paging",
        table_name="reports",
        postgresql_where=sa.text("next_page_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_reports_lease", table_name="reports", postgresql_where=sa.text("status = 'claimed'")
    )
    op.drop_index("ix_reports_child_tokens", table_name="reports", postgresql_using="gin")
    op.drop_index(op.f("ix_reports_case_id"), table_name="reports")
    op.drop_index("ix_reports_caller_index", table_name="reports")
    op.drop_table("reports")
    op.drop_table("contacts")
    op.drop_table("call_steps")
    op.drop_index(op.f("ix_sign_ins_account_id"), table_name="sign_ins")
    op.drop_table("sign_ins")
    op.drop_index(op.f("ix_shifts_ends_at_starts_at"), table_name="shifts")
    op.drop_index(op.f("ix_shifts_account_id"), table_name="shifts")
    op.drop_table("shifts")
    op.drop_index(op.f("ix_lines_place_id"), table_name="lines")
    op.drop_table("lines")
    op.drop_index(op.f("ix_cases_place_id"), table_name="cases")
    op.drop_index("ix_cases_list", table_name="cases")
    op.drop_index("ix_cases_child_tokens", table_name="cases", postgresql_using="gin")
    op.drop_table("cases")
    op.drop_index(
        "ix_calls_in_progress",
        table_name="calls",
        postgresql_where=sa.text("status = 'in_progress'"),
    )
    op.drop_table("calls")
    op.drop_index(op.f("ix_agencies_place_id"), table_name="agencies")
    op.drop_table("agencies")
    op.drop_index(
        "ix_recordings_left",
        table_name="recordings",
        postgresql_where=sa.text("removed_at_network_at IS NULL"),
    )
    op.drop_index(
        "ix_recordings_due",
        table_name="recordings",
        postgresql_where=sa.text("next_fetch_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_recordings_call_sid"), table_name="recordings")
    op.drop_table("recordings")
    op.drop_index(op.f("ix_places_parent_id"), table_name="places")
    op.drop_table("places")
    op.drop_table("outbox_statuses")
    op.drop_index(op.f("ix_outbox_messages_topic_ref"), table_name="outbox_messages")
    op.drop_index(
        "ix_outbox_due",
        table_name="outbox_messages",
        postgresql_where=sa.text("status IN ('pending', 'sending')"),
    )
    op.drop_table("outbox_messages")
    op.drop_table("heartbeats")
    op.drop_table("audit_seals")
    op.drop_index(op.f("ix_audit_log_txid_id"), table_name="audit_log")
    op.drop_index(op.f("ix_audit_log_subject_subject_id"), table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_table("accounts")
    op.execute("DROP FUNCTION refuse_change()")
