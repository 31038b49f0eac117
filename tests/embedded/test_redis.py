"""The bundled Redis: what was written stays, and a killed run does not stop the next."""

import signal
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import redis as redis_client

from hotline.embedded import processes
from hotline.embedded.redis import Redis

DEEP = Path("热线 数据's", "x" * 120)


@pytest.fixture
def server_in(reachable: Path) -> Iterator[Callable[..., Redis]]:
    made: list[Redis] = []

    def make(name: str | Path = "redis", *, durable: bool = True) -> Redis:
        made.append(Redis(reachable / name, durable=durable))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.mark.parametrize("folder", ["redis", DEEP], ids=["plain", "deep and Chinese"])
def test_what_was_written_survives_a_stop(server_in: Callable[..., Redis], folder: str | Path):
    server = server_in(folder)
    server.start()
    with redis_client.Redis.from_url(server.url) as client:
        client.set("nudge", "来电")
    server.stop()
    assert not server.alive
    again = server_in(folder)
    again.start()
    with redis_client.Redis.from_url(again.url) as client:
        assert client.get("nudge") == "来电".encode()


def test_a_second_old_write_survives_a_kill(server_in: Callable[..., Redis]):
    server = server_in()
    server.start()
    with redis_client.Redis.from_url(server.url) as client:
        client.set("nudge", "1")
        time.sleep(1.5)  # everysec: by then it is on disk
    (running,) = processes.working_in(server.folder, {"redis-server"})
    running.send_signal(signal.SIGKILL)
    psutil.wait_procs([running], timeout=10)
    server.start()
    with redis_client.Redis.from_url(server.url) as client:
        assert client.get("nudge") == b"1"


def test_a_server_left_running_is_taken_over_from(server_in: Callable[..., Redis]):
    forgotten, server = server_in(), server_in()
    forgotten.start()
    server.start()
    assert not forgotten.alive
    assert server.alive


def test_nobody_gets_in_without_the_password(server_in: Callable[..., Redis]):
    server = server_in(durable=False)
    server.start()
    with (
        redis_client.Redis(unix_socket_path=str(server.socket)) as stranger,
        pytest.raises(redis_client.AuthenticationError),
    ):
        stranger.ping()
    for path in (server.socket, server.folder / "password"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
