"""Alerts on their way out: the click while calls come in, and a thousand that fall due in the same second."""

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import sqlalchemy as sa

from hotline import audit, clock, db
from tests.bench import console, load
from tests.bench.caller import callers
from tests.bench.line import Line
from tests.bench.load import Failed
from tests.bench.table import Figure, below, percentile
from tests.bench.webhooks import CALLS_A_SECOND, PAUSE
from triage.alerts import service
from triage.intake import service as intake
from triage.intake.models import Report

CLICKS = 50
DUE = 1_000
DUE_IN_SECONDS = 3
PATIENCE_SECONDS = 300
MOST_SECONDS = 30
CALLS_GO_ON_SECONDS = 30

FALL_DUE = """
    UPDATE alerts SET next_step_at = %(due)s WHERE status = 'raised' RETURNING id
"""


def clicks(line: Line) -> Iterator[Figure]:
    """The click, when nothing else happens and while calls come in."""
    numbers = console.emergencies(line, 2 * CLICKS)
    yield console.forwards(line, numbers[:CLICKS], "forward until at the network")
    with _calls(line):
        name = f"  at {CALLS_A_SECOND} calls a second"
        yield console.forwards(line, numbers[CLICKS:], name)


@contextmanager
def _calls(line: Line) -> Iterator[None]:
    """Recorded calls begin at an even pace meanwhile."""
    people = islice(callers(line.settings), CALLS_A_SECOND * CALLS_GO_ON_SECONDS)
    talks = [person.recorded_call(PAUSE) for person in people]
    pace = {"every": 1 / CALLS_A_SECOND}
    calling = threading.Thread(target=load.run, args=(line.port, talks), kwargs=pace)
    calling.start()
    time.sleep(1)
    try:
        yield
    finally:
        calling.join()


def many_at_once(line: Line) -> Iterator[Figure]:
    """The call that is each alert's next step, all due in the same second."""
    line.empties()
    texted = len(line.far_end()["messages"])
    for index in range(DUE):
        _raise(index)
    _until(line, "messages", texted + DUE)
    due = clock.now() + dt.timedelta(seconds=DUE_IN_SECONDS)
    begun = time.monotonic() + DUE_IN_SECONDS
    before = len(line.far_end()["calls"])
    line.query(FALL_DUE, due=due)
    waited = [moment - begun for moment in _until(line, "calls", before + DUE)[before:]]
    shown = f"p50 {percentile(waited, 0.5):.1f}  last {max(waited):.1f} s"
    name = f"{DUE:,} alerts due in one second: the last call placed".replace(",", " ")
    yield below(name, shown, max(waited), f"last < {MOST_SECONDS} s")


def _raise(index: int) -> None:
    arrival = intake.Arrival(f"CA{index:032}", "+8610000000001", "12355", "12355", clock.now())
    with db.transaction() as session:
        number = intake.file_report(session, arrival)
        report = session.scalars(sa.select(Report.id).where(Report.number == number)).one()
        service.raise_alert(session, report, audit.SWEEPER)


def _until(line: Line, kind: str, count: int) -> list[float]:
    """Wait until so many have reached the network: when each did."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(moments := line.far_end()[kind]) < count:
        if time.monotonic() > deadline:
            raise Failed(f"{len(moments)} of {count} {kind} at the network in {PATIENCE_SECONDS} s")
        time.sleep(0.2)
    return [float(moment) for moment in moments]
