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

_CASES = """
    INSERT INTO cases (status, urgency, situation, child_name, child_age, place_id, opened_by, opened_at,
                       closed_at, assigned_to)
    SELECT CASE WHEN n %% 40 = 0 THEN (ARRAY['open', 'assessing', 'helping', 'monitoring'])[1 + n / 40 %% 4]
                ELSE 'closed' END,
           (ARRAY['urgent', 'standard'])[1 + n %% 2], 'other', %(sealed)s, 2 + n %% 14,
           1 + n %% (SELECT count(*) FROM places), 1, now() - (%(count)s - n) * interval '5 min',
           CASE WHEN n %% 40 <> 0 THEN now() - (%(count)s - n) * interval '5 min' + interval '20 days' END, 1
    FROM generate_series(1, %(count)s::bigint) AS n
"""
_NOTES = """
    INSERT INTO case_notes (case_id, kind, author_id, at, body)
    SELECT cases.id, kind, 1, opened_at + day * interval '1 day', %(sealed)s
    FROM cases, (VALUES ('opened', 0), ('note', 1), ('note', 6)) AS written (kind, day)
"""
# Every fifth report of those dealt with has led to one.
_LINKS = """
    UPDATE reports SET case_id = (SELECT min(id) FROM cases) + reports.id / 5 %% %(count)s,
                       disposition = 'case_linked'
    WHERE status = 'triaged' AND id %% 5 = 0
"""
_LOOKED = """
    INSERT INTO audit_log (at, actor, account_id, address, action, subject, subject_id, reason, details)
    SELECT received_at, 'zhiban', 1, '127.0.0.1', 'read', 'report', id, '', '{}' FROM reports
"""


def grow(settings: Settings, size: int, opened: int) -> None:
    """Fill the table up to `size` reports, `opened` of them open."""
    with connected(settings) as connection:
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
    settle(settings, "reports, calls, recordings")


def cases(settings: Settings, count: int) -> None:
    """So many cases, most of them closed, each with notes and a report or more; and who has read what."""
    values = {"sealed": crypto.encrypt("与家长约定下周回访"), "count": count}
    with connected(settings) as connection:
        for statement in (_CASES, _NOTES, _LINKS, _LOOKED):
            connection.execute(statement, values)
    settle(settings, "reports, calls, recordings")


def reopen(settings: Settings, count: int) -> None:
    """Open `count` reports more."""
    with connected(settings) as connection:
        connection.execute(
            "UPDATE reports SET status = 'waiting', disposition = NULL, triaged_at = NULL "
            "WHERE id IN (SELECT id FROM reports WHERE status = 'triaged' LIMIT %s)",
            [count],
        )
    settle(settings, "reports, calls, recordings")


def connected(settings: Settings) -> psycopg.Connection:
    """To put in what is checked by nobody and may be lost: minutes of waiting for nothing otherwise."""
    options = "-c session_replication_role=replica -c synchronous_commit=off"
    return psycopg.connect(settings.database_url.replace("+psycopg", ""), options=options)


def settle(settings: Settings, tables: str) -> None:
    """Statistics as autovacuum would have made them."""
    with connected(settings) as connection:
        connection.autocommit = True
        connection.execute(
            "VACUUM ANALYZE reports, calls, recordings, cases, case_notes, audit_log"
        )
