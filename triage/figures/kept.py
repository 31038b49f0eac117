"""Figures of many calls are counted ahead: a month of a busy line takes a second to count, and whoever opens
the page should not wait for that. They lie in Redis until they are counted anew; without Redis, before the
first round, and while there are few calls, they are counted for whoever asks.
"""

import datetime as dt
import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import redis
from sqlalchemy import orm

from hotline import clock, db, queues
from triage.figures import queries
from triage.figures.queries import A_DAY, Overview

AHEAD = (7 * A_DAY, 30 * A_DAY)
"""What is counted ahead. The last day is told as it stands."""
MANY = 5_000
"""Calls; fewer are counted in some ten milliseconds."""
KEPT_FOR = dt.timedelta(minutes=30)
"""Of three rounds one may fail. Older figures are none."""


def overview(session: orm.Session, since: dt.timedelta) -> tuple[Overview, dt.datetime]:
    """The calls that came in within that time, and the moment (UTC) they were counted."""
    return _read(since) or (queries.told(queries.count(session, since)), clock.now())


def sweep() -> int:
    """Count ahead; how many stretches of time are kept."""
    return sum(_count(since) for since in AHEAD)


def _count(since: dt.timedelta) -> bool:
    at = clock.now()
    with db.transaction() as session:
        rows = queries.count(session, since)
    [calls] = [row.calls for row in rows if row.of_all]
    many: bool = calls > MANY
    if many:
        kept = {"at": at.isoformat(), "rows": [row._asdict() for row in rows]}
        queues.connection().set(_key(since), json.dumps(kept, default=_plain), ex=KEPT_FOR)
    else:
        queues.connection().delete(_key(since))
    return many


def _key(since: dt.timedelta) -> str:
    return f"figures:{since.days}"


def _read(since: dt.timedelta) -> tuple[Overview, dt.datetime] | None:
    try:
        text: Any = queues.connection().get(_key(since)) if since in AHEAD else None
        found = json.loads(text) if text else None
        return found and (queries.told(_rows(found)), dt.datetime.fromisoformat(found["at"]))
    except redis.RedisError:
        return None
    except AttributeError:  # counted by another release, which did not know all of today's figures
        return None


def _rows(found: Any) -> list[SimpleNamespace]:
    return [SimpleNamespace(**{**row, "begins": _moment(row["begins"])}) for row in found["rows"]]


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) else value.isoformat()


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
