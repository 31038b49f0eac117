"""What the line says, one file per language in ``ivr/prompts``, and how its blanks are filled in.

A file names the voice and holds every sentence under a key. Blanks such as ``{receipt}`` come from
one closed list, which on purpose has none for a person's name: a child's name is never spoken to
whoever happens to pick up a telephone (DOMAIN.md, section 12). Nor is there one for an institution:
whoever tries out codes does not learn whose they are.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ivr.aloud import SAID, TONGUES

FIELDS = frozenset(SAID) | {"place", "situation", "address", "reason"}

INVITATIONS = {"english": "en", "cantonese": "yue"}
"""Sentences written in one language only: said in it whatever the call speaks (``en:english``)."""

FIRST_LANGUAGE = "zh"
FOLDER = Path(__file__).parent / "prompts"

_BLANK = re.compile(r"\{(\w+)\}")

# XML 1.0 has no way to write these, not even escaped; typed text may carry them.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Wording:
    """One language: the network's name for the voice, its locale, and the sentences by key."""

    voice: str
    locale: str
    say: dict[str, str]


def fill(text: str, fields: Mapping[str, str]) -> str | None:
    """The sentence with its blanks filled in; None when one is not known.

    The caller then leaves the sentence out: half an alert is better than "place: none".
    """
    try:
        return text.format_map(fields)
    except KeyError:
        return None


def speakable(fields: Mapping[str, str], language: str = FIRST_LANGUAGE) -> dict[str, str]:
    """The known, non-empty fields, ready to be spoken in that language: numbers digit by digit,
    moments and durations as people say them (`ivr.aloud.SAID`), nothing un-XML.

    `waited` is in whole seconds, `opens` in ISO 8601 in the line's zone, `office` a kind of agency,
    `exercise` known only of an exercise, `news` a kind of notice.
    """
    tongue = TONGUES.get(language, TONGUES[FIRST_LANGUAGE])
    return {
        name: _NOT_XML.sub("", SAID[name](value, tongue) if name in SAID else value)
        for name, value in fields.items()
        if name in FIELDS and value
    }


@cache
def fields_of(text: str) -> frozenset[str] | None:
    """Names of the blanks in a sentence; None when its braces are anything but ``{name}``."""
    rest = _BLANK.sub("", text)
    return None if "{" in rest or "}" in rest else frozenset(_BLANK.findall(text))


def read_wordings(folder: Path) -> tuple[dict[str, Wording], list[str]]:
    """Every language in the folder, by its file's name, and a line for every fault found."""
    wordings: dict[str, Wording] = {}
    faults: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            wording = _ADAPTER.validate_python(tomllib.loads(path.read_text("utf-8")))
        except ValidationError as error:
            faults += [f"prompts {path.stem}: {line}" for line in lines_of(error)]
        except ValueError as error:  # neither TOML nor UTF-8
            faults.append(f"prompts {path.stem}: {error}")
        else:
            wordings[path.stem] = wording
            faults += [f"prompts {path.stem}: {line}" for line in _faults(wording)]
    return wordings, faults


@cache
def wordings() -> dict[str, Wording]:
    """The languages of this installation; faulty ones are left out (`ivr.flow` refuses them)."""
    return read_wordings(FOLDER)[0]


def lines_of(error: ValidationError) -> list[str]:
    """A validation error as lines of ``where: what``."""
    return [
        f"{' '.join(str(part) for part in fault['loc'])}: {fault['msg']}"
        for fault in error.errors()
    ]


def _faults(wording: Wording) -> list[str]:
    faults = []
    for key, text in wording.say.items():
        blanks = fields_of(text)
        if blanks is None:
            faults.append(f"{key}: braces that are no field")
        else:
            faults += [f"{key}: unknown field {{{name}}}" for name in sorted(blanks - FIELDS)]
    return faults


_ADAPTER = TypeAdapter(Wording)
