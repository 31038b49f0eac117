"""What hundreds of consoles show alike is made once: a piece of a page, kept until something has changed.

A console that asks because of a live notice says which (`X-Live`, its version); whatever was made at that
version or later shows what the notice was about. Who asks by themselves, or opens a page, is never given
what was kept, and without Redis nothing is.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from flask import current_app, request

from hotline import live

TOLD = "X-Live"
LONGEST_SECONDS = 2.0
"""However few notices there are: a Redis that starts anew counts from nought again."""
MOST_PIECES = 200


@dataclass
class _Piece:
    """One piece as it was made last: of which version, and when (monotonic seconds)."""

    text: str = ""
    version: int = -1
    made_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def shows(self, version: int) -> bool:
        return self.version >= version and time.monotonic() - self.made_at < LONGEST_SECONDS


_order = threading.Lock()


def piece(key: Hashable, make: Callable[[], str]) -> str:
    """What `make` makes for this request, or has made for another with the same `key` since the notice.

    The key holds everything that it depends on: the question, the language, what the asker may see. What is
    for one officer alone does not belong into it.
    """
    told = request.headers.get(TOLD, "")
    if not told.isdecimal():
        return make()
    kept = _kept(key)
    with kept.lock:
        if not kept.shows(int(told)):
            _make(kept, make)
        return kept.text


def _make(kept: _Piece, make: Callable[[], str]) -> None:
    # Asked first: what is counted by now is in the database, what comes later may not be.
    version = live.version()
    kept.text, kept.version = make(), -1 if version is None else version
    kept.made_at = time.monotonic()


def _kept(key: Hashable) -> _Piece:
    with _order:
        pieces: OrderedDict[Hashable, _Piece] = current_app.extensions.setdefault(
            "shared", OrderedDict()
        )
        found = pieces.setdefault(key, _Piece())
        pieces.move_to_end(key)
        if len(pieces) > MOST_PIECES:
            pieces.popitem(last=False)
        return found
