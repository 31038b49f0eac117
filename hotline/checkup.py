"""Looks at parts of the line: what each is called, how it is looked at, and a round over all of them in which
one that hangs holds up no other."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import LazyString
from sqlalchemy import orm

from hotline import clock, db

LIMIT_SECONDS = 6.0
"""Patience with one look. Longer than with the database: two seconds for a connection, three and a half for
the answer (`hotline.db`)."""
ROUND_SECONDS = 5
"""How long a round's findings are good enough for everybody who asks."""
DATABASE = "database"
"""The part by that name: what is wrong with it is not wrong with those that are asked about in it."""
UNKNOWN = "unknown: the database does not answer"


@dataclass(frozen=True, slots=True)
class Part:
    """One part by name. It has one look: `look` without the database, `ask` in it; either gives what is
    wrong, in English, and an empty text if all is well."""

    name: str
    words: LazyString
    """What is wrong, in a few words: on the console, and in the message to the technical contact."""
    advice: LazyString
    """For officers: what still works, and what to do."""
    fatal: bool
    """Whether without it a call cannot be taken or an alert cannot leave."""
    grace: int
    """Seconds for which it may be bad before the technical contact is told."""
    look: Callable[[], str] | None = None
    ask: Callable[[orm.Session], str] | None = None
    every: int = 0
    """Seconds for which a good finding stays good; a bad one is looked at again in every round."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How a part was found. `fault` is empty if it is well."""

    part: Part
    fault: str

    @property
    def known(self) -> bool:
        """Whether anything can be said of it at all."""
        return self.fault != UNKNOWN


class Checkup:
    """Rounds over `parts`."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = tuple(parts)
        self._looks = [_by_itself(part, part.look) for part in parts if part.look]
        self._looks.append(_in_database({part.name: part.ask for part in parts if part.ask}))
        self._found: list[Finding] = []
        self._at = clock.now()
        self._going_round = threading.Lock()

    def round(self) -> list[Finding]:
        """Look at every part now; it takes `LIMIT_SECONDS` at most."""
        for look in self._looks:
            look.begin()
        told: dict[str, str] = {}
        for look in self._looks:
            told.update(look.answers())
        self._found = [Finding(part, told[part.name]) for part in self._parts]
        self._at = clock.now()
        return self._found

    def findings(self) -> list[Finding]:
        """What the last round found. If that is older than `ROUND_SECONDS`, the first who asks makes
        another, and whoever asks meanwhile is given the old one."""
        if not self._fresh() and self._going_round.acquire(blocking=not self._found):
            try:
                if not self._fresh():
                    self.round()
            finally:
                self._going_round.release()
        return self._found

    def _fresh(self) -> bool:
        return bool(self._found) and clock.now() - self._at < dt.timedelta(seconds=ROUND_SECONDS)


class _Look:
    """Asks about parts in a thread of its own. One that hangs is left hanging, and not asked again before
    it has come back."""

    def __init__(
        self, late: Mapping[str, str], ask: Callable[[], Mapping[str, str]], every: int = 0
    ) -> None:
        self._late, self._told = late, late
        self._ask = ask
        self._every = dt.timedelta(seconds=every)
        self._told_at = clock.now()
        self._thread = threading.Thread(target=self._work)
        self._until = 0.0

    def begin(self) -> None:
        if self._thread.is_alive() or self._still_good():
            return
        self._until = time.monotonic() + LIMIT_SECONDS
        self._thread = threading.Thread(target=self._work, name="look", daemon=True)
        self._thread.start()

    def answers(self) -> Mapping[str, str]:
        if self._thread.ident:
            self._thread.join(max(0.0, self._until - time.monotonic()))
        return self._late if self._thread.is_alive() else self._told

    def _still_good(self) -> bool:
        return not any(self._told.values()) and clock.now() - self._told_at < self._every

    def _work(self) -> None:
        try:
            told = self._ask()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the part is not well
            told = dict.fromkeys(self._late, type(fault).__name__)
        self._told, self._told_at = told, clock.now()


def _by_itself(part: Part, look: Callable[[], str]) -> _Look:
    late = {part.name: f"no answer within {LIMIT_SECONDS:.0f} s"}
    return _Look(late, lambda: {part.name: look()}, part.every)


def _in_database(asks: Mapping[str, Callable[[orm.Session], str]]) -> _Look:
    late = _database_is(f"no answer within {LIMIT_SECONDS:.0f} s", asks)
    return _Look(late, lambda: _asked(asks))


def _asked(asks: Mapping[str, Callable[[orm.Session], str]]) -> Mapping[str, str]:
    """All questions in one transaction. If the database fails in any of them it is the database that is
    not well, and of what was to be asked of it nothing is known."""
    try:
        with db.transaction() as session:
            return {name: ask(session) for name, ask in asks.items()}
    except sa.exc.SQLAlchemyError as fault:
        return _database_is(f"no answer ({type(fault).__name__})", asks)


def _database_is(fault: str, names: Iterable[str]) -> Mapping[str, str]:
    return {name: fault if name == DATABASE else UNKNOWN for name in names}
