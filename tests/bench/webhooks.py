"""The telephone's side: webhooks beside the ceiling, a recorded call's steps under an even load, and whole
calls as fast as they can be filed."""

import time
from collections.abc import Iterable
from itertools import islice
from statistics import median

from tests.bench import load
from tests.bench.caller import Caller, callers
from tests.bench.line import Line
from tests.bench.load import Ask, Failed, Talk
from tests.bench.table import Figure, at_least, below, milliseconds, percentile, spread

CEILING = "constant TwiML (the ceiling)"
UNWRITTEN = "status that writes nothing"
ROUNDS = 7
REQUESTS = 400
CONNECTIONS = 8
SHARE_OF_CEILING = 0.22

CALLS_A_SECOND = 20
EVEN_SECONDS = 20
EVEN_CONNECTIONS = 60
PAUSE = 0.15
"""Seconds between two webhooks of a call: all six take a second."""

WHOLE_CALLS = 600
FILED_A_SECOND = 60
PATIENCE_SECONDS = 60


def beside_the_ceiling(line: Line) -> list[Figure]:
    """Each kind of webhook against constant TwiML, in turns, so that what else the machine does strikes
    all of them alike."""
    rates: dict[str, list[float]] = {}
    _round(line, REQUESTS // 4)
    for _ in range(ROUNDS):
        for name, rate in _round(line, REQUESTS).items():
            rates.setdefault(name, []).append(rate)
    ceiling = rates.pop(CEILING)
    figures = [Figure(CEILING, _a_second(ceiling), note="bare Flask view under the same server")]
    for name, found in rates.items():
        figures += _beside(ceiling, name, found)
    return figures


def _round(line: Line, count: int) -> dict[str, float]:
    """Answers a second of each kind. Of the callers every other one presses 1, the rest nothing."""
    people = list(islice(callers(line.settings), count))
    rates = {
        CEILING: _rate(line.ceiling_port, ((p, p.rings()) for p in people)),
        UNWRITTEN: _rate(line.port, ((p, p.still_rings()) for p in people)),
        "/ivr/voice": _rate(line.port, ((p, p.rings()) for p in people)),
    }
    rates["step: no key"] = _rate(line.port, ((p, p.says_nothing(p.heard)) for p in people[::2]))
    rates["step: danger"] = _rate(line.port, ((p, p.presses_1(p.heard)) for p in people[1::2]))
    return rates


def _rate(port: int, asks: Iterable[tuple[Caller, Ask]]) -> float:
    talks = [_one(person, ask) for person, ask in asks]
    return load.run(port, talks, connections=CONNECTIONS).rate


def _one(person: Caller, ask: Ask) -> Talk:
    person.heard = yield ask


def _beside(ceiling: list[float], name: str, rates: list[float]) -> list[Figure]:
    shares = [rate / most for rate, most in zip(rates, ceiling, strict=True)]
    shown = f"{spread(shares)} of the ceiling"
    if name == UNWRITTEN:
        return [Figure(name, _a_second(rates)), Figure("", shown)]
    return [
        Figure(name, _a_second(rates)),
        at_least("", shown, median(shares), SHARE_OF_CEILING),
    ]


def _a_second(rates: list[float]) -> str:
    return f"{spread(rates, '{:.0f}')} a second"


def evenly(line: Line) -> list[Figure]:
    """The steps of recorded calls that begin at an even pace, whether or not earlier ones have been
    answered, with all processes at work."""
    people = islice(callers(line.settings), CALLS_A_SECOND * EVEN_SECONDS)
    talks = [person.recorded_call(PAUSE) for person in people]
    outcome = load.run(line.port, talks, connections=EVEN_CONNECTIONS, every=1 / CALLS_A_SECOND)
    _wait_until_stored(line)
    everything = [seconds for waited in outcome.waited.values() for seconds in waited]
    figures = [_waited(f"webhooks at {CALLS_A_SECOND} calls a second", everything)]
    return figures + [_waited(f"  {name}", waited) for name, waited in outcome.waited.items()]


def _waited(name: str, seconds: list[float]) -> Figure:
    slowest = percentile(seconds, 0.99) * 1000
    return below(name, milliseconds(seconds, 0.5, 0.99), slowest, "p99 < 50 ms")


def as_fast_as_possible(line: Line) -> list[Figure]:
    """Whole recorded calls, from the first webhook until every report stands on the queue and every
    recording lies sealed in the storage."""
    before, begun = _waiting(line), time.perf_counter()
    talks = [person.recorded_call() for person in islice(callers(line.settings), WHOLE_CALLS)]
    answered = load.run(line.port, talks, connections=CONNECTIONS).seconds
    if (filed := _waiting(line) - before) != WHOLE_CALLS:
        raise Failed(f"of {WHOLE_CALLS} calls {filed} are on the queue")
    _wait_until_stored(line)
    stored = time.perf_counter() - begun
    return [
        _calls("whole calls: on the queue", answered, f"{WHOLE_CALLS} calls, 6 webhooks each"),
        _calls("  and recording fetched, sealed, stored", stored, "one worker"),
    ]


def _calls(name: str, seconds: float, note: str) -> Figure:
    rate = WHOLE_CALLS / seconds
    return at_least(name, f"{rate:.0f} a second", rate, FILED_A_SECOND, note)


def _waiting(line: Line) -> int:
    [(count,)] = line.query("SELECT count(*) FROM reports WHERE status = 'waiting'")
    return int(count)


def _wait_until_stored(line: Line) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := _not_stored(line)) > 0:
        if time.monotonic() > deadline:
            raise Failed(f"{left} recordings are not stored after {PATIENCE_SECONDS} s")
        time.sleep(0.05)


def _not_stored(line: Line) -> int:
    [(count,)] = line.query("SELECT count(*) FROM recordings WHERE status <> 'stored'")
    return int(count)
