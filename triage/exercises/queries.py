"""What pages read of exercises: drills and how they went, and the tests of contacts."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock, config
from hotline.accounts.models import Account
from triage.alerts.models import Alert
from triage.alerts.states import AlertStatus, Purpose
from triage.exercises.models import ContactTest, ContactTestRun
from triage.exercises.states import OPEN, ContactTestStatus
from triage.places.models import Agency, Contact

MONTHS = dt.timedelta(days=366)
"""How far back drills are counted."""
MOST_RUNS = 14
GOING_ON = (AlertStatus.raised, AlertStatus.unanswered, AlertStatus.acknowledged)
IS_DRILL = sa.and_(Alert.exercise, Alert.purpose == Purpose.police)


@dataclass(frozen=True, slots=True)
class Figures:
    """How some drills went. Seconds from raising to acknowledgement, of those that were acknowledged; None
    if none was. A drill that is still on its way is counted, and not yet acknowledged."""

    drills: int
    acknowledged: int
    median: float | None
    longest: float | None


@dataclass(frozen=True, slots=True)
class Overview:
    """All drills of the last year; by station, and by month, newest first."""

    total: Figures
    by_station: list[tuple[str, Figures]]
    by_month: list[tuple[str, Figures]]


@dataclass(frozen=True, slots=True)
class Run:
    """A run of tests and how many contacts stand where."""

    id: int
    month: str | None
    started_by: str | None
    started_at: dt.datetime
    ended_at: dt.datetime | None
    counts: Mapping[ContactTestStatus, int]

    @property
    def total(self) -> int:
        """All contacts of it."""
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        """Contacts that are still to answer."""
        return sum(self.counts[status] for status in OPEN)


def going_on(session: orm.Session) -> list[Alert]:
    """Drills that have not been ended, the newest first."""
    found = sa.select(Alert).where(IS_DRILL, Alert.status.in_(GOING_ON))
    return list(session.scalars(found.order_by(Alert.id.desc())))


def drill(session: orm.Session, alert_id: int) -> Alert | None:
    """One drill; None if there is none of that number."""
    return session.scalar(sa.select(Alert).where(IS_DRILL, Alert.id == alert_id))


def overview(session: orm.Session) -> Overview:
    """How the drills of the last year went."""
    zone = config.current().timezone
    month = sa.func.to_char(sa.func.timezone(zone, Alert.raised_at), "YYYY-MM").label("month")
    took = sa.extract("epoch", Alert.acknowledged_at - Alert.raised_at)
    one = (
        sa.select(Alert.agency_name.label("station"), month, took.label("took"))
        .where(IS_DRILL, Alert.raised_at > clock.now() - MONTHS)
        .cte("one")
    )
    rows = session.execute(
        sa.select(
            one.c.station,
            one.c.month,
            sa.func.count().label("drills"),
            sa.func.count(one.c.took).label("acknowledged"),
            sa.func.percentile_cont(0.5).within_group(one.c.took).label("median"),
            sa.func.max(one.c.took).label("longest"),
        ).group_by(
            sa.func.grouping_sets(sa.tuple_(), sa.tuple_(one.c.station), sa.tuple_(one.c.month))
        )
    ).all()
    stations = [(row.station, _read(row)) for row in rows if row.station is not None]
    months = [(row.month, _read(row)) for row in rows if row.month is not None]
    [total] = [_read(row) for row in rows if row.station is None and row.month is None]
    return Overview(total, sorted(stations), sorted(months, reverse=True))


def _read(row: sa.Row[Any]) -> Figures:
    return Figures(row.drills, row.acknowledged, row.median, row.longest)


def stations(session: orm.Session) -> list[Agency]:
    """Every police agency, the district's first."""
    police = sa.select(Agency).where(Agency.kind == "police")
    return list(session.scalars(police.order_by(Agency.place_id, Agency.id)))


def runs(session: orm.Session) -> list[Run]:
    """The last runs of tests, the newest first."""
    return _runs(session, _runs_counted().limit(MOST_RUNS))


def run(session: orm.Session, run_id: int) -> Run | None:
    """One run; None if there is none."""
    found = _runs(session, _runs_counted().where(ContactTestRun.id == run_id))
    return found[0] if found else None


def _runs_counted() -> sa.Select[*tuple[Any, ...]]:
    counts = (
        sa.func.count(ContactTest.id).filter(ContactTest.status == status).label(status.value)
        for status in ContactTestStatus
    )
    return (
        sa.select(ContactTestRun, Account.name, *counts)
        .join(Account, Account.id == ContactTestRun.started_by, isouter=True)
        .join(ContactTest, ContactTest.run_id == ContactTestRun.id, isouter=True)
        .group_by(ContactTestRun.id, Account.name)
        .order_by(ContactTestRun.id.desc())
    )


def _runs(session: orm.Session, wanted: sa.Select[*tuple[Any, ...]]) -> list[Run]:
    return [
        Run(
            id=row.ContactTestRun.id,
            month=row.ContactTestRun.month,
            started_by=row.name,
            started_at=row.ContactTestRun.started_at,
            ended_at=row.ContactTestRun.ended_at,
            counts={status: getattr(row, status.value) for status in ContactTestStatus},
        )
        for row in session.execute(wanted)
    ]


def tests_of(session: orm.Session, run_id: int) -> list[sa.Row[tuple[ContactTest, Contact, str]]]:
    """Every test of a run with its contact and `agency`'s name: first those who did not answer."""
    order = sa.case(
        {status.value: place for place, status in enumerate(_WORST_FIRST)}, value=ContactTest.status
    )
    return list(
        session.execute(
            sa.select(ContactTest, Contact, Agency.name.label("agency"))
            .join(Contact, Contact.id == ContactTest.contact_id)
            .join(Agency, Agency.id == Contact.agency_id)
            .where(ContactTest.run_id == run_id)
            .order_by(order, Agency.id, Contact.position, Contact.id)
        )
    )


_S = ContactTestStatus
_WORST_FIRST = (_S.silent, _S.reached, _S.off_duty, _S.asked, _S.waiting, _S.answered)
