"""Names of children as people say, hear and write them: the same name in other characters, in another
mouth, without the family name, or as a nickname."""

import enum
import functools
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from importlib import resources
from typing import TypedDict, cast

from pypinyin import lazy_pinyin

_BETWEEN = re.compile(r"[\s·・.,,。、_-]+")
_PARTS = re.compile(r"[·・]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SAID_ALONE = re.compile(r"[\u3400-\u9fff]|[^\u3400-\u9fff]+")


class _Known(TypedDict):
    family: str
    double: str
    common_given: str
    readings: dict[str, str]


def _known() -> _Known:
    text = resources.files("triage").joinpath("names.toml").read_text("utf-8")
    return cast("_Known", tomllib.loads(text))


KNOWN = _known()
"""Family names and their readings, and common given names."""
_FAMILY = frozenset("".join(KNOWN["family"].split()))
_DOUBLE = frozenset(KNOWN["double"].split())
_FOLDS = (
    (re.compile(r"^(z|c|s)h"), r"\1"),  # 张 / 臧
    (re.compile(r"^n(?=[aeiouv])"), "l"),  # 牛 / 刘
    (re.compile(r"^hu(?=[aeio])"), "f"),  # 黄 / 房
    (re.compile(r"^hu$"), "fu"),  # 胡 / 付
    (re.compile(r"^fo$"), "fuo"),
    (re.compile(r"(?<=[aei])ng$"), "n"),  # 陈 / 程, 林 / 凌
    (re.compile(r"^wan$"), "fan"),  # 王 / 黄 (south), 万 / 范
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name in its two parts; `family` is empty where only the given name, or a nickname, is known."""

    family: str
    given: str

    @property
    def whole(self) -> str:
        """Both, in the order in which they are said."""
        return self.family + self.given


class Likeness(enum.StrEnum):
    """How two names go together, from the same to another child's."""

    same = "same"
    same_sound = "same_sound"
    near_sound = "near_sound"
    """The same but for sounds that the telephone does not tell apart."""
    same_given = "same_given"
    given_sound = "given_sound"
    nickname = "nickname"
    half = "half"
    """One family name, and one of two characters of the given name: misheard, or a sister."""
    other_family = "other_family"
    different = "different"


def plain(name: str) -> str:
    """A name without spaces and separators, full-width letters narrow, Latin letters small."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", name)).lower()


def parted(name: str) -> Name:
    """Family and given name. 阿依古丽·买买提 is called 阿依古丽; 雨雨 and 小雨 have no family name."""
    first, *rest = _PARTS.split(name.strip(), maxsplit=1)
    if rest and len(plain(first)) > 1:
        return Name(plain(rest[0]), plain(first))
    whole = plain(name)
    if len(whole) > 2 and whole[:2] in _DOUBLE:
        return Name(whole[:2], whole[2:])
    doubled = len(whole) == 2 and whole[0] == whole[1]
    if len(whole) > 1 and whole[0] in _FAMILY and not doubled:
        return Name(whole[0], whole[1:])
    return Name("", whole)


@functools.cache
def _spoken(character: str) -> str:
    return lazy_pinyin(character)[0]


def spoken(text: str) -> list[str]:
    """Text in pinyin without tones, character by character; what is not Chinese as it is."""
    parts = _SAID_ALONE.findall(text)
    return [_spoken(part) if _HAN.match(part) else part for part in parts]


def syllables(name: Name) -> list[str]:
    """How it is said, in pinyin without tones."""
    readings = KNOWN["readings"]
    family = [readings[name.family]] if name.family in readings else spoken(name.family)
    return [*family, *spoken(name.given)]


def blurred(syllable: str) -> str:
    """A syllable as a bad telephone line lets it through: zh/z, n/l, h/f, ng/n are one."""
    for sound, heard in _FOLDS:
        syllable = sound.sub(heard, syllable)
    return syllable


def blur(name: Name) -> str:
    """The whole name, blurred."""
    return " ".join(map(blurred, syllables(name)))


@functools.cache
def _common() -> frozenset[str]:
    return frozenset(_given_blur(Name("", given)) for given in KNOWN["common_given"].split())


def is_common(name: str) -> bool:
    """Whether many children are called so, or as it sounds."""
    return _given_blur(parted(name)) in _common()


def likeness(one: str | None, other: str | None) -> Likeness | None:
    """How two names go together; None where one is not known."""
    if not one or not other or not plain(one) or not plain(other):
        return None
    first, second = parted(one), parted(other)
    if plain(one) == plain(other):
        # 小雨 is what many are called; a name in full is one child's, or a namesake's.
        return Likeness.same if first.family or len(first.given) > 2 else Likeness.same_given
    if first.family and second.family:
        return _of_whole(first, second)
    return _of_given(first, second)


def _of_whole(one: Name, other: Name) -> Likeness:
    if syllables(one) == syllables(other):
        return Likeness.same_sound
    if blur(one) == blur(other):
        return Likeness.near_sound
    if _given_blur(one) == _given_blur(other):
        return Likeness.other_family
    if blur(Name(one.family, "")) == blur(Name(other.family, "")) and _is_half(one, other):
        return Likeness.half
    return Likeness.different


def _of_given(one: Name, other: Name) -> Likeness:
    if one.given == other.given:
        return Likeness.same_given
    if _given_blur(one) == _given_blur(other):
        return Likeness.given_sound
    if _may_be_called(one, other) or _may_be_called(other, one):
        return Likeness.nickname
    return Likeness.different


def _given_blur(name: Name) -> str:
    return blur(Name("", name.given))


def _is_half(one: Name, other: Name) -> bool:
    pairs = zip(_given_blur(one).split(), _given_blur(other).split(), strict=False)
    return len(one.given) == len(other.given) == 2 and sum(a == b for a, b in pairs) == 1


def _may_be_called(nick: Name, name: Name) -> bool:
    said = called(nick)
    return bool(said) and blurred(spoken(said)[0]) in _given_blur(name).split()


def called(name: Name) -> str:
    """The one character of the given name that is in a nickname: 雨 of 小雨, 阿雨, 雨雨, 雨儿, 雨宝. Empty
    if it is none."""
    said = name.whole
    if len(said) != 2 or not _HAN.match(said):
        return ""
    if said[0] == said[1] or said[0] in "小阿大":
        return said[1]
    return said[0] if said[1] in "儿宝仔子娃妹" else ""
