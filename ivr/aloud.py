"""Numbers, moments and kinds of office as a voice says them, in each language of the line.

Groups are parted by punctuation and digits are written as words, not marked up: every voice pauses at
a comma, while SSML's say-as is not for neural voices (Amazon Polly, "Supported SSML tags") and means
nothing to a self-hosted engine.
"""

import datetime as dt
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import phonenumbers
from babel.dates import format_datetime
from phonenumbers import PhoneNumberFormat

from hotline import phones

LONGEST_GROUP = 4
"""Digits said in one breath; a short code such as 12355 is one more and stays whole."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """How one language says what is not a sentence. Patterns are Babel's, for `locale`."""

    locale: str
    digits: tuple[str, ...]
    space: str
    """Between words."""
    pause: str
    """Between groups of digits."""
    minutes: tuple[str, str]
    """For one, and for more; so are `seconds`."""
    seconds: tuple[str, str]
    whole_hour: str
    hour_and_minute: str
    words: Mapping[str, str]
    """Counts that are irregular, kinds of office (`triage.callers.wording.Office`), an exercise, and kinds
    of news (`triage.alerts.states.NEWS`)."""


TONGUES = {
    # On the telephone 1 is yāo: yī is taken for qī, which is 7.
    "zh": Tongue(
        locale="zh",
        digits=tuple("零幺二三四五六七八九"),
        space="",
        pause="，",
        minutes=("{}分钟", "{}分钟"),
        seconds=("{}秒", "{}秒"),
        whole_hour="M月d日EEEEah点",
        hour_and_minute="M月d日EEEEah点mm分",
        words={
            "2": "两",
            "police": "公安机关",
            "department": "有关部门",
            "exercise": "演练",
            "update": "更新",
            "correction": "更正",
            "cancel": "撤回",
        },
    ),
    "en": Tongue(
        locale="en",
        digits=("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
        space=" ",
        pause=", ",
        minutes=("{} minute", "{} minutes"),
        seconds=("{} second", "{} seconds"),
        whole_hour="EEEE, MMMM d'{th}', 'at' h a",
        hour_and_minute="EEEE, MMMM d'{th}', 'at' h:mm a",
        words={
            "police": "the police",
            "department": "the responsible department",
            "exercise": "an exercise",
            "update": "an update",
            "correction": "a correction",
            "cancel": "a cancellation",
        },
    ),
    "yue": Tongue(
        locale="yue",
        digits=tuple("零一二三四五六七八九"),
        space="",
        pause="，",
        minutes=("{}分鐘", "{}分鐘"),
        seconds=("{}秒", "{}秒"),
        whole_hour="M月d號EEEEah點",
        hour_and_minute="M月d號EEEEah點mm分",
        words={
            "2": "兩",
            "police": "公安機關",
            "department": "有關部門",
            "exercise": "演練",
            "update": "更新",
            "correction": "更正",
            "cancel": "撤回",
        },
    ),
}


def number(value: str, tongue: Tongue) -> str:
    """A receipt number, code or PIN, digit by digit in groups of three or four."""
    characters = "".join(char for char in value if char.isalnum())
    return _groups(_evenly(characters), tongue)


def telephone(value: str, tongue: Tongue) -> str:
    """A telephone number as it is dialled inside the country, in its customary groups."""
    try:
        parsed = phonenumbers.parse(value, phones.REGION)
    except phonenumbers.NumberParseException:
        return number(value, tongue)
    written = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    groups = re.findall(r"\d+", written)
    return _groups(groups, tongue) if len(groups) > 1 else number(written, tongue)


def word(value: str, tongue: Tongue) -> str:
    """A count, or a word of ours."""
    return tongue.words.get(value, value)


def duration(value: str, tongue: Tongue) -> str:
    """A number of whole seconds as minutes and seconds."""
    minutes, seconds = divmod(int(value), 60)
    said = [_counted(minutes, tongue.minutes, tongue)] if minutes else []
    if seconds or not minutes:
        said.append(_counted(seconds, tongue.seconds, tongue))
    return tongue.space.join(said)


def moment(value: str, tongue: Tongue) -> str:
    """A moment (ISO 8601, in the zone in which it is to be said) as date, weekday and time of day."""
    at = dt.datetime.fromisoformat(value)
    pattern = tongue.hour_and_minute if at.minute else tongue.whole_hour
    return format_datetime(at, pattern, locale=tongue.locale).format(th=_ordinal(at.day))


SAID: dict[str, Callable[[str, Tongue], str]] = {
    "receipt": number,
    "code": number,
    "pin": number,
    "callback": telephone,
    "ahead": word,
    "office": word,
    "exercise": word,
    "news": word,
    "waited": duration,
    "opens": moment,
}
"""The fields of the prompts that are not said as they are written."""


def _counted(count: int, forms: tuple[str, str], tongue: Tongue) -> str:
    return forms[count != 1].format(word(str(count), tongue))


def _evenly(characters: str) -> list[str]:
    """In as few groups as can be, the shorter ones first: 138 0013 8000."""
    if len(characters) <= LONGEST_GROUP + 1:
        return [characters]
    count = -(-len(characters) // LONGEST_GROUP)
    ends = [len(characters) * part // count for part in range(count + 1)]
    return [characters[start:end] for start, end in itertools.pairwise(ends)]


def _groups(groups: list[str], tongue: Tongue) -> str:
    return tongue.pause.join(
        tongue.space.join(_character(char, tongue) for char in group) for group in groups
    )


def _character(char: str, tongue: Tongue) -> str:
    return tongue.digits[int(char)] if char.isascii() and char.isdigit() else char


def _ordinal(day: int) -> str:
    return "th" if day in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
