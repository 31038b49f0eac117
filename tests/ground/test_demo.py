"""The demo data: what an installation that is tried out begins with."""

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from hotline import config, db, phones
from hotline.accounts import passwords
from hotline.embedded import demo, up
from triage.places import service as places
from triage.places.models import Line

NUMBERS = ",".join(f"{number}={flow}" for number, flow in up.LINES.items())


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", cheap)


def lines() -> dict[str, str]:
    with db.transaction() as session:
        return {line.number: line.name for line in session.scalars(sa.select(Line))}


def test_every_line_that_can_be_dialled_has_a_name_and_a_district(database, monkeypatch):
    monkeypatch.setattr(
        config, "_current", database.model_copy(update={"hotline_numbers": NUMBERS})
    )
    demo.load()
    assert lines() == {
        "12355": "12355 儿童保护热线",
        "12345": "12345 政务热线转来",
        "+8610000012388": "云溪区儿童保护热线",
        "+8610000012399": "公安专线",
    }
    with db.transaction() as session:
        for number in up.LINES:
            home = places.home_place(session, phones.normalise(number).text)
            assert home
            assert home.name == "云溪区"


def test_an_earlier_database_learns_of_a_new_line_and_keeps_the_rest(database, monkeypatch):
    demo.load()
    with db.transaction() as session:
        session.execute(sa.update(Line).values(name="改过的名字"))
    monkeypatch.setattr(
        config, "_current", database.model_copy(update={"hotline_numbers": NUMBERS})
    )
    demo.load()
    demo.load()
    assert len(lines()) == 4
    assert lines()["12355"] == "改过的名字"


def test_no_number_that_is_dialled_or_rung_can_be_real():
    rung = [person.phone for person in demo.SIGN_INS if person.phone]
    stations = [number for _, _, contacts in demo.STATIONS for _, number, _ in contacts]
    handsets = [phone.number for phone in demo.TELEPHONES]
    for number in [*rung, *stations, *handsets, up.UNREAL_NUMBER, *up.LINES]:
        plain = phones.normalise(number)
        assert plain.kind is phones.Kind.short_code or plain.text.startswith("+86100000")
