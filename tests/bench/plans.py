"""What the callers of the load test do, as data: plans of the pocket network, and how often each is met."""

from dataclasses import dataclass
from typing import Any

ROUND_SECONDS = 2.5
"""How long a round of waiting lasts for who waits: 15 s on paper."""

Step = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """`share` of a hundred calls. `danger` is the place in `steps` of the key that says so, `gone_within`
    for callers who put the receiver down at any moment: seconds at most."""

    name: str
    share: int
    steps: tuple[Step, ...]
    danger: int | None = None
    gone_within: float = 0.0


SILENT: Step = {"stays_silent": True}
GOES: Step = {"hangs_up": True}
WAITS: Step = {"waits": ROUND_SECONDS}


def _presses(keys: str) -> Step:
    return {"presses": keys}


def _says(seconds: float) -> Step:
    return {"says": {"tone": seconds}}


def _keys(keys: str) -> tuple[Step, ...]:
    """One key after the other."""
    return tuple(_presses(key) for key in keys)


def mix(institution: str, report: str, pin: str) -> tuple[Plan, ...]:
    """Everybody who calls. An institution's code; the number and PIN of a report that is asked after."""
    duty_bound = (_presses("3"), _presses(f"{institution}#"), *_keys("11"), _presses("990101#"))
    return (
        Plan("danger, an officer", 14, (_presses("1"), WAITS, _says(4), GOES), danger=0),
        Plan("danger, a message", 8, (*_keys("*2"), _says(6), _presses("#")), danger=0),
        Plan("silence, an officer", 20, (SILENT, WAITS, _says(5), GOES)),
        Plan("silence, stays to the end", 8, (SILENT, WAITS, _says(3))),
        Plan("cannot speak", 6, (*_keys("512222"), _says(20), GOES)),
        Plan("cannot speak, danger", 4, (*_keys("5*"), _says(12), GOES), danger=1),
        Plan("duty-bound", 8, (*duty_bound, _says(8), *_keys("#1"))),
        Plan("asks after a report", 5, (_presses("4"), _presses(f"{report}#"), _presses(pin))),
        Plan("asks, wrong PIN", 2, (_presses("4"), _presses(f"{report}#"), *_keys_of_wrong(pin))),
        Plan("waits, then a message", 8, (SILENT, SILENT, _presses("2"), _says(7), *_keys("#2"))),
        Plan("call me back", 5, (SILENT, *_keys("31"))),
        Plan("gone at the greeting", 4, (GOES,)),
        Plan("gone while speaking", 3, (SILENT, _presses("2"), _says(3), GOES)),
        Plan("gone at any moment", 5, (SILENT, WAITS, _says(2), GOES), gone_within=6),
    )


def _keys_of_wrong(pin: str) -> tuple[Step, ...]:
    wrong = f"{(int(pin) + 1) % 10_000:04}"
    return (_presses(wrong), _presses(wrong))


ALL_AT_ONCE = Plan("all at once", 100, (SILENT, {"waits": 6}, _says(3), GOES))
"""Of the calls that are up at the same time: everybody waits, for longer than it takes all to come."""

OFFICER: tuple[Step, ...] = (_presses("1"), _says(2))
OFFICER_WHO_GOES_FIRST: tuple[Step, ...] = (*OFFICER, GOES)
