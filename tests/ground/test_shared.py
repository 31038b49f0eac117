"""What many consoles show alike is made once for each change; what they ask by themselves waits its turn."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask, request

from hotline import db, live, queues, shared
from hotline.web import pressure


@pytest.fixture
def app() -> Flask:
    """Two pieces, and how often each was made."""
    app = Flask("shared")
    made: list[str] = []
    app.config["MADE"] = made

    @app.get("/<name>")
    def piece(name: str) -> str:
        def make() -> str:
            made.append(name)
            return f"{name} {len(made)}"

        return shared.piece((name, request.query_string), make)

    return app


def asks(app: Flask, path: str, told: int | str = "") -> str:
    headers = {shared.TOLD: str(told)} if told != "" else {}
    return app.test_client().get(path, headers=headers).text


def change() -> int:
    """Something changes; the notice's version."""
    with db.transaction() as session:
        live.announce(session, "report", 1)
    queues.flush()
    version = live.version()
    assert version
    return version


def test_it_is_made_once_for_each_notice_and_question(app, database, redis):
    version = change()
    assert asks(app, "/rows", version) == asks(app, "/rows", version) == "rows 1"
    assert asks(app, "/rows?tab=mine", version) == "rows 2"
    assert asks(app, "/other", version) == "other 3"
    later = change()
    assert asks(app, "/rows", later) == "rows 4"
    # Whoever was told of the earlier one sees the newer, too.
    assert asks(app, "/rows", version) == "rows 4"


def test_who_asks_by_themselves_gets_it_made_anew(app, database, redis):
    version = change()
    assert asks(app, "/rows", version) == "rows 1"
    assert asks(app, "/rows") == "rows 2"
    assert asks(app, "/rows", "nonsense") == "rows 3"


def test_what_changes_while_it_is_made_is_not_missed(app, database, redis):
    version = change()

    @app.get("/slow")
    def slow():
        def make():
            change()
            return "as it was before"

        return shared.piece("slow", make)

    asks(app, "/slow", version)
    assert asks(app, "/slow", version) == "as it was before"
    kept = app.extensions["shared"]["slow"]
    assert not kept.shows(version + 1)


def test_nothing_is_kept_without_redis_or_for_long(app, database, own_redis, monkeypatch):
    own_redis.stop()
    assert (asks(app, "/rows", 0), asks(app, "/rows", 0)) == ("rows 1", "rows 2")
    own_redis.start()
    version = change()
    assert asks(app, "/rows", version) == asks(app, "/rows", version) == "rows 3"
    monkeypatch.setattr(shared, "LONGEST_SECONDS", 0)
    assert asks(app, "/rows", version) == "rows 4"


def test_there_is_an_end_to_what_is_kept(app, database, redis, monkeypatch):
    monkeypatch.setattr(shared, "MOST_PIECES", 2)
    version = change()
    for name in "abca":
        asks(app, f"/{name}", version)
    assert app.config["MADE"] == ["a", "b", "c", "a"]
    assert len(app.extensions["shared"]) == 2


@pytest.fixture
def busy(monkeypatch):
    """A console whose rows take as long as the test wants them to; a webhook beside it."""
    monkeypatch.setattr(pressure, "MOST_WAITING", 1)
    monkeypatch.setattr(pressure, "PATIENCE_SECONDS", 0.1)
    app = Flask("busy")
    pressure.install(app)
    go_on, working = threading.Event(), threading.Semaphore(0)
    app.config.update(GO_ON=go_on, WORKING=working)

    @app.get("/rows")
    def rows() -> str:
        working.release()
        assert go_on.wait(5)
        return "rows"

    @app.get("/fails")
    def fails() -> str:
        raise LookupError

    @app.get("/webhook")
    def webhook() -> str:
        return "at once"

    yield app
    go_on.set()


BY_ITSELF = {"X-Background": "1"}


def test_webhooks_do_not_wait_for_what_consoles_ask_by_themselves(busy):
    with ThreadPoolExecutor() as pool:
        ask = busy.test_client().get
        working = [pool.submit(ask, "/rows", headers=BY_ITSELF) for _ in range(pressure.AT_ONCE)]
        for _ in working:
            assert busy.config["WORKING"].acquire(timeout=5)
        assert busy.test_client().get("/webhook").text == "at once"
        refused = busy.test_client().get("/rows", headers=BY_ITSELF)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == str(pressure.AGAIN_SECONDS)
        waiting = pool.submit(ask, "/rows", headers=BY_ITSELF)
        busy.config["GO_ON"].set()
        assert {one.result(5).text for one in working} == {"rows"}
        assert waiting.result(5).status_code in {200, 503}
    # Everybody has given back their turn, also those who failed.
    for _ in range(2 * pressure.AT_ONCE):
        assert busy.test_client().get("/fails", headers=BY_ITSELF).status_code == 500
        assert busy.test_client().get("/rows", headers=BY_ITSELF).text == "rows"
