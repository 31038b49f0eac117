"""Numbers as the network really brings them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import phones
from hotline.phones import Kind, mask, normalise

MOBILE = "+8613800138000"


@pytest.mark.parametrize(
    "raw",
    [
        "13800138000",
        "+86 138 0013 8000",
        "+86-138-0013-8000",
        "008613800138000",
        "86-138-0013-8000",
        "8613800138000",
        " +8613800138000 ",
        "(+86)138 0013 8000",
        "１３８００１３８０００",
    ],
)
def test_one_mobile_in_many_spellings_is_one_number(raw):
    assert normalise(raw) == phones.Number(MOBILE, Kind.mobile)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "   ",
        "anonymous",
        "Anonymous",
        "+anonymous",
        "Restricted",
        "RESTRICTED",
        "private",
        "unknown",
        "unavailable",
        "+266696687",
        "266696687",
        "+7378742833",
        *sorted(phones.WITHHELD),
        "sip:anonymous@anonymous.invalid",
        "SIPS:Anonymous@example.org;user=phone",
    ],
)
def test_who_does_not_say_who_they_are(raw):
    assert normalise(raw) == phones.Number("", Kind.withheld)
    assert not normalise(raw).can_be_called


def test_what_carriers_send_for_a_number_withheld():
    keypad = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
    words = ("ANONYMOUS", "RESTRICTED", "PRIVATE", "UNAVAILABLE", "UNKNOWN", "BLOCKED")
    for word in words:
        assert normalise(f"+{word.translate(keypad)}").kind is Kind.withheld
    spelled = {text for text in phones.WITHHELD if text.isdigit()}
    assert spelled == {word.translate(keypad) for word in words}


@pytest.mark.parametrize(
    ("raw", "text", "kind"),
    [
        ("12355", "12355", Kind.short_code),
        ("+8612355", "12355", Kind.short_code),
        ("008612355", "12355", Kind.short_code),
        ("8612345", "12345", Kind.short_code),
        ("110", "110", Kind.short_code),
        ("+86110", "110", Kind.short_code),
        ("95588", "95588", Kind.short_code),
        ("10000000001", "+8610000000001", Kind.mobile),
        ("+8610000000301", "+8610000000301", Kind.mobile),
        ("010-65551234", "+861065551234", Kind.landline),
        ("+86 10 6555 1234", "+861065551234", Kind.landline),
        ("0571-87654321", "+8657187654321", Kind.landline),
        ("+1 202 555 0123", "+12025550123", Kind.foreign),
        ("+85223456789", "+85223456789", Kind.foreign),
        ("sip:Xiao.Yu@example.org;transport=tls", "sip:xiao.yu@example.org", Kind.sip),
        ("sips:a@b", "sip:a@b", Kind.sip),
        ("client:officer", "client:officer", Kind.odd),
        ("1" * 40, "1" * 40, Kind.odd),
    ],
)
def test_each_number_has_one_form(raw, text, kind):
    assert normalise(raw) == phones.Number(text, kind)


def test_an_odd_one_is_kept_but_not_without_end():
    assert len(normalise("x" * 5000).text) == phones.MOST_CHARACTERS


LIKELY = st.text("+0123456789 -()abAnonymus:@;.\t１２", max_size=160)


@given(raw=st.none() | st.text(max_size=200) | LIKELY | st.from_regex(r"sips?:.{0,40}"))
def test_whatever_comes_gives_a_number_that_stays_itself(raw):
    number = normalise(raw)
    again = normalise(number.text)
    assert again.text == number.text
    assert number.kind is Kind.odd or again.kind is number.kind
    assert (number.kind is Kind.withheld) == (not number.text)
    assert isinstance(number.masked, str)


@given(
    national=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    prefix=st.sampled_from(["", "+86", "0086", "86", "+86 ", "86-"]),
    gap=st.sampled_from(["", " ", "-"]),
)
def test_every_chinese_mobile_is_one_caller_however_spelled(national, prefix, gap):
    spelled = prefix + gap.join((national[:3], national[3:7], national[7:]))
    assert normalise(spelled) == phones.Number(f"+86{national}", Kind.mobile)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("110", "110"),
        ("12345", "***45"),
        ("87654321", "***21"),
        ("13800138000", "13****000"),
        ("+12025550123", "+1202****123"),
        ("+861065551234", "+8610****234"),
        (MOBILE, "+86138****8000"),
        ("sip:xiao.yu@example.org", "sip:***"),
    ],
)
def test_masks(text, shown):
    assert mask(text) == shown


@given(st.text("0123456789", min_size=4, max_size=15), st.sampled_from(["", "+"]))
def test_a_mask_hides_four_characters_of_every_number(digits, plus):
    number = plus + digits
    shown = mask(number).replace("*", "")
    assert len(shown) <= max(2, len(number) - 4)
    assert len(shown) <= 10
