"""The one clock. Everything that asks what time it is asks here, so that tests can move it."""

import datetime as dt

_shift = dt.timedelta(0)


def now() -> dt.datetime:
    """The present moment, aware, in UTC."""
    return dt.datetime.now(dt.UTC) + _shift


def shift(by: dt.timedelta) -> None:
    """Move this process's clock forward (or back) by `by`. For tests only."""
    global _shift
    _shift += by


def reset() -> None:
    """Undo every `shift`."""
    global _shift
    _shift = dt.timedelta(0)
