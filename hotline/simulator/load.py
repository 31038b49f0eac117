"""Many callers at once, each following a plan."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from threading import Lock

from hotline.simulator.calls import Act
from hotline.simulator.exchange import Exchange
from hotline.simulator.life import dial_in


@dataclass(frozen=True)
class Load:
    """`calls` callers dial `to`, `at_once` at a time, begun at `per_second` (0: no pause)."""

    to: str
    plan: Sequence[Act]
    calls: int
    at_once: int
    per_second: float = 0


def start(exchange: Exchange, load: Load) -> None:
    """Begin the load in the background."""
    exchange.expect(load.calls)
    turns, lock, began = iter(range(load.calls)), Lock(), time.monotonic()
    for _ in range(min(load.at_once, load.calls)):
        exchange.begin(_callers, exchange, load, turns, lock, began)


def _callers(
    exchange: Exchange, load: Load, turns: Iterator[int], lock: Lock, began: float
) -> None:
    while True:
        with lock:
            turn = next(turns, None)
        if turn is None:
            return
        if load.per_second:
            time.sleep(max(0, began + turn / load.per_second - time.monotonic()))
        call = dial_in(exchange, _number(), load.to, load.plan)
        exchange.expect(-1)
        with exchange.bell.lock:
            call.news.wait_for(lambda: call.over)  # noqa: B023 - waits before the next turn


_numbers = count()


def _number() -> str:
    """Somebody else each time, of the numbers that this project uses for nobody."""
    return f"1380000{5000 + next(_numbers) % 5000}"
