"""The engine behind one step, without database and network: from what was heard at a place to the next
place, and that place as a document."""

import time
from statistics import median

from ivr.flow import load_all
from ivr.nodes import Flow
from ivr.session import Event, Heard, Where, advance
from ivr.twiml import Values, render
from tests.bench.table import Figure, below

BUDGET = 100
"""Microseconds for a step."""
ROUNDS = 9
STEPS = 40
"""In each round, in which every place has its turn. The quickest counts: whatever else the machine does
can only make one slower."""
VALUES = Values(
    base_url="https://line.example.org",
    fields={"pin": "4711", "ahead": "2"},
    conference="call-CA" + "0" * 32,
    call_sid="CA" + "0" * 32,
)


def one_step() -> list[Figure]:
    """The greeting, and all places of all flows; µs and the share of the budget."""
    places = [(flow, node) for flow in load_all().values() for node in flow.nodes]
    rounds = [[_round(flow, node) for flow, node in places] for _ in range(ROUNDS)]
    quickest = map(min, zip(*rounds, strict=True))
    taken = {
        (flow.name, node): seconds / STEPS * 1e6
        for (flow, node), seconds in zip(places, quickest, strict=True)
    }
    slowest = max(taken, key=lambda place: taken[place])
    return [
        _figure("engine, one step: the greeting", taken["12355", "greeting"]),
        _figure("  median of all places", median(taken.values()), f"{len(taken)} places"),
        _figure("  the slowest place", taken[slowest], ", ".join(slowest)),
    ]


def _figure(name: str, microseconds: float, note: str = "") -> Figure:
    shown = f"{microseconds:.0f} µs  {microseconds / BUDGET:.2f} of the budget"
    return below(name, shown, microseconds, f"< {BUDGET} µs", note)


def _round(flow: Flow, node: str) -> float:
    """Processor seconds of a caller who does nothing at this place."""
    where = Where(flow.name, node, flow.languages[0], tries=0, step=3, report="10010131")
    began = time.thread_time()
    for _ in range(STEPS):
        advance(flow, where, Heard(Event.timeout))
        render(flow, where, VALUES)
    return time.thread_time() - began
