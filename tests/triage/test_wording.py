"""What goes out over the air: short, without a name, and honest about what is not verified."""

import dataclasses
import datetime as dt
import itertools
import re

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hotline import config, db
from hotline.outbox import OutboxMessage
from tests.triage.people import claimed, do, officer, place, seconds
from triage.alerts import previews, threads, wording
from triage.alerts import service as alerts
from triage.alerts.previews import AlreadyRunning
from triage.alerts.states import Feedback, Finding, NoticeKind
from triage.alerts.texts import FEEDBACK_KEYS, FOUND, HAPPENED, SEX, TEMPLATES, Part
from triage.alerts.wording import Facts, Words, compose
from triage.intake.models import Report, Sex
from triage.intake.states import Situation

CALLBACK = "+8610000012355"
LONG_COMMUNITY = "幸福里第二社区居民委员会东区第一网格管理"
FULL = Facts(
    code="0138",
    place="长桥街道杏花社区",
    received_at=dt.datetime(2026, 11, 22, 1, 5, tzinfo=dt.UTC),
    situation=Situation.domestic_violence,
    sex=Sex.female,
    age=8,
    address="幸福里3号楼",
    verified=True,
)
NOTED = dataclasses.replace(FULL, note="孩子已转到邻居家。")


@pytest.fixture(autouse=True)
def callback(settings, monkeypatch):
    """Every text ends with the same call-back number."""
    monkeypatch.setattr(config, "_current", settings.model_copy(update={"caller_id": CALLBACK}))


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("kind", "facts", "text", "spoken"),
    [
        (
            NoticeKind.alert,
            FULL,
            (
                "【儿童保护热线】紧急警情，代码0138。长桥街道杏花社区：1名儿童（女，约8岁）疑遭家庭暴力。"
                "地址：幸福里3号楼。22日09:05接报，值班员已研判。"
                "请立即出警制止，并回电+8610000012355报代码签收。"
            ),
            "1名儿童（女，约8岁）疑遭家庭暴力",
        ),
        (
            NoticeKind.update,
            NOTED,
            (
                "【儿童保护热线】警情更新，代码0138。长桥街道杏花社区：1名儿童（女，约8岁）疑遭家庭暴力。"
                "新情况：孩子已转到邻居家。地址：幸福里3号楼。22日09:05接报，值班员已研判。"
                "请知悉并按新情况处置，回电+8610000012355报代码确认。"
            ),
            "1名儿童（女，约8岁）疑遭家庭暴力。新情况：孩子已转到邻居家",
        ),
        (
            NoticeKind.correction,
            dataclasses.replace(FULL, note="楼号应为5号楼", address="幸福里5号楼"),
            (
                "【儿童保护热线】警情更正，代码0138。更正：楼号应为5号楼。长桥街道杏花社区：1名儿童"
                "（女，约8岁）疑遭家庭暴力。地址：幸福里5号楼。22日09:05接报，值班员已研判。"
                "请按更正后的情况处置，回电+8610000012355报代码确认。"
            ),
            "1名儿童（女，约8岁）疑遭家庭暴力。更正：楼号应为5号楼",
        ),
        (
            NoticeKind.cancel,
            dataclasses.replace(FULL, note="孩子已平安到家"),
            (
                "【儿童保护热线】警情撤回，代码0138。长桥街道杏花社区：1名儿童（女，约8岁）疑遭家庭暴力，"
                "22日09:05接报。原因：孩子已平安到家。请停止处警，并回电+8610000012355报代码确认。"
            ),
            "请停止处警。原因：孩子已平安到家",
        ),
        (
            NoticeKind.reminder,
            FULL,
            (
                "【儿童保护热线】请反馈警情，代码0138。长桥街道杏花社区：1名儿童（女，约8岁）疑遭家庭暴力，"
                "22日09:05接报。"
                "请回电+8610000012355报代码反馈：1在途，2到场，3安全，4未找到，5需协助。"
            ),
            "1名儿童（女，约8岁）疑遭家庭暴力",
        ),
        (
            NoticeKind.office,
            dataclasses.replace(FULL, finding=Finding.domestic_violence),
            (
                "【儿童保护热线】情况通报，代码0138。长桥街道杏花社区：1名儿童（女，约8岁）疑遭家庭暴力。"
                "地址：幸福里3号楼。公安反馈：存在家庭暴力。"
                "请跟进评估、帮扶，并回电+8610000012355报代码签收。"
            ),
            "1名儿童（女，约8岁）疑遭家庭暴力。公安反馈：存在家庭暴力。请跟进评估和帮扶",
        ),
    ],
)
def test_each_kind_says_what_it_needs(kind, facts, text, spoken):
    assert compose(kind, facts) == Words(text, "长桥街道杏花社区", spoken)
    assert units(text) <= 134


def test_what_nobody_has_verified_says_so_in_writing_and_in_speech():
    unverified = dataclasses.replace(FULL, verified=False, place="", situation=None)
    words = compose(NoticeKind.alert, unverified)
    assert "接报，未经核实。" in words.text
    assert "值班员已研判" not in words.text
    assert words.place == "地点待核实"
    assert words.situation.endswith("可能正面临危险，未经核实")
    assert "未经核实" not in compose(NoticeKind.alert, FULL).situation


@pytest.mark.parametrize("kind", NoticeKind)
def test_an_exercise_is_marked_first_and_where_something_is_asked(kind):
    words = compose(kind, dataclasses.replace(FULL, exercise=True, note="夜间演练"))
    assert words.text.startswith("【演练】【儿童保护热线】")
    asked = words.text.rsplit("。", 2)[-2]
    assert asked.startswith("演练，请勿")
    assert "请立即" not in words.text
    assert words.situation.startswith("这是演练")
    real = compose(kind, FULL)
    assert "演练" not in real.text + real.situation


def test_situations_ask_for_what_they_need():
    missing = dataclasses.replace(FULL, situation=Situation.missing)
    assert "请立即查找，并回电" in compose(NoticeKind.alert, missing).text
    assert {*HAPPENED} == {*Situation, None}
    assert {*SEX} == {*Sex, None}
    assert {*FOUND} == {*Finding, None}
    assert list(FEEDBACK_KEYS) == list(wording.FEEDBACK) == list(Feedback)
    assert {*TEMPLATES} == {*NoticeKind}
    assert all({*template.yields} == {*Part} for template in TEMPLATES.values())


ANYTHING = st.text(max_size=200) | st.text("😀🏽号楼e\u0301\u202e\u200d\n\r\x00 ", max_size=200)
LINKS_AND_NUMBERS = st.sampled_from(
    [
        "看https://a.example/x?y=1", "www.a.example", "加x.cn群", "发到a.b@c.cn", "地图geo://1",
        "电话13800138000", "138 0013 8000", "138-0013-8000", "+86 13800138000", "１３８００１３８０００",
        "身份证11010120200101123X", "110101202001011239",
    ]
)  # fmt: skip
SOMETHING = st.builds(lambda *parts: "".join(parts), ANYTHING, LINKS_AND_NUMBERS, ANYTHING)


@given(
    kind=st.sampled_from(NoticeKind),
    facts=st.builds(
        Facts,
        code=st.from_regex(r"[0-9]{4}", fullmatch=True),
        place=ANYTHING | st.just("长桥街道杏花社区"),
        received_at=st.integers(0, 10**9).map(lambda when: dt.datetime.fromtimestamp(when, dt.UTC)),
        situation=st.none() | st.sampled_from(Situation),
        sex=st.none() | st.sampled_from(Sex),
        age=st.none() | st.integers(0, 17),
        address=st.none() | ANYTHING | SOMETHING,
        verified=st.booleans(),
        exercise=st.booleans(),
        note=ANYTHING | SOMETHING,
        finding=st.none() | st.sampled_from(Finding),
    ),
)
@example(
    NoticeKind.correction,
    dataclasses.replace(
        FULL, place="长" * 99, address="住" * 99, note="改" * 99, exercise=True,
        situation=Situation.guardian_unwilling,
    ),
)  # fmt: skip
@hypothesis_settings(deadline=None)
def test_never_more_than_two_segments(kind, facts):
    words = compose(kind, facts)
    assert units(words.text) == words.characters <= 134
    assert words.segments <= 2
    assert f"代码{facts.code}。" in words.text
    assert CALLBACK in words.text
    assert HAPPENED[facts.situation].said in words.text
    assert words.text.endswith("。")
    for said in (words.text, words.situation, words.place):
        assert said.isprintable()
        assert not re.search(r"://|www\.|@[a-z0-9]|[a-z0-9-]\.[a-z]{2}", said, re.IGNORECASE)
        assert not re.search(r"\d(?:[ -]?\d){10}", said.replace(CALLBACK, ""))


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("exercise", [True, False])
def test_the_longest_words_fit_with_the_longest_call_back_number(
    kind, exercise, settings, monkeypatch
):
    longest = settings.model_copy(update={"caller_id": "+" + "8" * 15})
    monkeypatch.setattr(config, "_current", longest)
    for situation, finding in itertools.product(HAPPENED, FOUND):
        facts = dataclasses.replace(
            FULL, place="市" * 80 + LONG_COMMUNITY, address="楼" * 200, note="事" * 200,
            situation=situation, finding=finding, exercise=exercise, verified=False, age=17,
        )  # fmt: skip
        text = compose(kind, facts).text
        assert units(text) <= 134
        assert f"{LONG_COMMUNITY}：" in text


def test_what_is_shortened_first_and_that_every_cut_shows():
    note, address = "门口有两名男子" * 3, "幸福里小区" * 4
    long = dataclasses.replace(FULL, note=note, address=address)
    first, news = compose(NoticeKind.alert, long).text, compose(NoticeKind.update, long).text
    assert f"地址：{address}。" in first
    assert re.search("补充：门口.{1,20}…。", first)
    assert "女，约8岁" in first
    assert f"新情况：{note}。" in news
    assert re.search("地址：.{0,15}…。", news)

    longer = dataclasses.replace(FULL, note="事" * 99, address="楼" * 99, place="很长的地名" * 9)
    text = compose(NoticeKind.alert, longer).text
    assert "补充：…。" in text
    assert "地址：…。" in text
    assert "1名儿童（…）" in text
    assert re.search("代码0138。….*很长的地名：1名", text)


@pytest.mark.parametrize("character", ["😀", "👍🏽", "e\u0301\u0302"])
def test_no_character_is_cut_in_two(character):
    for padding in ("", "一"):
        facts = dataclasses.replace(FULL, address=padding + character * 60)
        kept = re.search("地址：一?(.*)…。", compose(NoticeKind.alert, facts).text)
        assert kept
        assert kept[1]
        assert kept[1].replace(character, "") == ""


def test_the_childs_full_name_is_never_said():
    report = Report(
        received_at=FULL.received_at, child_name="李建国", address="建国路3号李 建国家", call_id=1
    )
    facts = wording.facts_of(
        report, "杏花社区", "0138", names=["李建国"], verified=True, note="李建国被锁在家里"
    )
    # A street may be called as the child is.
    assert facts.address == "建国路3号孩子家"
    text = compose(NoticeKind.alert, facts).text
    assert "补充：孩子被锁在家里。" in text
    assert "地址：建国路3号孩子家。" in text
    nameless = Report(received_at=FULL.received_at, address="甲1号")
    assert wording.facts_of(nameless, "", "0138", names=[], verified=True).address == "甲1号"


@pytest.mark.parametrize(("count", "segments"), [(70, 1), (71, 2), (134, 2), (135, 3)])
def test_segments(count, segments):
    assert Words("字" * count, "", "").segments == segments
    assert Words("😀", "", "").characters == 2


@pytest.mark.parametrize("told", [wording.unanswered, wording.unheard, wording.no_feedback])
def test_what_our_own_people_are_told(told):
    text = told("3001", "云溪公安分局指挥中心")
    assert "警情3001" in text
    assert "云溪公安分局指挥中心" in text
    assert "演练" not in text
    assert units(told("3001", "很长的名字" * 30, exercise=True)) <= 134
    drill = told("3001", "", exercise=True)
    assert drill.startswith("【演练】")
    assert "公安" in drill
    assert "立即" not in drill
    assert units(wording.unclaimed("1000010138")) <= 70


def test_what_is_previewed_goes_out_byte_for_byte(district):
    number = claimed(
        place_id=place("990101001"), child_name="李小雨", address="幸福里\r\n3号楼👍🏽\u202e"
    )
    first = do(previews.of_report, number, note="李小雨在哭\n门口有人，电话13800138000")
    seconds(70)
    do(
        alerts.raise_alert, number, officer(),
        text_seen=first.text, note="李小雨在哭\n门口有人，电话13800138000",
    )  # fmt: skip
    news = do(previews.of_report, number, note="看 http://a.example/1 " * 9)
    assert news.kind is NoticeKind.update
    seconds(70)
    do(
        alerts.raise_alert,
        number,
        officer(),
        text_seen=news.text,
        note="看 http://a.example/1 " * 9,
    )
    with db.transaction() as session:
        bodies = list(session.scalars(sa.select(OutboxMessage.body).order_by(OutboxMessage.id)))
    assert bodies == [first.text, news.text]
    assert units(first.text) <= 134
    assert "补充：孩子在哭 门口有人，电话…。" in first.text
    assert "新情况：看 … 看 …" in news.text


def test_what_a_text_had_no_room_for_is_news_all_the_same(district):
    number = claimed(place_id=place("990101001"), address="幸福里" * 30)
    assert "补充：…。" in do(alerts.raise_alert, number, officer(), note="孩子在哭").text
    with pytest.raises(AlreadyRunning):
        do(alerts.raise_alert, number, officer(), note="孩子在哭")
    update = do(
        threads.newest_notice, do(alerts.raise_alert, number, officer(), note="门口有人持刀").id
    ).text
    assert "新情况：门口有人持刀。" in update
