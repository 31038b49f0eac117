"""One unit of work: all of it or nothing, and nothing told before it is durable."""

import threading
import time

import pytest
import sqlalchemy as sa

from hotline import audit, config, db
from hotline.audit import AuditEntry


def entries() -> list[str]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)))


def test_what_raises_leaves_nothing_and_tells_nobody(database):
    told = []

    def work() -> None:
        with db.transaction() as session:
            audit.record(session, audit.SYSTEM, "lost", "test")
            db.after_commit(session, lambda: told.append("lost"))
            raise LookupError

    with pytest.raises(LookupError):
        work()
    assert (entries(), told) == ([], [])


def test_what_is_told_after_the_commit_is_already_there_for_others(database):
    seen = []
    with db.transaction() as session:
        audit.record(session, audit.SYSTEM, "kept", "test")
        db.after_commit(session, lambda: seen.append(entries()))
        assert entries() == []
    assert seen == [["kept"]]


def test_a_statement_that_hangs_is_ended(database):
    with db.transaction() as session:
        assert session.scalar(sa.text("SHOW statement_timeout")) == "3s"
        session.execute(sa.text("SET LOCAL statement_timeout = 50"))
        with pytest.raises(sa.exc.OperationalError):
            session.execute(sa.text("SELECT pg_sleep(5)"))
    with db.transaction() as session:
        assert session.scalar(sa.text("SHOW timezone")) == "UTC"


def test_a_database_that_is_away_is_told_at_once(settings, monkeypatch):
    away = settings.model_copy(update={"database_url": "postgresql+psycopg://nobody@127.0.0.1:9/x"})
    monkeypatch.setattr(config, "_current", away)
    with pytest.raises(sa.exc.OperationalError), db.transaction() as session:
        session.execute(sa.text("SELECT 1"))


def test_within_a_limit_everything_together_is_given_up(database):
    def work() -> None:
        with db.within(0.3), db.transaction() as session:
            session.execute(sa.text("SELECT pg_sleep(0.2)"))
            session.execute(sa.text("SELECT pg_sleep(2)"))

    began = time.monotonic()
    with pytest.raises(sa.exc.OperationalError):
        work()
    assert time.monotonic() - began < 1.5
    with db.transaction() as session:
        assert session.scalar(sa.text("SELECT 1")) == 1


def test_a_limit_is_over_with_its_block(database):
    with db.within(0.1):
        time.sleep(0.15)
    with db.transaction() as session:
        assert session.execute(sa.text("SELECT pg_sleep(0.3), 1")).one()[1] == 1


def test_what_has_no_time_left_is_still_rolled_back_in_order(database):
    """The connection is of use to the next, where the server is well."""
    with db.transaction() as session:
        backend = session.scalar(sa.text("SELECT pg_backend_pid()"))

    def work() -> None:
        with db.within(0.5), db.transaction() as session:
            audit.record(session, audit.SYSTEM, "late", "test")
            session.flush()
            time.sleep(0.6)
            raise LookupError

    with pytest.raises(LookupError):
        work()
    with db.transaction() as session:
        assert session.scalar(sa.text("SELECT pg_backend_pid()")) == backend
    assert entries() == []


def test_who_connects_is_not_kept_waiting_by_the_look_up_of_a_name(settings, monkeypatch):
    """And a connection that comes after all is closed again."""
    found, closed = threading.Event(), threading.Event()

    class Late:
        def close(self) -> None:
            closed.set()

    def connect(*arguments, **named):
        assert found.wait(20)
        return Late()

    monkeypatch.setattr(db, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(db._Connection, "connect", connect)
    nowhere = settings.model_copy(update={"database_url": "postgresql+psycopg://x@nowhere/late"})
    monkeypatch.setattr(config, "_current", nowhere)
    began = time.monotonic()
    with pytest.raises(sa.exc.OperationalError), db.transaction() as session:
        session.execute(sa.text("SELECT 1"))
    assert time.monotonic() - began < 3
    assert not closed.is_set()
    found.set()
    assert closed.wait(5)
