"""Can webhooks be kept while the database is away, and are they filed afterwards? For those who watch over
the line."""

import datetime as dt
import tempfile
from pathlib import Path

from flask_babel import lazy_gettext as _

from hotline import clock, config
from hotline.checkup import Part
from ivr import spool

LONGEST = dt.timedelta(seconds=60)
"""The sweeper replays every second; what lies for longer is not being filed."""


def _spool() -> str:
    try:
        waiting = list(spool.waiting())
        _write_something(config.current().spool_dir)
    except OSError as fault:
        return f"cannot be written to ({type(fault).__name__})"
    if late := sum(_is_late(path) for path in waiting):
        return f"{late} webhooks are not being replayed"
    set_aside = len(list(config.current().spool_dir.glob(f"*{spool.BAD}")))
    return f"{set_aside} webhooks could not be filed and were set aside" if set_aside else ""


def _write_something(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"fit")


def _is_late(path: Path) -> bool:
    try:
        kept_at = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    except FileNotFoundError:  # replayed meanwhile
        return False
    return clock.now() - kept_at > LONGEST


PART = Part(
    name="spool",
    words=_("来电暂存异常"),
    advice=_("可能有来电还没有补录。请技术人员马上查看，之后核对值守台。"),
    fatal=False,
    grace=5,
    look=_spool,
)
