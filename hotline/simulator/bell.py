"""One lock for the whole network, and one bell that rings at every change.

Waiting calls have conditions of their own on the same lock, so that two hundred of them do not
wake each other; those who look at everything (the page, a driver) wait for the bell.
"""

from collections.abc import Callable
from threading import Condition, RLock


class Bell:
    """Never hold the lock while doing anything that can take time."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.version = 0
        self._changed = Condition(self.lock)

    def condition(self) -> Condition:
        return Condition(self.lock)

    def ring(self) -> None:
        """Something has changed."""
        with self.lock:
            self.version += 1
            self._changed.notify_all()

    def wait_for(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Wait until `ready`, at most so long; whether it was."""
        with self.lock:
            return self._changed.wait_for(ready, seconds)
