"""Citizen identification numbers 公民身份号码 (GB 11643-1999).

Eighteen characters: six digits of the area where the number was first given out (GB/T 2260), eight of the
date of birth, three of an order in which men are odd and women even, and a check character (ISO 7064,
MOD 11-2). The fifteen digits of before 1999 have no check digit and are no longer valid.
"""

import datetime as dt
import enum
import re
from dataclasses import dataclass

LENGTH = 18
OLD_LENGTH = 15
SHOWN = 4
_CHECKS = "10X98765432"
"""The check character by the remainder of the weighted sum."""
_WIDE = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789XX")

PROVINCES = {
    "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省", "15": "内蒙古自治区",
    "21": "辽宁省", "22": "吉林省", "23": "黑龙江省",
    "31": "上海市", "32": "江苏省", "33": "浙江省", "34": "安徽省", "35": "福建省", "36": "江西省",
    "37": "山东省", "41": "河南省", "42": "湖北省", "43": "湖南省", "44": "广东省",
    "45": "广西壮族自治区", "46": "海南省", "50": "重庆市", "51": "四川省", "52": "贵州省",
    "53": "云南省", "54": "西藏自治区", "61": "陕西省", "62": "甘肃省", "63": "青海省",
    "64": "宁夏回族自治区", "65": "新疆维吾尔自治区", "71": "台湾省", "81": "香港特别行政区",
    "82": "澳门特别行政区",
}  # fmt: skip
"""The first two digits of an area (GB/T 2260). What lies below changes every year, and old numbers keep
old codes, so no more is said than this."""


class Fault(enum.StrEnum):
    """Why a text is no valid number."""

    length = "length"
    old = "old"
    characters = "characters"
    birth = "birth"
    check = "check"


class Refused(ValueError):
    """No valid number; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"not a citizen identification number: {fault}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Identity:
    """A valid number and what it says. `area` is where the number was first given out, which need not be
    where anybody lives."""

    number: str
    area: str
    born: dt.date
    is_male: bool

    @property
    def province(self) -> str:
        """The province of the area; empty if the code is none we know."""
        return PROVINCES.get(self.area[:2], "")


def parse(text: str, today: dt.date) -> Identity:
    """The number in `text`, which may hold spaces, full-width digits and a small x.

    Raises:
        Refused: it is none, or its bearer would be born after `today`.
    """
    number = re.sub(r"[\s-]", "", text.translate(_WIDE)).upper()
    if len(number) == OLD_LENGTH and number.isascii() and number.isdigit():
        raise Refused(Fault.old)
    if len(number) != LENGTH:
        raise Refused(Fault.length)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise Refused(Fault.characters)
    born = _birth(number[6:14], today)
    if check_of(number[:-1]) != number[-1]:
        raise Refused(Fault.check)
    return Identity(number, number[:6], born, is_male=int(number[16]) % 2 == 1)


def check_of(body: str) -> str:
    """The check character for the first seventeen digits."""
    weighted = (int(digit) * pow(2, LENGTH - 1 - place, 11) for place, digit in enumerate(body))
    return _CHECKS[sum(weighted) % 11]


def mask(number: str) -> str:
    """A number for screens: its last four characters."""
    return "*" * (len(number) - SHOWN) + number[-SHOWN:]


def is_masked(text: str) -> bool:
    """Whether this is a number as `mask` shows it."""
    return text.strip().startswith("*")


def _birth(digits: str, today: dt.date) -> dt.date:
    try:
        born = dt.datetime.strptime(digits, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as fault:
        raise Refused(Fault.birth) from fault
    if born > today:
        raise Refused(Fault.birth)
    return born
