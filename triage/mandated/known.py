"""When a duty-bound reporter came to know, and how long they took to report it.

They must report at the first moment 第一时间 (paper 000 五(二)2); a delay is pursued by the superior body,
so it is told no more exactly than it is known.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from hotline import config
from triage.mandated.models import Precision

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Known:
    """When somebody came to know. `at` (UTC) is exact, or the first moment of a day in the line's
    zone, as `precision` says."""

    at: dt.datetime
    precision: Precision

    @property
    def day(self) -> dt.date:
        """The day in the line's zone."""
        return self.at.astimezone(config.current().zone).date()


@dataclass(frozen=True, slots=True)
class Delay:
    """From knowing to reporting: exact, or in calendar days where only the day is known; `at_least` if
    it may have been longer."""

    time: dt.timedelta
    exact: bool
    at_least: bool


def from_answers(answers: Mapping[str, str], received: dt.datetime) -> Known | None:
    """What the keys say, seen from when the call came in (UTC), on the calendar of the line's zone:

    - `now`: the moment of the call itself;
    - `today`, `yesterday`: that day, at no known hour;
    - `earlier` with `known_on` (MMDD): the last such day that is not after the call, this year or the
      year before; without a day, or with one that does not exist, the day before yesterday at the latest.

    None if the question was not answered.
    """
    today = received.astimezone(config.current().zone).date()
    match answers.get("known"):
        case "now":
            return Known(received, Precision.minute)
        case "today":
            return on(today)
        case "yesterday":
            return on(today - DAY)
        case "earlier":
            day = _last_such_day(answers.get("known_on", ""), today)
            return on(day) if day else on(today - 2 * DAY, Precision.before)
        case _:
            return None


def on(day: dt.date, precision: Precision = Precision.day) -> Known:
    """That day in the line's zone."""
    return Known(dt.datetime.combine(day, dt.time(), config.current().zone), precision)


def delay(known: Known, reported: dt.datetime) -> Delay:
    """How long it took. Never negative: what is typed later may be put after the call."""
    if known.precision is Precision.minute:
        return Delay(max(reported - known.at, dt.timedelta()), exact=True, at_least=False)
    days = reported.astimezone(config.current().zone).date() - known.day
    before = known.precision is Precision.before
    return Delay(max(days, dt.timedelta()), exact=False, at_least=before)


def _last_such_day(month_and_day: str, today: dt.date) -> dt.date | None:
    if len(month_and_day) != 4 or not month_and_day.isdigit():
        return None
    month, day = int(month_and_day[:2]), int(month_and_day[2:])
    for year in (today.year, today.year - 1):
        try:
            found = dt.date(year, month, day)
        except ValueError:
            continue
        if found <= today:
            return found
    return None
