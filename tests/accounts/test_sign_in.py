import datetime as dt

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from hotline import clock, config, db
from hotline.accounts import guesses, passwords, service
from hotline.accounts.models import Account, SignIn
from hotline.accounts.permissions import Role
from hotline.audit import SYSTEM, AuditEntry
from hotline.config import Settings
from hotline.embedded.redis import Redis
from tests.accounts import console

WRONG = "not-the-password"


def is_in(client: FlaskClient) -> bool:
    return client.get("/").status_code == 200


def tries(password: str) -> bool:
    """Below the page, which counts tries of its own."""
    with db.transaction() as session:
        return service.sign_in(session, "wang", password, "10.0.0.7") is not None


def audited() -> list[tuple[str, str, str]]:
    with db.transaction() as session:
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
        return [(entry.actor, entry.action, entry.reason) for entry in entries]


def the_sign_in() -> SignIn:
    with db.transaction() as session:
        return session.scalars(sa.select(SignIn)).one()


def test_the_right_password_opens_the_console(client: FlaskClient) -> None:
    console.person()
    answer = console.sign_in(client, " Wang ")
    assert (answer.status_code, answer.location) == (303, "/")
    assert "queue" in client.get("/").get_data(as_text=True)
    assert audited()[-1] == ("wang", "signed_in", "")


@pytest.mark.parametrize(
    ("username", "password", "reason"),
    [
        ("wang", WRONG, "wrong password"),
        ("nobody", console.PASSWORD, "unknown account"),
        ("gone", console.PASSWORD, "disabled"),
    ],
)
def test_every_refusal_looks_the_same_and_is_written_down(
    client: FlaskClient, username: str, password: str, reason: str
) -> None:
    console.person()
    console.person("gone")
    with db.transaction() as session:
        service.disable(session, SYSTEM, "gone")
    answer = console.sign_in(client, username, password)
    assert answer.status_code == 422
    assert "用户名或密码不对，或者账号已停用、已锁定。" in answer.get_data(as_text=True)
    assert audited()[-1][1:] == ("sign_in_refused", reason)
    assert not is_in(client)


def test_what_was_typed_as_a_user_name_is_not_logged(client: FlaskClient) -> None:
    console.sign_in(client, "my-secret-password", "x")
    assert audited() == [("unknown", "sign_in_refused", "unknown account")]


def test_the_password_is_checked_even_when_nobody_has_that_name() -> None:
    # So that the time an answer takes does not tell which accounts exist.
    assert not passwords.matches(None, console.PASSWORD)
    assert passwords.matches(passwords.hashed("x"), "x")


@pytest.mark.parametrize("username", ["wang", "nobody"])
def test_tries_at_one_name_wait_for_each_other_whether_or_not_somebody_has_it(
    database: Settings, username: str
) -> None:
    """Else many at once would take longer for a name that exists."""
    console.person()
    mine = sa.text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    )
    with db.transaction() as session:
        service.sign_in(session, username, WRONG, "10.0.0.7")
        assert session.scalar(mine) == 1


def test_five_wrong_passwords_lock_and_each_time_for_longer_up_to_an_hour(
    database: Settings,
) -> None:
    console.person()
    for minutes in (15, 30, 60, 60):
        assert not any(tries(WRONG) for _ in range(guesses.TRIES))
        assert not tries(console.PASSWORD)
        assert audited()[-1] == ("wang", "sign_in_refused", "locked")
        clock.shift(dt.timedelta(minutes=minutes, seconds=-5))
        assert not tries(console.PASSWORD)
        clock.shift(dt.timedelta(seconds=10))
    assert tries(console.PASSWORD)


def test_tries_while_locked_do_not_lock_for_longer(database: Settings) -> None:
    console.person()
    assert not any(tries(WRONG) for _ in range(3 * guesses.TRIES))
    clock.shift(dt.timedelta(minutes=16))
    assert tries(console.PASSWORD)


def test_a_right_password_forgets_the_wrong_ones(database: Settings) -> None:
    console.person()
    for _ in range(2):
        assert not any(tries(WRONG) for _ in range(guesses.TRIES - 1))
        assert tries(console.PASSWORD)


def test_a_hash_of_yesterday_is_renewed(client: FlaskClient) -> None:
    person = console.person()
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with db.transaction() as session:
        session.get_one(Account, person.id).password_hash = hasher.hash(console.PASSWORD)
    assert console.sign_in(client).status_code == 303
    with db.transaction() as session:
        assert not passwords.is_outdated(session.get_one(Account, person.id).password_hash)


def test_signing_out_ends_it_on_this_side_too(app: Flask, client: FlaskClient) -> None:
    console.person()
    console.sign_in(client)
    cookie = client.get_cookie("hotline")
    assert cookie
    assert console.post(client, "/sign-out", "/").status_code == 303
    thief = app.test_client()
    thief.set_cookie("hotline", cookie.value)
    assert not is_in(thief)
    assert audited()[-1] == ("wang", "signed_out", "")


def test_an_account_closed_by_any_other_way_is_out_as_well(client: FlaskClient) -> None:
    person = console.person()
    console.sign_in(client)
    with db.transaction() as session:
        session.get_one(Account, person.id).active = False
    assert not is_in(client)


def test_an_idle_sign_in_ends(client: FlaskClient, app: Flask) -> None:
    console.person()
    console.sign_in(client)
    idle = dt.timedelta(seconds=app.config["SESSION_IDLE_SECONDS"])
    clock.shift(idle - dt.timedelta(seconds=5))
    assert is_in(client)
    clock.shift(idle - dt.timedelta(seconds=5))
    assert is_in(client), "being seen did not count"
    clock.shift(idle)
    assert not is_in(client)


def test_pages_that_refresh_themselves_keep_nobody_signed_in(
    client: FlaskClient, app: Flask
) -> None:
    console.person()
    console.sign_in(client)
    idle = dt.timedelta(seconds=app.config["SESSION_IDLE_SECONDS"])
    clock.shift(idle - dt.timedelta(seconds=5))
    assert client.get("/", headers={"X-Background": "1"}).status_code == 200
    assert client.get("/", headers={"Accept": "text/event-stream"}).status_code == 200
    clock.shift(dt.timedelta(seconds=5))
    assert not is_in(client)


def test_no_sign_in_outlives_a_shift(client: FlaskClient) -> None:
    console.person()
    console.sign_in(client)
    for _ in range(12 * 6 - 1):
        clock.shift(dt.timedelta(minutes=10))
        assert is_in(client)
    clock.shift(dt.timedelta(minutes=10))
    assert not is_in(client)


def test_being_seen_is_written_once_a_minute_at_most(client: FlaskClient) -> None:
    console.person()
    console.sign_in(client)
    first = the_sign_in().last_seen_at
    clock.shift(dt.timedelta(seconds=50))
    client.get("/")
    assert the_sign_in().last_seen_at == first
    clock.shift(dt.timedelta(seconds=15))
    client.get("/")
    assert the_sign_in().last_seen_at > first


def test_the_token_is_not_in_the_database(client: FlaskClient) -> None:
    console.person()
    console.sign_in(client)
    with client.session_transaction() as browser:
        token = browser["_user_id"]
    assert token not in the_sign_in().token_hash


def test_a_cookie_from_before_does_not_become_a_signed_in_one(client: FlaskClient) -> None:
    console.person()
    client.get("/sign-in")
    with client.session_transaction() as browser:
        browser["planted"] = "by somebody else"
    console.sign_in(client)
    with client.session_transaction() as browser:
        assert "planted" not in browser


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/showcase?x=1", "/showcase?x=1"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/\tevil", "/"),
        ("/sign-in", "/"),
    ],
)
def test_after_signing_in_one_is_led_back_but_never_elsewhere(
    client: FlaskClient, wanted: str, goes_to: str
) -> None:
    console.person()
    form = console.token(client.get("/sign-in").get_data(as_text=True))
    answer = client.post(
        "/sign-in",
        query_string={"next": wanted},
        data={"username": "wang", "password": console.PASSWORD, "csrf_token": form},
    )
    assert answer.location == goes_to


def test_a_password_set_by_somebody_else_is_changed_first(client: FlaskClient) -> None:
    console.person(must_change=True)
    console.sign_in(client)
    assert client.get("/").location == "/password"
    new = "another-lantern-7"
    answer = console.post(
        client, "/password", "/password", old=console.PASSWORD, new=new, again=new
    )
    assert answer.location == "/"
    assert is_in(client)
    console.post(client, "/sign-out", "/")
    assert console.sign_in(client, password=new).status_code == 303


def test_a_password_that_was_handed_over_or_the_one_before_it_is_not_chosen_again(
    client: FlaskClient,
) -> None:
    console.person()
    handed_over, new = "handed-over-slip-9", "another-lantern-7"
    with db.transaction() as session:
        for password in ("a-slip-that-was-lost", handed_over):
            service.reset(session, SYSTEM, "wang", password)

    def chooses(password: str, old: str = handed_over):
        fields = {"old": old, "new": password, "again": password}
        return console.post(client, "/password", "/password", **fields)

    console.sign_in(client, password=handed_over)
    for used in (handed_over, console.PASSWORD):
        refused = chooses(used)
        assert refused.status_code == 422
        assert "这个密码用过了" in refused.get_data(as_text=True)
        assert client.get("/").location == "/password"
    assert chooses(new).location == "/"
    assert chooses(new, old=new).status_code == 422
    assert console.sign_in(client, password=new).location == "/"


def test_who_signs_in_where_another_was_ends_that_ones_sign_in(
    client: FlaskClient, app: Flask
) -> None:
    console.person()
    console.person("li")
    console.sign_in(client)
    left_behind = client.get_cookie("hotline")
    assert left_behind
    console.sign_in(client, "li")
    thief = app.test_client()
    thief.set_cookie("hotline", left_behind.value)
    assert not is_in(thief)
    assert is_in(client)


def test_changing_the_password_needs_the_old_one_and_ends_other_sign_ins(
    app: Flask, client: FlaskClient
) -> None:
    console.person()
    console.sign_in(client)
    elsewhere = app.test_client()
    console.sign_in(elsewhere)
    fields = {"new": "another-lantern-7", "again": "another-lantern-7"}
    copied = client.get_cookie("hotline")
    assert copied
    wrong = console.post(client, "/password", "/password", old=WRONG, **fields)
    assert (wrong.status_code, is_in(elsewhere)) == (422, True)
    right = console.post(client, "/password", "/password", old=console.PASSWORD, **fields)
    assert (right.status_code, is_in(client), is_in(elsewhere)) == (303, True, False)
    thief = app.test_client()
    thief.set_cookie("hotline", copied.value)
    assert not is_in(thief)


def test_ten_tries_a_minute_at_one_name_and_the_office_behind_the_same_address_goes_on(
    client: FlaskClient,
) -> None:
    console.person(role=Role.officer)
    page = client.get("/sign-in").get_data(as_text=True)
    fields = {"username": "x", "password": WRONG, "csrf_token": console.token(page)}
    answers = [client.post("/sign-in", data=fields).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
    assert console.sign_in(client).status_code == 303


def test_sixty_tries_a_minute_from_one_address_whatever_the_names(client: FlaskClient) -> None:
    page = client.get("/sign-in").get_data(as_text=True)
    fields = {"password": "", "csrf_token": console.token(page)}
    answers = [
        client.post("/sign-in", data={**fields, "username": f"x{number}"}).status_code
        for number in range(61)
    ]
    assert answers == [422] * 60 + [429]


def test_the_limit_holds_while_redis_is_away(database: Settings, own_redis: Redis) -> None:
    client = console.build(config.current()).test_client()
    own_redis.stop()
    page = client.get("/sign-in").get_data(as_text=True)
    fields = {"username": "x", "password": WRONG, "csrf_token": console.token(page)}
    answers = [client.post("/sign-in", data=fields).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]


def test_without_the_forms_token_nothing_is_done(client: FlaskClient) -> None:
    console.person()
    answer = client.post("/sign-in", data={"username": "wang", "password": console.PASSWORD})
    assert answer.status_code == 400
    assert not is_in(client)
