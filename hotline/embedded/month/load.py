"""Loads the demo month: believable calls, so that every page looks lived in.

Once only: into a database that holds no report yet. Everybody and everything in it is invented.
"""

import datetime as dt
from collections.abc import Iterator
from random import Random

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock, config, db, phones
from hotline.accounts import passwords
from hotline.accounts.models import Account
from hotline.accounts.permissions import Role
from hotline.embedded.month import alarms, calls, casework, desk, papers, statements, today
from hotline.embedded.month.calls import House, Told
from hotline.embedded.month.papers import Paper
from hotline.embedded.month.statements import Statement
from hotline.embedded.month.stories import DAYS, SEED, month, words
from triage.exercises.models import ContactTest, ContactTestRun
from triage.exercises.states import ContactTestStatus
from triage.intake.models import CallerFlag, Disposition, Report
from triage.mandated.models import Institution
from triage.places.models import Contact, Place, Shift

SHIFT_HOURS = 8
SHIFTS_AHEAD = 7
EACH_SHIFT = 2
FLAGGED_FOR = dt.timedelta(days=30)
CONTACTS_TESTED = dt.timedelta(days=12)
ANSWERED_AFTER = dt.timedelta(seconds=40)


def load() -> bool:
    """Load it, unless there is any report already; whether it was loaded.

    `hotline.embedded.demo` has to be loaded before. What lies in the storage is there before the rows that
    name it, under names that another try would give it again.

    Raises:
        storage.StorageError: it cannot be written to.
    """
    with db.transaction() as session:
        if session.scalar(sa.select(Report.id).limit(1)):
            return False
    now = clock.now().astimezone(config.current().zone)
    chance = _chance("stored")
    said, kept = statements.store(now, chance), papers.store(now, chance)
    with db.transaction() as session:
        _write(session, now, said, kept)
    return True


def _write(
    session: orm.Session, now: dt.datetime, said: list[Statement], kept: list[Paper]
) -> None:
    chance = _chance("month")
    house = _house(session)
    stories = [*month(now), today.emergency(now, chance)]
    told = calls.write(session, house, stories, chance)
    cases = casework.write(session, house, told, now, chance)
    alarms.write(session, house, told, now, chance)
    waiting = today.write(session, house, now, chance)
    statements.write(session, [*told, *waiting], said, chance)
    desk.write(session, house, told, cases, kept, now)
    session.add_all(_shifts(house, now))
    session.add_all(_flags(house, told, now))
    _test_contacts(session, house, now)


def _chance(of: str) -> Random:
    """The same in every process: a text, unlike other things, seeds by what it says."""
    return Random(f"{SEED} {of}")  # noqa: S311 (no secret)


def _house(session: orm.Session) -> House:
    found = {one.username: one for one in session.scalars(sa.select(Account))}
    places = session.scalars(sa.select(Place)).all()
    colleagues = list(_colleagues())
    session.add_all(colleagues)
    session.flush()
    return House(
        places={place.code: place.id for place in places},
        names={place.id: place.name for place in places},
        officers=[found["zhiban"], found["zhiban2"], *colleagues],
        supervisor=found["daiban"],
        institutions=list(session.scalars(sa.select(Institution))),
        lines={
            flow: phones.normalise(number).text
            for number, flow in config.current().flows_by_number.items()
            if flow != config.POLICE_LINE
        },
    )


def _colleagues() -> Iterator[Account]:
    """Without a telephone, so that nobody waits for them to pick up; with a password that nobody knows."""
    unknown = passwords.hashed(passwords.invented())
    for number, name in enumerate(words()["people"]["officers"], start=3):
        yield Account(
            username=f"zhiban{number}",
            name=name,
            role=Role.officer,
            password_hash=unknown,
            created_at=clock.now(),
        )


def _shifts(house: House, now: dt.datetime) -> Iterator[Shift]:
    """Three a day, two officers each, in turns."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    length = dt.timedelta(hours=SHIFT_HOURS)
    first = midnight - dt.timedelta(days=DAYS)
    for number in range((DAYS + SHIFTS_AHEAD) * 24 // SHIFT_HOURS):
        for place in range(EACH_SHIFT):
            colleagues = house.officers[1:]
            officer = colleagues[(number * EACH_SHIFT + place) % len(colleagues)]
            starts = first + number * length
            yield Shift(account_id=officer.id, starts_at=starts, ends_at=starts + length)


def _flags(house: House, told: list[Told], now: dt.datetime) -> Iterator[CallerFlag]:
    disturbing = (
        one.report
        for one in reversed(told)
        if one.report.disposition is Disposition.nuisance and one.report.caller_index is not None
    )
    for report, reason in zip(disturbing, words()["callers"]["nuisance"], strict=False):
        yield CallerFlag(
            caller_index=report.caller_index,
            report_id=report.id,
            reason=reason,
            set_by=house.supervisor.id,
            set_at=report.triaged_at,
            expires_at=report.received_at + FLAGGED_FOR,
        )


def _test_contacts(session: orm.Session, house: House, now: dt.datetime) -> None:
    """The supervisor had every contact rung; all but the last have answered."""
    began = (now - CONTACTS_TESTED).replace(hour=10, minute=0, second=0, microsecond=0)
    contacts = session.scalars(sa.select(Contact).order_by(Contact.id)).all()
    ended = began + ANSWERED_AFTER * (len(contacts) + 5)
    run = ContactTestRun(started_by=house.supervisor.id, started_at=began, ended_at=ended)
    session.add(run)
    session.flush()
    for number, contact in enumerate(contacts, start=1):
        silent = number == len(contacts)
        if not silent:
            contact.answered_at = began + ANSWERED_AFTER * number
        session.add(
            ContactTest(
                run_id=run.id,
                contact_id=contact.id,
                status=ContactTestStatus.silent if silent else ContactTestStatus.answered,
                attempts=2 if silent else 1,
                asked_at=began,
                answered_at=contact.answered_at,
            )
        )
