"""The clock process: does whatever has fallen due, whoever was meant to do it and did not.

Each duty runs in a thread of its own, so that one that waits for the network holds up no other. Two
sweepers may run: every duty takes its rows with `FOR UPDATE SKIP LOCKED`.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from hotline import health

LONGEST_SILENCE = 60.0
"""Seconds after which a duty that has not come back makes the sweeper count as gone."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to look after every `every` seconds. `run` returns how many rows it worked on."""

    name: str
    run: Callable[[], int]
    every: float = 1.0


def sweep_once(duties: list[Duty]) -> dict[str, int]:
    """One round of each duty, one after the other (for tests and commands)."""
    return {duty.name: duty.run() for duty in duties}


def run(duties: list[Duty], stop: threading.Event) -> None:
    """Look after all duties until `stop` is set, and leave a heartbeat as long as none is stuck."""
    # When each duty's round began, or begins: one that comes seldom is not stuck while it waits.
    rounds = {duty.name: time.monotonic() for duty in duties}
    threads = [
        threading.Thread(target=_look_after, args=(duty, rounds, stop), name=duty.name)
        for duty in duties
    ]
    for thread in threads:
        thread.start()
    health.keep_beating("sweeper", stop, lambda: _none_stuck(rounds))
    for thread in threads:
        thread.join()


def _look_after(duty: Duty, rounds: dict[str, float], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            worked = duty.run()
            if worked:
                log.info("swept", duty=duty.name, rows=worked)
        except Exception as fault:  # one bad round must not end the clock; the next one tries again
            log.exception("duty_failed", duty=duty.name, error=type(fault).__name__)
        rounds[duty.name] = time.monotonic() + duty.every
        stop.wait(duty.every)


def _none_stuck(rounds: dict[str, float]) -> bool:
    return time.monotonic() - min(rounds.values()) < LONGEST_SILENCE
