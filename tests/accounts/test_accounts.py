import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from hotline import clock, db
from hotline.accounts import guesses, passwords, service
from hotline.accounts.permissions import Role
from hotline.audit import SYSTEM, AuditEntry
from hotline.config import Settings
from tests.accounts import console, factor


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    """The administrator's browser."""
    console.person("boss", Role.admin)
    client = app.test_client()
    console.sign_in(client, "boss")
    return client


def add(admin: FlaskClient, **fields: str):
    known = {"name": "李华", "username": "lihua", "role": "officer", "phone": ""}
    return console.post(admin, "/officers", "/officers", **{**known, **fields})


def test_an_added_officer_signs_in_with_the_password_shown_once(
    app: Flask, admin: FlaskClient
) -> None:
    shown = console.FIRST_PASSWORD.search(add(admin).get_data(as_text=True))
    assert shown
    assert shown[0] not in admin.get("/officers").get_data(as_text=True)
    client = app.test_client()
    console.sign_in(client, "lihua", shown[0])
    assert client.get("/").location == "/password"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("username", "boss", "这个用户名已经有人用了。"),
        ("username", "李华", "2 到 32 个小写字母"),
        ("username", "", "请输入用户名。"),
        ("name", "", "请输入姓名。"),
        ("phone", "abc", "这不像一个能拨通的电话号码。"),
        ("role", "emperor", "选择"),
    ],
)
def test_what_cannot_be_an_account_is_said_beside_the_field(
    admin: FlaskClient, field: str, value: str, said: str
) -> None:
    answer = add(admin, **{field: value})
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    with db.transaction() as session:
        assert len(service.everyone(session)) == 1


def test_a_telephone_number_is_kept_in_its_one_form(admin: FlaskClient) -> None:
    add(admin, phone="138 0000 8000")
    with db.transaction() as session:
        phones = [account.phone for account in service.everyone(session)]
    assert phones == [None, "+8613800008000"]


def test_disabling_takes_effect_at_the_next_click(app: Flask, admin: FlaskClient) -> None:
    console.person()
    client = app.test_client()
    console.sign_in(client)
    console.post(admin, "/officers/wang/disable", "/officers")
    assert client.get("/").status_code == 303
    assert console.sign_in(client).status_code == 422


def test_nobody_disables_their_own_account(admin: FlaskClient) -> None:
    console.post(admin, "/officers/boss/disable", "/officers")
    assert admin.get("/officers").status_code == 200


def test_a_reset_unlocks_reopens_and_ends_open_sign_ins(app: Flask, admin: FlaskClient) -> None:
    console.person()
    client = app.test_client()
    console.sign_in(client)
    for _ in range(guesses.TRIES):
        console.sign_in(app.test_client(), password="wrong")
    answer = console.post(admin, "/officers/wang/reset", "/officers")
    shown = console.FIRST_PASSWORD.search(answer.get_data(as_text=True))
    assert shown
    assert client.get("/").location.startswith("/sign-in")
    assert console.sign_in(client, "wang", shown[0]).status_code == 303


def test_a_reset_leaves_what_proves_the_owner_unless_somebody_else_may_have_made_it(
    app: Flask, admin: FlaskClient
) -> None:
    console.person()
    factor.app(factor.someone())
    ends = {}
    for fields in ({}, {"compromised": "on"}):
        answer = console.post(admin, "/officers/wang/reset", "/officers", **fields)
        shown = console.FIRST_PASSWORD.search(answer.get_data(as_text=True))
        assert shown
        ends[len(fields)] = console.sign_in(app.test_client(), "wang", shown[0]).location
    assert ends == {0: "/sign-in/second", 1: "/"}
    with db.transaction() as session:
        told = sa.select(AuditEntry.action, AuditEntry.reason).order_by(AuditEntry.id)
        entries = [tuple(one) for one in session.execute(told) if "reset" in one.action]
    assert entries == [
        ("password_reset", ""),
        ("password_reset", ""),
        ("second_factor_reset", "account may be compromised"),
    ]


@pytest.mark.parametrize("path", ["", "/wang/reset", "/wang/second-factor"])
def test_who_finds_an_administrators_console_open_makes_nobody_a_way_in(
    admin: FlaskClient, path: str
) -> None:
    console.person()
    clock.shift(dt.timedelta(minutes=11))
    fields = {"name": "李华", "username": "lihua", "role": "supervisor", "reason": "手机丢失"}
    asked = console.post(admin, f"/officers{path}", "/officers", **fields)
    assert asked.location.startswith("/me/factors/confirm")
    with db.transaction() as session:
        assert len(service.everyone(session)) == 2


def test_an_account_that_does_not_exist_is_not_found(admin: FlaskClient) -> None:
    answer = console.post(admin, "/officers/nobody/disable", "/officers")
    assert answer.status_code == 404


@pytest.mark.parametrize("username", ["x", "-x", "a b", "王", "a" * 33, ""])
def test_a_malformed_user_name_is_refused(database: Settings, username: str) -> None:
    with db.transaction() as session, pytest.raises(service.AccountFault):
        service.add(
            session,
            SYSTEM,
            username=username,
            name="",
            role=Role.officer,
            password=console.PASSWORD,
        )


def test_a_password_shorter_than_ten_is_refused(database: Settings) -> None:
    console.person()
    with db.transaction() as session, pytest.raises(service.AccountFault):
        service.reset(session, SYSTEM, "wang", "123456789")


def test_invented_passwords_are_fit_and_never_the_same() -> None:
    made = {passwords.invented() for _ in range(50)}
    assert len(made) == 50
    assert all(passwords.is_acceptable(password) for password in made)


def test_an_officer_may_not_see_the_accounts(app: Flask) -> None:
    console.person()
    client = app.test_client()
    console.sign_in(client)
    assert client.get("/officers").status_code == 403
