"""`make faults`: 200 alerts in four minutes, with a network that fails, while `kill -9` meets web, workers,
sweeper, Redis and PostgreSQL at random. Ends with 1 if an alert was lost or was silent for too long.

An argument is the number of alerts, to try it out with fewer. It takes five to seven minutes, and ends by
itself."""

import datetime as dt
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hotline.embedded.processes import CannotStart
from tests.bench.line import machine
from tests.bench.pocket import evenly, pocket
from tests.bench.table import Figure, below, drawn, percentile
from tests.faults import account, house, scene
from tests.faults.account import Account
from tests.faults.house import House
from tests.faults.scene import Officer

ALERTS = 200
SECONDS_EACH = 1.2
ACK_SECONDS = 8
"""In place of 60, so that every step of the policy is taken within the run."""
CLOCKS = {
    "alert_ack_seconds": ACK_SECONDS,
    "page_officers_seconds": 36_000,
    "page_supervisors_seconds": 36_000,
    "auto_forward_seconds": 0,
}
MOST_SILENCE = 30
READY_SECONDS = 60
SETTLES_WITHIN = 180.0


def main() -> int:
    """Run it once; the exit status."""
    house.until_told()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ALERTS
    print(machine(), flush=True)
    try:
        figures = run(count)
    except CannotStart as fault:
        print(f"\nNot measured: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    print(f"\n{drawn(figures)}\n\nWhat the processes said stands in {house.LOG}")
    return int(any(figure.met is False for figure in figures))


def run(count: int) -> list[Figure]:
    """So many alerts, and what became of them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-faults-")))
        line = stack.enter_context(house.standing(folder, CLOCKS))
        network = stack.enter_context(pocket(line.settings))
        places = scene.stations(network)
        numbers = scene.reports(places, count)
        _wait_until_it_runs(line)
        officer = Officer()
        with _killing(line), network.out_of_order(), _listening(officer):
            for index in evenly(count * SECONDS_EACH, count):
                officer.raises(numbers[index])
        with _listening(officer):
            _settle()
        reckoned = account.reckon(network.exchange, dt.timedelta(seconds=ACK_SECONDS))
        return list(_figures(reckoned, line, officer))


def _wait_until_it_runs(line: House) -> None:
    """Every part says that it is well."""
    until = time.monotonic() + READY_SECONDS
    while not line.ready():
        if time.monotonic() > until:
            raise CannotStart(f"not ready after {READY_SECONDS} s; see what the processes said")
        time.sleep(0.5)


@contextmanager
def _killing(line: House) -> Iterator[None]:
    with _thread(lambda over: line.killing(over, scene.dice())):
        yield


@contextmanager
def _listening(officer: Officer) -> Iterator[None]:
    with _thread(officer.hears_alarms):
        yield


@contextmanager
def _thread(work: Callable[[threading.Event], None]) -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=work, args=(over,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _settle() -> None:
    """Until somebody has every alert, or for as long as is bearable."""
    until = time.monotonic() + SETTLES_WITHIN
    while time.monotonic() < until and scene.running():
        time.sleep(1)


def _figures(reckoned: Account, line: House, officer: Officer) -> Iterator[Figure]:
    yield Figure(
        "alerts raised", str(reckoned.raised), note=f"clicked again {officer.clicks_again}"
    )
    yield Figure("  reached a telephone", str(reckoned.reached))
    by = ", ".join(f"{how} {count}" for how, count in sorted(reckoned.by.items()))
    yield Figure("  acknowledged", str(reckoned.acknowledged), note=by)
    yield _none("  lost", len(reckoned.lost) + len(officer.raised) - reckoned.raised)
    yield Figure("requests that a network took", str(reckoned.sent))
    yield Figure("  more than once for one message", str(reckoned.duplicates))
    yield Figure("click until at the network", _seconds(reckoned.first))
    longest, whose = max(reckoned.silences)
    aim = f"< {MOST_SILENCE} s"
    yield below("longest silence of an alert", f"{longest:.1f} s", longest, aim, whose)
    every = [seconds for seconds, _ in reckoned.silences]
    yield Figure("  of all steps", _seconds(every), note="due until at the network")
    killed = ", ".join(f"{kind} {count}" for kind, count in sorted(line.killed.items()))
    yield Figure("processes killed", str(line.killed.total()), note=killed)


def _none(name: str, count: int) -> Figure:
    return Figure(name, str(count), "0", count == 0)


def _seconds(values: list[float]) -> str:
    p50, p95 = percentile(values, 0.5), percentile(values, 0.95)
    return f"p50 {p50:.2f}  p95 {p95:.2f}  max {max(values):.2f} s"


if __name__ == "__main__":
    sys.exit(main())
