"""What the network is told when it starts: the account, its lines, the telephones on the table."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

HABITS = ("manual", "answers", "unanswered", "busy", "voicemail", "unreachable")
KINDS = ("mobile", "landline")
PACES = ("real", "fast")


class ConfigError(ValueError):
    """The configuration cannot be used; the message says which entry and why."""


@dataclass(frozen=True)
class Line:
    """A number of the account, and where the network goes when it is called or texted."""

    voice_url: str = ""
    fallback_url: str = ""
    status_callback: str = ""
    sms_url: str = ""


@dataclass(frozen=True)
class Phone:
    """A telephone somebody may pick up.

    `number` is delivered verbatim as `From`, odd ones included. `kind` decides whether SMS reaches
    it. `habit` says what it does when it rings: `manual` waits for a person.
    """

    number: str
    label: str = ""
    kind: str = ""
    habit: str = "manual"
    label_en: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ("", *KINDS):
            raise ConfigError(f"phone {self.number!r}: kind {self.kind!r} is none of {KINDS}")
        if self.habit not in HABITS:
            raise ConfigError(f"phone {self.number!r}: habit {self.habit!r} is none of {HABITS}")


@dataclass(frozen=True)
class NetworkConfig:
    """One account. Times are in seconds.

    `pace` is `real` for people, or `fast`: then speech takes no time and every wait for a person
    lasts until that person acts, for `patience` seconds at most.
    """

    account_sid: str
    auth_token: str
    lines: Mapping[str, Line] = field(default_factory=dict)
    phones: tuple[Phone, ...] = ()
    pace: str = "real"
    webhook_seconds: float = 15.0  # Twilio's limit for a webhook, connect included
    patience: float = 15.0
    hang_seconds: float = 30.0  # how long a REST request hangs when that fault is on

    def __post_init__(self) -> None:
        if not (self.account_sid and self.auth_token):
            raise ConfigError("the network needs an account SID and an auth token")
        if self.pace not in PACES:
            raise ConfigError(f"pace {self.pace!r} is none of {PACES}")


def load_plan(path: Path) -> tuple[dict[str, Line], tuple[Phone, ...]]:
    """Read lines and phones from a JSON or TOML file: `lines` by number, `phones` as a list.

    Raises ConfigError for a file that cannot be read or an entry that is not known.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    entries = data.get("lines", {}).items()
    lines = {number: Line(**_known(Line, entry, number)) for number, entry in entries}
    phones = tuple(Phone(**_known(Phone, entry, "phones")) for entry in data.get("phones", ()))
    return lines, phones


def _known(
    kind: type[Line] | type[Phone], entry: Mapping[str, Any], where: str
) -> Mapping[str, Any]:
    unknown = entry.keys() - {f.name for f in fields(kind)}
    if unknown:
        raise ConfigError(f"{where}: unknown entry {', '.join(sorted(unknown))}")
    return entry
