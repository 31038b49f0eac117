"""The telephone's side: webhooks beside the ceiling, a recorded call's steps under an even load, and whole
calls as fast as they can be filed."""

import time
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
ROUND_SECONDS = 2
"""The longest for each kind in each round."""
CONNECTIONS = 8
SHARE_OF_CEILING = 0.22

CALLS_A_SECOND = 20
EVEN_SECONDS = 20
PAUSE = 0.15
"""Seconds between two webhooks of a call: all seven take a second."""

WHOLE_CALLS = 600
WHOLE_SECONDS = 20
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
    """Answers a second of each kind. Of the callers every other one presses 1, the rest nothing; all of
    them wait at once then, and everyone's place in the queue is counted again in each round."""
    people = list(islice(callers(line.settings), count))
    rates = {
        CEILING: _rate(line.ceiling_port, [_once(p.rings()) for p in people]),
        UNWRITTEN: _rate(line.port, [_once(p.still_rings()) for p in people]),
        "/ivr/voice": _rate(line.port, [_hears(p, p.rings()) for p in people]),
    }
    greeted = [p for p in people if p.heard]
    silent, in_danger = greeted[::2], greeted[1::2]
    rates["step: no key"] = _rate(line.port, [_hears(p, p.says_nothing(p.heard)) for p in silent])
    rates["step: danger"] = _rate(line.port, [_hears(p, p.presses_1(p.heard)) for p in in_danger])
    waiting = [p for p in greeted if b"node=greeting" not in p.heard]
    rates["step: round of waiting"] = _rate(
        line.port, [_once(p.still_waits(p.heard)) for p in waiting]
    )
    rates["call ends"] = load.run(
        line.port, [_once(p.has_hung_up()) for p in greeted], connections=CONNECTIONS
    ).rate
    return rates


def _rate(port: int, talks: list[Talk]) -> float:
    return load.run(port, talks, connections=CONNECTIONS, at_most=ROUND_SECONDS).rate


def _once(ask: Ask) -> Talk:
    yield ask


def _hears(person: Caller, ask: Ask) -> Talk:
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
    outcome = load.run(line.port, talks, every=1 / CALLS_A_SECOND)
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
    before, worked, begun = _waiting(line), line.worked(), time.perf_counter()
    talks = [person.recorded_call() for person in islice(callers(line.settings), WHOLE_CALLS)]
    answered = load.run(line.port, talks, connections=CONNECTIONS, at_most=WHOLE_SECONDS)
    calls = answered.talks
    if (filed := _waiting(line) - before) != calls:
        raise Failed(f"of {calls} calls {filed} are on the queue")
    _wait_until_stored(line)
    stored = time.perf_counter() - begun
    return [
        _per_second("whole calls: on the queue", calls, answered.seconds, f"{calls} calls"),
        _per_second("  and recording fetched, sealed, stored", calls, stored),
        Figure("  processor time of one", _shares(worked, line.worked(), calls)),
    ]


def _per_second(name: str, calls: int, seconds: float, note: str = "") -> Figure:
    rate = calls / seconds
    return at_least(name, f"{rate:.0f} a second", rate, FILED_A_SECOND, note)


def _shares(before: dict[str, float], after: dict[str, float], calls: int) -> str:
    """Milliseconds for each call, the largest first."""
    used = {name: (after[name] - before[name]) / calls * 1000 for name in after}
    largest = sorted(used.items(), key=lambda share: -share[1])
    return ", ".join(f"{name} {ms:.1f}" for name, ms in largest if ms >= 0.1) + " ms"


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
