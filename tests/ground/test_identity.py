"""Identity numbers: nobody's. Areas beginning with 99 do not exist; the others are put together here."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import identity
from hotline.identity import Fault, Refused

TODAY = dt.date(2026, 5, 2)
DAYS = st.dates(dt.date(1950, 1, 1), TODAY)
AREAS = st.sampled_from(["990100", "990101", "110108", "440305"])


def number(area: str = "990100", born: dt.date = dt.date(2016, 5, 3), order: int = 2) -> str:
    body = f"{area}{born:%Y%m%d}{order:03}"
    return body + identity.check_of(body)


def why(text: str) -> Fault:
    with pytest.raises(Refused) as refused:
        identity.parse(text, TODAY)
    return refused.value.fault


def test_the_check_digit_is_that_of_the_standard() -> None:
    # The two worked examples of GB 11643-1999, appendix A.
    assert identity.check_of("11010519491231002") == "X"
    assert identity.check_of("44052418800101001") == "4"


@given(AREAS, DAYS, st.integers(0, 999))
def test_a_number_says_when_which_and_where(area: str, born: dt.date, order: int) -> None:
    known = identity.parse(number(area, born, order), TODAY)
    assert (known.area, known.born, known.is_male) == (area, born, order % 2 == 1)


@given(AREAS, DAYS, st.integers(0, 999), st.integers(0, 16), st.integers(1, 9))
def test_one_digit_misheard_is_noticed(
    area: str, born: dt.date, order: int, place: int, by: int
) -> None:
    right = number(area, born, order)
    wrong = str((int(right[place]) + by) % 10)
    assert why(right[:place] + wrong + right[place + 1 :]) in {Fault.check, Fault.birth}


@given(AREAS, DAYS, st.integers(0, 999), st.integers(0, 15))
def test_two_exchanged_are_noticed(area: str, born: dt.date, order: int, place: int) -> None:
    right = number(area, born, order)
    swapped = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
    if swapped != right:
        assert why(swapped) in {Fault.check, Fault.birth}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.length),
        ("99010020160503002", Fault.length),
        ("110105491231002", Fault.old),
        ("9901002016O5030023", Fault.characters),
        ("X90100201605030020", Fault.characters),
        (number(born=dt.date(2026, 5, 3)), Fault.birth),
        ("990100201602300021", Fault.birth),
        ("99010020160503002²", Fault.characters),
    ],
)
def test_what_is_no_number_is_refused_and_says_why(text: str, fault: Fault) -> None:
    assert why(text) == fault


def test_it_is_read_as_people_write_it() -> None:
    ends_in_x = next(one for order in range(99) if (one := number(order=order)).endswith("X"))
    typed = f" {ends_in_x[:6]} {ends_in_x[6:14]}-{ends_in_x[14:].lower()}"
    assert identity.parse(typed, TODAY).number == ends_in_x
    wide = ends_in_x.translate(str.maketrans("0123456789X", "０１２３４５６７８９ｘ"))
    assert identity.parse(wide, TODAY).number == ends_in_x


def test_a_province_is_known_by_its_code_and_an_invented_one_is_not() -> None:
    assert identity.parse(number("110108"), TODAY).province == "北京市"
    assert identity.parse(number("990100"), TODAY).province == ""


def test_a_screen_shows_the_last_four() -> None:
    shown = identity.mask(number())
    assert shown == "*" * 14 + number()[-4:]
    assert identity.is_masked(shown)
    assert not identity.is_masked(number())
