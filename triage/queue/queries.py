"""What the queue page reads: one page of rows and the counts above it, each in one statement.

Both cost the same however many reports there are: rows come off `ix_reports_queue` (which holds open
reports only) and stop after one page; counting stops at `MOST_COUNTED`.
"""

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.accounts.models import Account
from triage.intake.models import Call, Recording, Report
from triage.intake.queries import IS_SILENT, is_flagged
from triage.intake.states import OPEN, RecordingStatus, ReportStatus
from triage.mandated.queries import IS_MANDATED
from triage.places.models import Place

PAGE = 50
MOST_COUNTED = 99
_BETWEEN = "~"

# Written into the SQL: as a bound value PostgreSQL could not see that the partial index fits.
IS_OPEN = Report.status.in_(sa.bindparam("open", OPEN, expanding=True, literal_execute=True))
IS_TRIAGED = Report.status.in_(
    sa.bindparam("dealt_with", [ReportStatus.triaged], expanding=True, literal_execute=True)
)
ORDER = (Report.emergency.desc(), Report.due_at, Report.received_at, Report.id)


class Tab(enum.StrEnum):
    """Which part of the queue is shown."""

    all = "all"
    mine = "mine"
    waiting = "waiting"
    triaged = "triaged"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page, after which the next begins."""

    emergency: bool
    due_at: dt.datetime
    received_at: dt.datetime
    id: int

    def __str__(self) -> str:
        parts = (
            int(self.emergency),
            self.due_at.isoformat(),
            self.received_at.isoformat(),
            self.id,
        )
        return _BETWEEN.join(map(str, parts))

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """The cursor in an address; None (the first page) if it is empty or garbled."""
        try:
            emergency, due, received, number = text.split(_BETWEEN)
            return cls(emergency == "1", _moment(due), _moment(received), int(number))
        except ValueError:
            return None


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("which zone?")
    return moment


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of the queue, and where the next page begins, if there is one."""

    rows: list[sa.Row[Any]]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many open reports there are, none counted beyond `MOST_COUNTED` + 1."""

    all: int
    mine: int
    waiting: int
    emergencies: int


def page(session: orm.Session, tab: Tab, account_id: int, after: Cursor | None = None) -> Page:
    """One page of a tab, in the order in which reports want to be taken."""
    rows = list(session.execute(_rows(_picked(tab, account_id, after), tab)))
    if len(rows) <= PAGE:
        return Page(rows, None)
    last = rows[PAGE - 1]
    return Page(rows[:PAGE], Cursor(last.emergency, last.due_at, last.received_at, last.id))


def counts(session: orm.Session, account_id: int) -> Counts:
    """The numbers on the tabs."""
    counted = (
        _counted(IS_OPEN).label("all"),
        _counted(_condition(Tab.mine, account_id)).label("mine"),
        _counted(_condition(Tab.waiting, account_id)).label("waiting"),
        _counted(sa.and_(IS_OPEN, Report.emergency)).label("emergencies"),
    )
    counts = session.execute(sa.select(*counted)).mappings().one()
    return Counts(**counts)


def first_waiting(session: orm.Session) -> int | None:
    """The report to be taken next, locked; two officers asking at once get two different ones."""
    return session.scalar(
        sa.select(Report.id)
        .where(IS_OPEN, Report.status == ReportStatus.waiting)
        .order_by(*ORDER)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _condition(tab: Tab, account_id: int) -> sa.ColumnElement[bool]:
    match tab:
        case Tab.all:
            return IS_OPEN
        case Tab.mine:
            return sa.and_(
                IS_OPEN, Report.status == ReportStatus.claimed, Report.claimed_by == account_id
            )
        case Tab.waiting:
            return sa.and_(IS_OPEN, Report.status != ReportStatus.claimed)
        case Tab.triaged:
            return IS_TRIAGED


def _counted(condition: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    some = sa.select(Report.id).where(condition).limit(MOST_COUNTED + 1).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()


def _picked(tab: Tab, account_id: int, after: Cursor | None) -> sa.CTE:
    """The page's reports alone, before anything is joined to them: so the index decides the order and
    the limit, whatever the planner thinks of the joins."""
    wanted = sa.select(Report.id).where(_condition(tab, account_id)).limit(PAGE + 1)
    if tab is Tab.triaged:
        return wanted.order_by(Report.triaged_at.desc(), Report.id.desc()).limit(PAGE).cte("picked")
    if after is not None:
        wanted = wanted.where(_beyond(after))
    return wanted.order_by(*ORDER).cte("picked")


def _beyond(after: Cursor) -> sa.ColumnElement[bool]:
    later = sa.tuple_(Report.due_at, Report.received_at, Report.id) > sa.tuple_(
        sa.literal(after.due_at), sa.literal(after.received_at), sa.literal(after.id)
    )
    if after.emergency:
        return sa.or_(sa.not_(Report.emergency), later)
    # An equality and a row comparison: PostgreSQL starts reading the index at that very place.
    return sa.and_(Report.emergency == sa.false(), later)


def _rows(picked: sa.CTE, tab: Tab) -> sa.Select[*tuple[Any, ...]]:
    parent = orm.aliased(Place)
    heard = _heard()
    order = (Report.triaged_at.desc(), Report.id.desc()) if tab is Tab.triaged else ORDER
    return (
        sa.select(
            Report.id,
            Report.number,
            Report.status,
            Report.urgency,
            Report.emergency,
            Report.situation,
            Report.disposition,
            Report.received_at,
            Report.due_at,
            Report.triaged_at,
            Report.page_step,
            Report.next_page_at,
            Report.claimed_by,
            Report.line_number,
            Report.channel,
            Report.case_id,
            Account.name.label("officer"),
            Call.caller,
            Call.caller_kind,
            Call.status.label("call_status"),
            Call.waiting_since,
            Call.waiting_at,
            Call.talking_since,
            IS_MANDATED.label("mandated"),
            IS_SILENT.label("silent"),
            is_flagged().label("flagged"),
            Place.name.label("place"),
            parent.name.label("place_above"),
            heard.c.statuses,
            heard.c.seconds,
        )
        .join(picked, picked.c.id == Report.id)
        .join(Call, Call.id == Report.call_id, isouter=True)
        .join(
            Account,
            Account.id == sa.func.coalesce(Report.claimed_by, Report.triaged_by),
            isouter=True,
        )
        .join(Place, Place.id == Report.place_id, isouter=True)
        .join(parent, parent.id == Place.parent_id, isouter=True)
        .join(heard, sa.true(), isouter=True)
        .order_by(*order)
    )


def _heard() -> sa.FromClause:
    """Where the recordings of a report's call stand, and how long the stored ones are together."""
    stored = Recording.status == RecordingStatus.stored
    return (
        sa.select(
            sa.func.array_agg(sa.cast(Recording.status, sa.Text)).label("statuses"),
            sa.func.sum(Recording.seconds).filter(stored).label("seconds"),
        )
        .where(Recording.call_sid == Call.call_sid)
        .correlate(Call)
        .lateral("heard")
    )
