"""A console that is left alone: what the server refuses, and what it takes to go on."""

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from hotline import clock, config, db
from hotline.accounts import guesses, locks, service
from hotline.accounts.models import SignIn, Stage
from hotline.accounts.permissions import Role
from hotline.audit import AuditEntry
from hotline.config import Settings
from tests.accounts import console

ALONE = dt.timedelta(minutes=15) + locks.SLACK
HTMX = {"HX-Request": "true"}


@pytest.fixture
def database(database: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings, with the lock on."""
    settings = database.model_copy(update={"lock_minutes": 15})
    monkeypatch.setattr(config, "_current", settings)
    return settings


@pytest.fixture
def desk(client: FlaskClient) -> FlaskClient:
    """An officer at work."""
    console.person()
    console.sign_in(client)
    return client


def stage() -> Stage:
    with db.transaction() as session:
        return session.scalars(sa.select(SignIn.stage)).one()


def audited(action: str) -> list[str]:
    with db.transaction() as session:
        entries = sa.select(AuditEntry.reason).where(AuditEntry.action == action)
        return list(session.scalars(entries))


def unlock(client: FlaskClient, **fields: str):
    page = client.get("/locked").get_data(as_text=True)
    with db.transaction() as session:
        mine = session.scalars(sa.select(SignIn.id)).first()
    sent = {"sign_in": str(mine), "csrf_token": console.token(page), **fields}
    return client.post("/unlock", data=sent)


def test_a_deserted_desk_is_locked_by_the_server_alone_and_written_down_once(
    desk: FlaskClient,
) -> None:
    clock.shift(ALONE - dt.timedelta(seconds=5))
    assert desk.get("/", headers={"X-Background": "1"}).status_code == 200
    clock.shift(dt.timedelta(seconds=5))
    for _ in range(2):
        assert desk.get("/", headers=console.BROWSER).location == "/locked?next=%2F"
    assert stage() is Stage.locked
    assert audited("locked") == ["left alone"]


def test_somebody_at_work_is_never_locked_out(desk: FlaskClient) -> None:
    for _ in range(4):
        clock.shift(dt.timedelta(minutes=14))
        assert console.post(desk, "/present", "/").status_code == 204


def test_locked_refuses_every_kind_of_asking(desk: FlaskClient) -> None:
    token = console.token(desk.get("/me").get_data(as_text=True))
    console.post(desk, "/lock", "/", by_hand="1")
    assert audited("locked") == ["by hand"]
    background = desk.get("/", headers=HTMX | {"X-Background": "1"})
    assert (background.status_code, background.headers["HX-Trigger"]) == (423, "locked")
    assert desk.get("/", headers={"Accept": "text/event-stream"}).status_code == 423
    assert desk.get("/me").status_code == 423
    claimed = desk.post("/claim", data={"csrf_token": token}, headers=HTMX)
    assert claimed.status_code == 423
    assert desk.get("/lock").status_code == 423
    assert "queue" not in desk.get("/locked").get_data(as_text=True).partition("<main")[2]


def test_the_password_unlocks_where_the_page_stands(desk: FlaskClient) -> None:
    desk.post("/lock", data={"csrf_token": console.token(desk.get("/").get_data(as_text=True))})
    wrong = unlock(desk, password="nope")
    assert (wrong.status_code, wrong.get_data(as_text=True)[:4]) == (422, "没有通过")
    assert stage() is Stage.locked
    assert unlock(desk, password=console.PASSWORD).status_code == 204
    assert desk.get("/").status_code == 200
    assert desk.get("/lock").status_code == 200
    assert len(audited("unlocked")) == 1


def test_without_scripts_a_page_leads_back_but_never_elsewhere(desk: FlaskClient) -> None:
    console.post(desk, "/lock", "/")
    for wanted, goes_to in (("/wallboard", "/wallboard"), ("//evil.example", "/")):
        page = desk.get(f"/locked?next={wanted}").get_data(as_text=True)
        assert f'name="next" value="{goes_to}"' in page
    with db.transaction() as session:
        mine = session.scalars(sa.select(SignIn.id)).one()
    fields = {"sign_in": str(mine), "password": console.PASSWORD, "next": "//evil.example"}
    sent = {**fields, "csrf_token": console.token(page)}
    assert desk.post("/unlock", data=sent, headers=console.BROWSER).location == "/"


def test_an_open_console_is_uncovered_by_the_right_password_only(desk: FlaskClient) -> None:
    """Its word that it is to be locked may never have reached the server."""
    page = desk.get("/").get_data(as_text=True)
    fields = {"sign_in": "1", "csrf_token": console.token(page), "password": "nope"}
    assert desk.post("/unlock", data=fields).status_code == 422


def test_what_another_left_below_the_cover_is_not_uncovered(desk: FlaskClient) -> None:
    console.post(desk, "/lock", "/")
    answer = unlock(desk, sign_in="999", password=console.PASSWORD)
    assert (answer.status_code, stage()) == (409, Stage.locked)


def test_strangers_who_guess_at_the_door_keep_nobody_from_unlocking(
    desk: FlaskClient, app: Flask
) -> None:
    console.post(desk, "/lock", "/")
    for _ in range(guesses.TRIES):
        console.sign_in(app.test_client(), password="nope")
    assert console.sign_in(app.test_client()).status_code == 422
    assert unlock(desk, password="mistyped").status_code == 422
    assert unlock(desk, password=console.PASSWORD).status_code == 204


def test_guesses_at_the_lock_are_over_for_a_quarter_of_an_hour(desk: FlaskClient) -> None:
    console.post(desk, "/lock", "/")
    for _ in range(guesses.TRIES):
        unlock(desk, password="nope")
    clock.shift(guesses.FIRST_LOCK - dt.timedelta(seconds=5))
    assert unlock(desk, password=console.PASSWORD).status_code == 422
    clock.shift(dt.timedelta(seconds=10))
    assert unlock(desk, password=console.PASSWORD).status_code == 204


def test_tries_a_minute_are_those_of_one_console_not_of_the_office(
    desk: FlaskClient, app: Flask
) -> None:
    neighbour = app.test_client()
    console.sign_in(neighbour)

    def guesses_at(client: FlaskClient, number: str) -> int:
        page = client.get("/me").get_data(as_text=True)
        fields = {"sign_in": number, "csrf_token": console.token(page), "password": "nope"}
        return client.post("/unlock", data=fields).status_code

    assert [guesses_at(desk, "1") for _ in range(11)] == [422] * 10 + [429]
    assert guesses_at(neighbour, "2") == 422


def test_guesses_at_the_lock_count_as_at_the_door(desk: FlaskClient, app: Flask) -> None:
    console.post(desk, "/lock", "/")
    for _ in range(guesses.TRIES):
        assert unlock(desk, password="nope").status_code == 422
    assert unlock(desk, password=console.PASSWORD).status_code == 422
    assert audited("password_refused")[-1] == "locked"
    console.post(desk, "/sign-out", "/locked")
    assert console.sign_in(desk).status_code == 422


def test_a_stolen_cookie_is_guessed_at_as_a_strangers(desk: FlaskClient, app: Flask) -> None:
    console.post(desk, "/lock", "/")
    cookie = desk.get_cookie("hotline")
    assert cookie
    thief = app.test_client()
    thief.set_cookie("hotline", cookie.value)
    for _ in range(guesses.TRIES):
        assert unlock(thief, password="nope").status_code == 422
    assert unlock(thief, password=console.PASSWORD).status_code == 422
    assert unlock(desk, password=console.PASSWORD).status_code == 204


def test_locked_keeps_until_the_shift_is_over_and_no_longer(desk: FlaskClient) -> None:
    clock.shift(dt.timedelta(hours=11))
    assert unlock(desk, password=console.PASSWORD).status_code == 204
    clock.shift(service.LONGEST_SIGN_IN)
    assert desk.get("/locked").location.startswith("/sign-in")


def test_a_screen_on_a_wall_is_not_locked(app: Flask) -> None:
    console.person("daping", Role.screen)
    screen = app.test_client()
    console.sign_in(screen, "daping")
    clock.shift(dt.timedelta(days=3))
    assert screen.get("/wallboard").status_code == 200
    page = screen.get("/me").get_data(as_text=True)
    assert 'id="cover"' not in page
    screen.post("/lock", data={"csrf_token": console.token(page)})
    assert screen.get("/wallboard").status_code == 200
