"""What pages read of cases."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.accounts.models import Account
from triage.cases.models import Case, CaseNote
from triage.cases.states import CaseStatus
from triage.intake.models import Call, Recording, Report
from triage.places.models import Place

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Cases, newest first, and the number below which the next page begins, if there is one."""

    rows: list[sa.Row[Any]]
    next: int | None


def page(session: orm.Session, statuses: list[CaseStatus], before: int | None = None) -> Page:
    """Cases that stand at one of `statuses`. Case numbers rise with time, so that the primary key
    gives both the order and the place to go on from."""
    wanted = sa.select(Case.id).where(Case.status.in_(statuses))
    if before is not None:
        wanted = wanted.where(Case.id < before)
    picked = wanted.order_by(Case.id.desc()).limit(PAGE + 1).cte("picked")
    rows = list(session.execute(_rows(picked)))
    return Page(rows[:PAGE], rows[PAGE - 1].Case.id if len(rows) > PAGE else None)


def _rows(picked: sa.CTE) -> sa.Select[*tuple[Any, ...]]:
    parent = orm.aliased(Place)
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
            Place.name.label("place"),
            parent.name.label("place_above"),
            reports.label("reports"),
        )
        .join(picked, picked.c.id == Case.id)
        .join(Account, Account.id == Case.opened_by)
        .join(Place, Place.id == Case.place_id, isouter=True)
        .join(parent, parent.id == Place.parent_id, isouter=True)
        .order_by(Case.id.desc())
    )


def case(session: orm.Session, case_id: int) -> Case | None:
    """One case; None if there is none."""
    return session.get(Case, case_id)


def by_id(session: orm.Session, case_ids: Iterable[int]) -> dict[int, Case]:
    """Several cases by their number."""
    found = session.scalars(sa.select(Case).where(Case.id.in_(list(case_ids))))
    return {case.id: case for case in found}


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


def notes(session: orm.Session, case_id: int) -> list[sa.Row[Any]]:
    """The timeline, newest first: each line (`CaseNote`), its author and the report it speaks of."""
    return list(
        session.execute(
            sa.select(CaseNote, Account.name.label("author"), Report.number.label("report"))
            .join(Account, Account.id == CaseNote.author_id, isouter=True)
            .join(Report, Report.id == CaseNote.report_id, isouter=True)
            .where(CaseNote.case_id == case_id)
            .order_by(CaseNote.at.desc(), CaseNote.id.desc())
        )
    )
