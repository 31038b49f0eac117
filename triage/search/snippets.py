"""Where in a row a question's parts stand, compared in the clear."""

import enum
import re
import unicodedata
from dataclasses import dataclass

from flask_babel import LazyString

from hotline import phones
from triage.finding import terms
from triage.recordings import tokens

AROUND = 18
"""Characters shown on either side."""


class How(enum.Enum):
    """By what a field is found, beside its characters."""

    text = enum.auto()
    pinyin = enum.auto()
    """Its pinyin, too."""
    speech = enum.auto()
    """Its sound, too."""
    number = enum.auto()
    """Its last digits alone; shown masked."""
    identity = enum.auto()
    """The whole of it alone; shown masked."""


@dataclass(frozen=True, slots=True)
class Field:
    """A text of a row, and what it is called."""

    where: LazyString
    text: str | None
    how: How = How.text


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a field: what comes before the match, the match, what comes after."""

    where: LazyString
    before: str
    match: str
    after: str


def found(parts: list[str], fields: list[Field]) -> list[Snippet] | None:
    """For each part the first field that has it, each place once; None if one part stands nowhere."""
    snippets: list[Snippet] = []
    for part in parts:
        snippet = next(filter(None, (_in(part, field) for field in fields)), None)
        if snippet is None:
            return None
        if snippet not in snippets:
            snippets.append(snippet)
    return snippets


def _in(part: str, field: Field) -> Snippet | None:
    text = field.text or ""
    match field.how:
        case How.number:
            return _masked(field, phones.mask(text)) if _ends(text, part) else None
        case How.identity:
            masked = f"{text[:6]}********{text[-4:]}"
            return _masked(field, masked) if text.lower() == part else None
    # Sounds last: they cost a hundred times as much.
    if literal := _literal(part, field, text):
        return literal
    if field.how is How.pinyin and _is_called(part, text):
        return Snippet(field.where, "", text, "")
    if field.how is How.speech and tokens.says(text, part):
        return _cut(field, text, 0, 0)
    return None


def _literal(part: str, field: Field, text: str) -> Snippet | None:
    narrow = unicodedata.normalize("NFKC", text)
    hit = re.search(r"\s*".join(map(re.escape, part)), narrow, re.IGNORECASE)
    # Shown as it was written, unless narrowing has moved what follows.
    text = text if len(text) == len(narrow) else narrow
    return _cut(field, text, hit.start(), hit.end()) if hit else None


def _ends(number: str, part: str) -> bool:
    digits = re.sub(r"\D", "", part)
    return len(digits) >= terms.LAST_DIGITS and re.sub(r"\D", "", number).endswith(digits)


def _masked(field: Field, text: str) -> Snippet:
    return Snippet(field.where, "", text, "")


def _is_called(part: str, name: str) -> bool:
    said = terms.sound(part) if terms.is_name(part) else part
    return f"name:{said}" in terms.of_name(name)


def _cut(field: Field, text: str, start: int, end: int) -> Snippet:
    shown = end if end > start else 2 * AROUND
    first, last = max(0, start - AROUND), shown + AROUND
    before = ("…" if first else "") + text[first:start]
    after = text[end:last] + ("…" if last < len(text) else "")
    return Snippet(field.where, before, text[start:end], after)
