"""Free text on its way into an SMS: what is taken out of it, and what an officer is told of it."""

import pytest

from triage.alerts.fitting import Unfit, clean, head, plain, tail, unfit, without_names


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("幸福里3号楼\r\n2单元", "幸福里3号楼 2单元"),
        ("\u202e幸福里\u200b\x00\ud800。", "幸福里"),
        ("见 https://a.example/x?y=1 门口", "见 … 门口"),
        ("微信weixin://a", "微信…"),
        ("看www.a.example/图", "看…图"),
        ("加x.cn群", "加…群"),
        ("幸福里.中国", "幸福里…"),
        ("3.5公里处", "3.5公里处"),
        ("3号楼.2单元", "3号楼.2单元"),
        ("打13800138000找他", "打…找他"),
        ("打+86 138 0013 8000", "打…"),
        ("证11010120200101123X号", "证…号"),
        ("2026-11-22 14:05在3-2-501", "2026-11-22 14:05在3-2-501"),
        ("", ""),
    ],
)
def test_what_may_not_go_out_is_replaced_by_a_mark(text, kept):
    assert clean(text) == kept


@pytest.mark.parametrize(
    ("note", "faults"),
    [
        ("孩子在门口", []),
        ("李小雨在门口", [Unfit.holds_name]),
        ("李 小雨在门口", [Unfit.holds_name]),
        ("小雨在门口", [Unfit.holds_name]),
        ("下小雪", []),
        ("anna在门口", [Unfit.holds_name]),
        ("Annabel路", []),
        ("报案人13900139000", [Unfit.holds_number]),
        ("ＡＮＮＡ在门口", [Unfit.holds_name]),
        ("李_小_雨在门口", [Unfit.holds_name]),
        ("报案人139.0013.9000", [Unfit.holds_number]),
        ("报案人139—0013—9000", [Unfit.holds_number]),
        ("看ｗｗｗ．ａ．ｃｎ", [Unfit.holds_link]),
        ("座机8888 6666", [Unfit.holds_number]),
        ("座机010-88886666", [Unfit.holds_number]),
        ("3-2-501室", []),
        ("8888室", []),
        ("小雨的照片a.cn/1，电话13900139000", list(Unfit)),
    ],
)
def test_an_officer_is_told_what_must_come_out(note, faults):
    assert unfit(note, ["李小雨", "Anna Wang", ""], ["+861088886666", ""]) == faults


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("李小雨", "李小雨被打", "孩子被打"),
        ("李小雨", "小雨路3号", "小雨路3号"),
        ("买买提·艾力", "买买提艾力在家", "孩子在家"),
        ("明", "明天", "明天"),
        (None, "明天", "明天"),
    ],
)
def test_the_full_name_alone_is_replaced(name, text, left):
    assert without_names(text, [name or ""]) == left


def test_cutting_leaves_a_mark_and_whole_characters():
    assert head("一二三四", 4) == "一二三四"
    assert head("一二三四", 3) == "一二…"
    assert tail("一二三四", 3) == "…三四"
    assert head("😀😀😀", 4) == "😀…"
    assert tail("😀😀👍🏽", 5) == "…👍🏽"
    assert tail("😀😀👍🏽", 4) == "…"
    assert head("一二", 0) == "…"
    assert plain("a \u200b b") == "a b"
