import pytest

from hotline.simulator import numbering


@pytest.mark.parametrize(
    "written",
    ["13800138000", "+86 138 0013 8000", "008613800138000", "86-138-0013-8000", "+8613800138000"],
)
def test_one_mobile_however_it_is_written(written):
    assert numbering.key(written) == "13800138000"
    assert numbering.is_chinese_mobile(written)


@pytest.mark.parametrize(("a", "b"), [("12355", "+8612355"), ("021-0000 0000", "+862100000000")])
def test_short_codes_and_landlines(a, b):
    assert numbering.key(a) == numbering.key(b)
    assert not numbering.takes_sms(a)


@pytest.mark.parametrize("odd", ["", "anonymous", "Restricted", "sip:a@example.org"])
def test_what_is_no_number_is_its_own_key(odd):
    assert numbering.key(odd) == odd
    assert not numbering.is_dialable(odd)


def test_foreign_numbers_keep_their_country():
    assert numbering.key("+1 202 555 0100") == "+12025550100"
    assert numbering.takes_sms("+12025550100")
    assert numbering.country("+266696687") == ""
    assert numbering.country("12355") == "CN"
