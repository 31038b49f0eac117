"""Connection overrides: what the fragment of a webhook's URL asks for, as `#rc=2&rp=5xx,rt&tt=9000`.

After the network's page "Webhooks: Connection Overrides". The fragment is neither sent nor signed:
the signature covers the URL "through the end of the query string" (its page on security).
"""

import time
from dataclasses import dataclass
from urllib.parse import parse_qsl

import urllib3

_REASONS = ("ct", "rt", "4xx", "5xx")
_NUMBERS = {"rc": (0, 5), "ct": (100, 10000), "rt": (100, 15000), "tt": (100, 15000)}
_IGNORED = ("sni", "e")  # TLS server names, and from where in the world a request comes
_SHORTEST = 0.001


@dataclass(frozen=True)
class Overrides:
    """How often and after what a request is repeated, and how long it may take, in seconds."""

    retries: int = 1
    after: frozenset[str] = frozenset(("ct",))
    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0

    @classmethod
    def asked_by(cls, fragment: str) -> tuple["Overrides", list[str]]:
        """The overrides, and the parts of the fragment that are none."""
        asked: dict[str, int] = {}
        after, nonsense = frozenset(("ct",)), []
        for name, value in parse_qsl(fragment, keep_blank_values=True):
            if name == "rp" and _reasons(value):
                after = _reasons(value)
            elif name in _NUMBERS and _is_within(value, *_NUMBERS[name]):
                asked[name] = int(value)
            elif name not in _IGNORED:
                nonsense.append(f"{name}={value}")
        overrides = cls(
            asked.get("rc", 1),
            after,
            asked.get("ct", 5000) / 1000,
            asked.get("rt", 15000) / 1000,
            asked.get("tt", 15000) / 1000,
        )
        return overrides, nonsense

    def timeout(self, until: float) -> urllib3.Timeout:
        """What an attempt that begins now may take, if all must be over by `until` (monotonic)."""
        left = max(_SHORTEST, until - time.monotonic())
        return urllib3.Timeout(connect=self.connect, read=self.read, total=left)


def _reasons(value: str) -> frozenset[str]:
    """The kinds of failure to retry after; none when any of the words is unknown."""
    words = set(value.split(","))
    if "all" in words:
        return frozenset(_REASONS)
    return frozenset(words) if words <= set(_REASONS) else frozenset()


def _is_within(value: str, least: int, most: int) -> bool:
    return value.isdecimal() and least <= int(value) <= most
