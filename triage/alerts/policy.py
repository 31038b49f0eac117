"""The policy of steps as data: read once from `policy.toml`, refused if it makes no sense."""

import functools
import tomllib
from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from hotline.accounts.permissions import Role
from hotline.outbox import Channel


class Step(BaseModel):
    """One attempt: which of the agency's contacts (from 1), by which channel."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contact: Annotated[int, Field(ge=1)]
    channel: Channel


class Alarm(BaseModel):
    """Whom to call when every step has been tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]


class Policy(BaseModel):
    """The steps in order, and the alarm after the last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    alarm: Alarm


@functools.cache
def load() -> Policy:
    """The policy in force.

    Raises:
        pydantic.ValidationError: the file names something that does not exist.
    """
    text = resources.files("triage.alerts").joinpath("policy.toml").read_text("utf-8")
    return Policy.model_validate(tomllib.loads(text))
