"""What is asked of a report, as data: `questions.toml`, read once and refused if it makes no sense.

The situations: paper 000 五(二)2, paper 001 二(三), and 004 for the last five.
"""

import enum
import functools
import tomllib
from collections.abc import Collection, Iterator, Mapping
from importlib import resources
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hotline.web.i18n import chosen_language
from triage.intake.states import Situation


class Answering(enum.StrEnum):
    """How a question is answered."""

    yes_no = "yes_no"
    moment = "moment"
    number = "number"
    text = "text"
    choice = "choice"


class Group(enum.StrEnum):
    """What is asked of every report, by whom it is about."""

    reporter = "reporter"
    child = "child"
    home = "home"


YES_NO_UNKNOWN = ("yes", "no", "unknown")
Facts = Mapping[str, str]
"""Answers by the question's key; what was not answered is not there."""


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Bilingual(_Closed):
    """Words of a file of ours, in both languages of the console."""

    zh: str
    en: str

    @property
    def text(self) -> str:
        """In the language of whoever reads."""
        return self.en if chosen_language() == "en" else self.zh


class Option(Bilingual):
    """One of the answers that can be chosen."""

    value: str


class Question(Bilingual):
    """One question, and how it is answered."""

    kind: Answering
    options: tuple[Option, ...] = ()
    only_if: Annotated[Mapping[str, tuple[str, ...]], Field(alias="if")] = {}

    @property
    def values(self) -> tuple[str, ...]:
        """The answers that are possible; empty where anything is."""
        if self.kind is Answering.yes_no:
            return YES_NO_UNKNOWN
        return tuple(option.value for option in self.options)

    def is_asked(self, facts: Facts, among: Collection[str]) -> bool:
        """Whether earlier answers call for it; what is not asked `among` the same holds nothing back."""
        called_for = {key: wanted for key, wanted in self.only_if.items() if key in among}
        return all(facts.get(key) in wanted for key, wanted in called_for.items())


class Book(_Closed):
    """Every question, and when it is asked."""

    groups: Mapping[Group, tuple[str, ...]]
    situations: Mapping[Situation, tuple[str, ...]]
    questions: Mapping[str, Question]

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        missing = [str(one) for one in (*Situation, *Group) if one not in self._sets()]
        asked = {key for keys in self._sets().values() for key in keys}
        wrong = [
            *(f"nothing is asked for {one}" for one in missing),
            *(f"there is no question {key}" for key in sorted(asked - self.questions.keys())),
            *(f"{key} is never asked" for key in sorted(self.questions.keys() - asked)),
            *(fault for key, one in self.questions.items() for fault in self._faults(key, one)),
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def _sets(self) -> dict[str, tuple[str, ...]]:
        sets = {str(group): keys for group, keys in self.groups.items()}
        return sets | {str(one): keys for one, keys in self.situations.items()}

    def _faults(self, key: str, question: Question) -> Iterator[str]:
        if (question.kind is Answering.choice) != bool(question.options):
            yield f"{key}: options belong to a choice, and a choice needs them"
        for other, wanted in question.only_if.items():
            known = self.questions[other].values if other in self.questions else ()
            if not set(wanted) <= set(known):
                yield f"{key}: {other} is never answered with {', '.join(wanted)}"

    def of(self, situation: Situation | None, facts: Facts) -> dict[str, Question]:
        """The questions a situation asks, after what is answered already; none while it is not known."""
        keys = self.situations[situation] if situation else ()
        asked = ((key, self.questions[key]) for key in keys)
        return {key: question for key, question in asked if question.is_asked(facts, keys)}

    def in_group(self, group: Group) -> dict[str, Question]:
        """The questions of a group, which are asked of every report."""
        return {key: self.questions[key] for key in self.groups[group]}

    def asked(self, situation: Situation | None, facts: Facts) -> dict[str, Question]:
        """Every question a report is asked, in the order of the form."""
        groups = {key: one for group in Group for key, one in self.in_group(group).items()}
        return {**self.of(situation, facts), **groups}


@functools.cache
def load() -> Book:
    """The questions.

    Raises:
        pydantic.ValidationError: the file makes no sense, or names something that does not exist.
    """
    source = resources.files("triage.facts").joinpath("questions.toml")
    return Book.model_validate(tomllib.loads(source.read_text("utf-8")))
