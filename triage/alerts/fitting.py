"""Makes free text fit for an SMS: one line of plain characters, nothing a stranger must not read, and not
longer than there is room for."""

import enum
import re
import unicodedata
from collections.abc import Iterable

CUT = "…"
"""Stands wherever something was left out."""
FEWEST_DIGITS = 7
"""A run of digits that may be a telephone number written without its area code."""

_SPACE = re.compile(r"\s+")
_ENDS = " ，,。.；;、：:！!"
_LINK = re.compile(
    r"""
    [a-z0-9+.-]*://\S*
    | https?[!-~]*
    | www\.[!-~]*
    | [\w.+-]*@[a-z0-9.-]+                         # mail
    | \d{1,3}(?:\.\d{1,3}){3}[!-~]*
    | (?:[a-z0-9-]*\.)+(?:[a-z][a-z0-9-]+|中国|公司|网络)(?:[:/?\#][!-~]*)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What telephones make a link of, or mainland carriers bar (network fact)."""
_NUMBER = re.compile(r"\+?\d(?:[ .–—-]?\d){10,}[xX]?")
"""Mobile and identity numbers: eleven digits or more."""
_DIGITS = re.compile(r"\d(?:[ .–—-]?\d)+")


class Unfit(enum.StrEnum):
    """Why a text may not go out as it is."""

    holds_name = "holds_name"
    holds_number = "holds_number"
    holds_link = "holds_link"


def unfit(note: str, names: Iterable[str], numbers: Iterable[str]) -> list[Unfit]:
    """What an officer must take out of a note before it goes out: the name of somebody in `names`, in full
    or the given name of two characters alone; one of the telephone `numbers`, or any other that is as long
    as a mobile or identity number; a link."""
    # Full-width letters read like others.
    note = unicodedata.normalize("NFKC", plain(note))
    faults = {
        Unfit.holds_name: any(_pattern(form).search(note) for one in names for form in _forms(one)),
        Unfit.holds_number: bool(_NUMBER.search(note)) or _holds_one_of(note, numbers),
        Unfit.holds_link: bool(_LINK.search(note)),
    }
    return [fault for fault, holds in faults.items() if holds]


def plain(text: str) -> str:
    """One line without control characters, bidi marks, halves of characters and unknown ones."""
    seen = (char for char in text if char.isspace() or unicodedata.category(char)[0] != "C")
    return _SPACE.sub(" ", "".join(seen)).strip()


def clean(text: str) -> str:
    """The text on one line, without what nobody may be sent: links, and mobile and identity numbers."""
    return _NUMBER.sub(CUT, _LINK.sub(CUT, plain(text))).strip(_ENDS)


def without_names(text: str, names: Iterable[str]) -> str:
    """A text that does not say a child's full name. The given name alone is left: it may be part of a
    street's (建国, 建国路); that is for an officer to judge (`unfit`)."""
    for name in names:
        whole = "".join(_parts(name))
        if len(whole) > 1:
            text = _pattern(whole).sub("孩子", text)
    return text


def length(text: str) -> int:
    """Length in UTF-16 units, as UCS-2 messages are counted."""
    return len(text.encode("utf-16-le")) // 2


def head(text: str, room: int) -> str:
    """As much of the beginning as there is room for, and a mark if that is not all: at least the mark."""
    if length(text) <= room:
        return text
    characters = _characters(text)
    return "".join(characters[: _fitting(characters, room - length(CUT))]) + CUT


def tail(text: str, room: int) -> str:
    """The same with the end."""
    if length(text) <= room:
        return text
    backwards = _characters(text)[::-1]
    kept = backwards[: _fitting(backwards, room - length(CUT))]
    return CUT + "".join(kept[::-1])


def _fitting(characters: list[str], room: int) -> int:
    for count, character in enumerate(characters):
        room -= length(character)
        if room < 0:
            return count
    return len(characters)


def _characters(text: str) -> list[str]:
    """As people see them: a letter with its accents, a picture with its colour."""
    found: list[str] = []
    for char in text:
        if found and (unicodedata.category(char)[0] == "M" or "\U0001f3fb" <= char <= "\U0001f3ff"):
            found[-1] += char
        else:
            found.append(char)
    return found


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[\s·・.,，、-]+", plain(name)) if part]


def _forms(name: str) -> set[str]:
    parts = _parts(name)
    whole = "".join(parts)
    forms = {whole, *parts}
    if len(parts) == 1 and len(whole) > 2 and not whole.isascii():
        forms.add(whole[-2:])
    return {form for form in forms if len(form) > 1}


def _pattern(form: str) -> re.Pattern[str]:
    spelled = r"[\s·・._*–—-]*".join(re.escape(char) for char in form)
    return re.compile(f"(?<![a-z]){spelled}(?![a-z])", re.IGNORECASE)


def _holds_one_of(note: str, numbers: Iterable[str]) -> bool:
    written = [re.sub(r"\D", "", run) for run in _DIGITS.findall(note)]
    known = [re.sub(r"\D", "", number) for number in numbers]
    return any(one.endswith(run) for run in written if len(run) >= FEWEST_DIGITS for one in known)
