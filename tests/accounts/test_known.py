"""Browsers on which the owner has signed in before: what strangers who guess can close, and what not."""

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from hotline import clock, config, db
from hotline.accounts import factors, guesses, known, service
from hotline.accounts.models import KnownBrowser
from hotline.accounts.permissions import Role
from hotline.audit import SYSTEM
from hotline.config import Settings
from tests.accounts import console, factor

NEW = "another-lantern-7"


@pytest.fixture
def desk(client: FlaskClient) -> FlaskClient:
    """The browser in which an officer has signed in before, and out."""
    console.person()
    comes_and_goes(client)
    return client


def comes_and_goes(client: FlaskClient, username: str = "wang") -> None:
    assert is_let_in(client, username)
    assert console.post(client, "/sign-out", "/").status_code == 303


def is_let_in(
    client: FlaskClient, username: str = "wang", password: str = console.PASSWORD
) -> bool:
    return console.sign_in(client, username, password).status_code == 303


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("known")
    assert found
    return found.value


def guess(client: FlaskClient, username: str = "wang") -> None:
    for _ in range(guesses.TRIES):
        assert not is_let_in(client, username, "nope")


def test_strangers_lock_strangers_out_and_not_the_owners_desk(
    desk: FlaskClient, app: Flask
) -> None:
    guess(app.test_client())
    assert not is_let_in(app.test_client())
    assert is_let_in(desk)
    assert not is_let_in(app.test_client()), "the owner's being in is no pardon for strangers"


def test_the_owners_desk_is_limited_itself_and_nobody_else_by_it(
    desk: FlaskClient, app: Flask
) -> None:
    guess(desk)
    assert not is_let_in(desk)
    assert is_let_in(app.test_client())
    clock.shift(guesses.FIRST_LOCK)
    assert is_let_in(desk)


def test_a_cookie_that_is_forged_anothers_or_of_before_is_a_strangers(
    desk: FlaskClient, app: Flask
) -> None:
    console.person("li")
    theirs = app.test_client()
    comes_and_goes(theirs, "li")
    of_before = cookie(desk)
    comes_and_goes(desk)
    guess(app.test_client())
    for value in (cookie(theirs), of_before, cookie(desk)[:-1], "W10.x", ""):
        thief = app.test_client()
        thief.set_cookie("known", value)
        assert not is_let_in(thief), value
    owner = app.test_client()
    owner.set_cookie("known", cookie(desk))
    assert is_let_in(owner)


def test_a_desk_that_is_shared_is_known_to_all_who_sit_there(desk: FlaskClient, app: Flask) -> None:
    console.person("li")
    comes_and_goes(desk, "li")
    for username in ("wang", "li"):
        guess(app.test_client(), username)
        assert is_let_in(desk, username)


def changes_password(client: FlaskClient) -> None:
    fields = {"old": console.PASSWORD, "new": NEW, "again": NEW}
    assert console.post(client, "/password", "/password", **fields).status_code == 303


def signs_out_everywhere(client: FlaskClient) -> None:
    console.post(client, "/me/sign-ins/end-all", "/me")


def is_reset(client: FlaskClient) -> None:
    with db.transaction() as session:
        service.reset(session, SYSTEM, "wang", NEW, must_change=False)


def lost_the_telephone(client: FlaskClient) -> None:
    with db.transaction() as session:
        factors.reset(session, SYSTEM, "wang", "lost")


@pytest.mark.parametrize(
    ("deed", "password", "here"),
    [
        (changes_password, NEW, True),
        (signs_out_everywhere, console.PASSWORD, False),
        (is_reset, NEW, False),
        (lost_the_telephone, console.PASSWORD, False),
    ],
)
def test_what_ends_all_sign_ins_makes_every_browser_a_stranger(
    desk: FlaskClient, app: Flask, deed: Callable[[FlaskClient], None], password: str, here: bool
) -> None:
    elsewhere = app.test_client()
    comes_and_goes(elsewhere)
    is_let_in(desk)
    deed(desk)
    guess(app.test_client())
    assert not is_let_in(elsewhere, password=password)
    assert is_let_in(desk, password=password) is here


def test_it_is_forgotten_after_three_months_and_then_for_good(
    desk: FlaskClient, app: Flask
) -> None:
    clock.shift(known.KNOWN_FOR)
    guess(app.test_client())
    assert not is_let_in(desk)
    clock.shift(guesses.FIRST_LOCK)
    assert is_let_in(desk)
    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count(KnownBrowser.id))) == 1


def test_half_way_in_no_browser_is_known_and_at_the_second_step_it_counts_for_itself(
    desk: FlaskClient, app: Flask
) -> None:
    factor.app(factor.someone())
    clock.shift(dt.timedelta(minutes=1))
    stranger = app.test_client()
    assert is_let_in(stranger)
    assert stranger.get_cookie("known") is None
    for _ in range(guesses.TRIES):
        console.post(stranger, "/sign-in/second", "/sign-in/second", code="000000")
    assert not is_let_in(app.test_client())
    assert is_let_in(desk)
    done = console.post(desk, "/sign-in/second", "/sign-in/second", code=factor.code())
    assert done.location == "/"


def test_who_floods_the_sign_in_page_from_the_same_address_keeps_nobody_out(
    desk: FlaskClient, app: Flask
) -> None:
    stranger = app.test_client()
    page = stranger.get("/sign-in").get_data(as_text=True)
    sent = {"password": "", "csrf_token": console.token(page)}
    statuses = [
        stranger.post("/sign-in", data={**sent, "username": f"x{number}"}).status_code
        for number in range(61)
    ]
    assert statuses[-1] == 429
    assert is_let_in(desk)


def test_the_cookie_is_for_this_site_and_out_of_reach_of_scripts(
    database: Settings, redis: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.person(role=Role.supervisor)
    told = {"public_url": "https://line.example.org", "second_factor_required": False}
    settings = database.model_copy(update=told)
    monkeypatch.setattr(config, "_current", settings)
    client, site = console.build(settings).test_client(), "https://line.example.org"
    page = client.get("/sign-in", base_url=site).get_data(as_text=True)
    sent = {"username": "wang", "password": console.PASSWORD, "csrf_token": console.token(page)}
    headers = {"Referer": f"{site}/sign-in"}
    answer = client.post("/sign-in", data=sent, base_url=site, headers=headers)
    [kept] = [one for one in answer.headers.getlist("Set-Cookie") if "known" in one]
    assert kept.startswith("__Host-known=")
    wanted = {"Secure", "HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={90 * 24 * 3600}"}
    assert wanted <= set(kept.split("; "))
