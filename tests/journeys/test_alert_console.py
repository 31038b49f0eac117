"""An officer at the console while an alert is on its way: the window, the board, the page, the office."""

import html
import re

import pytest

from tests.journeys.looks import alerts, messages
from tests.triage import alarms

JUDGED = {"urgency": "emergency", "situation": "domestic_violence", "place": "杏花社区"}


@pytest.fixture
def judged(line):
    """The receipt number of an emergency in 杏花社区 that the officer has judged."""
    number = line.emergency()
    line.officer().claims(number).classifies(number, **JUDGED)
    return number


@pytest.fixture
def acknowledged(line, judged):
    """The number of an alert that a policeman has confirmed by telephone."""
    officer = line.officer()
    officer.forwards(judged)
    line.works()
    line.police.receives_sms("紧急警情")
    number = alerts()[-1]["number"]
    officer.opens(f"/alerts/{number}").sends(
        f"/alerts/{number}/acknowledge", who="民警 刘洋 990123"
    )
    return number


def _shown(officer, words):
    """The text shown on the open page that has these words, to be sent back with its form."""
    texts = re.findall(r'name="text_seen[^"]*" value="([^"]*)"', officer.page)
    return next(text for text in map(html.unescape, texts) if words in text)


def test_the_board_follows_an_alert_until_the_office_has_it(line, judged):
    alarms.office()
    officer = line.officer()
    officer.forwards(judged)
    officer.opens("/board").sees("等待签收", "长桥派出所", "下一步 第一联系人 电话")
    number = alerts()[-1]["number"]
    officer.opens(f"/alerts/{number}").sees("致电 长桥派出所 值班民警 王建国")
    officer.sends(f"/alerts/{number}/acknowledge", who="民警 刘洋 990123")
    officer.opens("/board").sees("等待反馈", "下一步催问").does_not_see("登记确认")
    officer.opens(f"/alerts/{number}")
    officer.sends(f"/alerts/{number}/feedback", feedback="needs_others", who="刘洋", note="需民政")
    officer.opens("/board").sees("需要其他部门协助", "已看到")
    officer.sends(
        "/board/seen",
        kind=officer.value("kind"),
        ref=officer.value("ref"),
        mark=officer.value("mark"),
    )
    officer.opens("/board").sees("林晓岚").does_not_see("已看到")
    officer.opens(f"/alerts/{number}")
    officer.sends(
        f"/alerts/{number}/resolve",
        finding="domestic_violence",
        measures_domestic_violence="to_shelter",
        outcome="已护送至庇护场所",
    )
    officer.sees("护送至庇护场所", "已通报 长桥街道办事处", "等待签收")
    told = alerts()[-1]["number"]
    officer.opens("/board").sees("长桥街道办事处", told)
    officer.opens(f"/alerts/{told}").sees(f"公安警情 {number}")
    officer.sends(f"/alerts/{told}/acknowledge", who="顾敏")
    officer.opens("/board").sees("没有需要盯着的警情")


def test_what_is_learned_later_reaches_the_same_police_as_an_update(line, judged, acknowledged):
    officer = line.officer().opens(f"/reports/{judged}/forward").sees("没有新的内容")
    note = "孩子已转移到邻居家"
    officer.sends(
        f"/reports/{judged}/alerts", expect=409, note=note, text_seen=officer.value("text_seen")
    )
    officer.sees("刚才没有发出", note)
    text = _shown(officer, note)
    officer.sends(f"/reports/{judged}/alerts", note=note, text_seen=text)
    line.works()
    assert line.police.receives_sms("警情更新")["body"] == text
    assert len(alerts()) == 1
    officer.opens("/board").sees("新情况尚未听取")
    officer.opens(f"/alerts/{acknowledged}").sees("对方尚未听取", text)
    [heard] = re.findall(r'action="(/alerts/\d+/news/\d+/heard)"', officer.page)
    officer.sends(heard, who="刘洋").does_not_see("对方尚未听取")
    officer.opens("/board").does_not_see("新情况尚未听取")


def test_a_matter_across_borders_reaches_both_stations_at_once(line, judged):
    officer = line.officer().opens(f"/reports/{judged}/forward")
    [other] = re.findall(r'name="also" value="(\d+)"[^>]*>(?:<span[^>]*>)?青禾', officer.page)
    text = officer.value("text_seen")
    officer.sends(f"/reports/{judged}/alerts", text_seen=text, also=other)
    line.works()
    assert line.police.receives_sms("紧急警情")["body"] == text
    sent = [(one.to_name, one.body) for one in messages()]
    assert sent == [("长桥派出所 值班民警 王建国", text), ("青禾派出所 值班民警 赵海", text)]
    officer.opens("/board").sees("长桥派出所", "青禾派出所")


def test_an_alert_that_was_called_off_is_waited_for_until_the_police_know(line, acknowledged):
    supervisor = line.officer("daiban").opens(f"/alerts/{acknowledged}")
    path, reason = f"/alerts/{acknowledged}/cancel", "孩子已在家"
    supervisor.sends(path, expect=409, note=reason).sees("还没有发出")
    text = _shown(supervisor, reason)
    supervisor.sends(path, note=reason, text_seen=text)
    line.works()
    assert line.police.receives_sms("撤回")["body"] == text
    supervisor.opens("/board").sees("新情况尚未听取", acknowledged)


def test_an_emergency_that_nobody_takes_counts_down_for_everybody_to_see(line):
    number = line.emergency()
    officer = line.officer().opens("/").sees(number, "呼叫值班员 剩")
    officer.opens("/board").sees("无人领取", number, "下一步 呼叫值班员")
    line.waits(61)
    line.officers_phone.rings().lets_it_ring()
    officer.opens("/").sees("呼叫带班领导 剩")
    officer.opens("/board").sees("下一步 呼叫带班领导")
    line.network.settles()
