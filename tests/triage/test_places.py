"""Who answers for a place, and who is on duty."""

import datetime as dt

import pytest
import sqlalchemy as sa

from hotline import clock, db
from hotline.accounts.models import Account
from hotline.accounts.permissions import Role
from tests.triage.people import place, seconds
from triage.places import service
from triage.places.models import Agency, AgencyKind, Place, Shift


@pytest.mark.parametrize(
    ("code", "station"),
    [
        ("990101001", "长桥派出所"),
        ("990101", "长桥派出所"),
        ("990103002", "青禾派出所"),
        ("990102001", "云溪公安分局指挥中心"),
        ("990100", "云溪公安分局指挥中心"),
        (None, "云溪公安分局指挥中心"),
    ],
)
@pytest.mark.parametrize("line", ["12355", "a line nobody entered"])
def test_the_station_of_a_place_or_the_nearest_above(district, code, station, line):
    where = place(code) if code else None
    with db.transaction() as session:
        agency = service.police_for(session, where, line)
        assert agency is not None
        assert agency.name == station


def test_an_office_is_no_station(district):
    with db.transaction() as session:
        session.add(Agency(kind=AgencyKind.street_office, name="杏花", place_id=place("990101001")))
    with db.transaction() as session:
        station = service.police_for(session, place("990101001"), "12355")
        assert station
        assert station.name == "长桥派出所"


def test_no_places_no_station(database):
    with db.transaction() as session:
        assert service.police_for(session, None, "12355") is None
        assert service.home_place(session, "12355") is None


def test_places_in_a_circle_end(district):
    with db.transaction() as session:
        session.execute(
            sa.update(Place).where(Place.code == "990100").values(parent_id=place("990102001"))
        )
    with db.transaction() as session:
        assert len(service.chain(session, place("990102001"))) == 3


def test_contacts_in_their_order(district):
    with db.transaction() as session:
        station = service.police_for(session, place("990101"), "12355")
        assert station
        assert [contact.position for contact in service.contacts(session, station.id)] == [1, 2]


def on_duty(role: Role = Role.officer) -> list[str]:
    with db.transaction() as session:
        return [account.username for account in service.on_duty(session, role)]


def test_who_is_on_shift_and_else_everybody(district):
    assert on_duty() == ["zhiban"]
    with db.transaction() as session:
        session.execute(sa.update(Shift).values(ends_at=clock.now() + dt.timedelta(seconds=5)))
    assert on_duty() == ["zhiban"]
    seconds(6)
    assert on_duty() == ["zhiban", "zhiban2"]


def test_a_shift_ends_when_the_next_begins(district, monkeypatch):
    noon = clock.now()
    monkeypatch.setattr(clock, "now", lambda: noon)
    with db.transaction() as session:
        session.execute(sa.update(Shift).values(starts_at=noon - dt.timedelta(1), ends_at=noon))
        second = sa.select(Account.id).where(Account.username == "zhiban2")
        session.add(
            Shift(
                account_id=session.scalars(second).one(),
                starts_at=noon,
                ends_at=noon + dt.timedelta(hours=8),
            )
        )
    assert on_duty() == ["zhiban2"]


@pytest.mark.parametrize("change", [{"active": False}, {"phone": None}])
def test_who_has_left_or_has_no_telephone_is_not_rung(district, change):
    with db.transaction() as session:
        session.execute(sa.update(Account).where(Account.username == "zhiban").values(change))
    assert on_duty() == ["zhiban2"]
