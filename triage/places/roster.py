"""The roster 排班: who of the line is on duty in a week, and where nobody is."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, config
from hotline.accounts.models import Account
from hotline.accounts.permissions import Role
from triage.places.models import Shift

ROLES = (Role.officer, Role.supervisor)
"""Who is rung when somebody is needed."""
WEEK = dt.timedelta(days=7)
A_DAY = dt.timedelta(days=1)


class Overlaps(Exception):
    """This person is on duty at that time already."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A shift, or the part of it that falls into one day. `person` is empty for a gap: nobody who could be
    rung is on duty, and so everybody would be."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    person: str = ""
    shift_id: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the roster: by role, the turns and gaps in it in their order."""

    date: dt.date
    turns: dict[Role, list[Turn]]


def monday_of(day: dt.date) -> dt.date:
    """The first day of its week."""
    return day - dt.timedelta(days=day.weekday())


def today() -> dt.date:
    """In the line's zone."""
    return clock.now().astimezone(config.current().zone).date()


def people(session: orm.Session) -> list[Account]:
    """Everyone who can be on duty."""
    found = sa.select(Account).where(Account.role.in_(ROLES), Account.active)
    return list(session.scalars(found.order_by(Account.role, Account.name)))


def week(session: orm.Session, monday: dt.date) -> list[Day]:
    """The seven days from a Monday on."""
    rows = session.execute(
        sa.select(Shift, Account)
        .join(Account, Account.id == Shift.account_id)
        .where(Shift.ends_at > _midnight(monday), Shift.starts_at < _midnight(monday + WEEK))
        .where(Account.active)
        .order_by(Shift.starts_at, Shift.id)
    )
    turns = [(row.Shift, row.Account) for row in rows]
    days = [monday + n * A_DAY for n in range(WEEK.days)]
    return [Day(day, {role: _of_day(day, role, turns) for role in ROLES}) for day in days]


def _of_day(day: dt.date, role: Role, rows: Iterable[tuple[Shift, Account]]) -> list[Turn]:
    begins, ends = _midnight(day), _midnight(day + A_DAY)
    turns: list[Turn] = []
    covered: list[tuple[dt.datetime, dt.datetime]] = []
    for shift, account in rows:
        if account.role is role and shift.starts_at < ends and shift.ends_at > begins:
            part = max(shift.starts_at, begins), min(shift.ends_at, ends)
            turns.append(Turn(*part, account.name, shift.id))
            # Whoever has no telephone is not rung, and so covers nothing.
            covered += [part] if account.phone else []
    holes = [Turn(*hole) for hole in gaps(begins, ends, covered)]
    return sorted([*turns, *holes], key=lambda turn: (turn.starts_at, turn.person))


def gaps(
    begins: dt.datetime, ends: dt.datetime, covered: Iterable[tuple[dt.datetime, dt.datetime]]
) -> list[tuple[dt.datetime, dt.datetime]]:
    """The parts between two moments that none of these covers."""
    holes: list[tuple[dt.datetime, dt.datetime]] = []
    reached = begins
    for start, end in sorted(covered):
        if start > reached:
            holes.append((reached, start))
        reached = max(reached, end)
    return [*holes, (reached, ends)] if reached < ends else holes


def add(
    session: orm.Session,
    actor: audit.Actor,
    account_id: int,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
) -> None:
    """Put somebody on duty.

    Raises:
        Overlaps: they are already, at some of that time.
    """
    # Their row is locked, so that two who plan at once do not put the same person on twice.
    session.get_one(Account, account_id, with_for_update=True)
    if _is_taken(session, account_id, starts_at, ends_at):
        raise Overlaps
    _put(session, actor, account_id, starts_at, ends_at)


def remove(session: orm.Session, actor: audit.Actor, shift_id: int) -> None:
    """Take a whole shift off the roster; one that is gone already stays gone."""
    if shift := session.get(Shift, shift_id):
        session.delete(shift)
        audit.record(session, actor, "remove", "shift", shift_id, account=shift.account_id)


def copy_last_week(session: orm.Session, actor: audit.Actor, monday: dt.date) -> int:
    """Repeat what began in the week before, at the same times of day; how many shifts. What would overlap a
    shift of the same person is left out."""
    before = (Shift.starts_at >= _midnight(monday - WEEK), Shift.starts_at < _midnight(monday))
    shifts = sa.select(Shift).join(Account).where(*before, Account.active).order_by(Shift.id)
    copied = 0
    for shift in session.scalars(shifts).all():
        try:
            starts, ends = _a_week_later(shift.starts_at), _a_week_later(shift.ends_at)
            add(session, actor, shift.account_id, starts, ends)
            copied += 1
        except Overlaps:
            continue
    return copied


def _put(
    session: orm.Session,
    actor: audit.Actor,
    account_id: int,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
) -> None:
    shift = Shift(account_id=account_id, starts_at=starts_at, ends_at=ends_at)
    session.add(shift)
    session.flush()
    audit.record(session, actor, "add", "shift", shift.id, account=account_id)


def _is_taken(
    session: orm.Session, account_id: int, starts_at: dt.datetime, ends_at: dt.datetime
) -> bool:
    meets = (Shift.starts_at < ends_at, Shift.ends_at > starts_at)
    known = sa.exists().where(Shift.account_id == account_id, *meets)
    return session.scalar(sa.select(known)) or False


def _a_week_later(moment: dt.datetime) -> dt.datetime:
    # By the clock on the wall: where there is summer time, a week is not always 168 hours.
    return moment.astimezone(config.current().zone) + WEEK


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), config.current().zone)
