"""Reports by the million, by SQL: all but a few dealt with long ago, each with its call and recording."""

import psycopg

from hotline import crypto
from hotline.config import Settings

EMERGENCIES = """
    SELECT number FROM reports WHERE status = 'waiting' AND emergency ORDER BY id LIMIT %(limit)s
"""

_CALLS = """
    INSERT INTO calls (call_sid, caller, caller_kind, line_number, flow, status, started_at, ended_at)
    SELECT 'CA' || lpad(n::text, 32, '0'), %(sealed)s, 'mobile', '12355', '12355', 'completed',
           now() - n * interval '1 minute', now() - n * interval '1 minute' + interval '90 s'
    FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_RECORDINGS = """
    INSERT INTO recordings (recording_sid, call_sid, source, status, announced_at, seconds, sha256, size,
                            storage_name, stored_at, removed_at_network_at)
    SELECT 'RE' || lpad(n::text, 32, '0'), 'CA' || lpad(n::text, 32, '0'), 'RecordVerb', 'stored',
           now() - n * interval '1 minute', 40, repeat('0', 64), 640044,
           'seeded/' || n, now() - n * interval '1 minute', now()
    FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
# Every `every`-th is open: spread over the table, as where some wait for weeks.
_REPORTS = """
    INSERT INTO reports (call_id, channel, line_number, status, urgency, received_at, due_at, caller_index,
                         situation, child_name, summary, place_id, disposition, triaged_by, triaged_at)
    SELECT calls.id, 'phone', '12355', CASE WHEN open THEN 'waiting' ELSE 'triaged' END,
           (ARRAY['emergency', 'urgent', 'standard', 'consult'])[1 + calls.id %% 4],
           started_at, started_at + interval '2 h', calls.id %% 9973,
           'other', %(sealed)s, %(sealed)s, 1 + calls.id %% (SELECT count(*) FROM places),
           CASE WHEN NOT open THEN 'advice_given' END, CASE WHEN NOT open THEN 1 END,
           CASE WHEN NOT open THEN started_at + interval '1 h' END
    FROM calls, LATERAL (SELECT calls.id %% %(every)s = 0 AS open)
    WHERE calls.id BETWEEN %(first)s AND %(last)s
"""


def grow(settings: Settings, size: int, opened: int) -> None:
    """Fill the table up to `size` reports, `opened` of them open."""
    with _connection(settings) as connection:
        [(known,)] = connection.execute("SELECT count(*) FROM reports").fetchall()
        values = {
            "sealed": crypto.encrypt("+8610000000001"),
            "first": known + 1,
            "last": size,
            "every": size // opened,
        }
        connection.execute(
            "UPDATE reports SET status = 'triaged', disposition = 'advice_given', "
            "triaged_by = 1, triaged_at = received_at WHERE status <> 'triaged'"
        )
        for statement in (_CALLS, _RECORDINGS, _REPORTS):
            connection.execute(statement, values)
    _settle(settings)


def reopen(settings: Settings, count: int) -> None:
    """Open `count` reports more."""
    with _connection(settings) as connection:
        connection.execute(
            "UPDATE reports SET status = 'waiting', disposition = NULL, triaged_at = NULL "
            "WHERE id IN (SELECT id FROM reports WHERE status = 'triaged' LIMIT %s)",
            [count],
        )
    _settle(settings)


def _connection(settings: Settings) -> psycopg.Connection:
    # What is put in is checked by nobody and may be lost: minutes of waiting for nothing otherwise.
    options = "-c session_replication_role=replica -c synchronous_commit=off"
    return psycopg.connect(settings.database_url.replace("+psycopg", ""), options=options)


def _settle(settings: Settings) -> None:
    """Statistics as autovacuum would have made them."""
    with _connection(settings) as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE reports, calls, recordings")
