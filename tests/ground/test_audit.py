"""The log only grows, and whoever changes it is found out."""

import re
import threading
import time

import psycopg
import pytest
import sqlalchemy as sa

from hotline import audit, db
from hotline.audit import Actor, AuditEntry, AuditSeal


def write(*actions: str) -> None:
    with db.transaction() as session:
        for action in actions:
            audit.record(session, Actor("zhiban", 7, "10.1.2.3"), action, "report", 5, why="测试")


def seal() -> int:
    with db.transaction() as session:
        return audit.seal(session)


def seals(entries: int) -> None:
    """Seal until so many are sealed: a transaction of any other database of this server, another test's
    too, makes the sealer wait."""
    until = time.monotonic() + 10
    sealed = seal()
    while sealed < entries and time.monotonic() < until:
        time.sleep(0.01)
        sealed += seal()
    assert sealed == entries


def faults() -> list[str]:
    with db.transaction() as session:
        return audit.verify(session)


def behind_its_back(settings, statement: str) -> None:
    """What only somebody with the database's own keys can do."""
    url = re.sub(r"\+psycopg\b", "", settings.database_url)
    with psycopg.connect(url, options="-c session_replication_role=replica") as connection:
        connection.execute(statement)


def test_a_line_says_who_what_whence_and_why(database):
    with db.transaction() as session:
        audit.record(
            session,
            Actor("zhiban", 7, "10.1.2.3"),
            "unmask",
            "report",
            5,
            reason="回电",
            field="to",
        )
    with db.transaction() as session:
        [entry] = session.scalars(sa.select(AuditEntry))
    assert (entry.actor, entry.account_id, entry.address) == ("zhiban", 7, "10.1.2.3")
    assert (entry.action, entry.subject, entry.subject_id) == ("unmask", "report", 5)
    assert (entry.reason, entry.details) == ("回电", {"field": "to"})


@pytest.mark.parametrize("table", ["audit_log", "audit_seals"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {}", "TRUNCATE {} CASCADE"],
)
def test_the_database_refuses_to_change_the_log(database, table, statement):
    write("claim")
    seals(1)
    with (
        pytest.raises(sa.exc.DBAPIError, match="can only grow"),
        db.transaction() as session,
    ):
        session.execute(sa.text(statement.format(table)))
    assert faults() == []


def test_seals_cover_everything_once_and_the_chain_holds(database):
    write("a", "b")
    seals(2)
    assert seal() == 0
    write("c")
    seals(1)
    with db.transaction() as session:
        first, second = session.scalars(sa.select(AuditSeal).order_by(AuditSeal.id))
    assert (first.from_txid, first.previous) == (0, audit.FIRST_HASH)
    assert (second.from_txid, second.previous) == (first.to_txid, first.hash)
    assert faults() == []


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE audit_log SET actor = 'nobody' WHERE action = 'b'", "has been changed"),
        ("UPDATE audit_log SET details = '{}' WHERE action = 'b'", "has been changed"),
        ("UPDATE audit_log SET at = at + interval '1 s' WHERE action = 'b'", "has been changed"),
        ("UPDATE audit_log SET reason = 'x' WHERE action = 'b'", "has been changed"),
        ("DELETE FROM audit_log WHERE action = 'b'", "covers 3 entries but 2 are there"),
        (
            """INSERT INTO audit_log (txid, at, actor, address, action, subject, reason, details)
            SELECT txid, at, 'x', '', 'x', 'x', '', '{}' FROM audit_log WHERE action = 'b'""",
            "covers 3 entries but 4 are there",
        ),
        ("DELETE FROM audit_seals WHERE id = 1", "a seal is missing"),
        ("UPDATE audit_seals SET hash = repeat('f', 64) WHERE id = 1", "a seal is missing"),
        ("UPDATE audit_seals SET to_txid = to_txid + 1 WHERE id = 1", "a seal is missing"),
    ],
)
def test_tampering_breaks_the_chain(database, tampering, told):
    write("a", "b", "c")
    seals(3)
    write("d")
    seals(1)
    assert faults() == []
    behind_its_back(database, tampering)
    assert any(told in fault for fault in faults())


def test_a_transaction_open_while_others_are_sealed_is_sealed_later(database):
    write("before")
    with db.transaction() as late:
        audit.record(late, audit.SYSTEM, "late", "test")
        write("meanwhile")
        # The open one holds the horizon: nothing from its number on may be sealed yet.
        seals(1)
        assert seal() == 0
    seals(2)
    assert faults() == []


def test_many_writers_and_two_sealers_lose_nothing(database):
    done = threading.Event()
    failed: list[BaseException] = []

    def guarded(work) -> None:
        try:
            work()
        except BaseException as fault:
            failed.append(fault)
            raise

    def writer() -> None:
        for _ in range(10):
            write("claim", "release")

    def sealer() -> None:
        while not done.is_set():
            seal()

    writers = [threading.Thread(target=guarded, args=(writer,)) for _ in range(4)]
    sealers = [threading.Thread(target=guarded, args=(sealer,)) for _ in range(2)]
    for thread in (*writers, *sealers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in sealers:
        thread.join()
    write("last")
    with db.transaction() as session:
        sealed = session.scalar(sa.select(sa.func.sum(AuditSeal.count))) or 0
    seals(4 * 10 * 2 + 1 - sealed)
    with db.transaction() as session:
        covered = sa.exists().where(
            AuditSeal.from_txid <= AuditEntry.txid, AuditEntry.txid < AuditSeal.to_txid
        )
        assert session.scalar(sa.select(sa.func.count()).where(sa.not_(covered))) == 0
    assert failed == []
    assert faults() == []
