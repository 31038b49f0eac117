"""What goes out over the air: short, without a name, and honest about what is not verified."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hotline import config
from tests.servers import settings as valid_settings
from triage.alerts import wording
from triage.intake.models import Report, Sex
from triage.intake.states import Situation


def report(**known) -> Report:
    return Report(received_at=dt.datetime(2026, 11, 22, 1, 5, tzinfo=dt.UTC), **known)


def compose(
    one: Report, place: str = "长桥街道杏花社区", *, verified: bool = True
) -> wording.Words:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "_current", SETTINGS)
        return wording.compose(one, place, "0138", verified=verified)


SETTINGS = valid_settings(Path("/nowhere"), "postgresql://x/x", "redis://x")


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_everything_the_police_need_and_no_name():
    one = report(
        situation=Situation.domestic_violence,
        child_name="李小雨",
        child_age=8,
        child_sex=Sex.female,
        address="幸福里3号楼",
        summary="李小雨的继父",
    )
    text = compose(one).text
    assert text == (
        "【儿童保护热线】紧急警情，代码0138。长桥街道杏花社区：1名儿童（女，约8岁）疑遭家庭暴力。"
        "地址：幸福里3号楼。09:05接报，值班员已研判。请立即处警，并回电+8610000012355报代码签收。"
    )
    assert "小雨" not in text
    assert "继父" not in text
    assert "http" not in text


def test_what_nobody_has_verified_says_so_in_writing_and_in_speech():
    words = compose(report(), "", verified=False)
    assert "接报，未经核实。" in words.text
    assert "值班员已研判" not in words.text
    assert "地点待核实" in words.text
    assert words.place == "地点待核实"
    assert words.situation.endswith("未经核实")
    assert "未经核实" not in compose(report()).situation


@given(
    address=st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
    | st.text("😀号楼", max_size=200),
    situation=st.none() | st.sampled_from(Situation),
    sex=st.none() | st.sampled_from(Sex),
    age=st.none() | st.integers(0, 17),
    verified=st.booleans(),
)
@hypothesis_settings(deadline=None)
def test_never_more_than_two_segments(address, situation, sex, age, verified):
    one = report(address=address, situation=situation, child_sex=sex, child_age=age)
    words = compose(one, verified=verified)
    assert units(words.text) == words.characters <= 134
    assert words.segments <= 2
    if address and address not in words.text:
        assert "…。" in words.text or "地址" not in words.text


@pytest.mark.parametrize(("count", "segments"), [(70, 1), (71, 2), (134, 2), (135, 3)])
def test_segments(count, segments):
    assert wording.Words("字" * count, "", "").segments == segments
    assert wording.length("😀") == 2


def test_every_situation_and_sex_can_be_said():
    assert set(wording.HAPPENED) == {*Situation, None}
    assert set(wording.SEX) == {*Sex, None}


def test_what_our_own_people_are_told(settings):
    assert units(wording.unclaimed("1000010138")) <= 70
    assert units(wording.unanswered("3001", "云溪公安分局指挥中心")) <= 134
    assert "公安" in wording.unanswered("3001", "")
