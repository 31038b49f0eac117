"""A suggestion of urgency from what is known, as data: `rules.toml`, read once and refused if it makes no
sense. It says why; it decides nothing."""

import datetime as dt
import functools
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hotline import config
from triage.facts import answers, questions
from triage.facts.questions import Answering, Bilingual
from triage.intake.models import ReporterKind
from triage.intake.states import Situation, Urgency

NIGHT_BEGINS, NIGHT_ENDS = 22, 6
SUBJECTS = ("situation", "fact", "answer", "node", "younger_than", "reporter", "night")
TESTS = {
    Answering.number: ("at_most",),
    Answering.moment: ("within_hours", "older_than_hours"),
    Answering.yes_no: ("values",),
    Answering.choice: ("values",),
    Answering.text: (),
}
"""What can be asked of an answer, by how the question is answered."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a report when it is judged. `age` in years; times aware."""

    received_at: dt.datetime
    now: dt.datetime
    situation: Situation | None = None
    age: int | None = None
    reporter: ReporterKind | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    """What the caller answered by key."""
    nodes: Collection[str] = ()
    """Where in the flow the caller has been."""


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Condition(_Closed):
    """One thing that must be so."""

    situation: tuple[Situation, ...] = ()
    fact: str = ""
    answer: str = ""
    node: str = ""
    younger_than: int | None = None
    reporter: tuple[ReporterKind, ...] = ()
    night: bool = False
    values: Annotated[tuple[str, ...], Field(alias="is")] = ()
    at_most: int | None = None
    within_hours: int | None = None
    older_than_hours: int | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        subjects = [name for name in SUBJECTS if getattr(self, name)]
        if len(subjects) != 1:
            raise ValueError("a condition is about exactly one thing")
        if self.fact and (wrong := self._wrong_about_fact()):
            raise ValueError(wrong)
        if self.answer and not self.values:
            raise ValueError(f"{self.answer}: no answer is named")
        return self

    def _wrong_about_fact(self) -> str:
        question = questions.load().questions.get(self.fact)
        if question is None:
            return f"there is no question {self.fact}"
        tests = [name for names in TESTS.values() for name in names]
        asked = {name for name in tests if getattr(self, name) not in {None, ()}}
        if len(asked) != 1 or not asked <= set(TESTS[question.kind]):
            return f"{self.fact}: a {question.kind} cannot be asked for {', '.join(sorted(asked))}"
        if self.values and not set(self.values) <= set(question.values):
            return f"{self.fact} is never answered with {', '.join(self.values)}"
        return ""

    def holds(self, known: Evidence) -> bool:
        """Whether it is so, as far as is known; what is not known is not so."""
        return (
            known.situation in self.situation
            or (bool(self.fact) and self._fact_holds(known))
            or (bool(self.answer) and known.answers.get(self.answer) in self.values)
            or (bool(self.node) and self.node in known.nodes)
            or _less(known.age, self.younger_than)
            or known.reporter in self.reporter
            or (self.night and _is_night(known.received_at))
        )

    def _fact_holds(self, known: Evidence) -> bool:
        said = known.facts.get(self.fact, "")
        if self.values:
            return said in self.values
        if self.at_most is not None:
            count = answers.number(said)
            return count is not None and count <= self.at_most
        at = answers.moment(said)
        if at is None:
            return False
        hours = (known.now - at) / dt.timedelta(hours=1)
        if self.within_hours is not None:
            return hours <= self.within_hours
        return self.older_than_hours is not None and hours > self.older_than_hours


class Rule(Bilingual):
    """Conditions, the urgency they speak for, and why."""

    name: str
    urgency: Urgency
    when: Annotated[tuple[Condition, ...], Field(min_length=1)]


class Book(_Closed):
    """Every rule."""

    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [rule.name for rule in self.rules]
        if len(set(names)) != len(names):
            raise ValueError("two rules have one name")
        return self


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The most urgent that a rule speaks for, and every rule that holds, the most urgent first."""

    urgency: Urgency
    rules: tuple[Rule, ...]


@functools.cache
def load() -> Book:
    """The rules.

    Raises:
        pydantic.ValidationError: the file makes no sense, or asks for what is never answered.
    """
    source = resources.files("triage.suggestion").joinpath("rules.toml")
    return Book.model_validate(tomllib.loads(source.read_text("utf-8")))


def suggest(known: Evidence) -> Suggestion | None:
    """What the rules say; None if none of them holds."""
    order = list(Urgency)
    held = sorted(_holding(known), key=lambda rule: order.index(rule.urgency))
    return Suggestion(held[0].urgency, tuple(held)) if held else None


def _holding(known: Evidence) -> Iterator[Rule]:
    for rule in load().rules:
        if all(condition.holds(known) for condition in rule.when):
            yield rule


def _less(age: int | None, limit: int | None) -> bool:
    return age is not None and limit is not None and age < limit


def _is_night(at: dt.datetime) -> bool:
    hour = at.astimezone(config.current().zone).hour
    return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS
