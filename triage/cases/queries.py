"""What pages read of cases."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.accounts.models import Account
from triage.cases import tasks
from triage.cases.access import visible
from triage.cases.models import Case, Task
from triage.cases.states import CaseStatus
from triage.intake.models import Call, Recording, Report
from triage.intake.states import Urgency
from triage.places.models import Place

PAGE = 50

# Written into the SQL: as a bound value PostgreSQL could not see that the partial index fits.
IS_LIVING = sa.and_(
    Case.status != sa.bindparam("closed", CaseStatus.closed, literal_execute=True),
    Case.merged_into.is_(None),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases are asked for; what is None or false is not asked. Without a status: all that are not
    closed. `place_id` is meant with every place below it."""

    status: CaseStatus | None = None
    urgency: Urgency | None = None
    place_id: int | None = None
    mine: bool = False
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Cases, newest first, and the number below which the next page begins, if there is one."""

    rows: list[sa.Row[Any]]
    next: int | None


def page(session: orm.Session, wanted: Wanted, account_id: int, before: int | None = None) -> Page:
    """Cases as wanted, of those this account may see. Case numbers rise with time, so that the primary
    key gives both the order and the place to go on from."""
    asked = sa.select(Case.id).where(visible(account_id), *_conditions(wanted, account_id))
    if before is not None:
        asked = asked.where(Case.id < before)
    picked = asked.order_by(Case.id.desc()).limit(PAGE + 1).cte("picked")
    rows = list(session.execute(_rows(picked)))
    return Page(rows[:PAGE], rows[PAGE - 1].Case.id if len(rows) > PAGE else None)


def _conditions(wanted: Wanted, account_id: int) -> Iterable[sa.ColumnElement[bool]]:
    if wanted.status is None:
        yield IS_LIVING
    else:
        yield sa.and_(Case.status == wanted.status, Case.merged_into.is_(None))
    if wanted.urgency is not None:
        yield Case.urgency == wanted.urgency
    if wanted.place_id is not None:
        yield Case.place_id.in_(_place_and_below(wanted.place_id))
    if wanted.mine:
        yield Case.assigned_to == account_id
    if wanted.overdue:
        yield _overdue_tasks().exists()


def _place_and_below(place_id: int) -> sa.Select[int]:
    below = sa.select(Place.id).where(Place.id == place_id).cte("below", recursive=True)
    return sa.select(below.union_all(sa.select(Place.id).where(Place.parent_id == below.c.id)).c.id)


def _overdue_tasks() -> sa.Select[int]:
    return sa.select(Task.id).where(Task.case_id == Case.id, tasks.is_overdue()).correlate(Case)


def _rows(picked: sa.CTE) -> sa.Select[*tuple[Any, ...]]:
    parent, worker = orm.aliased(Place), orm.aliased(Account)
    reports = (
        sa.select(sa.func.count())
        .where(Report.case_id == Case.id)
        .correlate(Case)
        .scalar_subquery()
    )
    return (
        sa.select(
            Case,
            Account.name.label("officer"),
            worker.name.label("worker"),
            Place.name.label("place"),
            parent.name.label("place_above"),
            reports.label("reports"),
            _overdue_tasks().exists().label("overdue"),
        )
        .join(picked, picked.c.id == Case.id)
        .join(Account, Account.id == Case.opened_by)
        .join(worker, worker.id == Case.assigned_to, isouter=True)
        .join(Place, Place.id == Case.place_id, isouter=True)
        .join(parent, parent.id == Place.parent_id, isouter=True)
        .order_by(Case.id.desc())
    )


def case(session: orm.Session, case_id: int, account_id: int) -> Case | None:
    """One case; None if there is none for this account."""
    return session.scalar(sa.select(Case).where(Case.id == case_id, visible(account_id)))


def case_of(session: orm.Session, number: str) -> int | None:
    """The case to which the report with this receipt number is linked."""
    return session.scalar(sa.select(Report.case_id).where(Report.number == number))


def reports(session: orm.Session, case_id: int) -> list[tuple[Report, Call | None]]:
    """The reports linked to a case, newest first."""
    linked = (
        sa.select(Report, Call)
        .join(Call, Call.id == Report.call_id, isouter=True)
        .where(Report.case_id == case_id)
        .order_by(Report.received_at.desc())
    )
    return [(report, call) for report, call in session.execute(linked)]


def recordings(
    session: orm.Session, linked: list[tuple[Report, Call | None]]
) -> dict[str, list[Recording]]:
    """The recordings of those reports, by the call they belong to."""
    sids = [call.call_sid for _, call in linked if call]
    found: dict[str, list[Recording]] = {sid: [] for sid in sids}
    for one in session.scalars(
        sa.select(Recording).where(Recording.call_sid.in_(sids)).order_by(Recording.announced_at)
    ):
        found[one.call_sid].append(one)
    return found
