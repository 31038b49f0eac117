"""Is everything there? Each part by its name."""

import datetime as dt
import threading
import time

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError

import hotline.accounts
import hotline.web
from hotline import checkup, clock, config, db, health, queues, status, storage
from hotline.outbox import Lane, MessageStatus, OutboxMessage
from hotline.simulator.driver import pocket_network
from hotline.web import i18n
from tests.ground.people import put

DEAD = "postgresql+psycopg://nobody@127.0.0.1:9/nowhere"
A_ROUND = dt.timedelta(seconds=checkup.ROUND_SECONDS)


@pytest.fixture
def network(database, redis, monkeypatch):
    """A network that knows our account, named in the settings."""
    with pocket_network(
        account_sid=database.twilio_account_sid, auth_token=database.twilio_auth_token
    ) as network:
        use(monkeypatch, twilio_base_url=network.base_url)
        yield network


def use(monkeypatch, **settings):
    monkeypatch.setattr(config, "_current", config.current().model_copy(update=settings))


@pytest.fixture
def client(network):
    """A browser of an application with these pages alone."""
    app = Flask("status", static_folder=None)
    hotline.web.install(app, config.current())
    hotline.accounts.install(app, config.current())
    app.register_blueprint(status.blueprint)
    return app.test_client()


@pytest.fixture
def alive(database):
    """Every process has just been heard of."""
    everybody_beats()


def everybody_beats():
    for name in health.PROCESSES:
        health.beat(name)


def bad(answer):
    return {name: told for name, told in answer.json.items() if told != "ok"}


def test_all_is_well(client, alive):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert bad(answer) == {}
    assert {"database", "redis", "sweeper", "worker", "carrier", "storage"} <= set(answer.json)


@pytest.mark.parametrize(
    ("missing", "status"), [("sweeper", 503), ("worker", 503), ("alerts", 200), ("watchdog", 200)]
)
def test_a_process_never_heard_of(client, missing, status):
    for name in set(health.PROCESSES) - {missing}:
        health.beat(name)
    answer = client.get("/readyz")
    assert answer.status_code == status
    assert bad(answer) == {missing: "has never been running"}


def test_a_process_that_has_fallen_silent(client, alive):
    clock.shift(dt.timedelta(seconds=9))
    assert client.get("/readyz").status_code == 200
    for name in set(health.PROCESSES) - {"sweeper"}:
        health.beat(name)
    clock.shift(A_ROUND)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert bad(answer) == {"sweeper": "silent for 14 s"}


def test_a_worker_is_called_by_what_it_serves():
    assert health.worker_name(queues.ALL) == "worker"
    assert health.worker_name(("alerts",)) == "alerts"
    assert health.worker_name(("alerts", "rings")) == "alerts"
    assert health.worker_name(("alerts", "default")) == "worker"


def test_redis_away(client, alive, monkeypatch):
    use(monkeypatch, redis_url="redis://127.0.0.1:9/0")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert list(bad(answer)) == ["redis"]
    assert answer.json["redis"].startswith("no answer")


def test_the_database_away(client, alive, monkeypatch):
    use(monkeypatch, database_url=DEAD)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["database"].startswith("no answer")
    assert answer.json["sweeper"] == answer.json["connections"] == checkup.UNKNOWN
    assert answer.json["redis"] == answer.json["storage"] == answer.json["carrier"] == "ok"
    assert client.get("/healthz").status_code == 200


def test_the_network_away(client, alive, network):
    network.faults(rest_errors=9)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert list(bad(answer)) == ["carrier"]


def second_network(monkeypatch, base_url):
    use(
        monkeypatch,
        twilio_second_account_sid="AC" + "f" * 32,
        twilio_second_auth_token="second",
        twilio_second_base_url=base_url,
        second_sms_from="+8610000012399",
        second_caller_id="+8610000012399",
    )


def test_one_of_two_networks_away_is_a_warning(client, alive, monkeypatch):
    second_network(monkeypatch, "http://127.0.0.1:9")
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert list(bad(answer)) == ["network"]
    assert answer.json["network"].startswith("second: ")


def test_both_networks_away(client, alive, network, monkeypatch):
    second_network(monkeypatch, "http://127.0.0.1:9")
    network.faults(rest_errors=9)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert set(bad(answer)) == {"carrier", "network"}


def test_a_first_network_that_hangs_does_not_hide_the_second(client, alive, network, monkeypatch):
    monkeypatch.setattr(health, "NETWORK_SECONDS", 0.3)
    with pocket_network(account_sid="AC" + "f" * 32, auth_token="second") as another:
        second_network(monkeypatch, another.base_url)
        network.faults(rest_hangs=9)
        answer = client.get("/readyz")
        assert bad(answer) == {"network": "first: no answer"}
        network.heals()


@pytest.mark.parametrize(
    ("lane", "limit", "status"),
    [(Lane.alert, 15, 503), (Lane.page, 60, 200), (Lane.other, 600, 200)],
)
def test_messages_that_wait_too_long(client, alive, lane, limit, status):
    put(lane=lane)
    clock.shift(dt.timedelta(seconds=limit - 5))
    everybody_beats()
    assert bad(client.get("/readyz")) == {}
    clock.shift(A_ROUND)
    answer = client.get("/readyz")
    assert answer.status_code == status
    assert list(bad(answer)) == [f"outbox_{lane.name}"]
    settle()
    clock.shift(A_ROUND)
    everybody_beats()
    assert bad(client.get("/readyz")) == {}


def settle(**values):
    with db.transaction() as session:
        session.execute(sa.update(OutboxMessage).values(values or {"status": MessageStatus.sent}))


def test_messages_that_the_network_does_not_take(client, alive):
    put()
    put()
    settle(error_code="unreachable")
    assert bad(client.get("/readyz")) == {}
    put()
    settle(error_code="unreachable")
    clock.shift(A_ROUND)
    answer = client.get("/readyz")
    assert bad(answer) == {"sending": "3 messages not taken"}
    assert answer.status_code == 200


def test_storage_that_cannot_be_used(client, alive, monkeypatch):
    use(monkeypatch, recordings_url="file:///proc/nowhere")
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "storage" in bad(answer)


def test_storage_is_not_tried_at_every_question(client, alive, monkeypatch):
    tried = []
    monkeypatch.setattr(storage, "check", lambda: tried.append(clock.now()))
    for _ in range(8):
        client.get("/readyz")
        clock.shift(A_ROUND)
    assert len(tried) == 2


def test_a_disk_nearly_full(client, alive, monkeypatch):
    monkeypatch.setattr(health, "FREE_BYTES", 2**60)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json["disk"].endswith("MB left")


def test_connections_nearly_used_up(client, alive, monkeypatch):
    monkeypatch.setattr(health, "CONNECTIONS_TAKEN", 0.0)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert " taken" in bad(answer)["connections"]


def test_figures_of_parts(client, alive, monkeypatch):
    up = 'hotline_up{part="sweeper"} '
    assert up + "1.0" in client.get("/metrics").text
    clock.shift(dt.timedelta(seconds=11))
    text = client.get("/metrics").text
    assert up + "0.0" in text
    assert 'hotline_up{part="redis"} 1.0' in text


# What consoles show


def test_no_banner_while_all_is_well(client, alive):
    assert client.get("/banner").text.strip() == ""


def test_the_banner_names_the_part_and_what_to_do(client):
    for name in set(health.PROCESSES) - {"sweeper", "alerts"}:
        health.beat(name)
    text = client.get("/banner").text
    assert text.index("定时处理停止") < text.index("警情发送进程停止")
    assert text.count("alert-danger") == text.count("alert-warning") == 1
    assert "打电话给派出所" in text
    client.set_cookie(i18n.COOKIE, "en")
    assert "Timed steps stopped" in client.get("/banner").text


def test_the_banner_without_a_database(client, alive, monkeypatch):
    use(monkeypatch, database_url=DEAD)
    with client.session_transaction() as browser:
        browser["_user_id"] = "somebody"
    answer = client.get("/banner")
    assert answer.status_code == 200
    assert answer.text.count("data-part") == 1
    assert "数据库无响应" in answer.text


def test_many_consoles_make_one_round(client, alive, monkeypatch):
    rounds = []
    real = checkup.Checkup.round

    def counted(self):
        rounds.append(1)
        return real(self)

    monkeypatch.setattr(checkup.Checkup, "round", counted)
    for _ in range(20):
        client.get("/banner")
    assert len(rounds) == 1
    clock.shift(A_ROUND)
    client.get("/banner")
    assert len(rounds) == 2


# Figures and hearts


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
    assert 'hotline_up{part="database"} 0.0' in answer.text
    assert "hotline_outbox" not in answer.text


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
