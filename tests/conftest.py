"""What every test may ask for: settings, an empty database, a Redis, and a clock to be moved."""

import signal
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import redis as redis_client

from hotline import clock as the_clock
from hotline import config
from hotline.embedded.redis import Redis
from tests import servers as test_servers

RUNNING = pytest.StashKey[test_servers.Servers]()


def pytest_configure(config: pytest.Config) -> None:
    # So that a run which is told to end (a CI time-out) cleans up as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_unconfigure(config: pytest.Config) -> None:
    if RUNNING in config.stash:
        config.stash[RUNNING].stop()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: in the controlling process, for each worker before it starts."""
    node.workerinput["servers"] = _running(node.config).for_worker(node.gateway.id)


def _running(config: pytest.Config) -> test_servers.Servers:
    if RUNNING not in config.stash:
        config.stash[RUNNING] = test_servers.start()
    return config.stash[RUNNING]


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> dict[str, str]:
    """`database_url` and `redis_url` of this worker's own servers."""
    if hasattr(request.config, "workerinput"):
        addresses: dict[str, str] = request.config.workerinput["servers"]
        return addresses
    return _running(request.config).for_worker("alone")


@pytest.fixture
def settings(
    servers: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> config.Settings:
    """Valid settings, in force during the test; recordings and spool under `tmp_path`."""
    settings = test_servers.settings(tmp_path, **servers)
    monkeypatch.setattr(config, "_current", settings)
    return settings


@pytest.fixture
def database(settings: config.Settings) -> Iterator[config.Settings]:
    """The settings, with a migrated database that the next test finds empty again."""
    yield settings
    test_servers.empty(settings.database_url)


@pytest.fixture
def redis(settings: config.Settings) -> Iterator[redis_client.Redis]:
    """A client of this worker's Redis, which the next test finds empty again."""
    with redis_client.Redis.from_url(settings.redis_url) as client:
        yield client
        client.flushall()


@pytest.fixture
def own_redis(
    settings: config.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Redis]:
    """A Redis server for this test alone, named in the settings, to be stopped and started at will."""
    server = Redis(tmp_path / "redis", durable=False)
    server.start()
    monkeypatch.setattr(config, "_current", settings.model_copy(update={"redis_url": server.url}))
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def clock() -> Iterator[ModuleType]:
    """The product's clock, to be moved with `clock.shift(…)`; put right again after the test."""
    yield the_clock
    the_clock.reset()
