"""One digit misheard or two exchanged never make another number that holds."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hotline import checkdigits

NUMBERS = st.integers(1, 10**12).map(str)


def test_the_standards_own_example():
    # ISO 7064, MOD 97-10: 794 is followed by 44.
    assert checkdigits.append("794") == "79444"
    assert checkdigits.holds("79444")


@given(NUMBERS)
def test_what_is_appended_holds(number):
    whole = checkdigits.append(number)
    assert checkdigits.holds(whole)
    assert (whole[:-2], len(whole) - len(number)) == (number, 2)
    assert int(whole) % 97 == 1


@given(NUMBERS, st.data())
def test_one_digit_misheard_is_noticed(number, data):
    whole = checkdigits.append(number)
    place = data.draw(st.integers(0, len(whole) - 1))
    digit = data.draw(st.sampled_from([one for one in "0123456789" if one != whole[place]]))
    assert not checkdigits.holds(whole[:place] + digit + whole[place + 1 :])


@given(NUMBERS, st.data())
def test_two_digits_exchanged_are_noticed(number, data):
    whole = checkdigits.append(number)
    place = data.draw(st.integers(0, len(whole) - 2))
    assume(whole[place] != whole[place + 1])
    swapped = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]
    assert not checkdigits.holds(swapped)


@pytest.mark.parametrize(
    "text", ["", "1", "01", "97", "98", "79 444", "+79444", "７９４４４", "794a4"]
)
def test_what_is_no_number_does_not_hold(text):
    assert not checkdigits.holds(text)


def test_check_digits_over_ninety_seven_are_not_another_spelling():
    # 99 and 02 leave the same remainder; only one of the two is ever given out.
    twins = [
        number for number in map(str, range(1, 300)) if checkdigits.append(number).endswith("02")
    ]
    assert twins
    assert not any(checkdigits.holds(f"{number}99") for number in twins)


@pytest.mark.parametrize("text", ["", "12a", "-5", "４２"])
def test_only_digits_get_check_digits(text):
    with pytest.raises(ValueError, match="digits"):
        checkdigits.append(text)
