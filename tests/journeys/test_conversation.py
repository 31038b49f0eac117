"""A caller waits, is taken, is joined by others, and is called back when nobody could come."""

import contextlib
import time

import pytest

from tests.journeys.looks import calls, holder, recordings, reports

PATIENCE = 20


def works_until(line, looks):
    """The workers go on until what is looked for is there."""
    for _ in range(PATIENCE):
        line.works()
        with contextlib.suppress(AssertionError):
            return looks()
    return looks()


def rings(line, phone):
    """What rings a telephone is done by workers."""
    return works_until(line, lambda: phone.rings(within=0.3))


def waits(line, caller=None):
    """Somebody says nothing, and waits for an officer."""
    caller = caller or line.caller
    return caller.dial("12355").hears("儿童保护热线").stays_silent().hears("正在为你接通值班员")


def talks(line):
    """A caller and the officer on duty hear each other: the receipt number."""
    waits(line)
    rings(line, line.officers_phone).answers().hears("接听请按1").presses("1").hears("正在接通")
    works_until(line, lambda: line.caller.is_with(line.officers_phone, within=0.3))
    return str(reports()[-1]["number"])


def gives_up_waiting(line):
    """A caller waits and hangs up before anybody comes: the receipt number."""
    waits(line)
    rings(line, line.officers_phone)
    line.caller.hangs_up()
    is_left_alone(line, line.officers_phone)
    return str(reports()[-1]["number"])


def asks_for_a_call(line, key):
    """A caller would rather be called back, and says by key whether that is safe: the number."""
    waits(line).presses("3").hears("你安全吗").presses(key)
    return str(reports()[-1]["number"])


def has_ended():
    """The network's word of the first caller's hanging up has come; no worker has heard of it."""
    for _ in range(PATIENCE):
        if calls()[0].status != "in_progress":
            return
        time.sleep(0.1)
    raise AssertionError("the call goes on")


def is_left_alone(line, *phones):
    """Each of these telephones is hung up on, or stops ringing, without anybody's doing."""
    for phone in phones:
        works_until(line, lambda phone=phone: phone.is_hung_up_on(within=0.3))
    line.settles()


def test_who_comes_later_hears_how_many_are_before(line):
    second = line.network.phone("10000000002", kind="mobile")
    waits(line)
    waits(line, second).hears("你前面还有1位")
    assert "你前面" not in line.caller.heard
    line.caller.hangs_up()
    has_ended()
    second.stays_silent().hears("我们没有忘记你").hears("想留言")
    assert second.heard.count("你前面还有1位") == 1
    second.hangs_up()
    line.settles()


def test_if_the_request_to_move_the_caller_is_lost_the_next_round_brings_them_together(line):
    waits(line)
    rings(line, line.officers_phone).answers().hears("接听请按1").presses("1").hears("正在接通")
    line.caller.stays_silent().is_with(line.officers_phone)
    line.works()
    line.caller.is_with(line.officers_phone).hangs_up()
    line.officers_phone.is_hung_up_on()
    line.settles()
    assert holder(reports()[0]["number"]) == "林晓岚"


def test_the_conversation_is_recorded_on_two_channels_and_belongs_to_the_report(line):
    number = talks(line)
    line.caller.says(seconds=2)
    line.officers_phone.says(seconds=1).hangs_up()
    line.works_until(line.caller, hears="通话结束了").hangs_up()
    line.settles()
    [recording] = recordings()
    assert (recording.channels, recording.status, recording.call_sid) == (
        2,
        "stored",
        calls()[0].call_sid,
    )
    line.officer().opens(f"/reports/{number}").sees("与值班员通话")


def test_a_colleague_takes_the_call_over(line):
    number = talks(line)
    colleague = line.supervisors_phone
    page = line.officer().opens(f"/reports/{number}/conversation").sees("正在与来电人通话")
    page.sends(f"/reports/{number}/transfer", account=page.option("account", "陈若谷"))
    rings(line, colleague).answers().hears("同事请你接听一个来电").presses("1")
    line.caller.is_with(line.officers_phone, colleague)
    assert holder(number) == "陈若谷"
    line.officers_phone.hangs_up()
    works_until(line, lambda: line.caller.is_with(colleague, within=0.3))
    colleague.hangs_up()
    line.works_until(line.caller, hears="通话结束了").hangs_up()
    line.settles()
    line.officer().opens(f"/reports/{number}/conversation").sees("转接的同事", "已离开")


def test_the_police_join_and_the_three_hear_each_other(line):
    number = talks(line)
    page = line.officer().opens(f"/reports/{number}/conversation")
    page.sends(f"/reports/{number}/bring-police", contact=page.option("contact", "何平"))
    rings(line, line.district_police).answers().hears("请加入通话").presses("1")
    line.caller.is_with(line.officers_phone, line.district_police)
    assert holder(number) == "林晓岚"
    line.caller.hangs_up()
    is_left_alone(line, line.officers_phone, line.district_police)


def test_an_officer_takes_somebody_out_of_the_conversation(line):
    number = talks(line)
    page = line.officer().opens(f"/reports/{number}/conversation")
    page.sends(f"/reports/{number}/bring-police", contact=page.option("contact", "何平"))
    rings(line, line.district_police).answers().hears("请加入通话").presses("1")
    line.caller.is_with(line.officers_phone, line.district_police)
    page.opens(f"/reports/{number}/conversation").presses("挂断 云溪公安分局指挥中心 指挥长 何平")
    works_until(line, lambda: line.district_police.is_hung_up_on(within=0.3))
    line.caller.is_with(line.officers_phone).hangs_up()
    line.settles()


def test_telephones_stop_ringing_when_the_caller_hangs_up_and_a_call_is_owed(line):
    number = gives_up_waiting(line)
    assert line.officers_phone.state == "idle"
    line.officer().opens("/callbacks").sees(number, "等候后无人接听", "1 件到时")


def test_too_late_is_said_to_the_officer_who_picks_up(line):
    waits(line)
    rings(line, line.officers_phone).answers().hears("接听请按1")
    line.caller.hangs_up()
    has_ended()
    line.officers_phone.presses("1").hears("来电人已挂机").is_hung_up_on()
    line.settles()
    assert holder(reports()[0]["number"]) is None


def test_who_waited_in_vain_is_called_back_officer_first(line):
    number = gives_up_waiting(line)
    page = (
        line.officer().opens(f"/reports/{number}/conversation").sees("没有问过来电人回拨是否安全")
    )
    page.sends(f"/reports/{number}/call-back")
    line.works()
    line.caller.does_not_ring()
    line.officers_phone.rings().answers().hears("即将为你接通来电人").presses("1").hears("正在接通")
    rings(line, line.caller).answers().is_with(line.officers_phone)
    assert "热线" not in line.caller.said_last
    line.waits_without_workers(30)
    line.caller.says(seconds=20).hangs_up()
    is_left_alone(line, line.officers_phone)
    [recording] = recordings()
    assert recording.call_sid == calls()[0].call_sid
    assert len(reports()) == 1
    line.officer().opens("/callbacks").sees("没有等待回拨的来电", number, "已通话", "林晓岚")
    line.officer().opens(f"/reports/{number}").sees("与值班员通话")


def test_a_caller_who_does_not_answer_is_tried_again_later(line):
    number = gives_up_waiting(line)
    line.officer().opens("/callbacks").sends(f"/reports/{number}/call-back")
    rings(line, line.officers_phone).answers().hears("即将为你接通来电人").presses("1").hears(
        "正在接通"
    )
    rings(line, line.caller).declines()
    is_left_alone(line, line.officers_phone)
    line.officer().opens("/callbacks").sees(number, "已试 1 次", "来电人未接听")
    line.officer().does_not_see("件到时")


def test_who_asks_to_be_called_back_is(line):
    number = asks_for_a_call(line, "1")
    line.caller.hears("我们会打回这个号码").hears("受理编号").hangs_up()
    line.settles()
    line.officer().opens("/callbacks").sees(number, "来电人要求回拨", "来电人说安全")


def test_where_it_is_unsafe_nobody_is_called_but_by_a_supervisor_with_a_reason(line):
    number = asks_for_a_call(line, "2")
    line.caller.hears("我们不会打回去").hangs_up()
    line.settles()
    officer = line.officer().opens(f"/reports/{number}/conversation").sees("来电人说回拨不安全")
    officer.opens("/callbacks").sends(f"/reports/{number}/call-back").sees("须由带班领导写明原因")
    line.works()
    line.officers_phone.does_not_ring()
    supervisor = line.officer("daiban").opens(f"/reports/{number}/conversation")
    supervisor.sends(f"/reports/{number}/call-back", reason="已与派出所商定")
    rings(line, line.supervisors_phone).declines()
    line.settles()


@pytest.mark.parametrize("danger", [False, True])
def test_danger_is_one_key_away_while_waiting(line, danger):
    waits(line)
    if danger:
        line.caller.presses("1").hears("别怕，你做得很对")
    assert [bool(report["emergency"]) for report in reports()] == [danger]
    rings(line, line.officers_phone).answers().hears("接听请按1").presses("1").hears("正在接通")
    works_until(line, lambda: line.caller.is_with(line.officers_phone, within=0.3)).hangs_up()
    is_left_alone(line, line.officers_phone)
