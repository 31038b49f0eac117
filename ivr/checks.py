"""What several keys must be to count: known without a database, so that a caller is never kept waiting."""

import datetime as dt
from collections.abc import Callable

from hotline import checkdigits
from ivr.nodes import Check, Entry

LEAP_YEAR = 2024


def holds(entry: Entry, keys: str) -> bool:
    """Whether these keys are a complete and possible entry."""
    return (
        keys.isascii()
        and keys.isdigit()
        and entry.least <= len(keys) <= entry.most
        and _CHECKS[entry.check](keys)
    )


def _anything(keys: str) -> bool:
    return True


def _month_day(keys: str) -> bool:
    try:
        dt.date(LEAP_YEAR, int(keys[:2]), int(keys[2:]))
    except ValueError:
        return False
    return len(keys) == len("MMDD")


_CHECKS: dict[Check, Callable[[str], bool]] = {
    Check.any: _anything,
    Check.check_digits: checkdigits.holds,
    Check.month_day: _month_day,
}
