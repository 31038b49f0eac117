"""What each webhook means, in any order, twice, and where a call goes on after a fault."""

from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from hotline import db, outbox
from hotline.outbox import Lane, MessageStatus, OutboxMessage
from ivr import calls
from ivr.flow import load_all
from ivr.nodes import Audience
from tests.ground.people import put
from tests.ivr.people import everything, the
from triage.intake.models import Call, CallStep, Recording, Report
from triage.intake.states import CallStatus, RecordingStatus, ReportStatus

CALLER_FLOWS = [flow for flow in load_all().values() if flow.audience is Audience.caller]


def over(wire, word: str = "completed") -> CallStatus:
    wire.post("/ivr/status", CallStatus=word)
    return the(Call).status


def test_hung_up_before_anything_was_reached(wire):
    wire.post("/ivr/voice")
    assert over(wire) is CallStatus.abandoned
    assert the(Report).status is ReportStatus.waiting


def test_a_recording_told_of_after_the_end_was_reached_all_the_same(wire):
    wire.post("/ivr/voice")
    over(wire)
    wire.post("/ivr/recording", RecordingSid="RE1", RecordingStatus="completed")
    assert the(Call).status is CallStatus.completed
    assert over(wire) is CallStatus.completed


@pytest.mark.parametrize("word", ["failed", "busy", "no-answer", "canceled"])
def test_a_call_that_broke(wire, word):
    wire.post("/ivr/voice")
    assert over(wire, word) is CallStatus.failed
    assert over(wire, "completed") is CallStatus.failed


@pytest.mark.parametrize("word", ["initiated", "ringing", "in-progress", "queued", "", "new-word"])
def test_a_word_that_ends_nothing(wire, word):
    wire.post("/ivr/voice")
    assert over(wire, word) is CallStatus.in_progress


def test_the_end_of_a_call_we_never_heard_of_is_a_report(wire):
    over(wire)
    assert everything()["reports"] == 1
    assert the(Report).status is ReportStatus.waiting
    wire.post("/ivr/voice")
    assert everything()["reports"] == 1
    assert the(Report).status is ReportStatus.waiting


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("completed", RecordingStatus.announced),
        ("", RecordingStatus.announced),
        ("new-word", RecordingStatus.announced),
        ("absent", RecordingStatus.absent),
        ("failed", RecordingStatus.absent),
    ],
)
def test_what_is_said_of_a_recording(wire, word, status):
    wire.post("/ivr/recording", RecordingSid="RE1", RecordingStatus=word)
    assert the(Recording).status is status
    assert everything()["reports"] == 1


def test_a_recording_without_a_sid_is_nothing(wire):
    wire.post("/ivr/recording", RecordingStatus="completed")
    assert everything()["recordings"] == 0


def test_the_same_step_twice_leaves_one_trace_and_one_place_to_go(wire):
    wire.post("/ivr/voice")
    answers = [wire.step("greeting", 1, Digits="1") for _ in range(3)]
    assert all("node=danger&" in answer.find("Dial").get("action") for answer in answers)
    assert the(CallStep).value == "1"


def test_what_was_spoken_is_not_in_the_trace(wire):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, "speech", SpeechResult="李小雨被打了")
    assert the(CallStep).value == ""


def test_every_officer_on_duty_is_rung_with_the_whisper(wire):
    wire.post("/ivr/voice")
    dial = wire.step("greeting", 1, Digits="1").find("Dial")
    assert [number.text for number in dial.findall("Number")] == ["+8610000000101"]
    assert "flow=officer" in dial.find("Number").get("url")


@pytest.mark.parametrize(
    ("form", "reached"),
    [
        ({"DialCallStatus": "completed"}, False),
        ({"DialCallStatus": "no-answer"}, False),
        ({"DialCallStatus": "completed", "DialBridged": "true"}, True),
    ],
)
def test_only_a_bridged_call_was_answered(wire, form, reached):
    wire.post("/ivr/voice")
    place = {"flow": "12355", "node": "danger", "lang": "zh", "tries": "0", "step": "2"}
    answer = wire.post(f"/ivr/step?{urlencode(place)}", **form)
    assert (answer.find("Record") is None) is reached


def test_an_officers_key_is_proof_where_the_network_says_nothing_of_bridging(wire):
    wire.post("/ivr/voice")
    leg = {"flow": "officer", "node": "offer", "lang": "zh", "tries": "0", "step": "1"}
    wire.post(
        f"/ivr/step?{urlencode(leg | {'event': 'digits'})}",
        Digits="1",
        CallSid="CA-leg",
        ParentCallSid="CA1",
        To="+8610000000101",
    )
    place = {"flow": "12355", "node": "danger", "lang": "zh", "tries": "0", "step": "2"}
    answer = wire.post(f"/ivr/step?{urlencode(place)}", DialCallStatus="completed")
    assert answer.find("Record") is None


@pytest.mark.parametrize("flow", CALLER_FLOWS, ids=lambda flow: flow.name)
def test_from_everywhere_a_fault_leads_to_a_recording(flow):
    for node, what in flow.nodes.items():
        nearest = calls.nearest_recording(flow, node)
        if what.kind != "end":
            assert flow.nodes[nearest].kind == "record", node
    assert calls.nearest_recording(flow, "danger") == "danger_statement"


@pytest.mark.parametrize("node", ["greeting", "officer", "statement"])
def test_the_fallback_records_and_keeps_what_the_caller_has_chosen(wire, node):
    place = {"flow": "12355", "node": node, "lang": "en", "tries": "1", "step": "4"}
    answer = wire.post(
        "/ivr/fallback",
        ErrorUrl=f"{wire.settings.public_url}/ivr/step?{urlencode(place)}",
        ErrorCode="11205",
    )
    record = answer.find("Record")
    assert "node=statement" in record.get("action")
    assert "lang=en" in record.get("action")
    assert f"report={the(Report).number}" in record.get("action")


@pytest.mark.parametrize("error_url", ["", "x", "https://other.example.org/?flow=page&node=page"])
def test_the_fallback_without_a_place_is_answered(wire, error_url):
    assert len(wire.post("/ivr/fallback", ErrorUrl=error_url)) > 0


def test_a_text_is_a_report_and_nothing_is_texted_back(wire):
    for _ in range(2):
        answer = wire.post("/ivr/sms", CallSid="", MessageSid="SM1", Body="孩子一个人在家")
        assert len(answer) == 0
    assert the(Report).summary == "孩子一个人在家"
    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == 0


def word(number: int) -> OutboxMessage:
    with db.transaction() as session:
        return session.get_one(OutboxMessage, number)


@pytest.mark.parametrize("names", [("MessageSid", "MessageStatus"), ("SmsSid", "SmsStatus")])
def test_what_became_of_a_text_by_either_name(wire, names):
    number = put(lane=Lane.alert)
    sid, status = names
    path = f"/ivr/message-status?message={number}"
    wire.post(path, CallSid="", **{sid: "SM1", status: "undelivered", "ErrorCode": "30003"})
    message = word(number)
    assert (message.status, message.error_code) == (MessageStatus.undelivered, "30003")


def test_what_became_of_our_own_call_is_no_callers(wire):
    number = put(channel=outbox.Channel.call)
    wire.post(f"/ivr/status?message={number}", CallSid="CA-ours", CallStatus="busy")
    assert word(number).status is MessageStatus.undelivered
    assert everything()["reports"] == 0


@pytest.mark.parametrize("query", ["?message=4711", "?message=", "?message=x", ""])
def test_a_status_of_a_message_nobody_knows(wire, query):
    answer = wire.post(f"/ivr/message-status{query}", MessageSid="SM1", MessageStatus="delivered")
    assert len(answer) == 0
