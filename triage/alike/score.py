"""How much alike two are: a sum of points, each with its reason, for and against. What each reason counts
is data (`weights.toml`)."""

import datetime as dt
import enum
import functools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from triage import names
from triage.finding.traits import Traits, years_apart
from triage.names import Likeness

CLOSE = dt.timedelta(days=14)


class Reason(enum.StrEnum):
    """What speaks for two being about the same child, or against it."""

    same_caller = "same_caller"
    same_id_number = "same_id_number"
    different_id_number = "different_id_number"
    same_name = "same_name"
    same_sound = "same_sound"
    near_sound = "near_sound"
    same_given = "same_given"
    given_sound = "given_sound"
    nickname = "nickname"
    half_name = "half_name"
    other_family = "other_family"
    different_name = "different_name"
    common_name = "common_name"
    same_birth = "same_birth"
    age_fits = "age_fits"
    age_near = "age_near"
    ages_apart = "ages_apart"
    different_birth = "different_birth"
    same_sex = "same_sex"
    different_sex = "different_sex"
    same_door = "same_door"
    same_building = "same_building"
    same_estate = "same_estate"
    different_address = "different_address"
    same_school = "same_school"
    different_school = "different_school"
    same_place = "same_place"
    close_in_time = "close_in_time"


_OF_NAME = {
    Likeness.same: Reason.same_name,
    Likeness.same_sound: Reason.same_sound,
    Likeness.near_sound: Reason.near_sound,
    Likeness.same_given: Reason.same_given,
    Likeness.given_sound: Reason.given_sound,
    Likeness.nickname: Reason.nickname,
    Likeness.half: Reason.half_name,
    Likeness.other_family: Reason.other_family,
    Likeness.different: Reason.different_name,
}
_NAMESAKES = {
    Likeness.same,
    Likeness.same_sound,
    Likeness.near_sound,
    Likeness.same_given,
    Likeness.given_sound,
}


class Weights(BaseModel):
    """Points of each reason, below zero against, and from how many on two are shown as alike."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: Annotated[int, Field(gt=0)]
    points: dict[Reason, Annotated[int, Field(ge=-500, le=500)]]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if missing := set(Reason) - set(self.points):
            raise ValueError(f"no points for: {', '.join(sorted(missing))}")
        return self


@dataclass(frozen=True, slots=True)
class Point:
    """One reason, and what it counts here."""

    reason: Reason
    points: int


@functools.cache
def load() -> Weights:
    """The weights in force.

    Raises:
        pydantic.ValidationError: a reason is missing or unknown, or a number makes no sense.
    """
    text = resources.files("triage.alike").joinpath("weights.toml").read_text("utf-8")
    return Weights.model_validate(tomllib.loads(text))


def compare(one: Traits, other: Traits) -> list[Point]:
    """Every reason that holds between the two, the weightiest first."""
    points = load().points
    found = [Point(reason, points[reason]) for reason in reasons(one, other)]
    return sorted(found, key=lambda point: abs(point.points), reverse=True)


def reasons(one: Traits, other: Traits) -> Iterator[Reason]:
    """Every reason that holds between the two. Of each kind (name, age, address …) one at most, so that
    nothing counts twice."""
    if one.caller is not None and one.caller == other.caller:
        yield Reason.same_caller
    if one.id_number is not None and other.id_number is not None:
        same = one.id_number == other.id_number
        yield Reason.same_id_number if same else Reason.different_id_number
    yield from _of_names(one, other)
    yield from _of_ages(one, other)
    if one.sex and other.sex:
        yield Reason.same_sex if one.sex == other.sex else Reason.different_sex
    yield from _of_addresses(one, other)
    if one.school and other.school:
        yield Reason.same_school if one.school == other.school else Reason.different_school
    if one.place is not None and one.place == other.place:
        yield Reason.same_place
    if abs(one.at - other.at) <= CLOSE:
        yield Reason.close_in_time


def _of_names(one: Traits, other: Traits) -> Iterator[Reason]:
    likeness = names.likeness(one.name, other.name)
    if likeness is None:
        return
    yield _OF_NAME[likeness]
    if likeness in _NAMESAKES and names.is_common(one.name or ""):
        yield Reason.common_name


def _of_ages(one: Traits, other: Traits) -> Iterator[Reason]:
    if one.born and other.born:
        yield Reason.same_birth if one.born == other.born else Reason.different_birth
        return
    apart = years_apart(one, other)
    if apart is not None:
        # Whoever guesses a child's age is easily a year out.
        yield Reason.age_fits if not apart else Reason.age_near if apart < 1 else Reason.ages_apart


def _of_addresses(one: Traits, other: Traits) -> Iterator[Reason]:
    here, there = one.address, other.address
    if here is None or there is None:
        return
    both = bool(here.building and there.building)
    if here.estate != there.estate or (both and here.building != there.building):
        yield Reason.different_address
    elif here.room and there.room:
        yield Reason.same_door if here == there else Reason.different_address
    else:
        yield Reason.same_building if both else Reason.same_estate
