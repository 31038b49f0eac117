"""The bundled PostgreSQL: data stays, and whatever an earlier run left behind does not stop it."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from hotline.embedded import processes
from hotline.embedded.postgres import Postgres

DEEP = Path("热线 数据's", "x" * 120)


@pytest.fixture
def server_in(reachable: Path) -> Iterator[Callable[..., Postgres]]:
    """Makes servers under a folder that their own account can reach, and stops them."""
    made: list[Postgres] = []

    def make(name: str | Path = "postgres", *, durable: bool = False) -> Postgres:
        made.append(Postgres(reachable / name, durable=durable))
        return made[-1]

    yield make
    for server in made:
        server.stop()


def _ask(server: Postgres, question: str) -> object:
    with psycopg.connect(server.url("line"), autocommit=True) as connection:
        row = connection.execute(question).fetchone()
        return row and row[0]


def _fill(server: Postgres) -> None:
    server.create_database("line")
    with psycopg.connect(server.url("line")) as connection:
        connection.execute("CREATE TABLE reports (text text)")
        connection.execute("INSERT INTO reports VALUES ('来电')")


@pytest.mark.parametrize("folder", ["postgres", DEEP], ids=["plain", "deep and Chinese"])
def test_data_survives_a_stop(server_in: Callable[..., Postgres], folder: str | Path):
    server = server_in(folder)
    server.start()
    _fill(server)
    server.stop()
    assert not server.alive
    again = server_in(folder)
    again.start()
    assert _ask(again, "SELECT text FROM reports") == "来电"


def test_a_path_too_long_for_a_socket_leads_to_loopback(server_in: Callable[..., Postgres]):
    server = server_in(DEEP)
    server.start()
    server.create_database("line")
    assert _ask(server, "SHOW listen_addresses") == "127.0.0.1"
    assert _ask(server, "SHOW unix_socket_directories") == ""


def test_otherwise_it_is_not_on_the_network_at_all(server_in: Callable[..., Postgres]):
    server = server_in()
    server.start()
    server.create_database("line")
    assert _ask(server, "SHOW listen_addresses") == ""


def test_a_server_left_running_is_taken_over_from(server_in: Callable[..., Postgres]):
    forgotten = server_in()
    forgotten.start()
    _fill(forgotten)
    server = server_in()
    server.start()
    assert not forgotten.alive
    assert _ask(server, "SELECT count(*) FROM reports") == 1


def test_a_server_that_was_killed_comes_back(server_in: Callable[..., Postgres]):
    server = server_in(durable=True)
    server.start()
    _fill(server)
    (running,) = processes.working_in(server.data, {"postgres"})
    running.send_signal(signal.SIGKILL)
    psutil.wait_procs([running], timeout=10)
    server.start()
    assert _ask(server, "SELECT count(*) FROM reports") == 1


def test_a_pid_file_that_names_a_stranger_is_no_hindrance(server_in: Callable[..., Postgres]):
    server = server_in()
    server.start()
    server.stop()
    pid_file = server.data / "postmaster.pid"
    pid_file.write_text(f"{os.getppid()}\n{server.data}\n0\n5432\n\n\n")
    pid_file.chmod(0o644)
    server.start()
    assert server.alive


def test_a_first_start_cut_short_begins_again(server_in: Callable[..., Postgres]):
    server = server_in()
    (server.folder / "data.new" / "base").mkdir(parents=True)
    server.start()
    assert server.alive


def test_nobody_gets_in_without_the_password(server_in: Callable[..., Postgres]):
    server = server_in()
    server.start()
    stranger = server.url("postgres").replace("hotline:", "hotline:not")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(stranger)


def test_in_earnest_every_commit_is_on_disk(server_in: Callable[..., Postgres]):
    server = server_in(durable=True)
    server.start()
    server.create_database("line")
    settings = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
    assert {_ask(server, f"SHOW {name}") for name in settings} == {"on"}


def test_a_server_that_cannot_start_says_why(server_in: Callable[..., Postgres]):
    server = server_in()
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(processes.CannotStart, match="incompatible"):
        server.start()
