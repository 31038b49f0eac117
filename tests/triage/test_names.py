import pytest

from hotline import config
from triage import names


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("李小雨", "李小雨", True),
        ("李 小雨", "李小雨", True),
        ("李小雨", "黎晓宇", True),
        ("李小雨", "小雨", True),
        ("李小雨", "王小雨", True),
        ("阿依古丽·买买提", "阿依古丽买买提", True),
        ("Li Xiaoyu", "li xiaoyu", True),
        ("李小雨", "张大伟", False),
        ("李小雨", "李大伟", False),
    ],
)
def test_names_that_are_alike_share_a_token(settings, one, other, alike):
    assert bool(set(names.tokens(one)) & set(names.tokens(other))) is alike


@pytest.mark.parametrize("nothing", [None, "", "  ", "·"])
def test_no_name_has_no_tokens(settings, nothing):
    assert names.tokens(nothing) == []


def test_tokens_are_keyed(settings, monkeypatch):
    before = names.tokens("李小雨")
    other = settings.model_copy(update={"secret_key": "another secret: zyxwvutsrqponmlkjihgf"})
    monkeypatch.setattr(config, "_current", other)
    assert not set(before) & set(names.tokens("李小雨"))
