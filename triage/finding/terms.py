"""Words under which a row is found, and their keyed tokens.

Text is cut into pairs of neighbouring characters, so that any two characters or more are found wherever they
stand; a single character is no word, because its frequency would give it away. Names have their pinyin, too,
whole, without the family name, and in initials; numbers their last four digits. What a machine has
heard is cut into pairs of syllables.

A token is a keyed digest of the word together with the kind of row and the month in which the row came to be:
the same word has another token in every month, so that whoever reads the database can count words within a
month at most, and connect nothing beyond it.
"""

import datetime as dt
import itertools
import re
import unicodedata
from collections.abc import Iterable

from hotline import crypto
from triage import names
from triage.finding.models import Kind
from triage.recordings import tokens

_SPACE = re.compile(r"\s+")
_RUN = re.compile(r"\w+")
_HAN = re.compile(r"[\u3400-\u9fff]+")
LAST_DIGITS = 4
LONGEST_TEXT = 4000
"""Characters of one text that are indexed."""


def narrow(text: str) -> str:
    """Full-width letters narrow, capitals small."""
    return unicodedata.normalize("NFKC", text).lower()


def of_text(text: str | None) -> set[str]:
    """Every pair of neighbouring characters; spaces count as nothing, signs as a border."""
    if not text:
        return set()
    runs = _RUN.findall(_SPACE.sub("", narrow(text[:LONGEST_TEXT])))
    return {f"text:{one}{next_}" for run in runs for one, next_ in itertools.pairwise(run)}


def of_speech(text: str) -> set[str]:
    """Every pair of neighbouring syllables: a machine that listens mistakes characters, seldom sounds."""
    return {f"said:{one} {next_}" for one, next_ in itertools.pairwise(tokens.syllables(text))}


def of_name(name: str | None) -> set[str]:
    """The pinyin of a name: 李小雨 as lixiaoyu, xiaoyu, lixiao and lxy."""
    if not name or not names.plain(name):
        return set()
    parted = names.parted(name)
    said = names.syllables(parted)
    given = names.syllables(names.Name("", parted.given))
    forms = ["".join(said), "".join(given) if len(given) > 1 else ""]
    if len(said) > 1:
        forms += ["".join(said[:-1]) if len(said) > 2 else "", "".join(part[0] for part in said)]
    return {f"name:{form}" for form in forms if len(form) > 1}


def of_number(number: str | None) -> set[str]:
    """The end of a telephone number."""
    digits = re.sub(r"\D", "", number or "")
    return {f"phone:{digits[-LAST_DIGITS:]}"} if len(digits) >= LAST_DIGITS else set()


def asked(text: str) -> list[str]:
    """What somebody types, in its parts: between spaces; but a number is one part, and so is pinyin that
    follows pinyin."""
    if is_number(number := _SPACE.sub("", narrow(text))):
        return [number]
    parts: list[str] = []
    for part in narrow(text).replace("'", "").split():
        if parts and _is_latin(part) and _is_latin(parts[-1]):
            parts[-1] += part
        else:
            parts.append(part)
    return parts


def readings(parts: list[str]) -> list[list[str]]:
    """In which ways `parts` can be meant, the likeliest first: each a list of words that a row must all
    have. Nothing if no part says enough."""
    ways = [found for found in map(_ways, parts) if found]
    if not ways:
        return []
    return [sorted(set().union(*way)) for way in itertools.islice(itertools.product(*ways), 4)]


def is_name(part: str) -> bool:
    """Whether it could be a child's name in characters."""
    return bool(_HAN.fullmatch(part)) and 1 < len(part) < 5


def _ways(part: str) -> list[set[str]]:
    if _is_latin(part):
        return [{f"name:{part}"}] if len(part) > 1 else []
    ways = [of_number(part)] if is_number(part) else []
    ways.append(of_text(part))
    if is_name(part):
        ways.append({f"name:{sound(part)}"})
    return [way for way in ways if way]


def sound(name: str) -> str:
    """How a name in characters is said, as one word of pinyin."""
    return "".join(names.syllables(names.parted(name)))


def is_number(part: str) -> bool:
    """Whether it could be a telephone number or its end."""
    return bool(re.fullmatch(r"\+?[\d-]{4,16}", part))


def _is_latin(part: str) -> bool:
    return bool(re.fullmatch(r"[a-zü]+", part))


def month(at: dt.datetime) -> str:
    """The month of a row, in UTC, as it enters its tokens."""
    return f"{at.astimezone(dt.UTC):%Y%m}"


def keyed(kind: Kind, month: str, words: Iterable[str]) -> list[int]:
    """The tokens of `words` in a row of this kind and month."""
    return sorted({crypto.blind_index("search", f"{kind}/{month}/{word}") for word in words})
