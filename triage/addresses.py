"""Addresses and schools as people say and type them, in the one form in which they are compared."""

import re
import unicodedata
from dataclasses import dataclass

from triage import names

_SPACE = re.compile(r"[\s,,。、;:()()“”\"']+")
_DIGITS = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
}
_NUMERAL = "[零〇一二两三四五六七八九十百]+"
_COUNTED = re.compile(
    rf"({_NUMERAL})(?=(?:号楼|号院|号|栋|幢|座|单元|室|层|楼|户|门|弄|巷|组|队|期|区|年级|班|小$|中$|小学|中学))"
)
_AFTER = re.compile(rf"(?<=[栋幢座元])({_NUMERAL})$")
_OFFICE = re.compile(
    r"^(?:.{2,7}?(?:省|自治区|市|(?<![小社校园开发院厂矿新])区|县|街道|(?<!城)镇|乡|社区|居委会|村委会))+(?=\D)"
)
_STREET_NUMBER = re.compile(r"(路|街|巷|弄|道|胡同|大道)(\d+)(?:号|弄)(?!楼)(?:院)?")
_BUILDING = re.compile(r"(\d+|[a-z])(?:号楼|栋|幢|座|#|号(?=\d*单元|\d*门|$|\d))")
_UNIT = re.compile(r"(\d+)(?:单元|门)")
_ROOM = re.compile(r"(\d{2,4})(?:室|号|户|房)?$")
_DASHED = re.compile(r"(\d+)-(?:(\d+)-)?(\d{2,4})(?:室|号)?$")
_KIND = re.compile(r"(?:小区|住宅区|家属院|社区|公寓|花园)$")
_SCHOOL = re.compile(r"^(.*?)(小学|中学|幼儿园|学校|职高|小$|中$|幼$)(.*)$")
_PUPIL_OF = re.compile(r"(?:\d+|初|高|大|小|中)(?:年级|班|年).*$")


@dataclass(frozen=True, slots=True)
class Address:
    """As far as it is known; `estate` is blurred sound, so that one misheard or mistyped is the same."""

    estate: str
    building: str = ""
    room: str = ""


def parsed(text: str | None) -> Address | None:
    """An address in its parts: 幸福里小区三号楼2单元301室 and 幸福里3栋301 are one. None if nothing is
    left of it but offices above it."""
    if not text or not (rest := _below_the_offices(_narrow(text))):
        return None
    rest = _STREET_NUMBER.sub(r"\1\2@", rest)
    if dashed := _DASHED.search(rest):
        building, room = dashed[1], dashed[3]
        return _address(rest[: dashed.start()], building, room)
    building = _BUILDING.search(rest)
    unit = _UNIT.search(rest)
    room = (
        _ROOM.search(rest, max(found.end() for found in (building, unit) if found))
        if (building or unit)
        else None
    )
    starts = [found.start() for found in (building, unit) if found]
    return _address(
        rest[: min(starts, default=len(rest))],
        building[1] if building else "",
        room[1] if room else "",
    )


def school(text: str | None) -> str:
    """A school in one form, blurred: 云溪区杏花小学三年级2班 is 杏花小学; empty if there is none."""
    if not text:
        return ""
    rest = _below_the_offices(_narrow(text)) or _narrow(text)
    if found := _SCHOOL.match(rest):
        rest = found[1].replace("第", "") + found[2][0]
    return _blurred(_PUPIL_OF.sub("", rest))


def _address(estate: str, building: str, room: str) -> Address | None:
    kept = _KIND.sub("", estate.rstrip("@-#")) or estate
    return Address(_blurred(kept), building, room) if kept else None


def _narrow(text: str) -> str:
    """Without spaces and signs, digits for numerals that count something, letters small."""
    text = _SPACE.sub("", unicodedata.normalize("NFKC", text)).lower()
    text = re.sub("[-—–~_]+", "-", text)
    for counted in (_COUNTED, _AFTER):
        text = counted.sub(lambda found: str(_number(found[1])), text)
    return text


def _number(numeral: str) -> str:
    """三十二 as 32, 三〇二 as 302."""
    if not set(numeral) & set("十百"):
        return "".join(str(_DIGITS[digit]) for digit in numeral)
    hundreds, _, rest = numeral.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    total = 100 * _DIGITS[hundreds] if hundreds else 0
    if ten:
        total += 10 * (_DIGITS[tens[-1]] if tens else 1)
    return str(total + (_DIGITS[ones[-1]] if ones else 0))


def _below_the_offices(text: str) -> str:
    return _OFFICE.sub("", text)


def _blurred(text: str) -> str:
    return " ".join(names.blurred(sound) for sound in names.spoken(text))
