"""Is everything there? Each part by its name."""

import datetime as dt
import threading
import time

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

import hotline.accounts
import hotline.web
from hotline import clock, config, health, status
from tests.ground.people import put

DEAD = "postgresql+psycopg://nobody@127.0.0.1:9/nowhere"


@pytest.fixture
def client(database, redis):
    """A browser of an application with these pages alone."""
    app = Flask("status", static_folder=None)
    hotline.web.install(app, database)
    hotline.accounts.install(app, database)
    app.register_blueprint(status.blueprint)
    return app.test_client()


@pytest.fixture
def alive(database, redis):
    """Both processes have just been heard of."""
    health.beat("sweeper")
    health.beat("worker")


def test_all_is_well(client, alive):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == dict.fromkeys(("database", "redis", "sweeper", "worker"), "ok")


@pytest.mark.parametrize("missing", ["sweeper", "worker"])
def test_a_process_never_heard_of(client, missing):
    health.beat({"sweeper": "worker", "worker": "sweeper"}[missing])
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert {name for name, told in answer.json.items() if told != "ok"} == {missing}
    assert answer.json[missing] == "has never been running"


def test_a_process_that_has_fallen_silent(client, alive):
    clock.shift(dt.timedelta(seconds=9))
    assert client.get("/readyz").status_code == 200
    health.beat("worker")
    clock.shift(dt.timedelta(seconds=2))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["sweeper"] == "silent for 11 s"
    assert answer.json["worker"] == "ok"


def test_redis_away(client, alive, monkeypatch):
    away = config.current().model_copy(update={"redis_url": "redis://127.0.0.1:9/0"})
    monkeypatch.setattr(config, "_current", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["redis"].startswith("no answer")
    assert answer.json["database"] == "ok"


def test_the_database_away(client, alive, monkeypatch):
    away = config.current().model_copy(update={"database_url": DEAD})
    monkeypatch.setattr(config, "_current", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["database"].startswith("no answer")
    assert answer.json["sweeper"].startswith("unknown")
    assert answer.json["redis"] == "ok"
    assert client.get("/healthz").status_code == 200


def test_figures(client):
    put()
    clock.shift(dt.timedelta(seconds=30))
    text = client.get("/metrics").text
    assert 'hotline_outbox_messages{status="pending"} 1.0' in text
    oldest = next(
        float(line.split()[1])
        for line in text.splitlines()
        if line.startswith("hotline_outbox_oldest_seconds ")
    )
    assert 30 <= oldest < 60


def test_figures_without_a_database_say_that_it_is_away(client, monkeypatch):
    assert "\nhotline_database_up 1\n" in client.get("/metrics").text
    away = config.current().model_copy(update={"database_url": DEAD})
    monkeypatch.setattr(config, "_current", away)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    [*_, figure] = answer.text.splitlines()
    assert figure == "hotline_database_up 0"
    assert "outbox" not in answer.text


def test_the_stream_is_not_for_everybody(client):
    assert client.get("/live").status_code in {302, 303, 401}


def test_a_heart_beats_until_told_or_unwell(database, monkeypatch):
    monkeypatch.setattr(health, "BEAT_SECONDS", 0.01)
    well, stop = [True], threading.Event()
    beats: list[str] = []
    monkeypatch.setattr(health, "beat", beats.append)
    health.keep_beating("sweeper", stop, lambda: well[0])
    wait_for(lambda: len(beats) > 2)
    well[0] = False
    time.sleep(0.05)
    silent = len(beats)
    time.sleep(0.1)
    assert len(beats) == silent
    well[0] = True
    wait_for(lambda: len(beats) > silent)
    stop.set()
    assert set(beats) == {"sweeper"}


def test_a_database_away_does_not_stop_the_heart_for_good(database, monkeypatch):
    monkeypatch.setattr(health, "BEAT_SECONDS", 0.01)
    stop, real = threading.Event(), health.beat
    tries = []

    def beat(name: str) -> None:
        tries.append(name)
        if len(tries) < 3:
            raise OperationalError("insert", {}, Exception())
        real(name)

    monkeypatch.setattr(health, "beat", beat)
    health.keep_beating("sweeper", stop)
    wait_for(lambda: health.checks()["sweeper"] == "")
    stop.set()


def wait_for(met) -> None:
    until = time.monotonic() + 5
    while not met():
        assert time.monotonic() < until
        time.sleep(0.01)
