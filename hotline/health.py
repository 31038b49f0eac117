"""Is everything there that a call needs? Heartbeats, the checks by name, and figures to scrape."""

import datetime as dt
import threading
from collections.abc import Callable, Iterable

import redis
import sqlalchemy as sa
import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import clock, db, queues
from hotline.db import Base
from hotline.outbox import MessageStatus, OutboxMessage

BEAT_SECONDS = 2
STALE = dt.timedelta(seconds=10)
"""A process not heard of for so long counts as gone."""

log = structlog.get_logger()


class Heartbeat(Base):
    """The last sign of life of a process, by its role."""

    __tablename__ = "heartbeats"

    name: orm.Mapped[str] = orm.mapped_column(primary_key=True)
    at: orm.Mapped[dt.datetime]


def beat(name: str) -> None:
    """Leave a sign of life."""
    now = clock.now()
    statement = postgresql.insert(Heartbeat).values(name=name, at=now)
    with db.transaction() as session:
        session.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"at": now}))


def keep_beating(name: str, stop: threading.Event, well: Callable[[], bool] = lambda: True) -> None:
    """Beat from a thread of its own until `stop`, as long as `well()` holds."""

    def run() -> None:
        while not stop.is_set():
            try:
                if well():
                    beat(name)
            except sa.exc.SQLAlchemyError as fault:
                log.warning("heartbeat_failed", process=name, error=type(fault).__name__)
            stop.wait(BEAT_SECONDS)

    threading.Thread(target=run, name="heartbeat", daemon=True).start()


def checks() -> dict[str, str]:
    """Each part by name, with what is wrong with it; an empty text means well."""
    return {
        "database": _database(),
        "redis": _redis(),
        "sweeper": _alive("sweeper"),
        "worker": _alive("worker"),
    }


def _database() -> str:
    try:
        with db.engine().connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError as fault:
        return f"no answer ({type(fault).__name__})"
    return ""


def _redis() -> str:
    try:
        queues.connection().ping()
    except redis.RedisError as fault:
        return f"no answer ({type(fault).__name__})"
    return ""


def _alive(name: str) -> str:
    try:
        with db.transaction() as session:
            last = session.scalar(sa.select(Heartbeat.at).where(Heartbeat.name == name))
    except sa.exc.SQLAlchemyError:
        return "unknown: the database does not answer"
    if last is None:
        return "has never been running"
    silent = clock.now() - last
    return f"silent for {int(silent.total_seconds())} s" if silent > STALE else ""


class OutboxFigures(Collector):
    """Messages by status, and the age of the oldest that has not left, in seconds."""

    def collect(self) -> Iterable[Metric]:
        by_status = GaugeMetricFamily(
            "hotline_outbox_messages", "Messages in the outbox", labels=["status"]
        )
        oldest = GaugeMetricFamily(
            "hotline_outbox_oldest_seconds", "Age of the oldest message that has not left"
        )
        with db.transaction() as session:
            counts = sa.select(OutboxMessage.status, sa.func.count()).group_by(OutboxMessage.status)
            for status, count in session.execute(counts):
                by_status.add_metric([status], count)
            first = session.scalar(
                sa.select(sa.func.min(OutboxMessage.created_at)).where(
                    OutboxMessage.status.in_([MessageStatus.pending, MessageStatus.sending])
                )
            )
        oldest.add_metric([], (clock.now() - first).total_seconds() if first else 0)
        return [by_status, oldest]
