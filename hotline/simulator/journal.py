"""What happened, for the page and for the driver: events, the debugger's errors, timings."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

_EVENTS = 400
_ERRORS = 200
_TIMINGS = 50_000


@dataclass(frozen=True)
class Event:
    """One line of the log. `at` is seconds since the epoch, `ms` how long the exchange took."""

    at: float
    kind: str
    text: str
    status: int | None = None
    ms: float | None = None
    sid: str = ""


@dataclass(frozen=True)
class DebuggerError:
    """What the network's debugger would show, under the network's own error code."""

    at: float
    code: int
    message: str
    sid: str = ""
    url: str = ""


class Journal:
    """Bounded lists; `bell` is called after each new line."""

    def __init__(self, bell: Callable[[], None]) -> None:
        self._bell = bell
        self._lock = Lock()
        self._events: deque[Event] = deque(maxlen=_EVENTS)
        self._errors: deque[DebuggerError] = deque(maxlen=_ERRORS)
        self._timings: deque[tuple[str, float]] = deque(maxlen=_TIMINGS)

    def event(
        self,
        kind: str,
        text: str,
        status: int | None = None,
        ms: float | None = None,
        sid: str = "",
    ) -> None:
        with self._lock:
            self._events.append(Event(time.time(), kind, text, status, ms, sid))
            if ms is not None:
                self._timings.append((kind, ms))
        self._bell()

    def error(self, code: int, message: str, sid: str = "", url: str = "") -> None:
        with self._lock:
            self._errors.append(DebuggerError(time.time(), code, message, sid, url))
        self._bell()

    def forget(self) -> None:
        """Empty all lists, as between two measurements."""
        with self._lock:
            self._events.clear()
            self._errors.clear()
            self._timings.clear()
        self._bell()

    @property
    def events(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(event) for event in self._events]

    @property
    def errors(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(error) for error in self._errors]

    @property
    def timings(self) -> list[tuple[str, float]]:
        """(kind, milliseconds) of every exchange that was timed."""
        with self._lock:
            return list(self._timings)
