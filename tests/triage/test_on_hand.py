"""Whom of an agency a message can reach now: hours, holidays, substitutes, and never nobody."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from hotline import clock, db
from tests.triage.alerting import DISTRICT_FIRST, STATION_FIRST, STATION_SECOND, sent
from tests.triage.people import claimed, do, officer, place
from triage.alerts import policy, sending, service
from triage.alerts.models import Alert
from triage.alerts.policy import Who
from triage.places import service as places
from triage.places.models import Absence, Agency, Contact

OFFICE_HOURS = "08:30-18:00"
WORKDAY_NOON = "2026-11-23T12:00"
WORKDAY_NIGHT = "2026-11-23T22:00"
NATIONAL_DAY_NOON = "2026-10-01T12:00"


@pytest.fixture
def station(district) -> int:
    """A station with two contacts that can be reached around the clock."""
    with db.transaction() as session:
        return session.scalars(sa.select(Agency.id).where(Agency.name == "长桥派出所")).one()


def it_is(local: str) -> None:
    there = dt.datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    clock.shift(there - clock.now())


def contact(number: str, **change) -> int:
    with db.transaction() as session:
        found = next(one for one in session.scalars(sa.select(Contact)) if one.number == number)
        for name, value in change.items():
            setattr(found, name, value)
        return found.id


def on_hand(station: int) -> list[str]:
    return [one.number for one in do(places.on_hand, station)]


@pytest.mark.parametrize(
    ("now", "there"),
    [
        (WORKDAY_NOON, [STATION_FIRST, STATION_SECOND]),
        (WORKDAY_NIGHT, [STATION_SECOND]),
        (NATIONAL_DAY_NOON, [STATION_SECOND]),
    ],
)
def test_outside_their_hours_and_on_holidays_they_are_left_out(station, now, there):
    contact(STATION_FIRST, workdays=OFFICE_HOURS, weekends="")
    it_is(now)
    assert on_hand(station) == there


def test_a_substitute_stands_in(station):
    other = contact(DISTRICT_FIRST)
    contact(STATION_FIRST, workdays=OFFICE_HOURS, weekends="", substitute_id=other)
    it_is(WORKDAY_NIGHT)
    assert on_hand(station) == [DISTRICT_FIRST, STATION_SECOND]


def test_a_substitute_who_is_a_contact_already_is_reached_once(station):
    second = contact(STATION_SECOND)
    contact(STATION_FIRST, workdays="", weekends="", substitute_id=second)
    assert on_hand(station) == [STATION_SECOND]


def test_somebody_on_leave_is_left_out_until_they_are_back(station):
    it_is(WORKDAY_NOON)
    first = contact(STATION_FIRST)
    with db.transaction() as session:
        back = clock.now() + dt.timedelta(days=2)
        session.add(Absence(contact_id=first, starts_at=clock.now(), ends_at=back))
    assert on_hand(station) == [STATION_SECOND]
    clock.shift(dt.timedelta(days=2, seconds=1))
    assert on_hand(station) == [STATION_FIRST, STATION_SECOND]


def test_two_who_stand_in_for_each_other_are_no_circle(station):
    first, second = contact(STATION_FIRST), contact(STATION_SECOND)
    contact(STATION_FIRST, workdays="", weekends="", substitute_id=second)
    contact(STATION_SECOND, workdays="", weekends="", substitute_id=first)
    assert on_hand(station) == [STATION_FIRST, STATION_SECOND], "nobody is on hand: everybody"


def test_an_alert_goes_to_whoever_is_on_hand(station):
    contact(STATION_FIRST, workdays=OFFICE_HOURS, weekends="")
    it_is(WORKDAY_NIGHT)
    do(service.raise_alert, claimed(place_id=place("990101001")), officer())
    assert [number for *_, number in sent()] == [STATION_SECOND]


def test_the_superior_is_the_agency_of_the_place_above(station):
    with db.transaction() as session:
        above = places.superior_of(session, session.get_one(Agency, station))
        assert above
        assert above.name == "云溪公安分局指挥中心"
        assert places.superior_of(session, above) is None


def test_when_the_station_is_silent_its_superior_is_called(station):
    one = do(service.raise_alert, claimed(place_id=place("990101001")), officer())
    last = policy.named(one.policy, one.purpose).attempts[-1]
    assert last.contact is Who.superior
    with db.transaction() as session:
        alert = session.get_one(Alert, one.id)
        reached = sending.targets(session, alert, last.contact, last.channels)
    assert {target.number for target in reached} == {DISTRICT_FIRST}
