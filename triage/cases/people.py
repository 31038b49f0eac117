"""The people around a child: who they are to it, and whether they may be contacted.

Whoever is suspected is unsafe whatever else was chosen, and nobody is ever rung from here: a call-back
goes to the caller of a report, and by the rules for that.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, phones
from triage.cases.models import NoteKind, Person, PersonRole, Safety
from triage.cases.writing import line, standing


@dataclass(frozen=True, slots=True)
class Described:
    """What is said of a person, as typed; empty for not known."""

    role: PersonRole
    name: str
    safety: Safety
    relation: str = ""
    phone: str = ""
    note: str = ""
    without_phone: bool = False
    """The number that is known is wrong, or must not be kept."""

    def values(self) -> dict[str, object]:
        """The same as a row's columns."""
        is_suspect = self.role is PersonRole.suspected
        return {
            "role": self.role,
            "name": self.name,
            "safety": Safety.unsafe if is_suspect else self.safety,
            "relation": self.relation or None,
            "phone": phones.normalise(self.phone).text or None,
            "note": self.note or None,
        }


def of_case(session: orm.Session, case_id: int) -> list[Person]:
    """The people on a case, whoever must not be contacted first."""
    wanted = sa.select(Person).where(Person.case_id == case_id, Person.removed_at.is_(None))
    unsafe_first = ((Person.safety == Safety.unsafe).desc(), Person.id)
    return list(session.scalars(wanted.order_by(*unsafe_first)))


def find(session: orm.Session, case_id: int, person_id: int) -> Person | None:
    """One of them; None if they are not (any longer) on this case."""
    of_this = (Person.case_id == case_id, Person.removed_at.is_(None))
    return session.scalar(sa.select(Person).where(Person.id == person_id, *of_this))


def add(session: orm.Session, case_id: int, actor: audit.Actor, said: Described) -> Person:
    """Put somebody on a case."""
    case = standing(session, case_id)
    person = Person(
        case_id=case.id, added_by=actor.account_id, added_at=clock.now(), **said.values()
    )
    session.add(person)
    session.flush()
    _tell(session, person, NoteKind.person, actor)
    return person


def change(session: orm.Session, person: Person, actor: audit.Actor, said: Described) -> None:
    """Say otherwise of somebody. A number that is not given anew stays, for nobody saw the old one to type;
    unless it is said to go."""
    _lock(session, person)
    values = said.values()
    if not said.phone and not said.without_phone:
        del values["phone"]
    for name, value in values.items():
        setattr(person, name, value)
    _tell(session, person, NoteKind.person_changed, actor)


def remove(session: orm.Session, person: Person, actor: audit.Actor, reason: str) -> None:
    """Take somebody off the case; that they were on it stays in the timeline."""
    _lock(session, person)
    person.removed_at = clock.now()
    _tell(session, person, NoteKind.person_removed, actor, reason)


def _lock(session: orm.Session, person: Person) -> None:
    standing(session, person.case_id)
    # Merged meanwhile: with their case they have gone over to another.
    session.refresh(person)


def _tell(
    session: orm.Session, person: Person, kind: NoteKind, actor: audit.Actor, reason: str = ""
) -> None:
    who = f"{person.name}（{person.relation}）" if person.relation else person.name
    line(session, person.case_id, kind, actor, f"{who}：{reason}" if reason else who)
    audit.record(
        session, actor, kind, "case", person.case_id, person=person.id, safety=person.safety
    )
