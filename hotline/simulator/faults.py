"""What can be made to go wrong, switched while the network runs."""

import random
from dataclasses import asdict, dataclass, field, fields
from threading import Lock
from typing import Any


class FaultError(ValueError):
    """An unknown fault, or a value of the wrong type."""


@dataclass
class Switches:
    """The faults. A number is how many times, a probability is between 0 and 1."""

    media_late: int = 0  # 404s before a recording's media appears
    recordings_fail: bool = False  # RecordingStatus=failed, and no media
    callback_copies: int = 1  # each status callback so many times, at once
    callbacks_shuffled: bool = False  # the later overtakes the earlier; recording before action
    callbacks_dropped: float = 0.0  # probability that a status callback is never sent
    webhooks_lost: float = 0.0  # probability that any webhook never arrives: a time-out
    request_copies: int = 1  # each request for TwiML so many times, at once
    sms_undelivered: dict[str, int] = field(default_factory=dict)  # number -> error code; "*" all
    sms_odd_words: bool = False  # statuses that no document lists
    nobody_answers: bool = False
    rest_errors: int = 0  # so many REST requests answer 503 and are not processed
    rest_throttled: int = 0  # so many answer 429 / 20429 and are not processed
    rest_hangs: int = 0  # so many are never answered nor processed
    rest_answers_lost: int = 0  # so many are processed, and the connection breaks before the answer
    rest_resource: str = ""  # only `Messages`, `Calls` or `Recordings`; empty: all of them
    seed: int = 0  # of the dice for `callbacks_dropped` and `webhooks_lost`


class Faults:
    """The switches, safe to read and to use up from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._dice = random.Random(0)  # noqa: S311 - a repeatable fault, no secret
        self.switches = Switches()

    def change(self, changes: dict[str, Any]) -> None:
        """Set some of the switches. Raises FaultError and changes nothing when one is wrong."""
        kinds = {f.name: type(getattr(Switches(), f.name)) for f in fields(Switches)}
        for name, value in changes.items():
            if name not in kinds:
                raise FaultError(f"no such fault: {name}")
            if not isinstance(value, kinds[name]) and not (
                kinds[name] is float and value in (0, 1)
            ):
                raise FaultError(f"{name} must be {kinds[name].__name__}, not {value!r}")
        with self._lock:
            for name, value in changes.items():
                setattr(self.switches, name, value)
            self._dice.seed(self.switches.seed)

    def heal(self) -> None:
        """Everything works again."""
        with self._lock:
            self.switches = Switches()
            self._dice.seed(0)

    def use(self, name: str, resource: str) -> bool:
        """Use up one of a counted REST fault, if it is on for this resource."""
        with self._lock:
            left: int = getattr(self.switches, name)
            if left <= 0 or self.switches.rest_resource not in ("", resource):
                return False
            setattr(self.switches, name, left - 1)
            return True

    def drops_callback(self) -> bool:
        """Throw the dice for one status callback."""
        return self._falls(self.switches.callbacks_dropped)

    def loses_webhook(self) -> bool:
        """Throw the dice for one webhook of any kind."""
        return self._falls(self.switches.webhooks_lost)

    def _falls(self, share: float) -> bool:
        with self._lock:
            return share > 0 and self._dice.random() < share

    def as_dict(self) -> dict[str, Any]:
        return asdict(self.switches)
