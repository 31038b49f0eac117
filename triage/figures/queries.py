"""How the line answers: counts and times of its calls, by line and by time. Nothing here says who called.

What the standard asks (GB/T 33358-2016, by its public summaries): answered within 15 s, and at least 95 %
connected in any 24 h. Only a caller who has come to wait for a person can be connected to one: who hangs
up during the greeting, asks after an earlier report or cannot speak counts as a call, but not for these.
"""

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import clock, config, phones
from triage.conversations.models import Callback, CallbackReason
from triage.conversations.statements import CALLS, PATIENCE, somebody_in
from triage.conversations.states import CallbackStatus
from triage.intake.models import Call, CallStep, Disposition, Recording, Report
from triage.intake.states import CallStatus, RecordingStatus
from triage.places.models import Line

ANSWER_WITHIN = dt.timedelta(seconds=15)
CONNECTED = 0.95
A_DAY = dt.timedelta(days=1)


class Outcome(enum.StrEnum):
    """What came of a call for its caller: the first of these that holds."""

    person = "person"
    going_on = "going_on"
    statement = "statement"
    callback = "callback"
    """They asked by key to be called back."""
    enquiry = "enquiry"
    """They only asked after an earlier report, and were told."""
    broke = "broke"
    """The network ended it, or no end was ever heard."""
    hung_up = "hung_up"


@dataclass(frozen=True, slots=True)
class Times:
    """Of so many, the middle one and the one that 95 % stay below, in seconds; None if there are none."""

    median: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of some calls."""

    calls: int
    outcomes: Mapping[Outcome, int]
    waited: int
    """Callers who came to wait for a person, and whose wait is over."""
    connected: int
    """Of these, those who came to speak to one."""
    in_time: int
    """Of these, those who did within 15 s of waiting."""
    gave_up: int
    """Callers who waited, then hung up without a person, a statement or a wish to be called back."""
    to_greeting: Times
    """From the network's first request to our answer."""
    to_person: Times
    """From the first ring to the conversation, menus and all."""
    waiting: Times
    """From the beginning of the wait to the conversation."""
    gave_up_after: Times
    callbacks: Mapping[CallbackStatus, int]
    """Call-backs owed to these callers, by where they stand now."""

    @property
    def connected_share(self) -> float | None:
        """Of those who waited; None if nobody did."""
        return self.connected / self.waited if self.waited else None

    @property
    def in_time_share(self) -> float | None:
        """Reached a person within 15 s, of those who waited; None if nobody did."""
        return self.in_time / self.waited if self.waited else None

    @property
    def falls_short(self) -> bool:
        """Whether fewer are connected than the standard asks."""
        return self.connected_share is not None and self.connected_share < CONNECTED


@dataclass(frozen=True, slots=True)
class Overview:
    """All calls of a stretch of time; by line; and by day (or hour, within one day), newest first, at
    its beginning in the line's zone."""

    total: Figures
    by_line: list[tuple[str, Figures]]
    by_time: list[tuple[dt.datetime, Figures]]


@dataclass(frozen=True, slots=True)
class Now:
    """Callers on the line at this moment."""

    in_progress: int
    waiting: int
    longest_wait: dt.timedelta


def count(session: orm.Session, since: dt.timedelta) -> Sequence[sa.Row[Any]]:
    """The calls that came in within that time: a row for all, for each line, and for each day or hour."""
    return session.execute(_figures(since)).all()


def told(rows: Sequence[Any]) -> Overview:
    """What rows of `count` say."""
    [total] = [row for row in rows if row.of_all]
    lines = [row for row in rows if row.line is not None]
    times = [row for row in rows if row.begins is not None]
    zone = config.current().zone
    return Overview(
        total=_read(total),
        by_line=[(row.line, _read(row)) for row in sorted(lines, key=lambda row: -row.calls)],
        by_time=[
            (row.begins.replace(tzinfo=zone), _read(row))
            for row in sorted(times, key=lambda row: row.begins, reverse=True)
        ],
    )


def now(session: orm.Session) -> Now:
    """Who is on the line, and who of them waits for a person."""
    waits = sa.and_(Call.waiting_at > clock.now() - PATIENCE, sa.not_(somebody_in(CALLS.c.id)))
    row = session.execute(
        sa.select(
            sa.func.count().label("in_progress"),
            sa.func.count().filter(waits).label("waiting"),
            sa.func.min(Call.waiting_since).filter(waits).label("first"),
        ).where(Call.status == CallStatus.in_progress)
    ).one()
    longest = clock.now() - row.first if row.first else dt.timedelta(0)
    return Now(row.in_progress, row.waiting, longest)


def _calls(since: dt.timedelta) -> sa.CTE:
    """Each call of that time with what is counted of it. SMS are reports, but nobody answers them."""
    zone = config.current().timezone
    grain = "hour" if since <= A_DAY else "day"
    owed = _callbacks()
    still_waits = sa.and_(Call.status == CallStatus.in_progress, Call.talking_since.is_(None))
    greeting = (
        sa.select(CallStep.answer_ms)
        .where(CallStep.call_id == Call.id)
        .order_by(CallStep.step)
        .limit(1)
        .correlate(Call)
        .scalar_subquery()
    )
    return (
        sa.select(
            sa.func.coalesce(Line.name, Call.line_number).label("line"),
            sa.func.date_trunc(grain, sa.func.timezone(zone, Call.started_at)).label("begins"),
            _outcome().label("outcome"),
            sa.and_(Call.waiting_since.is_not(None), sa.not_(still_waits)).label("waited"),
            (greeting / 1000.0).label("to_greeting"),
            _seconds(Call.talking_since - Call.started_at).label("to_person"),
            _seconds(Call.talking_since - Call.waiting_since).label("waiting"),
            _seconds(Call.ended_at - Call.waiting_since).label("gave_up_after"),
            *(owed.c[status.value].label(f"callbacks_{status}") for status in CallbackStatus),
        )
        .join(Report, Report.call_id == Call.id)
        .join(Line, Line.number == Call.line_number, isouter=True)
        .join(owed, sa.true())
        .where(
            Call.started_at > clock.now() - since,
            Report.channel == "phone",
            Call.line_number != sa.all_(sa.literal(_police_lines(), postgresql.ARRAY(sa.Text))),
        )
        .cte("one")
        # Else PostgreSQL would work out each call's outcome anew for every figure.
        .prefix_with("MATERIALIZED")
    )


def _police_lines() -> list[str]:
    """Who calls there is no caller of the line: a machine answers, and that is what they called for."""
    flows = config.current().flows_by_number.items()
    return [phones.normalise(number).text for number, flow in flows if flow == config.POLICE_LINE]


def _outcome() -> sa.ColumnElement[str]:
    recorded = sa.exists().where(
        Recording.call_sid == Call.call_sid, Recording.status != RecordingStatus.absent
    )
    asked = sa.exists().where(
        Callback.report_id == Report.id, Callback.reason == CallbackReason.asked
    )
    return sa.case(
        (Call.talking_since.is_not(None), Outcome.person.value),
        (Call.status == CallStatus.in_progress, Outcome.going_on.value),
        (recorded, Outcome.statement.value),
        (asked, Outcome.callback.value),
        (Report.disposition == Disposition.enquiry, Outcome.enquiry.value),
        (Call.status == CallStatus.failed, Outcome.broke.value),
        else_=Outcome.hung_up.value,
    )


def _callbacks() -> sa.FromClause:
    counts = (
        sa.func.count().filter(Callback.status == status).label(status.value)
        for status in CallbackStatus
    )
    return sa.select(*counts).where(Callback.report_id == Report.id).lateral("owed")


def _figures(since: dt.timedelta) -> sa.Select[Any]:
    one = _calls(since)
    count, within = sa.func.count(), ANSWER_WITHIN.total_seconds()
    gave_up = sa.and_(one.c.waited, one.c.outcome == Outcome.hung_up.value)
    connected = sa.and_(one.c.waited, one.c.outcome == Outcome.person.value)
    return sa.select(
        one.c.line,
        one.c.begins,
        (sa.func.grouping(one.c.line, one.c.begins) == 3).label("of_all"),
        count.label("calls"),
        *(count.filter(one.c.outcome == each.value).label(each.value) for each in Outcome),
        count.filter(one.c.waited).label("waited"),
        count.filter(connected).label("connected"),
        count.filter(one.c.waiting <= within).label("in_time"),
        count.filter(gave_up).label("gave_up"),
        *(_middle_and_most(one.c[name]).label(name) for name in ("to_greeting", "to_person")),
        _middle_and_most(one.c.waiting).label("waiting"),
        _middle_and_most(one.c.gave_up_after).filter(gave_up).label("gave_up_after"),
        *(
            sa.func.coalesce(sa.func.sum(one.c[f"callbacks_{status}"]), 0).label(f"owed_{status}")
            for status in CallbackStatus
        ),
    ).group_by(sa.func.grouping_sets(sa.tuple_(), sa.tuple_(one.c.line), sa.tuple_(one.c.begins)))


_SHARES: sa.ColumnClause[Any] = sa.literal_column("ARRAY[0.5, 0.95]::float8[]")


def _middle_and_most(seconds: sa.ColumnElement[Any]) -> Any:
    return sa.func.percentile_cont(_SHARES).within_group(seconds)


def _seconds(length: sa.ColumnElement[Any]) -> sa.ColumnElement[float]:
    return sa.cast(sa.extract("epoch", length), sa.Float)


def _read(row: sa.Row[Any]) -> Figures:
    return Figures(
        calls=row.calls,
        outcomes={each: getattr(row, each.value) for each in Outcome},
        waited=row.waited,
        connected=row.connected,
        in_time=row.in_time,
        gave_up=row.gave_up,
        to_greeting=_times(row.to_greeting),
        to_person=_times(row.to_person),
        waiting=_times(row.waiting),
        gave_up_after=_times(row.gave_up_after),
        callbacks={status: int(getattr(row, f"owed_{status}")) for status in CallbackStatus},
    )


def _times(pair: list[float | None] | None) -> Times:
    return Times(*pair) if pair else Times(None, None)
