"""Changes to whom to reach at an agency. Every one is written down; an agency's row is locked while its order
is changed, so that two people editing at once cannot mix it up."""

import datetime as dt
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError

from hotline import audit, clock, config, crypto, phones
from hotline.phones import Kind
from triage.places.models import Absence, Agency, Contact

TAKES_SMS = (Kind.mobile, Kind.foreign)
"""A landline or short code refuses SMS (network fact: errors 21614 and 30006)."""


class ChangedMeanwhile(Exception):
    """Somebody else has changed what is to be changed since it was shown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is filled in about a contact."""

    name: str
    number: str
    takes_sms: bool
    takes_calls: bool
    workdays: str
    weekends: str
    substitute_id: int | None


def entry_of(contact: Contact) -> Entry:
    """The contact as it would be filled in."""
    return Entry(**{name: getattr(contact, name) for name in Entry.__dataclass_fields__})


def version(contact: Contact) -> str:
    """A word for the present state of a contact, by which a form that has grown old is known."""
    return str(crypto.blind_index("contact", repr(entry_of(contact))))


def can_take_sms(number: str) -> bool:
    """Whether SMS to this number can arrive at all."""
    return phones.normalise(number).kind in TAKES_SMS


def add(session: orm.Session, actor: audit.Actor, agency: Agency, entry: Entry) -> Contact:
    """A further contact, reached last."""
    contact = Contact(agency_id=agency.id, position=_last(session, agency) + 1, **asdict(entry))
    session.add(contact)
    session.flush()
    audit.record(session, actor, "add", "contact", contact.id, agency=agency.id)
    return contact


def change(
    session: orm.Session, actor: audit.Actor, contact: Contact, entry: Entry, seen: str
) -> None:
    """Write down what was filled in; `seen` is the `version` that was shown.

    Raises:
        ChangedMeanwhile: a colleague was faster.
    """
    session.refresh(contact, with_for_update=True)
    if version(contact) != seen:
        raise ChangedMeanwhile
    changed = [name for name, value in asdict(entry).items() if getattr(contact, name) != value]
    for name in changed:
        setattr(contact, name, getattr(entry, name))
    audit.record(session, actor, "change", "contact", contact.id, fields=changed)


def move(
    session: orm.Session, actor: audit.Actor, contact: Contact, seen: int, places: int
) -> None:
    """Move a contact that stands at `seen` up (-1) or down (1); at the end of the row it stays.

    Raises:
        ChangedMeanwhile: it stands elsewhere by now.
    """
    _lock_row_of(session, contact)
    if contact.position != seen:
        raise ChangedMeanwhile
    beyond = sa.select(Contact).where(Contact.agency_id == contact.agency_id)
    further = Contact.position < seen if places < 0 else Contact.position > seen
    nearest = Contact.position.desc() if places < 0 else Contact.position
    other = session.scalar(beyond.where(further).order_by(nearest).limit(1))
    if other is None:
        return
    contact.position, freed = None, other.position
    session.flush()
    other.position = seen
    session.flush()
    contact.position = freed
    audit.record(session, actor, "move", "contact", contact.id, position=freed)


def remove(session: orm.Session, actor: audit.Actor, contact: Contact) -> None:
    """Reach this contact no more, nor anybody through them. Whoever stands in the history of an alert or of
    a test stays in the database, as one no longer in use."""
    _lock_row_of(session, contact)
    stands_in = sa.update(Contact).where(Contact.substitute_id == contact.id)
    session.execute(stands_in.values(substitute_id=None))
    session.execute(sa.delete(Absence).where(Absence.contact_id == contact.id))
    number = contact.id
    try:
        with session.begin_nested():
            session.delete(contact)
    except IntegrityError:
        contact.position = contact.substitute_id = None
    audit.record(session, actor, "remove", "contact", number)


def put_back(session: orm.Session, actor: audit.Actor, contact: Contact) -> None:
    """Use a contact again, who is then reached last."""
    _lock_row_of(session, contact)
    if contact.position is None:
        agency = session.get_one(Agency, contact.agency_id)
        contact.position = _last(session, agency) + 1
        audit.record(session, actor, "put_back", "contact", contact.id)


def add_absence(
    session: orm.Session, actor: audit.Actor, contact: Contact, first: dt.date, last: dt.date
) -> None:
    """Whole days, both included, in the line's zone.

    Raises:
        ValueError: it ends before it begins.
    """
    if last < first:
        raise ValueError("an absence ends before it begins")
    starts, ends = _midnight(first), _midnight(last + dt.timedelta(days=1))
    session.add(Absence(contact_id=contact.id, starts_at=starts, ends_at=ends))
    days = {"first": str(first), "last": str(last)}
    audit.record(session, actor, "add_absence", "contact", contact.id, **days)


def remove_absence(session: orm.Session, actor: audit.Actor, absence: Absence) -> None:
    """They are there after all."""
    session.delete(absence)
    audit.record(session, actor, "remove_absence", "contact", absence.contact_id)


def ask_badge(session: orm.Session, actor: audit.Actor, agency: Agency, *, asks: bool) -> None:
    """Whether whoever acknowledges for this agency is asked for the number of their badge."""
    agency.asks_badge = asks
    audit.record(session, actor, "ask_badge", "agency", agency.id, asks=asks)


def absences(session: orm.Session, contact_ids: list[int]) -> dict[int, list[Absence]]:
    """Absences that are not over, by contact."""
    found: dict[int, list[Absence]] = {number: [] for number in contact_ids}
    wanted = sa.select(Absence).where(
        Absence.contact_id.in_(contact_ids), Absence.ends_at > clock.now()
    )
    for absence in session.scalars(wanted.order_by(Absence.starts_at)):
        found[absence.contact_id].append(absence)
    return found


def _lock_row_of(session: orm.Session, contact: Contact) -> None:
    session.get_one(Agency, contact.agency_id, with_for_update=True)
    session.refresh(contact)


def _last(session: orm.Session, agency: Agency) -> int:
    session.refresh(agency, with_for_update=True)
    last = sa.select(sa.func.max(Contact.position)).where(Contact.agency_id == agency.id)
    return session.scalar(last) or 0


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), config.current().zone)
