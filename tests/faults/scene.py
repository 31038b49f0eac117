"""Stations without number, what their telephones do, and an officer at the console."""

import random
import threading
import time
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import SQLAlchemyError

from hotline import audit, clock, db
from hotline.simulator import people
from hotline.simulator.config import Phone
from tests.bench.plans import Step
from tests.bench.pocket import Pocket
from triage.alerts import service
from triage.alerts.models import Alert
from triage.alerts.previews import AlreadyRunning
from triage.alerts.states import RUNNING, AcknowledgedHow, AlertStatus
from triage.intake import service as intake
from triage.intake.models import Report
from triage.intake.states import Situation
from triage.places.models import Agency, AgencyKind, Contact, Level, Place

STATIONS = 40
PRESSES_ONE: tuple[Step, ...] = ({"presses": "1"},)
SAYS_NOTHING: tuple[Step, ...] = ({"stays_silent": True}, {"hangs_up": True})
HABITS: tuple[tuple[str, tuple[Step, ...]], ...] = (
    ("answers", PRESSES_ONE),
    ("answers", SAYS_NOTHING),
    ("unanswered", ()),
    ("busy", ()),
)
"""What desks do when they are rung: the first contact of each station in turn; the second ones half and
half press the key or let it ring. The district above presses it."""
SUPERVISOR = "10000000201"
ACTS_AFTER_SECONDS = 15.0
"""After which an officer who hears the alarm has telephoned with the police."""


def stations(network: Pocket) -> list[int]:
    """Places, each with a station of its own and two telephones that never answer a text: their rows."""
    _telephone(network, SUPERVISOR, "unanswered", ())
    for number in ("10000000311", "10000000312"):
        _telephone(network, number, "answers", PRESSES_ONE)
    with db.transaction() as session:
        district = session.scalars(sa.select(Place.id).where(Place.parent_id.is_(None))).one()
        places = []
        for index in range(STATIONS):
            place = Place(
                code=f"9907{index:02}",
                name=f"第{index}街",
                level=Level.street,
                parent_id=district,
            )
            session.add(place)
            session.flush()
            _station(session, network, place.id, index)
            places.append(place.id)
        return places


def _telephone(network: Pocket, number: str, habit: str, plan: tuple[Step, ...]) -> None:
    handset = network.exchange.plug_in(Phone(number, kind="mobile", habit=habit))
    handset.plan = people.plan_of(plan)


def _station(session: orm.Session, network: Pocket, place_id: int, index: int) -> None:
    agency = Agency(kind=AgencyKind.police, name=f"{index}所", place_id=place_id)
    session.add(agency)
    session.flush()
    habits = (HABITS[index % 4], HABITS[0 if index % 3 else 2])
    for position, (habit, plan) in enumerate(habits, start=1):
        telephone = f"1000000{1000 + 10 * index + position}"
        _telephone(network, telephone, habit, plan)
        session.add(
            Contact(
                agency_id=agency.id,
                position=position,
                name=f"{index}-{position}",
                number=f"+86{telephone}",
                takes_sms=True,
                takes_calls=True,
            )
        )


def reports(places: list[int], count: int) -> list[int]:
    """Reports of these places in turn."""
    numbers = []
    for index in range(count):
        sid = f"CA{index:032}"
        arrival = intake.Arrival(sid, "+8610000000001", "12355", "12355", clock.now())
        with db.transaction() as session:
            number = intake.file_report(session, arrival)
            report = session.scalars(sa.select(Report).where(Report.number == number)).one()
            report.place_id = places[index % len(places)]
            report.situation = Situation.domestic_violence
            numbers.append(report.id)
    return numbers


@dataclass
class Officer:
    """Somebody at the console who clicks again when the database was away, and who telephones with the
    police when the alarm sounds."""

    clicks_again: int = 0
    telephoned: int = 0
    raised: list[int] = field(default_factory=list)

    def raises(self, report_id: int) -> None:
        """One click, until it is done."""
        while True:
            try:
                with db.transaction() as session:
                    alert = service.raise_alert(session, report_id, audit.Actor("zhiban", 1))
            except AlreadyRunning as running:
                # The commit had been made when the database went away.
                self.raised.append(running.alert.id)
                return
            except SQLAlchemyError:
                self.clicks_again += 1
                time.sleep(0.5)
            else:
                self.raised.append(alert.id)
                return

    def hears_alarms(self, over: threading.Event) -> None:
        """As long as the shift lasts."""
        heard: dict[int, float] = {}
        while not over.wait(1):
            try:
                for number in _unanswered():
                    since = heard.setdefault(number, time.monotonic())
                    if time.monotonic() - since > ACTS_AFTER_SECONDS:
                        self._telephones(number)
            except SQLAlchemyError:
                self.clicks_again += 1

    def _telephones(self, number: int) -> None:
        with db.transaction() as session:
            alert = session.get_one(Alert, number)
            if alert.status in RUNNING:
                who, how = "值班所长", AcknowledgedHow.telephone
                service.acknowledge(session, number, who, how, audit.Actor("zhiban", 1))
                self.telephoned += 1


def _unanswered() -> list[int]:
    with db.transaction() as session:
        ringing = sa.select(Alert.id).where(Alert.status == AlertStatus.unanswered)
        return list(session.scalars(ringing))


def running() -> int:
    """How many alerts nobody has acknowledged."""
    with db.transaction() as session:
        count = sa.select(sa.func.count()).select_from(Alert).where(Alert.status.in_(RUNNING))
        return session.scalar(count) or 0


def dice() -> random.Random:
    """The same every time."""
    return random.Random(4)
