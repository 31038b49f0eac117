"""Who answers for a place, and who is on duty on the line."""

import hmac
import secrets

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, config, crypto
from hotline.accounts.models import Account
from hotline.accounts.permissions import Role
from triage.places.models import Absence, Agency, AgencyKind, Contact, Line, Place, Shift

PIN_DIGITS = 6


def home_place(session: orm.Session, line_number: str) -> Place | None:
    """The line's own district; for an unknown line, the place that has nothing above it."""
    of_line = (
        sa.select(Place).join(Line, Line.place_id == Place.id).where(Line.number == line_number)
    )
    top = sa.select(Place).where(Place.parent_id.is_(None)).order_by(Place.id).limit(1)
    return session.scalar(of_line) or session.scalar(top)


def chain(session: orm.Session, place_id: int) -> list[Place]:
    """The place itself, then upwards to the district."""
    places: list[Place] = []
    place = session.get(Place, place_id)
    while place is not None and place not in places:
        places.append(place)
        place = session.get(Place, place.parent_id) if place.parent_id else None
    return places


def police_for(session: orm.Session, place_id: int | None, line_number: str) -> Agency | None:
    """The police station of that place, or of the nearest place above it that has one; a report whose
    place is not known goes to the police of the line's own district."""
    start = session.get(Place, place_id) if place_id else home_place(session, line_number)
    return _nearest(session, start, AgencyKind.police)


def office_for(session: orm.Session, place_id: int | None) -> Agency | None:
    """The town or street office of that place, or of the nearest place above it that has one."""
    return _nearest(
        session, session.get(Place, place_id) if place_id else None, AgencyKind.street_office
    )


def superior_of(session: orm.Session, agency: Agency) -> Agency | None:
    """The agency of the same kind that answers for the next place above; None at the top."""
    place = session.get_one(Place, agency.place_id)
    above = session.get(Place, place.parent_id) if place.parent_id else None
    return _nearest(session, above, agency.kind)


def _nearest(session: orm.Session, start: Place | None, kind: AgencyKind) -> Agency | None:
    for place in chain(session, start.id) if start else []:
        there = sa.select(Agency).where(Agency.place_id == place.id, Agency.kind == kind)
        if agency := session.scalar(there.order_by(Agency.id).limit(1)):
            return agency
    return None


def contacts(session: orm.Session, agency_id: int) -> list[Contact]:
    """An agency's desks and people in use, the first to be reached first."""
    in_use = (Contact.agency_id == agency_id, Contact.position.is_not(None))
    return list(session.scalars(sa.select(Contact).where(*in_use).order_by(Contact.position)))


def on_hand(session: orm.Session, agency_id: int) -> list[Contact]:
    """Whom of an agency a message can reach now, each once: who is outside their hours or away is left
    out, or their substitute stands in. If that leaves nobody, everybody: an emergency must not rest
    because of what a calendar says."""
    everyone = contacts(session, agency_id)
    return there(session, everyone, away_now(session)) or everyone


def if_there(session: orm.Session, contact_id: int) -> Contact | None:
    """This contact, or whoever stands in; None if neither can be reached now or is still in use."""
    contact = session.get_one(Contact, contact_id)
    return _stands(session, contact, away_now(session))


def there(session: orm.Session, everyone: list[Contact], away: set[int]) -> list[Contact]:
    """Who of these can be reached now, or stands in, given who is `away`; each once."""
    found = (_stands(session, contact, away) for contact in everyone)
    return list(dict.fromkeys(contact for contact in found if contact))


def _stands(session: orm.Session, contact: Contact, away: set[int]) -> Contact | None:
    """The contact, or whoever stands in for them; one substitution, so that no circle matters."""
    if _can_be_reached(contact, away):
        return contact
    other = session.get(Contact, contact.substitute_id) if contact.substitute_id else None
    return other if other and _can_be_reached(other, away) else None


def _can_be_reached(contact: Contact, away: set[int]) -> bool:
    in_use, zone = contact.position is not None, config.current().zone
    return in_use and contact.id not in away and contact.hours.open_at(clock.now(), zone)


def away_now(session: orm.Session) -> set[int]:
    """The numbers of all contacts who are on leave now."""
    now = clock.now()
    away = sa.select(Absence.contact_id).where(Absence.starts_at <= now, Absence.ends_at > now)
    return set(session.scalars(away))


def set_pin(session: orm.Session, agency: Agency, actor: audit.Actor) -> str:
    """Give an agency a new PIN for the police line, in place of any before; returned once, then known to
    nobody but them."""
    pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
    agency.pin_index = pin_index(agency.id, pin)
    audit.record(session, actor, "set_pin", "agency", agency.id)
    return pin


def pin_matches(agency: Agency, pin: str) -> bool:
    """Whether this is the agency's PIN; never, while it has none."""
    if agency.pin_index is None:
        return False
    return hmac.compare_digest(str(agency.pin_index), str(pin_index(agency.id, pin)))


def pin_index(agency_id: int, pin: str) -> int:
    """What is kept of an agency's PIN: it can be compared and not read."""
    return crypto.blind_index("station pin", f"{agency_id}:{pin}")


def on_duty(session: orm.Session, role: Role) -> list[Account]:
    """Whom of that role a telephone can reach now. If the roster has a gap, everyone of that role: an
    emergency must not rest because nobody was entered for tonight."""
    return on_shift(session, role) or reachable(session, role)


def on_shift(session: orm.Session, role: Role) -> list[Account]:
    """The same as the roster has it: nobody, where it has a gap."""
    return list(session.scalars(_ON_SHIFT, {"role": role, "moment": clock.now()}))


def reachable(session: orm.Session, role: Role) -> list[Account]:
    """Everyone of that role whom a telephone can reach, on duty or not."""
    return list(session.scalars(_REACHABLE, {"role": role}))


# Built once: a caller waits for them whenever officers are rung.
_REACHABLE = (
    sa.select(Account)
    .where(
        Account.role == sa.bindparam("role", type_=Account.role.type),
        Account.active,
        Account.phone.is_not(None),
    )
    .order_by(Account.id)
)
_MOMENT = sa.bindparam("moment", type_=sa.DateTime(timezone=True))
_ON_SHIFT = _REACHABLE.where(
    sa.exists().where(
        Shift.account_id == Account.id, Shift.starts_at <= _MOMENT, Shift.ends_at > _MOMENT
    )
)
