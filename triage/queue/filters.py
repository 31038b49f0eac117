"""What of the queue somebody wants to see: filters, as they stand in the address and as conditions."""

import datetime as dt
import enum
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from hotline import clock
from triage.intake.models import CallAnswer, Report
from triage.intake.states import ReportStatus, Situation, Urgency
from triage.mandated.queries import IS_MANDATED
from triage.places.models import Place

UNSET = "unset"
"""In the address: what nobody has judged yet."""
SOON_SHARE = 0.25
"""The last quarter of the time between receipt and due is `soon`; `clock.js` paints by the same rule."""
MOST_LINES = 20


class Tab(enum.StrEnum):
    """Which part of the queue is shown."""

    all = "all"
    mine = "mine"
    waiting = "waiting"
    triaged = "triaged"


class Clock(enum.StrEnum):
    """How a report's clock to the first action stands."""

    overdue = "overdue"
    soon = "soon"
    in_time = "in_time"


class Reporter(enum.StrEnum):
    """Who reports, as far as the flow's answers and officers know."""

    mandated = "mandated"
    child = "child"
    adult = "adult"
    unknown = "unknown"


WORDS: dict[str, type[enum.StrEnum]] = {
    "urgency": Urgency,
    "situation": Situation,
    "status": ReportStatus,
    "reporter": Reporter,
    "clock": Clock,
}
"""Filters of several words each, by their name in the address."""
CAN_BE_UNSET = ("urgency", "situation")
Value = enum.StrEnum | str | int | None


@dataclass(frozen=True, slots=True)
class Filters:
    """One choice. Several words of one filter are alternatives; several filters hold together. None among
    urgencies or situations is a report that nobody has judged."""

    tab: Tab = Tab.all
    urgency: tuple[Urgency | None, ...] = ()
    situation: tuple[Situation | None, ...] = ()
    status: tuple[ReportStatus, ...] = ()
    reporter: tuple[Reporter, ...] = ()
    clock: tuple[Clock, ...] = ()
    line: tuple[str, ...] = ()
    place: int | None = None
    """With everything below it."""

    @classmethod
    def parse(cls, given: MultiDict[str, str]) -> "Filters":
        """The filters in an address; what means nothing is left out."""
        tab = given.get("tab", "")
        place = given.get("place", "")
        words: dict[str, Any] = {name: _words(name, given.getlist(name)) for name in WORDS}
        lines = [line[:32] for line in given.getlist("line") if line][:MOST_LINES]
        return cls(
            tab=Tab(tab) if tab in set(Tab) else Tab.all,
            line=tuple(dict.fromkeys(lines)),
            place=int(place) if place.isdecimal() and len(place) < 18 else None,
            **words,
        )

    def chosen(self) -> Iterator[tuple[str, Value]]:
        """Each chosen word with the name of its filter; the tab is none of them."""
        for name in (*WORDS, "line"):
            for value in getattr(self, name):
                yield name, value
        if self.place is not None:
            yield "place", self.place

    def __bool__(self) -> bool:
        return any(True for _ in self.chosen())

    def query(self, **more: str) -> str:
        """As it stands in the address."""
        pairs = [("tab", str(self.tab))]
        pairs += [(name, UNSET if value is None else str(value)) for name, value in self.chosen()]
        return urlencode([*pairs, *more.items()])

    def without(self, name: str, value: Value) -> "Filters":
        """The same but for one word."""
        if name == "place":
            return replace(self, place=None)
        left = tuple(one for one in getattr(self, name) if one != value)
        return replace(self, **{name: left})  # type: ignore[arg-type]

    def only(self, **words: tuple[Value, ...]) -> "Filters":
        """The same tab with these words and no others."""
        return replace(Filters(self.tab), **words)  # type: ignore[arg-type]

    def on(self, tab: Tab) -> "Filters":
        """The same on another tab; what says nothing about reports that are done is left behind."""
        if tab is Tab.triaged:
            return replace(self, tab=tab, status=(), clock=())
        return replace(self, tab=tab)

    def cleared(self) -> "Filters":
        """The same tab without filters."""
        return Filters(self.tab)

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What a report fulfils that is to be seen, but for the tab."""
        given = [
            _is_one_of(Report.urgency, self.urgency),
            _is_one_of(Report.situation, self.situation),
            _is_one_of(Report.status, self.status),
            _is_one_of(Report.line_number, self.line),
            _any(CLOCKS[word](clock.now()) for word in self.clock),
            _any(REPORTERS[word] for word in self.reporter),
            None if self.place is None else Report.place_id.in_(_at_or_below(self.place)),
        ]
        return [one for one in given if one is not None]


def _words(name: str, given: list[str]) -> tuple[enum.StrEnum | None, ...]:
    kind = WORDS[name]
    known = set(kind)
    found = [kind(word) for word in dict.fromkeys(given) if word in known]
    return (*found, None) if UNSET in given and name in CAN_BE_UNSET else tuple(found)


def _any(conditions: Iterator[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool] | None:
    found = list(conditions)
    return sa.or_(*found) if found else None


def _is_one_of(column: Any, values: tuple[Any, ...]) -> sa.ColumnElement[bool] | None:
    if not values:
        return None
    known = [value for value in values if value is not None]
    fits = column.in_(known)
    return sa.or_(fits, column.is_(None)) if None in values else fits


def _overdue(now: dt.datetime) -> sa.ColumnElement[bool]:
    return Report.due_at <= now


def _soon(now: dt.datetime) -> sa.ColumnElement[bool]:
    left = sa.extract("epoch", Report.due_at - now)
    whole = sa.extract("epoch", Report.due_at - Report.received_at)
    return sa.and_(left > 0, left < whole * SOON_SHARE)


def _in_time(now: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.not_(sa.or_(_overdue(now), _soon(now)))


CLOCKS = {Clock.overdue: _overdue, Clock.soon: _soon, Clock.in_time: _in_time}


def clock_of() -> sa.ColumnElement[str]:
    """How each report's clock stands now, as a word of `Clock`."""
    now = clock.now()
    return sa.case(
        (_overdue(now), Clock.overdue.value), (_soon(now), Clock.soon.value), else_="in_time"
    )


def _says(who: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        CallAnswer.call_id == Report.call_id, CallAnswer.question == "who", CallAnswer.value == who
    )


REPORTERS = {
    Reporter.mandated: IS_MANDATED,
    Reporter.child: _says("child"),
    Reporter.adult: _says("adult"),
    Reporter.unknown: sa.not_(sa.or_(IS_MANDATED, _says("child"), _says("adult"))),
}


def _at_or_below(place_id: int) -> sa.Select[tuple[int]]:
    wanted = sa.select(Place.id).where(Place.id == place_id).cte("wanted", recursive=True)
    below = sa.select(Place.id).join(wanted, Place.parent_id == wanted.c.id)
    return sa.select(wanted.union(below).c.id)
