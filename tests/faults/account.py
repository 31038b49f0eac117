"""What became of each alert: reckoned from what the networks' far end has seen and what stands in the
database."""

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from hotline import db
from hotline.simulator.exchange import Exchange
from triage.alerts.models import Alert, AlertLog, LogKind

_OURS = re.compile(r"[?&]message=(\d+)")
STEPS = (LogKind.step, LogKind.alarm)


@dataclass
class Account:
    """Counts, and seconds. `first` from the click to the first request that a network had; `silences`
    from the moment at which each step was due to the first request of that step."""

    raised: int = 0
    reached: int = 0
    acknowledged: int = 0
    by: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    duplicates: int = 0
    first: list[float] = field(default_factory=list)
    silences: list[tuple[float, str]] = field(default_factory=list)
    """Each with whose it was."""
    lost: list[int] = field(default_factory=list)
    """Alerts that no telephone heard of and that nobody has."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A step of one alert, as it stands in the log."""

    at: dt.datetime
    messages: list[int]


def reckon(exchange: Exchange, wait: dt.timedelta) -> Account:
    """`wait` is what each step is given before the next one is due."""
    arrivals = _arrivals(exchange)
    account = Account(
        sent=sum(map(len, arrivals.values())),
        duplicates=sum(len(times) - 1 for times in arrivals.values()),
    )
    with db.transaction() as session:
        for alert in session.scalars(sa.select(Alert).order_by(Alert.id)):
            lines = session.scalars(
                sa.select(AlertLog)
                .where(AlertLog.alert_id == alert.id, AlertLog.kind.in_(STEPS))
                .where(AlertLog.message_id.is_not(None))
                .order_by(AlertLog.id)
            ).all()
            _enter(account, alert, _steps(lines), arrivals, wait)
    return account


def _arrivals(exchange: Exchange) -> dict[int, list[dt.datetime]]:
    """When the network took each message of ours, every time that it did."""
    found: dict[int, list[dt.datetime]] = defaultdict(list)
    with exchange.bell.lock:
        texts = [(one.callback.url, one.created) for one in exchange.messages.values()]
        calls = [(one.callback.url, one.created) for one in exchange.calls.values()]
    for url, when in texts + calls:
        if ours := _OURS.search(url):
            found[int(ours[1])].append(when)
    return found


def _steps(lines: Sequence[AlertLog]) -> list[_Step]:
    steps: dict[int, _Step] = {}
    for line in lines:
        step = steps.setdefault(line.step, _Step(line.at, []))
        assert line.message_id
        step.messages.append(line.message_id)
    return list(steps.values())


def _enter(
    account: Account,
    alert: Alert,
    steps: list[_Step],
    arrivals: dict[int, list[dt.datetime]],
    wait: dt.timedelta,
) -> None:
    account.raised += 1
    heard = [when for step in steps for number in step.messages for when in arrivals[number]]
    if alert.acknowledged_at:
        account.acknowledged += 1
        account.by[alert.acknowledged_how or ""] += 1
    if heard:
        account.reached += 1
        account.first.append((min(heard) - alert.raised_at).total_seconds())
    elif not alert.acknowledged_at:
        account.lost.append(alert.id)
    due = alert.raised_at
    for place, step in enumerate(steps):
        since = [number for later in steps[place:] for number in later.messages]
        silence = _silence(alert, since, min(due, step.at), arrivals)
        taken = f"step {place + 1}, taken at {step.at:%H:%M:%S}, messages {step.messages}"
        account.silences.append((silence, f"alert {alert.number}, {taken}"))
        due = step.at + wait
    if alert.acknowledged_at is None:
        silence = (dt.datetime.now(dt.UTC) - due).total_seconds()
        account.silences.append((silence, f"alert {alert.number}, after its last step"))


def _silence(
    alert: Alert, messages: list[int], due: dt.datetime, arrivals: dict[int, list[dt.datetime]]
) -> float:
    """From when a step was due until the network had a message of it, or of a later one because those of
    this one were refused; or until somebody acknowledged."""
    ends = [when for number in messages for when in arrivals[number] if when > due]
    if alert.acknowledged_at:
        ends.append(alert.acknowledged_at)
    end = min(ends) if ends else dt.datetime.now(dt.UTC)
    return (end - due).total_seconds()
