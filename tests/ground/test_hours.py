"""When a line is open: over weekends, the spring festival and its make-up working days."""

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from pydantic import TypeAdapter, ValidationError

from hotline.hours import ALWAYS, Hours, calendar_fault

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = {"workdays": ["08:30-12:00", "13:30-17:30"], "weekends": []}


def _hours(table: Mapping[str, object]) -> Hours:
    return TypeAdapter(Hours).validate_python(table)


def _utc(local: str) -> dt.datetime:
    """A moment in UTC, as people in Shanghai write it."""
    return dt.datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(dt.UTC)


def _next(hours: Hours, local: str) -> str | None:
    opens = hours.opens_next(_utc(local), ZONE)
    return opens.isoformat(timespec="minutes") if opens else None


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2026-11-23T08:29:59", False),
        ("2026-11-23T08:30:00", True),
        ("2026-11-23T11:59:59", True),
        ("2026-11-23T12:00:00", False),
        ("2026-11-23T13:30:00", True),
        ("2026-11-23T17:30:00", False),
        ("2026-11-23T00:30:00", False),
        ("2026-11-22T10:00:00", False),
    ],
)
def test_a_line_is_open_from_its_first_minute_to_before_its_last(local, is_open):
    assert _hours(OFFICE).open_at(_utc(local), ZONE) is is_open


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        ("2026-02-13", True),
        ("2026-02-14", True),  # a Saturday, made up for the festival
        ("2026-02-15", False),
        ("2026-02-16", False),  # a Monday, New Year's eve
        ("2026-02-17", False),
        ("2026-02-20", False),
        ("2026-02-23", False),  # a Monday, the last day off
        ("2026-02-24", True),
        ("2026-02-28", True),  # a Saturday, made up
        ("2026-03-01", False),
    ],
)
def test_days_around_the_spring_festival_of_2026(day, is_open):
    assert _hours(OFFICE).open_at(_utc(f"{day}T10:00"), ZONE) is is_open
    weekends_only = _hours({"weekends": ["09:00-17:00"]})
    assert weekends_only.open_at(_utc(f"{day}T10:00"), ZONE) is not is_open


def test_when_it_opens_next():
    office = _hours(OFFICE)
    assert _next(office, "2026-11-23T07:00") == "2026-11-23T08:30+08:00"
    assert _next(office, "2026-11-23T08:30") == "2026-11-23T13:30+08:00"
    assert _next(office, "2026-11-23T12:10") == "2026-11-23T13:30+08:00"
    assert _next(office, "2026-11-27T17:30") == "2026-11-30T08:30+08:00"
    assert _next(office, "2026-02-14T17:30") == "2026-02-24T08:30+08:00"
    assert _next(_hours({}), "2026-02-14T17:30") is None
    assert _next(_hours({"weekends": ["09:00-17:00"]}), "2026-02-24T09:00") == (
        "2026-03-01T09:00+08:00"
    )


def test_a_line_without_hours_is_always_open_and_one_with_empty_hours_never():
    for hour in range(24):
        at = _utc(f"2026-02-17T{hour:02}:00")
        assert ALWAYS.open_at(at, ZONE)
        assert not _hours({}).open_at(at, ZONE)
        assert _hours({"weekends": ["00:00-24:00"]}).open_at(at, ZONE)


def test_the_zone_decides_which_day_it_is():
    late_on_friday_in_utc = dt.datetime(2026, 11, 27, 20, tzinfo=dt.UTC)
    around_the_clock = _hours({"workdays": ["00:00-24:00"]})
    assert not around_the_clock.open_at(late_on_friday_in_utc, ZONE)
    assert around_the_clock.open_at(late_on_friday_in_utc, dt.UTC)


def test_in_a_year_not_announced_the_weekday_decides():
    unknown = max(chinese_calendar.holidays).year + 1
    new_year = dt.datetime(unknown, 1, 1, 10, tzinfo=ZONE)
    for ahead in range(14):
        at = new_year + dt.timedelta(days=ahead)
        assert _hours(OFFICE).open_at(at, ZONE) is (at.isoweekday() <= 5)


def test_the_calendar_is_at_fault_two_weeks_before_it_ends():
    last = max(chinese_calendar.holidays).year
    assert last >= 2026
    assert calendar_fault(dt.date(last, 12, 17)) is None
    assert f"known up to {last} only" in str(calendar_fault(dt.date(last, 12, 18)))
    assert calendar_fault(dt.date(last + 1, 6, 1))


@pytest.mark.parametrize(
    "table",
    [
        {"workdays": ["08:30"]},
        {"workdays": ["08:30-"]},
        {"workdays": ["8:30-12:00"]},
        {"workdays": ["08:60-12:00"]},
        {"workdays": ["12:00-08:30"]},
        {"workdays": ["08:30-08:30"]},
        {"workdays": ["08:30-24:01"]},
        {"workdays": ["morning-evening"]},
        {"workdays": ["13:30-17:30", "08:30-12:00"]},
        {"workdays": ["08:30-12:00", "11:59-13:00"]},
        {"workdays": [830]},
        {"holidays": ["08:30-12:00"]},
    ],
)
def test_hours_that_cannot_be_read_are_refused(table):
    with pytest.raises(ValidationError):
        _hours(table)


def test_hours_may_follow_each_other_without_a_break():
    hours = _hours({"workdays": ["08:30-12:00", "12:00-13:00"]})
    assert hours.open_at(_utc("2026-11-23T12:00"), ZONE)
