"""One unit of work: all of it or nothing, and nothing told before it is durable."""

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
