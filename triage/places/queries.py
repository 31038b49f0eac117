"""What pages read of places."""

import sqlalchemy as sa
from sqlalchemy import orm

from triage.places.models import Line, Place

BETWEEN = " / "


def paths(session: orm.Session) -> dict[int, str]:
    """Every place with its whole way down from the district, in the order of the official codes."""
    places = {place.id: place for place in session.scalars(sa.select(Place).order_by(Place.code))}
    return {number: BETWEEN.join(_way_down(places, number)) for number in places}


def lines(session: orm.Session) -> list[Line]:
    """The numbers that can be dialled."""
    return list(session.scalars(sa.select(Line).order_by(Line.number)))


def line_name(session: orm.Session, number: str) -> str:
    """What the dialled line is called, and so where a call on it comes from; its number if it is none of
    ours."""
    line = session.get(Line, number)
    return line.name if line else number


def _way_down(places: dict[int, Place], number: int) -> list[str]:
    names: list[str] = []
    step: int | None = number
    while step in places and len(names) < len(places):
        names.insert(0, places[step].name)
        step = places[step].parent_id
    return names


def named(paths: dict[int, str], text: str) -> int | None:
    """The one place that `text` means: its whole path, else the only one whose path holds all its
    words, else (a street that has communities below it) the only one whose own name it is."""
    words = text.replace(BETWEEN.strip(), " ").split()
    if not words:
        return None
    for fits in (_is_path, _holds, _is_name):
        found = [number for number, path in paths.items() if fits(path, text.strip(), words)]
        if len(found) == 1:
            return found[0]
    return None


def _is_path(path: str, text: str, words: list[str]) -> bool:
    return path == text


def _holds(path: str, text: str, words: list[str]) -> bool:
    return all(word in path for word in words)


def _is_name(path: str, text: str, words: list[str]) -> bool:
    return path.rpartition(BETWEEN)[2] == words[-1] and _holds(path, text, words)
