"""The place that somebody means, out of thousands: by characters, by pinyin, by its initials.

`xhsq`, `xinghua` and 杏花 all find 杏花社区; of several words the last is its name and the others lie above:
`changqiao xh`.
"""

import functools
import itertools
from dataclasses import dataclass

import sqlalchemy as sa
from pypinyin import Style, pinyin
from sqlalchemy import orm

from triage.places import service
from triage.places.models import Place
from triage.places.queries import BETWEEN

MOST_FOUND = 12
MOST_READINGS = 32


@dataclass(frozen=True, slots=True)
class Found:
    """A place, with its whole way down from the district."""

    id: int
    path: str


@dataclass(frozen=True, slots=True)
class _Spelled:
    name: str
    spellings: tuple[str, ...]
    """In pinyin and by its initials, in every way its characters can be read (长 is chang and zhang)."""

    def rank(self, word: str) -> int | None:
        """How well a word fits: 0 it is all of it, 1 its beginning, 2 within it; None not at all."""
        forms = (self.name, *self.spellings)
        if word in forms:
            return 0
        if any(form.startswith(word) for form in forms):
            return 1
        return 2 if any(word in form for form in forms) else None

    def means(self, word: str) -> bool:
        """Whether the word is characters of the name, or the whole of its spelling."""
        return word in self.name or word in self.spellings


@functools.lru_cache(maxsize=20_000)
def _spelled(name: str) -> _Spelled:
    sounds = (_readings(letter) for letter in name.lower())
    ways = list(itertools.islice(itertools.product(*sounds), MOST_READINGS))
    whole = ("".join(way) for way in ways)
    initials = ("".join(sound[0] for sound in way) for way in ways)
    return _Spelled(name.lower(), tuple(dict.fromkeys([*whole, *initials])))


@functools.cache
def _readings(letter: str) -> tuple[str, ...]:
    (sounds,) = pinyin(letter, style=Style.NORMAL, heteronym=True)
    return tuple(dict.fromkeys(sounds))


def search(session: orm.Session, text: str) -> list[Found]:
    """The places that `text` may mean, the likeliest first; nothing for an empty text."""
    if not (words := _words(text)):
        return []
    tree = _Tree(session)
    ranked = ((tree.rank(number, words), number) for number in tree.names)
    # What fits equally well stays in the order of the official codes.
    best = sorted((one for one in ranked if one[0] is not None), key=lambda one: one[0] or 0)
    return [Found(number, tree.path(number)) for _rank, number in best[:MOST_FOUND]]


def named(session: orm.Session, text: str) -> int | None:
    """The one place that `text` means: its whole path; else the only one of which the last word is the
    name, or a part of it, below what the others name. None if it could be two or none."""
    if not (words := _words(text)):
        return None
    tree = _Tree(session)
    meant = [number for number in tree.names if tree.means(number, words)]
    paths = [number for number in meant if tree.path(number) == text.strip()]
    called = [number for number in meant if tree.names[number].lower() == words[-1]]
    return next((one[0] for one in (paths, called, meant) if len(one) == 1), None)


def _words(text: str) -> list[str]:
    return text.lower().replace(BETWEEN.strip(), " ").split()


def path(session: orm.Session, place_id: int | None) -> str | None:
    """The whole way down to a place; None if there is none."""
    steps = service.chain(session, place_id) if place_id else []
    return BETWEEN.join(place.name for place in reversed(steps)) or None


def with_code(session: orm.Session, code: str) -> int | None:
    """The place with this administrative code (GB/T 2260); None if it is none of ours."""
    return session.scalar(sa.select(Place.id).where(Place.code == code))


class _Tree:
    """Every place by its number, as light as can be: thousands are looked through at every letter."""

    def __init__(self, session: orm.Session) -> None:
        rows = session.execute(
            sa.select(Place.id, Place.name, Place.parent_id).order_by(Place.code)
        )
        self.names: dict[int, str] = {}
        self.above: dict[int, int | None] = {}
        for number, name, parent in rows:
            self.names[number], self.above[number] = name, parent

    def path(self, number: int) -> str:
        """The whole way down."""
        return BETWEEN.join(
            [*reversed([self.names[step] for step in self._over(number)]), self.names[number]]
        )

    def rank(self, number: int, words: list[str]) -> int | None:
        """How well the last word fits the place, if the others fit what lies above it."""
        rank = _spelled(self.names[number]).rank(words[-1])
        if rank is None or len(words) == 1:
            return rank
        return rank if self._lies_below(number, words[:-1]) else None

    def means(self, number: int, words: list[str]) -> bool:
        """Whether the last word names the place, below what the others name."""
        own = _spelled(self.names[number]).means(words[-1])
        return own and self._lies_below(number, words[:-1])

    def _lies_below(self, number: int, words: list[str]) -> bool:
        over = [_spelled(self.names[step]) for step in self._over(number)]
        return all(any(one.rank(word) is not None for one in over) for word in words)

    def _over(self, number: int) -> list[int]:
        over: list[int] = []
        step = self.above[number]
        while step is not None and step not in over:
            over.append(step)
            step = self.above[step]
        return over
