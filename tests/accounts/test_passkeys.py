"""Passkeys: which answers count, once; a browser's side of it is in tests/browser/test_sign_in.py."""

import datetime as dt

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hotline import clock, config, db
from hotline.accounts import ceremonies, passkeys, service, stages
from hotline.accounts.models import SecondFactor, SignIn, Stage
from hotline.audit import SYSTEM, Actor
from hotline.config import Settings
from tests.accounts import console, factor
from tests.accounts.device import Device, challenge

ACTOR = Actor("wang", 1, "10.0.0.7")


@pytest.fixture
def owner(database: Settings) -> service.Person:
    """Somebody who has just signed in with the password."""
    console.person()
    return factor.someone()


@pytest.fixture
def device(owner: service.Person) -> Device:
    """Their device, set up."""
    device = Device()
    device.kept(owner.account_id)
    return device


def asked() -> tuple[passkeys.Options, str]:
    with db.transaction() as session:
        return passkeys.ask(session, stages.SIGN_IN)


def signs_in(token: str, answer: str) -> bool:
    with db.transaction() as session:
        return bool(stages.sign_in_by_passkey(session, "10.0.0.7", "", [], token, answer))


def test_alone_it_signs_in_once_for_each_time_it_is_asked(device: Device) -> None:
    options, token = asked()
    answer = device.answers(options)
    assert signs_in(token, answer)
    assert not signs_in(token, answer)
    other_options, other = asked()
    assert challenge(options) != challenge(other_options)
    assert not signs_in(other, answer), "an answer to another question"
    assert not signs_in("made up", device.answers(asked()[0]))


def test_a_wrong_answer_uses_the_question_up(device: Device) -> None:
    options, token = asked()
    assert not signs_in(token, "{}")
    assert not signs_in(token, device.answers(options))


def test_a_question_is_forgotten_after_five_minutes(device: Device) -> None:
    options, token = asked()
    clock.shift(ceremonies.LASTS)
    assert not signs_in(token, device.answers(options))


def test_what_was_asked_for_one_thing_is_no_answer_for_another(
    device: Device, owner: service.Person
) -> None:
    options, token = asked()
    with db.transaction() as session:
        proven = stages.prove_by_passkey(session, ACTOR, owner, token, device.answers(options))
    assert not proven


@pytest.mark.parametrize(
    "change", [{"site": "evil.example"}, {"origin": "https://evil.example"}, {"flags": 0x01}]
)
def test_another_site_or_a_device_that_knows_nobody_is_refused(
    device: Device, change: dict[str, object]
) -> None:
    vars(device).update(change)
    options, token = asked()
    assert not signs_in(token, device.answers(options))


def test_a_counter_that_went_back_may_be_a_copy(device: Device) -> None:
    for count, lets_in in ((5, True), (6, True), (6, False), (3, False), (7, True)):
        device.count = count
        options, token = asked()
        assert signs_in(token, device.answers(options)) is lets_in, count


def test_an_answer_in_the_name_of_another_owner_is_refused(device: Device) -> None:
    options, token = asked()
    assert not signs_in(token, device.answers(options, owner=b"somebody"))


def test_a_disabled_owner_stays_out(device: Device) -> None:
    with db.transaction() as session:
        service.disable(session, SYSTEM, "wang")
    options, token = asked()
    assert not signs_in(token, device.answers(options))


def test_beside_the_password_a_plain_key_is_enough_but_not_somebody_elses(
    device: Device, owner: service.Person
) -> None:
    vars(device).update(flags=0x01)
    console.person("li")
    factor.app(factor.someone("li"))
    for username, completes in (("li", False), ("wang", True)):
        half = factor.someone(username)
        assert half.stage is Stage.half
        with db.transaction() as session:
            options, token = passkeys.ask(session, stages.SECOND_STEP, half.account_id, alone=False)
            answer = device.answers(options)
            done = stages.complete_by_passkey(session, ACTOR, half, token, answer)
        assert bool(done) is completes, username


def test_a_question_to_one_owner_is_not_answered_for_another(
    device: Device, owner: service.Person
) -> None:
    console.person("li")
    factor.app(factor.someone("li"))
    half = factor.someone("li")
    with db.transaction() as session:
        options, token = passkeys.ask(session, stages.SECOND_STEP, owner.account_id, alone=False)
        answer = device.answers(options)
        assert stages.complete_by_passkey(session, ACTOR, half, token, answer) is None


def test_unlocking_wants_a_device_that_knows_its_owner(
    device: Device, owner: service.Person
) -> None:
    with db.transaction() as session:
        session.execute(sa.update(SignIn).values(stage=Stage.locked))
    for flags, unlocks in ((0x01, False), (0x05, True)):
        vars(device).update(flags=flags)
        with db.transaction() as session:
            options, token = passkeys.ask(session, stages.PROVING, owner.account_id)
            answer = device.answers(options)
            assert stages.prove_by_passkey(session, ACTOR, owner, token, answer) is unlocks


def test_one_is_made_in_answer_to_a_question_and_once_only(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.person()
    console.sign_in(client)
    device = Device()

    def offers(device: Device) -> str:
        page = client.get("/me/factors/new").get_data(as_text=True)
        headers = {"X-CSRFToken": console.token(page)}
        options = client.post("/me/factors/passkey/options", headers=headers).get_json()
        sent = {"credential": device.makes(options), "csrf_token": console.token(page)}
        return client.post("/me/factors/passkey", data=sent).get_data(as_text=True)

    assert offers(device).count("<li><code>") == 10
    offers(device)
    stranger = Device(site="evil.example")
    offers(stranger)
    with db.transaction() as session:
        kept = session.scalars(sa.select(SecondFactor)).all()
    assert [one.name for one in kept] == ["通行密钥"]
    clock.shift(dt.timedelta(minutes=11))
    answer = console.post(client, "/me/factors/passkey", "/me", credential="{}")
    assert answer.location.startswith("/me/factors/confirm")


@pytest.mark.parametrize(
    ("public_url", "origin"),
    [
        ("https://line.example.org", "https://line.example.org"),
        ("https://line.example.org:8443", "https://line.example.org:8443"),
        ("https://line.example.org:443", "https://line.example.org"),
        ("http://127.0.0.1:8000", "http://localhost:8000"),
    ],
)
def test_the_site_is_the_public_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, public_url: str, origin: str
) -> None:
    moved = settings.model_copy(update={"public_url": public_url})
    monkeypatch.setattr(config, "_current", moved)
    assert passkeys.origin() == origin
