"""What the queue page reads: one page of rows and the counts above it, each in one statement.

Both cost the same however many reports there are: rows come off `ix_reports_queue` (which holds open
reports only) and stop after one page; counting stops at `MOST_COUNTED`. Nothing in either depends on who
looks, but for the tabs of one's own reports and of those that have left the queue.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.accounts.models import Account
from triage.intake import keeping
from triage.intake.models import Call, CallAnswer, Recording, Report
from triage.intake.queries import IS_SILENT, is_flagged
from triage.intake.states import OPEN, RecordingStatus, ReportStatus, Urgency
from triage.mandated.queries import IS_MANDATED
from triage.places.models import Place
from triage.queue.filters import Clock, Filters, Tab, clock_of
from triage.queue.handovers import is_alive
from triage.queue.models import Handover

PAGE = 50
MOST_COUNTED = 2000
LATEST = 2000
"""Of what has been dealt with, how much is searched by filters: the tab shows what was, not archives."""
_BETWEEN = "~"

# Written into the SQL: as a bound value PostgreSQL could not see that the partial index fits.
IS_OPEN = Report.status.in_(sa.bindparam("open", OPEN, expanding=True, literal_execute=True))
IS_TRIAGED = Report.status.in_(
    sa.bindparam("dealt_with", [ReportStatus.triaged], expanding=True, literal_execute=True)
)
ORDER = (Report.emergency.desc(), Report.due_at, Report.received_at, Report.id)


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

    by: Mapping[tuple[Urgency | None, Clock], int]
    held: Mapping[int, int]
    """By the account that has claimed them."""
    all: int
    waiting: int
    emergencies: int

    def on(self, clock: Clock) -> int:
        """All whose clock stands so."""
        return sum(count for (_, stands), count in self.by.items() if stands is clock)


def page(
    session: orm.Session, filters: Filters, account_id: int, after: Cursor | None = None
) -> Page:
    """One page, in the order in which reports want to be taken."""
    rows = list(session.execute(_rows(_picked(filters, account_id, after), filters.tab)))
    if len(rows) <= PAGE:
        return Page(rows, None)
    last = rows[PAGE - 1]
    return Page(rows[:PAGE], Cursor(last.emergency, last.due_at, last.received_at, last.id))


def counts(session: orm.Session) -> Counts:
    """The numbers above the list."""
    some = (
        sa.select(Report.urgency, Report.status, Report.claimed_by, clock_of().label("clock"))
        .where(IS_OPEN)
        # Of too many the most pressing are counted: no emergency is left out of what stands above the list.
        .order_by(*ORDER)
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    by: dict[tuple[Urgency | None, Clock], int] = {}
    held: dict[int, int] = {}
    waiting = emergencies = 0
    for row in session.execute(sa.select(some, sa.func.count()).group_by(*some.c)):
        urgency, _, holder, clock, count = row
        kind = (urgency, Clock(clock))
        by[kind] = by.get(kind, 0) + count
        emergencies += count if urgency is Urgency.emergency else 0
        if holder is None:
            waiting += count
        else:
            held[holder] = held.get(holder, 0) + count
    return Counts(by, held, waiting + sum(held.values()), waiting, emergencies)


def whereabouts(
    session: orm.Session, numbers: Collection[str], account_id: int
) -> list[sa.Row[Any]]:
    """What became of reports that have left somebody's list; nothing of those that are kept from them."""
    by = sa.func.coalesce(Report.claimed_by, Report.triaged_by)
    return list(
        session.execute(
            sa.select(
                Report.number, Report.status, Report.disposition, Account.name.label("officer")
            )
            .join(Account, Account.id == by, isouter=True)
            .where(Report.number.in_(numbers), keeping.at_hand(account_id))
        )
    )


def at_hand(session: orm.Session, numbers: Collection[str], account_id: int) -> set[str]:
    """Of these receipt numbers those that are not kept from this account."""
    found = sa.select(Report.number).where(Report.number.in_(numbers), keeping.at_hand(account_id))
    return set(session.scalars(found))


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
            return sa.and_(IS_TRIAGED, keeping.open_to(account_id))


def _picked(filters: Filters, account_id: int, after: Cursor | None) -> sa.CTE:
    """The page's reports alone, before anything is joined to them: so the index decides the order and
    the limit, whatever the planner thinks of the joins."""
    wanted = sa.select(Report.id).where(_condition(filters.tab, account_id))
    if filters.tab is Tab.triaged:
        latest = (Report.triaged_at.desc(), Report.id.desc())
        if filters:
            among = wanted.order_by(*latest).limit(LATEST).cte("latest")
            wanted = sa.select(Report.id).where(Report.id.in_(sa.select(among.c.id)))
            wanted = wanted.where(*filters.conditions())
        return wanted.order_by(*latest).limit(PAGE).cte("picked")
    wanted = wanted.where(*filters.conditions()).limit(PAGE + 1)
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
            Report.claimed_at,
            Report.lease_until,
            Report.line_number,
            Report.channel,
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
            _answer("language").label("language"),
            _answer("who").label("who"),
            _offered_to().label("offered_to"),
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


def _answer(question: str) -> sa.ScalarSelect[str]:
    given = sa.select(CallAnswer.value).where(
        CallAnswer.call_id == Report.call_id, CallAnswer.question == question
    )
    return given.correlate(Report).scalar_subquery()


def _offered_to() -> sa.ScalarSelect[str]:
    colleague = orm.aliased(Account)
    offer = (
        sa.select(colleague.name)
        .join(Handover, Handover.to_id == colleague.id)
        .where(Handover.report_id == Report.id, is_alive())
    )
    return offer.correlate(Report).scalar_subquery()


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
