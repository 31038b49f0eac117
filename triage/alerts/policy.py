"""How an alert travels, as data: read once from `policy.toml` (or the operator's own, ALERT_POLICY), refused
if it makes no sense. The first policy whose conditions fit is followed.

A file that has gone or gone bad while the line runs stops no alert: until it is mended, the line's own
policies are followed, and those who watch over the line are told (`health`)."""

import enum
import functools
import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hotline import config
from hotline.outbox import Channel
from triage.alerts.states import Purpose
from triage.intake.states import Situation

log = structlog.get_logger()

UNUSABLE = (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError)
"""Why a file of policies cannot be followed."""
LONGEST_POLICE_WAIT = 600
"""Seconds. Whatever a policy says, an emergency never rests longer with the police of one place."""


class Who(enum.StrEnum):
    """Whom a step is for. First, second and third count the agency's contacts on hand at that moment;
    `superior` is the first of the agency above; supervisors and officers are the line's own on duty."""

    acknowledger = "acknowledger"
    """Whoever acknowledged, if it is one of the contacts we know."""
    first = "first"
    second = "second"
    third = "third"
    superior = "superior"
    officers = "officers"
    supervisors = "supervisors"


PLACES_IN_ROW = {Who.first: 0, Who.second: 1, Who.third: 2}
ByTelephone = Literal[Channel.sms, Channel.call]
Wait = Annotated[int, Field(ge=1, le=86_400)]
"""Seconds."""


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Closed):
    """One attempt: whom, how, how long it is given (seconds; ALERT_ACK_SECONDS where nothing is said), and
    how often it is made."""

    contact: Who
    channels: Annotated[tuple[ByTelephone, ...], Field(min_length=1)]
    wait: Wait | None = None
    repeat: Annotated[int, Field(ge=1, le=10)] = 1

    @property
    def patience(self) -> int:
        """Seconds until the next step, unless its messages have all failed before."""
        return self.wait or config.current().alert_ack_seconds


class Alarm(_Closed):
    """Who of the line is called when every step has been tried, again and again until somebody acts."""

    contact: Who
    channels: Annotated[tuple[ByTelephone, ...], Field(min_length=1)]
    wait: Wait | None = None
    heard_wait: Wait = 300
    """Seconds of peace for somebody who has confirmed the alarm by a key, and is now acting."""

    @model_validator(mode="after")
    def _of_the_line(self) -> Self:
        if self.contact not in (Who.officers, Who.supervisors):
            raise ValueError("an alarm calls the line's own officers or supervisors")
        return self

    @property
    def patience(self) -> int:
        """Seconds until the alarm repeats."""
        return self.wait or config.current().alert_ack_seconds


class Asking(_Closed):
    """When the police are asked what has come of it: seconds after they acknowledged (`first`), or last said
    something or were last asked (`again`); after so many `times` the line's officers are told instead."""

    first: Wait
    again: Wait
    times: Annotated[int, Field(ge=1, le=10)]


class Policy(_Closed):
    """The steps in order and the alarm after the last; the steps of news on it; the asking for feedback.

    `places` are official codes, each with everything below it, and `situations` what it is about; empty
    means any.
    """

    name: Annotated[str, Field(min_length=1)]
    purpose: Purpose = Purpose.police
    places: tuple[str, ...] = ()
    situations: tuple[Situation, ...] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    alarm: Alarm
    news: Annotated[tuple[Step, ...], Field(min_length=1)]
    asking: Asking | None = None

    @model_validator(mode="after")
    def _never_quiet(self) -> Self:
        """The police are called, not only texted, and no wait is long."""
        if self.purpose is Purpose.police:
            if not any(Channel.call in step.channels for step in self.steps):
                raise ValueError("steps must have a call: a text that nobody reads wakes nobody")
            every = (*self.steps, *self.news)
            waits = [self.alarm.wait, self.alarm.heard_wait, *(step.wait for step in every)]
            if any((wait or 0) > LONGEST_POLICE_WAIT for wait in waits):
                raise ValueError(f"no step for the police may wait over {LONGEST_POLICE_WAIT} s")
        return self

    @property
    def unconditional(self) -> bool:
        """Whether it fits everything."""
        return not (self.places or self.situations)

    @property
    def attempts(self) -> tuple[Step, ...]:
        """The steps, each as often as it is repeated."""
        return _repeated(self.steps)

    @property
    def news_attempts(self) -> tuple[Step, ...]:
        """The same for news."""
        return _repeated(self.news)

    def fits(self, purpose: Purpose, codes: list[str], situation: Situation | None) -> bool:
        """Whether an alert for this purpose, about this place (its code and those above) and situation
        follows it."""
        return (
            self.purpose is purpose
            and (not self.places or any(code in self.places for code in codes))
            and (not self.situations or situation in self.situations)
        )


class Book(_Closed):
    """All policies, in the order in which they are tried."""

    policies: tuple[Policy, ...]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        names = [policy.name for policy in self.policies]
        if len(set(names)) < len(names):
            raise ValueError("two policies have one name")
        for purpose in Purpose:
            theirs = [policy for policy in self.policies if policy.purpose is purpose]
            if not theirs or not theirs[-1].unconditional:
                raise ValueError(f"the last policy for {purpose} must fit everything")
            if any(policy.unconditional for policy in theirs[:-1]):
                raise ValueError(
                    f"a policy for {purpose} behind one that fits everything is never used"
                )
        return self


def load() -> Book:
    """The policies as they are configured.

    Raises:
        OSError: the operator's file cannot be read.
        tomllib.TOMLDecodeError: it is no TOML.
        UnicodeDecodeError: it is no UTF-8.
        pydantic.ValidationError: it makes no sense, or names something that does not exist.
    """
    return _load(config.current().alert_policy)


def in_force() -> Book:
    """The policies that are followed: as configured, or the line's own if those cannot be read."""
    try:
        return load()
    except UNUSABLE as fault:
        log.critical("alert_policy_unusable", error=type(fault).__name__)
        return _load(None)


@functools.cache
def _load(own: Path | None) -> Book:
    source = own or resources.files("triage.alerts").joinpath("policy.toml")
    return Book.model_validate(tomllib.loads(source.read_text("utf-8")))


def choose(purpose: Purpose, codes: list[str], situation: Situation | None) -> Policy:
    """The policy for an alert about a place (its code and those above it) and a situation."""
    return next(one for one in in_force().policies if one.fits(purpose, codes, situation))


def named(name: str, purpose: Purpose) -> Policy:
    """The policy an alert began with; if the file no longer has it, the one that fits everything."""
    for one in in_force().policies:
        if one.name == name and one.purpose is purpose:
            return one
    return choose(purpose, [], None)


def _repeated(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(step for step in steps for _ in range(step.repeat))
