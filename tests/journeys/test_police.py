"""An emergency on its way to the police: every step in order, until a named person acknowledges."""

import time

import pytest

from tests.journeys.looks import alerts, messages, story

SUPERIOR = "云溪公安分局指挥中心 指挥长 何平"
FIRST, SECOND = "长桥派出所 值班民警 王建国", "长桥派出所 值班所长 李卫东"
JUDGED = {"urgency": "emergency", "situation": "domestic_violence", "place": "杏花社区"}


@pytest.fixture
def forwarded(line):
    """An emergency in 杏花社区, claimed, judged and forwarded; the SMS has left."""
    number = line.emergency()
    officer = line.officer().claims(number).classifies(number, **JUDGED)
    officer.forwards(number)
    line.works()
    return alerts()[0]["number"]


def _sent():
    return [(message.channel, message.to_name) for message in messages()]


def _it_is_known_that_somebody_picked_up():
    """The network's word that a call was answered comes by itself."""
    for _ in range(100):
        if messages()[-1].status == "delivered":
            return
        time.sleep(0.1)
    raise AssertionError("no word of an answer")


def test_nobody_acknowledges_and_every_step_follows_then_the_supervisors_alarm(line, forwarded):
    line.police.receives_sms("紧急警情")
    line.network.settles()
    line.waits(58)
    assert _sent() == [("sms", FIRST)]
    line.waits(3)
    line.police.rings().lets_it_ring()
    line.network.settles()
    assert _sent() == [("sms", FIRST), ("call", FIRST)]

    line.waits(0)
    line.second_contact.receives_sms("紧急警情")
    line.second_contact.rings().declines()
    line.network.settles()
    assert _sent()[2:] == [("sms", SECOND), ("call", SECOND)]

    line.waits(61)
    line.district_police.receives_sms("紧急警情")
    line.district_police.rings().lets_it_ring()
    line.network.settles()
    assert _sent()[4:] == [("sms", SUPERIOR), ("call", SUPERIOR)]
    assert alerts()[0]["status"] == "raised"

    line.waits(61)
    assert alerts()[0]["status"] == "unanswered"
    line.supervisors_phone.receives_sms(f"警情{forwarded}")
    line.supervisors_phone.rings().lets_it_ring()
    line.network.settles()
    line.waits(0)
    assert _sent()[6:] == [("sms", "陈若谷"), ("call", "陈若谷")]

    line.waits(61)
    line.supervisors_phone.receives_sms("无人签收")
    line.supervisors_phone.rings().answers().hears("确认收到请按1").presses("1").hears("已确认")
    line.network.settles()
    assert story(forwarded) == [
        "raised", *["step"] * 6, "unanswered", *["alarm"] * 4, "heard",
    ]  # fmt: skip
    # That a supervisor knows is no acknowledgement by the police: the alarm goes on.
    assert alerts()[0]["acknowledged_by"] is None
    line.waits(301)
    line.supervisors_phone.rings().lets_it_ring()
    line.network.settles()
    assert len(_sent()) == 12


def _voicemail(phone):
    phone.is_hung_up_on()


def _silent(phone):
    for _ in range(3):
        phone.hears("确认收到请按1").stays_silent()
    phone.hears("没有收到确认").is_hung_up_on()


def _wrong_key(phone):
    phone.hears("确认收到请按1").presses("7").hears("没有收到确认").is_hung_up_on()


def _hangs_up(phone):
    phone.hears("紧急警情").hangs_up()


@pytest.mark.parametrize("answer", [_voicemail, _silent, _wrong_key, _hangs_up])
def test_an_answer_without_the_key_is_none_and_the_next_contact_follows_at_once(
    line, forwarded, answer
):
    if answer is _voicemail:
        line.police.has_voicemail()
    line.waits(61)
    if answer is not _voicemail:
        line.police.rings().answers()
    answer(line.police)
    line.network.settles()
    call = messages()[-1]
    assert (call.channel, call.to_name, call.network_status) == ("call", FIRST, "completed")
    assert alerts()[0]["acknowledged_by"] is None

    line.waits(0)
    line.second_contact.receives_sms("紧急警情")
    line.second_contact.rings().declines()


def test_somebody_listening_is_not_overtaken_and_their_key_counts(line, forwarded):
    line.waits(61)
    police = line.police.rings().answers().hears("警情编码").hears("杏花社区").hears("家庭暴力")
    _it_is_known_that_somebody_picked_up()
    line.waits(70)
    assert len(_sent()) == 2
    police.hears("确认收到请按1").presses("1").hears("已签收").hears("回电号码")
    police.stays_silent().is_hung_up_on()
    line.network.settles()
    [alert] = alerts()
    assert (alert["status"], alert["acknowledged_by"]) == ("acknowledged", FIRST)
    line.waits(120)
    assert len(_sent()) == 2


def test_a_key_after_the_next_step_has_begun_still_counts_and_stops_everything(line, forwarded):
    line.waits(61)
    police = line.police.rings().answers().hears("确认收到请按1")
    line.waits(200)
    line.second_contact.receives_sms("紧急警情")
    line.second_contact.rings().declines()
    police.presses("1").hears("已签收").stays_silent().is_hung_up_on()
    line.network.settles()
    line.waits(61)
    line.waits(300)
    assert alerts()[0]["acknowledged_by"] == FIRST
    assert len(_sent()) == 4


def test_an_acknowledgement_by_telephone_ends_an_alert_that_was_given_up(line, forwarded):
    line.network.faults(nobody_answers=True)
    for _ in range(8):
        line.waits(61)
        line.network.settles()
    assert alerts()[0]["status"] == "unanswered"
    officer = line.officer().opens(f"/alerts/{forwarded}").sees("无人签收")
    officer.sends(f"/alerts/{forwarded}/acknowledge", expect=422, who=" ", note="")
    assert alerts()[0]["status"] == "unanswered"

    officer.opens(f"/alerts/{forwarded}")
    officer.sends(f"/alerts/{forwarded}/acknowledge", who="民警 刘洋 990123", note="已出警")
    [alert] = alerts()
    assert (alert["status"], alert["acknowledged_by"]) == ("acknowledged", "民警 刘洋 990123")
    officer.opens(f"/alerts/{forwarded}").sees("刘洋", "已出警")
    before = len(_sent())
    line.waits(61)
    line.waits(600)
    assert len(_sent()) == before


def test_what_still_waits_to_leave_is_not_sent_after_the_acknowledgement(line, forwarded):
    line.network.settles()
    line.network.faults(rest_errors=1, rest_resource="Calls")
    line.waits(61)
    assert messages()[-1].status == "pending"
    officer = line.officer().opens(f"/alerts/{forwarded}")
    officer.sends(f"/alerts/{forwarded}/acknowledge", who="民警 刘洋", note="")
    line.waits(5)
    line.police.does_not_ring()
    assert alerts()[0]["status"] == "acknowledged"


@pytest.mark.parametrize("code", [30003, 30008])
def test_an_sms_that_does_not_arrive_is_followed_by_the_call_at_once(line, code):
    line.network.faults(sms_undelivered={"10000000301": code})
    number = line.emergency()
    line.officer().claims(number).classifies(number, **JUDGED).forwards(number)
    line.works()
    line.network.settles()
    assert messages()[0].status == "undelivered"
    line.waits(0)
    line.police.rings().answers().hears("紧急警情").presses("1").hears(
        "已签收"
    ).stays_silent().is_hung_up_on()
    line.network.settles()
    assert alerts()[0]["acknowledged_by"] == FIRST
    assert line.police.messages == []


def test_a_landline_refuses_the_sms_and_is_called_at_once(line):
    line.network.phone("10000000301", kind="landline")
    number = line.emergency()
    line.officer().claims(number).classifies(number, **JUDGED).forwards(number)
    line.works()
    assert (messages()[0].status, messages()[0].error_code) == ("failed", "21614")
    line.waits(0)
    line.police.rings().answers().presses("1").hears("已签收").stays_silent().is_hung_up_on()
    line.network.settles()
    assert alerts()[0]["status"] == "acknowledged"


def test_a_second_click_sends_nothing_twice(line, forwarded):
    number = alerts()[0]["report"]
    line.officer().forwards(number)
    line.works()
    assert len(alerts()) == len(_sent()) == 1
    line.officer().opens("/alerts").sees(number, "长桥派出所")
