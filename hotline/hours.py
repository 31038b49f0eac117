"""When a line is open or a desk is manned: hours of working days and of days off.

Which day is which is the State Council's yearly notice, with its public holidays and make-up working
days, as the library `chinese_calendar` keeps it. A year not announced yet has Monday to Friday as its
working days; `hotline doctor` says so in time.
"""

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import chinese_calendar
from pydantic import AfterValidator, BeforeValidator, ConfigDict
from pydantic.dataclasses import dataclass

LONGEST_LOOK_AHEAD = dt.timedelta(days=30)
"""Longer than any row of days off: beyond it, a line without hours on such days never opens."""

WARNING_AHEAD = dt.timedelta(days=14)


class Span(NamedTuple):
    """A part of a day, in minutes after midnight; `closes` is the first that no longer belongs to it."""

    opens: int
    closes: int


def _span(written: Any) -> Span:
    """From ``08:30-12:00``; a day ends at 24:00."""
    if isinstance(written, Span):
        return written
    opens, dash, closes = str(written).partition("-")
    span = Span(_minutes(opens), _minutes(closes))
    if not dash or span.opens >= span.closes:
        raise ValueError("must be opening and closing time of one day: 08:30-12:00")
    return span


def _minutes(written: str) -> int:
    hours, _, minutes = written.partition(":")
    if not (len(written) == 5 and hours.isdecimal() and minutes.isdecimal() and int(minutes) < 60):
        raise ValueError("must be hours and minutes: 08:30")
    total = int(hours) * 60 + int(minutes)
    if total > 24 * 60:
        raise ValueError("must not be later than 24:00")
    return total


def _in_order(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    if any(later.opens < earlier.closes for earlier, later in itertools.pairwise(spans)):
        raise ValueError("must be in order, without overlap")
    return spans


Spans = Annotated[tuple[Annotated[Span, BeforeValidator(_span)], ...], AfterValidator(_in_order)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Hours:
    """Opening hours in the operator's zone. `weekends` are all days off, public holidays too; make-up
    working days have the hours of `workdays`."""

    workdays: Spans = ()
    weekends: Spans = ()

    def open_at(self, moment: dt.datetime, zone: dt.tzinfo) -> bool:
        """Whether the line is open at a moment (aware)."""
        local = moment.astimezone(zone)
        minute = local.hour * 60 + local.minute
        return any(span.opens <= minute < span.closes for span in self._spans(local.date()))

    def opens_next(self, moment: dt.datetime, zone: dt.tzinfo) -> dt.datetime | None:
        """When the line next opens after a moment (aware), in its zone; None if it never does."""
        local = moment.astimezone(zone)
        return next((opens for opens in self._openings(local) if opens > local), None)

    def _openings(self, local: dt.datetime) -> Iterator[dt.datetime]:
        for ahead in range(LONGEST_LOOK_AHEAD.days):
            day = local.date() + dt.timedelta(days=ahead)
            midnight = dt.datetime.combine(day, dt.time(), local.tzinfo)
            for span in self._spans(day):
                yield midnight + dt.timedelta(minutes=span.opens)

    def _spans(self, day: dt.date) -> tuple[Span, ...]:
        return self.workdays if _is_workday(day) else self.weekends


ALWAYS = Hours((Span(0, 24 * 60),), (Span(0, 24 * 60),))
"""Around the clock: a line that names no hours (GB/T 33358-2016), a desk of which none are known."""


def calendar_fault(today: dt.date) -> str | None:
    """What is wrong with the calendar of days off, and the remedy; None while it reaches far enough.
    The notice for a year comes in the November before it."""
    last = max(chinese_calendar.holidays).year
    if (today + WARNING_AHEAD).year <= last:
        return None
    return (
        f"public holidays are known up to {last} only, after that the weekday decides; "
        "bring the package chinesecalendar up to date"
    )


def _is_workday(day: dt.date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # not announced yet
        return day.isoweekday() <= 5
