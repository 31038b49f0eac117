"""The police call back: the code of the alert, and from a telephone that is not known the station's PIN."""

import datetime as dt

import pytest

from hotline import clock
from tests.journeys.looks import calls, messages, reports
from tests.journeys.on_police_line import (
    BADGED,
    FIRST,
    JUDGED,
    NUMBER,
    SECOND,
    call_off,
    forward,
    logged,
    open_number,
    the_alert,
)
from triage.alerts.models import LogKind
from triage.callers.police import MOST_WRONG

NOBODYS = "0000"


@pytest.fixture
def called(line, monkeypatch):
    """An emergency was forwarded, and the police are asked to call their line."""
    open_number(line, monkeypatch)
    forward(line, JUDGED)
    assert f"回电+86{NUMBER}报代码" in the_alert().text
    return line


def _stranger(line, number="10000000399"):
    return line.network.phone(number, kind="mobile")


def _officer_talks_to(line, police) -> None:
    line.officers_ring().answers().hears("接听请按1").presses("1").hears("正在接通")
    police.stays_silent().is_with(line.officers_phone).hangs_up()
    line.officers_phone.is_hung_up_on()


def _own_report(line) -> dict:
    line.settles()
    return reports()[-1]


def test_a_known_telephone_needs_the_code_alone_even_while_the_prompt_plays(called):
    alert = the_alert()
    police = called.police.dial(NUMBER).presses(f"{alert.code}#")
    police.hears("已签收").hears("杏花社区").hears("家庭暴力").presses("1").hears("反馈已记录")
    police.waits().is_hung_up_on()
    report = _own_report(called)

    alert = the_alert()
    assert (alert.status, alert.acknowledged_how) == ("acknowledged", "called_in")
    assert (alert.acknowledged_by, alert.feedback) == (FIRST, "on_the_way")
    assert alert.acknowledged_contact_id is not None
    # The call itself is no work for the queue.
    assert (report["status"], calls()[-1].flow) == ("triaged", "police_line")
    called.officer().opens("/").does_not_see(report["number"])
    sent = len(messages())
    called.waits(61)
    assert len(messages()) == sent


def test_the_agency_above_is_known_as_well(called):
    called.district_police.dial(NUMBER).presses(f"{the_alert().code}#").hears("已签收").hangs_up()
    called.settles()
    assert the_alert().acknowledged_by == "云溪公安分局指挥中心 指挥长 何平"


def test_an_unknown_telephone_needs_the_pin_of_the_station(called):
    police = _stranger(called).dial(NUMBER).hears("警情编码").presses(f"{the_alert().code}#")
    police.hears("六位密码").presses("111111#").hears("密码不对")
    assert the_alert().status == "raised"
    police.presses("301301#").hears("已签收").hears("杏花社区").stays_silent().hears("请尽快处置")
    police.waits().is_hung_up_on()
    report = _own_report(called)
    alert = the_alert()
    assert (alert.acknowledged_by, alert.acknowledged_how) == (
        "长桥派出所（凭密码来电）",
        "called_in",
    )
    assert report["status"] == "triaged"


def test_another_stations_pin_is_wrong_and_three_wrong_ones_lead_to_an_officer(called):
    police = _stranger(called).dial(NUMBER).presses(f"{the_alert().code}#")
    for pin in ("321321", "000000", "111111"):
        police.hears("六位密码").presses(f"{pin}#")
    police.hears("正在为你接通值班员")
    _officer_talks_to(called, police)
    report = _own_report(called)
    assert the_alert().status == "raised"
    assert report["status"] == "claimed"


def test_where_badges_are_asked_for_the_badge_stands_beside_the_station(line, monkeypatch):
    open_number(line, monkeypatch)
    forward(line, BADGED)
    police = _stranger(line).dial(NUMBER).presses(f"{the_alert().code}#").hears("六位密码")
    police.presses("321321#").hears("警号").presses("012345#").hears("警号已记录").stays_silent()
    police.hears("上禾村").hangs_up()
    line.settles()
    assert the_alert().acknowledged_by == "青禾派出所 警号 012345"
    [line_of_log] = logged(LogKind.acknowledged)
    assert line_of_log.who == "青禾派出所 警号 012345"


def test_a_wrong_code_twice_leads_to_an_officer_and_the_call_is_a_report(called):
    police = called.police.dial(NUMBER).hears("警情编码").presses(f"{NOBODYS}#")
    police.hears("没有这个警情编码").presses("4711#").hears("正在为你接通值班员").hangs_up()
    report = _own_report(called)
    assert the_alert().status == "raised"
    assert report["status"] == "waiting"


def test_a_child_who_has_misdialled_is_a_report_and_one_key_away_from_help(called):
    silent = called.caller.dial(NUMBER).hears("不是公安人员").stays_silent()
    silent.hears("正在为你接通值班员").hangs_up()
    assert _own_report(called)["status"] == "waiting"
    called.caller.dial(NUMBER).hears("不是公安人员").presses("*").stays_silent().hears(
        "别怕"
    ).hangs_up()
    report = _own_report(called)
    assert (report["status"], report["emergency"]) == ("waiting", True)


def test_0_after_the_code_reaches_an_officer_and_the_call_waits_like_any_other(called):
    police = called.police.dial(NUMBER).presses(f"{the_alert().code}#").hears("请按0").presses("0")
    police.hears("正在为你接通值班员")
    _officer_talks_to(called, police)
    assert _own_report(called)["status"] == "claimed"
    assert the_alert().acknowledged_by == FIRST


def test_whoever_comes_second_is_written_down_and_not_told_who_was_first(called):
    called.police.dial(NUMBER).presses(f"{the_alert().code}#").hears("已签收").hangs_up()
    called.settles()
    second = called.second_contact.dial(NUMBER).presses(f"{the_alert().code}#").hears("已签收")
    second.presses("2").hears("反馈已记录").waits().is_hung_up_on()
    called.settles()
    assert "王建国" not in second.heard
    alert = the_alert()
    assert (alert.acknowledged_by, alert.feedback) == (FIRST, "on_the_spot")
    assert [line.who for line in logged(LogKind.acknowledged_again)] == [SECOND]


@pytest.mark.parametrize(("hours", "found"), [(23, True), (25, False)])
def test_an_alert_that_was_called_off_is_found_for_a_day_and_said_to_be(called, hours, found):
    alert = the_alert()
    call_off(alert.id)
    clock.shift(dt.timedelta(hours=hours))
    police = called.police.dial(NUMBER).presses(f"{alert.code}#")
    police.hears("这起警情有撤回" if found else "没有这个警情编码").hangs_up()
    called.network.settles()
    assert len(logged(LogKind.acknowledged_again)) == found
    assert len(logged(LogKind.news_heard)) == found
    assert the_alert().status == "cancelled"


def test_after_ten_wrong_pins_from_anywhere_no_more_are_looked_at_and_a_supervisor_knows(called):
    code = the_alert().code
    for guess in range(MOST_WRONG):
        guesser = _stranger(called, f"1000000{4000 + guess}").dial(NUMBER).presses(f"{code}#")
        guesser.hears("六位密码").presses(f"{guess:06}#").hears("六位密码").hangs_up()
    called.settles()
    called.supervisors_phone.receives_sms("公安专线")
    locked = _stranger(called).dial(NUMBER).presses(f"{code}#").presses("301301#")
    locked.hears("输错的次数太多").stays_silent().hears("正在为你接通值班员").hangs_up()
    called.settles()
    assert the_alert().status == "raised"
    # Whoever guesses cannot keep the station itself away.
    called.police.dial(NUMBER).presses(f"{code}#").hears("已签收").hangs_up()
    called.settles()
    assert the_alert().acknowledged_by == FIRST


def test_the_lock_opens_after_an_hour(called):
    code = the_alert().code
    for guess in range(MOST_WRONG):
        guesser = _stranger(called, f"1000000{4000 + guess}").dial(NUMBER).presses(f"{code}#")
        guesser.hears("六位密码").presses(f"{guess:06}#").hears("六位密码").hangs_up()
    called.network.settles()
    clock.shift(dt.timedelta(minutes=61))
    late = _stranger(called).dial(NUMBER).presses(f"{code}#").presses("301301#")
    late.hears("已签收").hangs_up()
    called.network.settles()
    assert the_alert().status == "acknowledged"
