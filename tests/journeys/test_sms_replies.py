"""The police text back, on a network that lets them."""

import pytest

from tests.journeys.looks import messages, reports
from tests.journeys.on_police_line import FIRST, JUDGED, forward, logged, the_alert
from triage.alerts.models import LogKind


@pytest.fixture
def texted(line):
    """The police have had the SMS of an alert."""
    forward(line, JUDGED)
    line.police.receives_sms("紧急警情")
    return line


def _texts(line, text: str, phone=None) -> None:
    (phone or line.police).sends_sms("12355", text)
    line.settles()


@pytest.mark.parametrize("reply", ["{}", "代码{}收到", "收到，{}。", "{} 收到", "{wide}"])
def test_the_code_from_a_contacts_telephone_acknowledges(texted, reply):
    code = the_alert().code
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    _texts(texted, reply.format(code, wide=wide))
    alert = the_alert()
    assert (alert.acknowledged_by, alert.acknowledged_how) == (FIRST, "sms")
    assert alert.feedback is None
    assert len(reports()) == 1
    texted.police.receives_sms(f"已签收，代码{code}。")
    assert [line.note for line in logged(LogKind.acknowledged)] == [
        reply.format(code, wide=wide)
        .translate({0xFF10 + n: str(n) for n in range(10)})
        .replace("，", ",")
    ]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("{} 1", "on_the_way"),
        ("{}收到 2。", "on_the_spot"),
        ("{} 已出警", "on_the_way"),
        ("{}，已到现场，孩子安全", "safe"),
        ("{}未找到", "not_found"),
        ("{}没有找到孩子，需民政协助", "needs_others"),
        ("{} 5分钟后到", None),
        ("{} 2，5678 3", None),
    ],
)
def test_what_follows_the_code_is_feedback(texted, reply, said):
    _texts(texted, reply.format(the_alert().code))
    assert (the_alert().status, the_alert().feedback) == ("acknowledged", said)


@pytest.mark.parametrize("reply", ["{}不是我们辖区", "收到 代码{} 我们不去", "{} 什么事？"])
def test_who_does_not_take_it_has_not_acknowledged_and_the_next_is_reached_at_once(texted, reply):
    code = the_alert().code
    _texts(texted, reply.format(code))
    assert (the_alert().status, len(reports())) == ("raised", 1)
    texted.police.receives_sms(f"代码{code}的回复未计入签收")
    [said] = [line for line in logged(LogKind.step) if line.message_id is None]
    assert said.who == FIRST
    assert code in (said.note or "")
    texted.sweeps()
    texted.works()
    texted.police.rings().lets_it_ring()


def test_the_same_message_again_and_at_once_changes_nothing(texted, wire):
    form = {"MessageSid": "SM1", "From": "+8610000000301", "To": "12355"}
    form["Body"] = f"{the_alert().code} 2"
    wire.post_at_once(3, "/ivr/sms", form)
    wire.post("/ivr/sms", form)
    texted.settles()
    assert len(logged(LogKind.acknowledged)) == len(logged(LogKind.feedback)) == 1
    assert logged(LogKind.acknowledged_again) == []
    assert [message.to_name for message in messages()].count(FIRST) == 2


def test_from_a_telephone_that_is_not_known_it_is_a_report_and_not_counted(texted):
    _texts(texted, f"{the_alert().code} 收到", texted.caller)
    assert the_alert().status == "raised"
    assert len(reports()) == 2
    [attempt] = [line for line in logged(LogKind.step) if line.message_id is None]
    assert attempt.note == "短信提到代码，号码未登记，不计入签收"
    assert "10000000001" not in attempt.who
    assert [text for text in texted.caller.messages if not text["mine"]] == []


@pytest.mark.parametrize("reply", ["收到", "0000", "12345"])
def test_without_a_code_of_an_alert_it_is_a_report_as_ever(texted, reply):
    _texts(texted, reply)
    assert the_alert().status == "raised"
    assert len(reports()) == 2
