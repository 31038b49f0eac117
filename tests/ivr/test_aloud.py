"""Numbers, moments and offices as a voice says them."""

import pytest

from ivr.aloud import TONGUES, duration, moment, number, telephone, word
from ivr.wording import wordings
from triage.callers.wording import Office


def test_every_language_of_the_line_can_say_numbers():
    assert TONGUES.keys() == wordings().keys()
    assert [len(set(tongue.digits)) for tongue in TONGUES.values()] == [10, 10, 10]


@pytest.mark.parametrize("language", TONGUES)
def test_every_kind_of_office_has_a_word(language: str):
    assert [kind for kind in Office if kind not in TONGUES[language].words] == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("7", "七"),
        ("0305", "零三零五"),
        ("12355", "幺二三五五"),
        ("123456", "幺二三，四五六"),
        ("1234567", "幺二三，四五六七"),
        ("12345678", "幺二三四，五六七八"),
        ("1234567890", "幺二三，四五六，七八九零"),
        ("12345678901", "幺二三，四五六七，八九零幺"),
        ("A7-²", "A七²"),
        ("", ""),
    ],
)
def test_a_number_is_said_in_groups_that_can_be_written_down(value: str, said: str):
    assert number(value, TONGUES["zh"]) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("+8613800138000", "幺三八，零零幺三，八零零零"),
        ("+8675512345678", "零七五五，幺二三四，五六七八"),
        ("12355", "幺二三五五"),
        ("+8612355", "幺二三五五"),
        ("anonymous", "ano，nym，ous"),
    ],
)
def test_a_telephone_number_is_said_as_it_is_dialled(value: str, said: str):
    assert telephone(value, TONGUES["zh"]) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ("0", "0 seconds"),
        ("1", "1 second"),
        ("60", "1 minute"),
        ("121", "2 minutes 1 second"),
        ("4000", "66 minutes 40 seconds"),
    ],
)
def test_a_duration_is_said_in_minutes_and_seconds(seconds: str, said: str):
    assert duration(seconds, TONGUES["en"]) == said


def test_two_of_something_is_not_the_digit():
    assert duration("122", TONGUES["zh"]) == "两分钟两秒"
    assert [word("2", TONGUES[name]) for name in ("zh", "en", "yue")] == ["两", "2", "兩"]
    assert word("12", TONGUES["zh"]) == "12"


@pytest.mark.parametrize(
    ("day", "ordinal"),
    [
        ("01", "1st"),
        ("02", "2nd"),
        ("03", "3rd"),
        ("11", "11th"),
        ("12", "12th"),
        ("13", "13th"),
        ("21", "21st"),
        ("23", "23rd"),
        ("30", "30th"),
    ],
)
def test_an_english_date_has_its_ordinal(day: str, ordinal: str):
    at = f"2026-11-{day}T08:05:00+08:00"
    assert f"November {ordinal}, at 8:05 AM" in moment(at, TONGUES["en"])


def test_a_moment_is_said_in_the_zone_it_is_given_in():
    assert moment("2026-02-24T08:30:00+08:00", TONGUES["zh"]) == "2月24日星期二上午8点30分"
    assert moment("2026-02-24T17:05:00+08:00", TONGUES["yue"]) == "2月24號星期二下午5點05分"
    assert moment("2026-02-24T09:00:00+08:00", TONGUES["zh"]) == "2月24日星期二上午9点"
