"""`make bench`: measures, prints one table, and leaves nothing behind. Ends with 1 only if something could
not be measured; an aim that was missed stands in the table."""

import signal
import sys
import time
from collections.abc import Iterator

from hotline.embedded.processes import CannotStart
from tests.bench import (
    alerts,
    alike,
    clicks,
    console,
    crowd,
    engine,
    line,
    pages,
    search,
    webhooks,
)
from tests.bench.line import Line
from tests.bench.load import Failed
from tests.bench.table import Figure, drawn


def main() -> int:
    """Measure everything once; the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(line.machine(), flush=True)
    figures: list[Figure] = []
    begun = time.monotonic()
    try:
        with line.standing() as standing:
            for figure in _everything(standing):
                figures.append(figure)
                _progress(begun, figure)
    except (Failed, CannotStart, AssertionError) as fault:
        print(f"\nNot measured: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    finally:
        print(f"\n{drawn(figures)}\n\n{time.monotonic() - begun:.0f} s in all")
    return 0


def _everything(running: Line) -> Iterator[Figure]:
    yield from engine.one_step()
    yield from alike.figures()
    running.start_far_ends()
    running.start_web()
    yield from webhooks.beside_the_ceiling(running)
    running.empties()
    running.start_the_others()
    yield from webhooks.evenly(running)
    yield from webhooks.as_fast_as_possible(running)
    yield from alerts.clicks(running)
    yield from alerts.many_at_once(running)
    yield from console.queue_pages(running)
    yield clicks.to_the_colleague(running)
    yield from pages.all_of_them(running)
    yield from search.answers(running)
    yield from crowd.together(running)


def _progress(begun: float, figure: Figure) -> None:
    print(f"{time.monotonic() - begun:5.0f} s  {figure.name}  {figure.measured}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
