"""What is known of a child and of whoever spoke of it, in the form in which two are compared."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from triage import addresses, names
from triage.addresses import Address
from triage.cases.models import Case
from triage.intake.models import Report, Sex

YEAR = 365.2425
"""Days."""


@dataclass(frozen=True, slots=True)
class Traits:
    """`at` is when they were told (UTC), `age` in years then. `caller` and `id_number` are blind indexes.
    Whatever is None or empty is not known."""

    at: dt.datetime
    caller: int | None = None
    name: str | None = None
    sex: Sex | None = None
    age: int | None = None
    born: dt.date | None = None
    id_number: int | None = None
    address: Address | None = None
    school: str = ""
    place: int | None = None

    @classmethod
    def of(cls, known: Report | Case) -> Self:
        """As they stand on a report or a case."""
        return cls(
            at=known.received_at if isinstance(known, Report) else known.opened_at,
            caller=known.caller_index if isinstance(known, Report) else None,
            name=known.child_name,
            sex=known.child_sex,
            age=known.child_age,
            born=dt.date.fromisoformat(known.child_born) if known.child_born else None,
            id_number=known.child_id_index,
            address=addresses.parsed(known.address),
            school=addresses.school(known.child_school),
            place=known.place_id,
        )

    def birth(self) -> tuple[float, float] | None:
        """Between which days the child was born, as days of the calendar's count; None if nothing is
        known of its age."""
        if self.born:
            day = float(self.born.toordinal())
            return day, day
        if self.age is None:
            return None
        told = self.at.date().toordinal()
        return told - (self.age + 1) * YEAR, told - self.age * YEAR


def years_apart(one: Traits, other: Traits) -> float | None:
    """How far apart the two births must be at least, in years; None if of one nothing is known."""
    first, second = one.birth(), other.birth()
    if first is None or second is None:
        return None
    return max(0.0, first[0] - second[1], second[0] - first[1]) / YEAR


def clues(traits: Traits) -> list[str]:
    """By what another report or case about the same child is found in the index: words that both have,
    the rarest first. The caller and the identity number have indexes of their own."""
    found = []
    if traits.address:
        where = traits.address
        if where.room:
            found.append(f"door:{where.estate}/{where.building}/{where.room}")
        if where.building:
            found.append(f"building:{where.estate}/{where.building}")
        found.append(f"estate:{where.estate}")
    if traits.name:
        found += _of_name(names.parted(traits.name), traits.place)
    if traits.school:
        found.append(f"school:{traits.school}")
    return list(dict.fromkeys(found))


def _of_name(name: names.Name, place: int | None) -> Iterator[str]:
    whole, given = names.blur(name), names.blur(names.Name("", name.given))
    syllables = given.split()
    if name.family:
        yield f"name:{whole}"
    # One syllable alone is half a town's children; what a child is called in one place is not.
    if len(syllables) > 1:
        yield f"given:{given}"
    if place is not None and len(syllables) < 3:
        nick = names.called(name)
        spoken = [names.blur(names.Name("", nick))] if nick else syllables
        yield from (f"called:{one}@{place}" for one in spoken)
