"""The database: one engine for each process, and the only place that commits.

PostgreSQL is the only dialect. A unit of work is opened at the edge (a webhook, a console post, half
of a job) with `transaction()`; services are handed the session, may flush, and never commit.
"""

import contextvars
import datetime as dt
import enum
import functools
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Annotated, Any, ClassVar

import psycopg
import sqlalchemy as sa
from psycopg import pq
from psycopg.abc import RV, PQGen
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import config

CONNECT_SECONDS = 2
"""A database that is away must not hang a caller: the network waits 15 s at most, we answer within 5
(network fact)."""
STATEMENT_MILLISECONDS = 3000
ANSWER_SECONDS = 3.5
"""Patience with a server that has the statement and says nothing. Longer than the server's own limit,
which leaves the connection usable; this one is for a server that is frozen, and ends the connection."""
LAST_SECONDS = 0.1
"""What is left for an answer when a limit has run out: enough to roll back where the server is well."""
IDLE_MILLISECONDS = 30_000
"""After which the server ends a transaction in which nothing happens any more, and with it its locks."""
POOL_SECONDS = 2
MOST_CONNECTIONS = 32
"""Of one process. They are opened as they are needed."""

Id = Annotated[int, orm.mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)]
"""A row's own number, given by the database."""


class Base(orm.DeclarativeBase):
    """The mother of every model: every time is `timestamptz`, every text is of any length."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        str: sa.Text(),
        dt.datetime: sa.DateTime(timezone=True),
        int: sa.BigInteger(),
        dict[str, Any]: postgresql.JSONB(),
    }


def words(kind: type[enum.StrEnum], check: str = "") -> sa.Enum:
    """A column type that stores a `StrEnum` as its word, with a CHECK that refuses other words. The check
    is named after the enum; `check` names it where a table has two columns of one."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=None,
        name=check or kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


_ends: contextvars.ContextVar[float] = contextvars.ContextVar("ends", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Whatever this thread asks of the database in this block takes so long at most, all of it together;
    what takes longer fails as with a server that says nothing (`sqlalchemy.exc.OperationalError`)."""
    before = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(before)


class _Connection(psycopg.Connection[Any]):
    """Gives up on a server that does not answer: neither the server's own limit nor the kernel notices a
    server process that is frozen, and the thread would hang with its connection for as long."""

    def wait(
        self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = ANSWER_SECONDS
    ) -> RV:
        left = max(LAST_SECONDS, _ends.get() - time.monotonic())
        try:
            return super().wait(gen, interval, min(timeout or ANSWER_SECONDS, left))
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


def _connect(dialect: Any, record: Any, arguments: list[Any], named: dict[str, Any]) -> _Connection:
    """In a thread of its own: whoever looks for a server by its name may wait for longer than any limit on
    connecting says, and by each of its addresses once."""
    pool = ThreadPoolExecutor(1, "connect")
    connected = pool.submit(_Connection.connect, *arguments, **named)
    pool.shutdown(wait=False)
    try:
        return connected.result(CONNECT_SECONDS + LAST_SECONDS)
    except TimeoutError as fault:
        connected.add_done_callback(_close)
        raise psycopg.OperationalError("no connection in time") from fault


def _close(connected: "Future[_Connection]") -> None:
    if not connected.exception():
        connected.result().close()


@functools.cache
def _engine(url: str) -> sa.Engine:
    engine = sa.create_engine(
        url,
        # All that are opened are kept: to open and close one costs more than most statements, and that
        # just when many work at once.
        pool_size=MOST_CONNECTIONS,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        pool_use_lifo=True,
        # An error's text goes to the log, and parameters hold names and numbers.
        hide_parameters=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            # A server that is cut off without a word is noticed within seconds, not after hours.
            "tcp_user_timeout": STATEMENT_MILLISECONDS,
            "application_name": "hotline",
            "options": _options(
                statement_timeout=STATEMENT_MILLISECONDS,
                idle_in_transaction_session_timeout=IDLE_MILLISECONDS,
                timezone="UTC",
            ),
        },
    )
    sa.event.listen(engine, "do_connect", _connect)
    return engine


def _options(**settings: int | str) -> str:
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


@functools.cache
def _sessions(url: str) -> orm.sessionmaker[orm.Session]:
    return orm.sessionmaker(_engine(url), expire_on_commit=False)


def engine() -> sa.Engine:
    """This process's engine."""
    return _engine(config.current().database_url)


@contextmanager
def transaction() -> Iterator[orm.Session]:
    """One unit of work: commits at the end of the block, rolls back if it raises.

    What was handed to `after_commit` inside runs once the facts are durable, and not otherwise.
    """
    with _sessions(config.current().database_url)() as session:
        with session.begin():
            yield session
        for act in session.info.pop("after_commit", ()):
            act()


def after_commit(session: orm.Session, act: Callable[[], None]) -> None:
    """Do `act` after this session's transaction has committed (a nudge, a live notice)."""
    session.info.setdefault("after_commit", []).append(act)
