"""What pages read of places."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from triage.places import contacts, service
from triage.places.models import Absence, Agency, Contact, Line, Place

BETWEEN = " / "


@dataclass(frozen=True, slots=True)
class AgencyShown:
    """An agency as pages show it: whom to reach there in order, who of them (or in their stead) can be
    reached now, and who is away when. `retired` are contacts that are no longer in use."""

    agency: Agency
    place: str
    contacts: list[Contact]
    there: list[Contact]
    absences: dict[int, list[Absence]]
    retired: list[Contact]


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


def agencies(session: orm.Session, agency_id: int | None = None) -> list[AgencyShown]:
    """Every agency, or that one, by place from the district down, the police before the office."""
    way = paths(session)
    wanted = sa.select(Agency).order_by(Agency.kind, Agency.id)
    if agency_id is not None:
        wanted = wanted.where(Agency.id == agency_id)
    found = session.scalars(wanted).all()
    # Everybody at once: a substitute may be somebody of another agency.
    everyone = list(session.scalars(sa.select(Contact).order_by(Contact.position, Contact.id)))
    away = service.away_now(session)
    absences = contacts.absences(session, [contact.id for contact in everyone])
    order = {number: place for place, number in enumerate(way)}
    shown = [_shown(session, agency, way, everyone, away, absences) for agency in found]
    return sorted(shown, key=lambda one: order[one.agency.place_id])


def _shown(
    session: orm.Session,
    agency: Agency,
    way: dict[int, str],
    everyone: list[Contact],
    away: set[int],
    absences: dict[int, list[Absence]],
) -> AgencyShown:
    theirs = [contact for contact in everyone if contact.agency_id == agency.id]
    in_use = [contact for contact in theirs if contact.position is not None]
    return AgencyShown(
        agency=agency,
        place=way[agency.place_id],
        contacts=in_use,
        there=service.there(session, in_use, away),
        absences=absences,
        retired=[contact for contact in theirs if contact.position is None],
    )


def substitutes(session: orm.Session, contact_id: int | None) -> list[tuple[Contact, str]]:
    """Who could stand in for a contact: every other one in use, with the name of their agency."""
    others = sa.select(Contact, Agency.name).join(Agency, Agency.id == Contact.agency_id)
    in_use = others.where(Contact.position.is_not(None), Contact.id != (contact_id or 0))
    rows = session.execute(in_use.order_by(Agency.name, Agency.id, Contact.position))
    return [(row.Contact, row.name) for row in rows]


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
