"""Real servers for one test run: one PostgreSQL for all xdist workers, one Redis for each of them.

The controlling process starts and stops them, so that a worker that dies leaves nothing running.
"""

import os
import re
import shutil
import signal
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from cryptography.fernet import Fernet
from psycopg import sql

import migrations
from hotline import config
from hotline.embedded import processes
from hotline.embedded.postgres import Postgres
from hotline.embedded.redis import Redis

TEMPLATE = "template_line"
PREFIX = "hotline-tests-"


@dataclass
class Servers:
    """What one test run has running, all of it under one temporary folder."""

    folder: Path
    postgres: Postgres
    redis: list[Redis] = field(default_factory=list)

    def for_worker(self, name: str) -> dict[str, str]:
        """A database and a Redis of its own for the worker `name`: their addresses."""
        self.postgres.create_database(name, TEMPLATE)
        server = Redis(self.folder / name, durable=False)
        server.start()
        self.redis.append(server)
        return {"database_url": self.postgres.url(name), "redis_url": server.url}

    def stop(self) -> None:
        """Stop all of it, with whatever tests left running below the folder, and remove the folder."""
        _clear(self.folder)


def start() -> Servers:
    """Start PostgreSQL with the newest schema in a template database."""
    for folder in _left_behind():
        _clear(folder)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")).resolve()
    servers = Servers(folder, Postgres(folder / "postgres", durable=False))
    servers.postgres.start()
    servers.postgres.create_database(TEMPLATE)
    config.use(settings(folder, servers.postgres.url(TEMPLATE), "redis://127.0.0.1:9"))
    migrations.upgrade()
    return servers


def settings(folder: Path, database_url: str, redis_url: str) -> config.Settings:
    """Valid settings with files under `folder`. The network is one nobody answers for."""
    return config.Settings(
        database_url=database_url,
        redis_url=redis_url,
        public_url="http://127.0.0.1:8000",
        secret_key="for tests only: 0123456789abcdefghijklmnop",
        data_keys=DATA_KEY,
        recordings_url=(folder / "recordings").as_uri(),
        spool_dir=folder / "spool",
        twilio_account_sid="AC" + "0123456789abcdef" * 2,
        twilio_auth_token="token-for-tests",
        twilio_base_url="http://127.0.0.1:9",
        sms_from="+8610000012355",
        caller_id="+8610000012355",
        # Tests move the clock by hours; those of the lock say so.
        lock_minutes=0,
    )


DATA_KEY = Fernet.generate_key().decode()


def environment(settings: config.Settings) -> dict[str, str]:
    """`settings` as environment variables, for a process that a test starts, with ours around them."""
    given = {name.upper(): str(value) for name, value in settings if value is not None}
    return os.environ | given


FROM_ONE_AGAIN = """SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL"""


LARGEST = """SELECT coalesce(max(pg_relation_size(relid)), 0)
FROM pg_stat_user_tables WHERE schemaname = 'public'"""
FEW_BYTES = 200_000
"""A table of more has held many rows, or what is left of those deleted test after test."""
MOST_DEADLOCKS = 5


def empty(database_url: str) -> None:
    """Empty every table that has been written to, and count from 1 again.

    As a replica, because the audit log's triggers refuse deletion to everybody else.
    """
    url = re.sub(r"\+psycopg\b", "", database_url)
    # Whoever still reads may meet us half way: a page made for a browser that has gone, a sweeper.
    for _ in range(MOST_DEADLOCKS):
        try:
            return _empty(url)
        except psycopg.errors.DeadlockDetected:
            continue
    return _empty(url)


def _empty(url: str) -> None:
    with psycopg.connect(url, options="-c session_replication_role=replica") as connection:
        connection.execute("SET lock_timeout = '10s'")
        used = [sql.Identifier(name) for name in _used_tables(connection)]
        if used:
            _clear_tables(connection, used)
        connection.execute(FROM_ONE_AGAIN)


def _clear_tables(connection: psycopg.Connection, used: list[sql.Identifier]) -> None:
    tables = sql.SQL(", ").join(used)
    # Whoever still writes is waited for.
    connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(tables))
    [(largest,)] = connection.execute(LARGEST)
    if largest > FEW_BYTES:
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(tables))
        return
    # A truncation makes new files for every table and index: ten times slower than a few rows.
    for table in used:
        connection.execute(sql.SQL("DELETE FROM {}").format(table))


def _used_tables(connection: psycopg.Connection) -> list[str]:
    names = [
        name
        for (name,) in connection.execute(
            "SELECT tablename FROM pg_tables "
            "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
    ]
    if not names:
        return []
    question = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(name))
        for name in names
    )
    return [name for (name,) in connection.execute(question)]


def _left_behind() -> list[Path]:
    """Folders of test runs that were killed."""
    folders = Path(tempfile.gettempdir()).resolve().glob(f"{PREFIX}*")
    return [folder for folder in folders if not psutil.pid_exists(int(folder.name.split("-")[2]))]


def _clear(folder: Path) -> None:
    for process in processes.working_in(folder, {"postgres", "redis-server"}):
        # At once, whoever is still connected: nothing of it is kept.
        processes.end(process, signal.SIGINT)
    shutil.rmtree(folder, ignore_errors=True)
