"""The calls of a month, invented by a seeded generator: pure, the same for the same seed and moment."""

import datetime as dt
import enum
import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from random import Random
from typing import Any, TypeVar

from triage.intake.models import Disposition, ReporterKind, Sex
from triage.intake.states import Situation, Urgency

DAYS = 30
CALLS_A_DAY = 21
BY_WEEKDAY = (1.2, 1.05, 1.0, 1.0, 1.1, 0.85, 0.8)
"""Mondays bring what was seen at the weekend."""
BY_HOUR = (2, 1, 1, 1, 1, 2, 4, 8, 11, 12, 11, 9, 7, 7, 9, 11, 13, 14, 12, 11, 10, 8, 6, 4)
"""Weights of the hours of a day: after school and in the evening most, at night a few."""
REPORTERS = {"neighbour": 34, "relative": 28, "parent": 14, "other": 14, "anonymous": 10}
PUPILS = {
    "幼儿园": range(3, 6),
    "小学": range(6, 13),
    "中学": range(12, 18),
    "高中": range(15, 18),
}
"""Whole years of those who go there, by how a school's name ends."""
SEED = 12355
NEWEST = dt.timedelta(hours=3)
"""Whatever came in later is still being worked on."""
YEAR = 365.25

T = TypeVar("T")


@functools.cache
def words() -> Mapping[str, Any]:
    """What the stories are made of."""
    return tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text("utf-8"))


class Way(enum.StrEnum):
    """How far a caller came."""

    hung_up = "hung_up"
    talked = "talked"
    message = "message"
    mandated = "mandated"
    silent = "silent"


@dataclass(frozen=True, slots=True)
class Child:
    """A child of whom the stories tell. `place` is the code of its community."""

    name: str
    sex: Sex
    born: dt.date
    place: str
    address: str
    school: str
    kin: str

    def age(self, on: dt.date) -> int:
        """In whole years."""
        return int((on - self.born).days // YEAR)

    def in_words(self, on: dt.date) -> str:
        """As whoever calls would say it."""
        age, boy = self.age(on), self.sex is Sex.male
        if age < 1:
            return "一名数月大的婴儿"
        if age < 4:
            return f"{age}岁{'男童' if boy else '女童'}"
        if age < 14:
            return f"{age}岁{'男孩' if boy else '女孩'}"
        return f"{age}岁{'男生' if boy else '女生'}"


@dataclass(frozen=True, slots=True)
class Matter:
    """What a call was about, as the officer judged it."""

    situation: Situation
    urgency: Urgency
    child: Child
    reporter: ReporterKind
    summary: str


@dataclass(frozen=True, slots=True)
class Story:
    """One call. Seconds from its first ring; `waited` until somebody spoke, or the caller gave up; `spoke`
    the conversation or the statement. `matter` is None where there was none."""

    at: dt.datetime
    flow: str
    caller: str
    way: Way
    waited: int
    spoke: int
    handled_after: int
    """Seconds from the end of the call to the officer's decision."""
    officer: int
    disposition: Disposition
    reason: str
    matter: Matter | None = None


def month(now: dt.datetime, seed: int = SEED) -> list[Story]:
    """All calls of the `DAYS` before `now` (in the line's zone), oldest first, all of them dealt with."""
    teller = Teller(Random(seed))  # noqa: S311 (no secret)
    moments = (at for at in _moments(teller.chance, now) if at < now - NEWEST)
    return [teller.story(at) for at in sorted(moments)]


def _moments(chance: Random, now: dt.datetime) -> Iterator[dt.datetime]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for ago in range(DAYS, -1, -1):
        day = midnight - dt.timedelta(days=ago)
        calls = round(CALLS_A_DAY * BY_WEEKDAY[day.weekday()] * chance.uniform(0.8, 1.2))
        for hour in chance.choices(range(24), BY_HOUR, k=calls):
            yield day + dt.timedelta(hours=hour, seconds=chance.randrange(3600))


def _ages(school: str) -> range:
    return next((ages for ending, ages in PUPILS.items() if school.endswith(ending)), range(0))


class Teller:
    """Tells stories, and remembers the children and the callers, some of whom come again."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.told: list[tuple[Matter, str]] = []

    def story(self, at: dt.datetime) -> Story:
        """What became of a call at that moment."""
        way = self._one_of(
            {Way.talked: 70, Way.message: 11, Way.mandated: 9, Way.hung_up: 8, Way.silent: 2}
        )
        if way is Way.hung_up or (way is Way.talked and self.chance.random() < 0.08):
            return self._about_nothing(at, way)
        return self.about(at, way)

    def about(self, at: dt.datetime, way: Way, situation: Situation | None = None) -> Story:
        """A call about a child."""
        known = self._known() if situation is None and way is not Way.silent else None
        matter, caller = known or self._new(at, way, situation)
        disposition = self._disposition(matter.urgency, again=known is not None)
        if known is None:
            self.told.append((matter, caller))
        return self._story(at, way, caller, disposition, matter)

    def _about_nothing(self, at: dt.datetime, way: Way) -> Story:
        kinds = {Disposition.no_content: 1}
        if way is Way.talked:
            kinds = {
                Disposition.wrong_number: 5,
                Disposition.nuisance: 4,
                Disposition.no_content: 1,
            }
        return self._story(at, way, self._number(), self._one_of(kinds), None)

    def _story(
        self,
        at: dt.datetime,
        way: Way,
        caller: str,
        disposition: Disposition,
        matter: Matter | None,
    ) -> Story:
        talked, chance = way is Way.talked, self.chance
        urgent = matter is not None and matter.urgency in {Urgency.emergency, Urgency.urgent}
        return Story(
            at=at,
            flow=self._one_of({"12355": 64, "12345": 24, "district": 12}),
            caller=caller,
            way=way,
            waited=int(chance.gammavariate(2.2, 3.2)) + 2 if talked else chance.randrange(12, 70),
            spoke=chance.randrange(90, 720) if talked and matter else chance.randrange(9, 55),
            handled_after=chance.randrange(120, 900) if urgent else chance.randrange(180, 5400),
            officer=chance.randrange(1000),
            disposition=disposition,
            reason=chance.choice(words()["answers"].get(disposition, [""])),
            matter=matter,
        )

    def _known(self) -> tuple[Matter, str] | None:
        """A child told of before, mostly by the same caller."""
        if len(self.told) < 20 or self.chance.random() > 0.12:
            return None
        matter, caller = self.chance.choice(self.told[-60:])
        return matter, caller if self.chance.random() < 0.7 else self._number()

    def _new(self, at: dt.datetime, way: Way, situation: Situation | None) -> tuple[Matter, str]:
        told_of: Mapping[str, Any] = words()["situations"]
        weights = {name: one["weight"] for name, one in told_of.items()}
        if way is Way.silent:
            situation = Situation.domestic_violence
        kind = situation or Situation(self._one_of(weights))
        of = told_of[kind]
        child = self.child(at.date(), *of["ages"])
        urgency = Urgency(self._one_of(of["urgency"]))
        reporter = self._reporter(way, of, child.age(at.date()))
        summary = self._summary(of, reporter, child, at.date())
        return Matter(kind, urgency, child, reporter, summary), self._number()

    def _reporter(self, way: Way, of: Mapping[str, Any], age: int) -> ReporterKind:
        if way is Way.mandated:
            return ReporterKind.duty
        if way is Way.silent or (age >= 9 and "own" in of and self.chance.random() < 0.2):
            return ReporterKind.child
        return ReporterKind(self._one_of(of.get("by", REPORTERS)))

    def _summary(
        self, of: Mapping[str, Any], reporter: ReporterKind, child: Child, today: dt.date
    ) -> str:
        texts = of["own" if reporter is ReporterKind.child else "texts"]
        said_by = [who for who in words()["reporters"][reporter] if child.kin not in who]
        who = self.chance.choice(said_by)
        return str(
            self.chance.choice(texts).format(
                who=who, child=child.in_words(today), kin=child.kin, name=child.name
            )
        )

    def child(self, today: dt.date, youngest: int, oldest: int) -> Child:
        """A child of that age, in whole years."""
        chance, people = self.chance, words()["people"]
        sex = chance.choice([Sex.male, Sex.female])
        given = people["boys" if sex is Sex.male else "girls"].split()
        code = chance.choice(list(words()["places"]))
        place = words()["places"][code]
        days = chance.randrange(int(youngest * YEAR) + 20, int((oldest + 1) * YEAR) - 20)
        return Child(
            name=chance.choice(people["families"].split()) + chance.choice(given),
            sex=sex,
            born=today - dt.timedelta(days=days),
            place=code,
            address=chance.choice(place["addresses"]).format(
                building=chance.randrange(1, 24),
                unit=chance.randrange(1, 5),
                room=chance.randrange(1, 7) * 100 + chance.randrange(1, 5),
            ),
            school=self._school(place["schools"], int(days // YEAR)),
            kin=chance.choice(words()["kin"]["words"]),
        )

    def _school(self, schools: list[str], age: int) -> str:
        """One for that age, if there is any nearby."""
        fitting = [one for one in schools if age in _ages(one)]
        return self.chance.choice(fitting) if fitting else ""

    def _disposition(self, urgency: Urgency, *, again: bool) -> Disposition:
        if again:
            return self._one_of({Disposition.case_linked: 7, Disposition.duplicate: 3})
        opened, advice, moved = {
            Urgency.emergency: (80, 5, 15),
            Urgency.urgent: (55, 20, 25),
            Urgency.standard: (30, 35, 35),
            Urgency.consult: (0, 88, 12),
        }[urgency]
        return self._one_of(
            {
                Disposition.case_opened: opened,
                Disposition.advice_given: advice,
                Disposition.transferred: moved,
            }
        )

    def _number(self) -> str:
        """Nobody can have it (see `hotline.embedded.demo`); some do not say theirs."""
        if self.chance.random() < 0.06:
            return "anonymous"
        return f"+86100000{self.chance.randrange(20_000, 100_000)}"

    def _one_of(self, weights: Mapping[T, int]) -> T:
        [chosen] = self.chance.choices(list(weights), list(weights.values()))
        return chosen
