"""What one has beside the password: what counts, how often, and who may take it away."""

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from hotline import clock, config, db
from hotline.accounts import factors, guesses, stages
from hotline.accounts.models import Account, Means, RecoveryCode, SecondFactor, SignIn, Stage
from hotline.accounts.permissions import Role
from hotline.audit import Actor, AuditEntry
from hotline.config import Settings
from tests.accounts import console, factor

ACTOR = Actor("wang", 1, "10.0.0.7")


@pytest.fixture
def codes(app: Flask) -> list[str]:
    """The recovery codes of somebody with an app, a minute after it was set up."""
    console.person()
    made = factor.app(factor.someone())
    clock.shift(dt.timedelta(minutes=1))
    return made


@pytest.fixture
def halfway(codes: list[str], client: FlaskClient) -> FlaskClient:
    """A browser in which the password has been given."""
    assert console.sign_in(client, query="?next=/wallboard").location.startswith("/sign-in/second")
    return client


def gives(client: FlaskClient, code: str, query: str = ""):
    return console.post(client, f"/sign-in/second{query}", "/sign-in/second", code=code)


def actions() -> list[str]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)))


def completes(code: str) -> bool:
    """Below the page, which counts tries of its own."""
    person = factor.someone()
    with db.transaction() as session:
        return stages.complete_by_code(session, ACTOR, person, code) is not None


def test_half_way_opens_nothing_but_the_second_step(halfway: FlaskClient) -> None:
    for path in ("/", "/me", "/password", "/me/factors/new", "/locked", "/officers"):
        assert halfway.get(path).location.startswith("/sign-in/second"), path
    for path in ("/claim", "/lock", "/unlock", "/present", "/me/recovery-codes"):
        form = halfway.get("/sign-in/second").get_data(as_text=True)
        answer = halfway.post(path, data={"csrf_token": console.token(form)})
        assert answer.status_code == 303, path
    assert halfway.get("/", headers={"Accept": "text/event-stream"}).status_code == 401


def test_a_code_completes_it_with_a_token_of_its_own(halfway: FlaskClient, app: Flask) -> None:
    stolen = halfway.get_cookie("hotline")
    assert stolen
    answer = gives(halfway, factor.code(), "?next=/wallboard")
    assert (answer.status_code, answer.location) == (303, "/wallboard")
    assert halfway.get("/").status_code == 200
    thief = app.test_client()
    thief.set_cookie("hotline", stolen.value)
    assert thief.get("/").location.startswith("/sign-in?")
    assert actions()[-2:] == ["second_factor_asked", "signed_in"]


def test_half_way_ends_after_ten_minutes(halfway: FlaskClient) -> None:
    clock.shift(dt.timedelta(minutes=10))
    assert halfway.get("/sign-in/second").location.startswith("/sign-in?")


@pytest.mark.parametrize(("steps", "counts"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_the_owners_clock_may_be_off_by_one_step(
    codes: list[str], steps: int, counts: bool
) -> None:
    assert completes(factor.code(steps)) is counts


def test_a_code_counts_once_and_none_from_before_it(codes: list[str]) -> None:
    now, before = factor.code(), factor.code(-1)
    assert completes(f" {now[:3]} {now[3:]} ")
    assert not completes(now)
    assert not completes(before)
    clock.shift(dt.timedelta(seconds=30))
    assert completes(factor.code())


def test_wrong_codes_lock_like_wrong_passwords_and_together_with_them(codes: list[str]) -> None:
    people = [factor.someone() for _ in range(guesses.TRIES)]
    for person in people:
        with db.transaction() as session:
            assert not stages.complete_by_code(session, ACTOR, person, "000000")
    with db.transaction() as session:
        assert not stages.complete_by_code(session, ACTOR, people[0], factor.code())
    with pytest.raises(AssertionError):
        factor.someone()
    clock.shift(dt.timedelta(minutes=16))
    assert completes(factor.code())


def test_the_right_password_does_not_give_new_guesses_at_the_code(codes: list[str]) -> None:
    for _ in range(guesses.TRIES - 1):
        assert not completes("000000")
    assert not completes("000000")
    with db.transaction() as session:
        assert guesses.are_over(session.scalars(sa.select(Account)).one())


def test_of_two_tries_at_one_moment_one_counts(codes: list[str]) -> None:
    for code in (factor.code(), codes[3]):
        people = [factor.someone(), factor.someone()]

        def tries(person, code=code):
            with db.transaction() as session:
                return stages.complete_by_code(session, ACTOR, person, code)

        with ThreadPoolExecutor(2) as both:
            assert sorted(map(bool, both.map(tries, people))) == [False, True]


def test_one_sign_in_is_completed_once(codes: list[str]) -> None:
    person = factor.someone()
    with db.transaction() as session:
        assert stages.complete_by_code(session, ACTOR, person, factor.code())
        assert stages.complete_by_code(session, ACTOR, person, codes[0]) is None
    assert actions()[-2:] == ["second_factor_asked", "signed_in"]


def test_a_recovery_code_works_once_and_is_told_of(
    halfway: FlaskClient, codes: list[str], app: Flask
) -> None:
    assert gives(halfway, codes[0].upper().replace("-", " ")).location == "/me"
    page = halfway.get("/me").get_data(as_text=True)
    assert "您用掉了一个恢复码，还剩 9 个。" in page
    assert "recovery_code_used" in actions()
    again = app.test_client()
    console.sign_in(again)
    assert gives(again, codes[0]).status_code == 422
    assert gives(again, codes[1]).status_code == 303


def test_recovery_codes_of_somebody_else_are_nothing(codes: list[str]) -> None:
    console.person("li")
    theirs = factor.app(factor.someone("li"))
    assert not completes(theirs[0])


def test_neither_codes_nor_secrets_stand_in_the_database(codes: list[str]) -> None:
    with db.engine().connect() as connection:
        rows = [
            *connection.execute(sa.text("SELECT code_hash FROM recovery_codes")),
            *connection.execute(sa.text("SELECT secret FROM second_factors")),
        ]
    assert len(rows) == factors.CODES + 1
    kept = str([bytes(value) if isinstance(value, memoryview) else value for (value,) in rows])
    assert factor.SECRET not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def sets_up(client: FlaskClient):
    """An app by the page: what the page says, and the answer to its first code."""
    page = client.get("/me/factors/new").get_data(as_text=True)
    found = re.search(r'<code class="secret".*?</code>', page, re.DOTALL)
    assert found
    secret = "".join(re.findall(r"<span>(\w+)</span>", found[0]))
    step = int(clock.now().timestamp()) // factors.STEP_SECONDS
    code = pyotp.TOTP(secret).generate_otp(step)
    fields = {"code": code, "name": "手机", "csrf_token": console.token(page)}
    return page, client.post("/me/factors/new", data=fields, headers=console.BROWSER)


def test_an_app_is_set_up_by_its_first_code_and_nothing_is_kept_before(
    app: Flask, client: FlaskClient
) -> None:
    console.person()
    elsewhere = app.test_client()
    for one in (client, elsewhere):
        console.sign_in(one)
    wrong = console.post(client, "/me/factors/new", "/me/factors/new", code="000000")
    assert (wrong.status_code, factors.CODES) == (422, 10)
    assert "验证码不对" in wrong.get_data(as_text=True)
    copied = client.get_cookie("hotline")
    assert copied
    page, answer = sets_up(client)
    thief = app.test_client()
    thief.set_cookie("hotline", copied.value)
    assert thief.get("/").location.startswith("/sign-in")
    assert "<svg" in page
    assert "style=" not in page
    shown = re.findall(r"<li><code>([a-z2-9-]+)</code>", answer.get_data(as_text=True))
    assert len(set(shown)) == factors.CODES
    assert elsewhere.get("/").location.startswith("/sign-in"), "made without it"
    assert client.get("/").status_code == 200
    with db.transaction() as session:
        [kept] = session.scalars(sa.select(SecondFactor))
        assert (kept.kind, kept.name) == (Means.totp, "手机")


def test_where_it_is_required_nothing_is_open_before_there_is_one(
    app: Flask, client: FlaskClient, database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = database.model_copy(update={"second_factor_required": True})
    monkeypatch.setattr(config, "_current", wanted)
    console.person()
    console.person("daping", Role.screen)
    screen = app.test_client()
    console.sign_in(screen, "daping")
    assert screen.get("/wallboard").status_code == 200
    console.sign_in(client)
    for path in ("/", "/me", "/password"):
        assert client.get(path).location == "/me/factors/new", path
    assert sets_up(client)[1].status_code == 200
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("public_url", "said", "required"),
    [
        ("https://line.example.org", None, True),
        ("http://127.0.0.1:8000", None, False),
        ("https://line.example.org", False, False),
        ("http://127.0.0.1:8000", True, True),
    ],
)
def test_it_is_required_where_the_console_is_served_to_the_world(
    settings: Settings, public_url: str, said: bool | None, required: bool
) -> None:
    update = {"public_url": public_url, "second_factor_required": said}
    assert settings.model_copy(update=update).requires_second_factor is required


def test_what_touches_safety_asks_once_more_after_ten_minutes(client: FlaskClient) -> None:
    console.person()
    console.sign_in(client)
    clock.shift(dt.timedelta(minutes=11))
    asked = client.get("/me/factors/new")
    assert asked.location == "/me/factors/confirm?next=%2Fme%2Ffactors%2Fnew"
    wrong = console.post(client, asked.location, asked.location, password="nope")
    assert wrong.status_code == 422
    right = console.post(client, asked.location, asked.location, password=console.PASSWORD)
    assert right.location == "/me/factors/new"
    assert client.get("/me/factors/new").status_code == 200
    assert actions()[-2:] == ["password_refused", "identity_confirmed"]


def test_new_recovery_codes_void_the_old_and_the_last_factor_takes_them_along(
    halfway: FlaskClient, codes: list[str]
) -> None:
    gives(halfway, factor.code())
    page = console.post(halfway, "/me/recovery-codes", "/me").get_data(as_text=True)
    renewed = re.findall(r"<li><code>([a-z2-9-]+)</code>", page)
    assert len(renewed) == factors.CODES
    assert not completes(codes[0])
    assert completes(renewed[0])
    with db.transaction() as session:
        [kept] = session.scalars(sa.select(SecondFactor.id))
    console.post(halfway, f"/me/factors/{kept}/rename", "/me", name="旧手机")
    assert "旧手机" in halfway.get("/me").get_data(as_text=True)
    console.post(halfway, f"/me/factors/{kept}/remove", "/me")
    with db.transaction() as session:
        assert session.scalars(sa.select(SecondFactor)).all() == []
        assert session.scalars(sa.select(RecoveryCode)).all() == []


def test_nobody_touches_the_factors_of_another(halfway: FlaskClient, app: Flask) -> None:
    console.person("li")
    other = app.test_client()
    console.sign_in(other, "li")
    with db.transaction() as session:
        [kept] = session.scalars(sa.select(SecondFactor.id))
    console.post(other, f"/me/factors/{kept}/rename", "/me", name="x")
    console.post(other, f"/me/factors/{kept}/remove", "/me")
    with db.transaction() as session:
        assert session.scalars(sa.select(SecondFactor.name)).one() == "手机"


def test_a_colleague_resets_it_with_a_reason_and_the_owner_is_told(
    codes: list[str], app: Flask, client: FlaskClient
) -> None:
    console.person("boss", Role.admin)
    admin = app.test_client()
    console.sign_in(admin, "boss")
    page = "/officers"
    console.post(admin, f"{page}/wang/second-factor", page, reason="")
    console.post(admin, f"{page}/boss/second-factor", page, reason="mine")
    assert "second_factor_reset" not in actions()
    console.post(admin, f"{page}/wang/second-factor", page, reason="手机丢失")
    with db.transaction() as session:
        told = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "second_factor_reset")
        ).one()
        assert (told.actor, told.reason) == ("boss", "手机丢失")
        assert session.scalar(sa.select(sa.func.count(RecoveryCode.id))) == 0
    assert console.sign_in(client).location == "/"
    assert "已重置您的第二重验证" in client.get("/").get_data(as_text=True)
    again = app.test_client()
    console.sign_in(again)
    assert "已重置您的第二重验证" not in again.get("/").get_data(as_text=True)


def test_a_half_way_sign_in_is_not_listed_and_ending_one_leaves_the_others(
    halfway: FlaskClient, app: Flask
) -> None:
    console.sign_in(app.test_client())
    gives(halfway, factor.code())
    page = halfway.get("/me").get_data(as_text=True)
    assert page.count("登录于") == 2, "this one, and the one of setting up"
    with db.transaction() as session:
        first = session.scalars(
            sa.select(SignIn.id).where(SignIn.stage == Stage.open).order_by(SignIn.id)
        ).first()
    console.post(halfway, f"/me/sign-ins/{first}/end", "/me")
    assert halfway.get("/me").get_data(as_text=True).count("登录于") == 1
    assert "sign_in_ended" in actions()
    console.post(halfway, "/me/sign-ins/end-all", "/me")
    assert halfway.get("/").location.startswith("/sign-in")
    assert actions()[-1] == "signed_out_everywhere"
