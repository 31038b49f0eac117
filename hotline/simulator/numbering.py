"""What a string of digits is, as far as a network can tell."""

import re

_MOBILE = re.compile(r"1[3-9]\d{9}")
_SEPARATORS = re.compile(r"[\s\-().]")
_DIALABLE = re.compile(r"\+?\d{3,15}")


def key(number: str) -> str:
    """One key for every way of writing a number: `13800000001` for `+86 138 0000 0001`.

    What is not a telephone number (`anonymous`, a SIP URI, nothing) is its own key.
    """
    compact = _SEPARATORS.sub("", number)
    if not _DIALABLE.fullmatch(compact):
        return number
    foreign = compact.startswith("+") and not compact.startswith("+86")
    if foreign:
        return compact
    digits = compact.lstrip("+").removeprefix("00")
    if digits.startswith("86") and len(digits) > 6:
        digits = digits[2:]
    return digits.removeprefix("0")


def is_dialable(number: str) -> bool:
    """Whether a call or a message may be sent there at all."""
    return _DIALABLE.fullmatch(_SEPARATORS.sub("", number)) is not None


def is_chinese_mobile(number: str) -> bool:
    """Whether the number is a mobile of mainland China."""
    return _MOBILE.fullmatch(key(number)) is not None


def takes_sms(number: str) -> bool:
    """Mobiles and foreign numbers do; Chinese landlines and short codes refuse (error 21614)."""
    return key(number).startswith("+") or is_chinese_mobile(number)


def country(number: str) -> str:
    """The country the network reports for a number; empty when it cannot tell."""
    if not is_dialable(number) or key(number).startswith("+"):
        return ""
    return "CN"
