"""What each webhook means, in any order, twice, and where a call goes on after a fault."""

import datetime as dt
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from hotline import audit, db, outbox
from hotline.accounts.models import Account
from hotline.outbox import Lane, MessageStatus, OutboxMessage
from tests.ground.people import put
from tests.ivr.people import everything, over, rung, the
from triage.callers import service as callers
from triage.intake import queries as intake
from triage.intake.models import Call, CallStep, Disposition, Recording, Report
from triage.intake.states import CallStatus, RecordingStatus, ReportStatus, Urgency


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
    assert all("node=danger&" in answer.find("Gather").get("action") for answer in answers)
    assert the(CallStep).value == "1"


def test_what_was_spoken_is_not_in_the_trace(wire):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, "speech", SpeechResult="李小雨被打了")
    assert the(CallStep).value == ""


def test_a_pin_is_not_in_the_trace(wire):
    wire.post("/ivr/voice")
    wire.step("enquiry_pin", 1, Digits="4711")
    assert the(CallStep).value == ""


def test_a_flagged_caller_reaches_the_recording_and_danger_but_keeps_nobody_waiting(wire):
    wire.post("/ivr/voice")
    with db.transaction() as session:
        officer = session.scalars(sa.select(Account).where(Account.username == "daiban")).one()
        actor = audit.Actor("daiban", officer.id)
        callers.set_flag(session, the(Report).id, actor, "反复骚扰", dt.timedelta(days=1))
    assert wire.step("greeting", 1, "timeout").find("Record") is not None
    assert "node=danger&" in wire.step("statement", 2, Digits="1").find("Gather").get("action")
    assert the(Report).urgency is Urgency.emergency


@pytest.mark.parametrize("caller", ["anonymous", "12345", "sip:agent@example.org"])
def test_who_cannot_be_called_back_is_told_so_and_leaves_a_message(wire, caller):
    wire.post("/ivr/voice", From=caller)
    answer = wire.step("officer", 2, Digits="3")
    assert "没有可以打回给你的号码" in "".join(answer.itertext())
    assert answer.find("Record") is not None


def test_an_answer_by_key_is_on_the_report_at_once(wire):
    wire.post("/ivr/voice")
    wire.step("quiet_who", 1, Digits="1")
    wire.step("quiet_danger", 2, Digits="1")
    over(wire)
    with db.transaction() as session:
        given = intake.answers(session, the(Call))
    assert given == {"who": "child", "danger": "yes"}
    assert the(Report).urgency is Urgency.emergency


def test_whoever_only_asks_after_a_report_makes_no_work(wire):
    wire.post("/ivr/voice")
    number = the(Report).number
    wire.post("/ivr/voice", CallSid="CA2")
    place = {"flow": "12355", "lang": "zh", "tries": "0", "event": "digits"}
    steps = [("enquiry_number", number), ("enquiry_pin", callers.pin_of(number))]
    for step, (node, digits) in enumerate(steps, 1):
        at = urlencode(place | {"node": node, "step": str(step)})
        answer = wire.post(f"/ivr/step?{at}", CallSid="CA2", Digits=digits)
    assert "收到" in "".join(answer.itertext())
    wire.post("/ivr/status", CallSid="CA2", CallStatus="completed")
    with db.transaction() as session:
        rows = session.execute(sa.select(Report.status, Report.disposition).order_by(Report.id))
        first, second = rows.all()
    assert first.disposition is None
    assert (second.status, second.disposition) == (ReportStatus.triaged, Disposition.enquiry)


def test_a_recording_on_a_leg_of_ours_is_the_callers_and_no_call_of_its_own(wire):
    wire.post("/ivr/voice")
    wire.post("/ivr/recording?call=CA1", CallSid="CA-leg", RecordingSid="RE1")
    assert the(Recording).call_sid == "CA1"
    assert everything()["calls"] == 1


def test_a_round_heard_of_after_the_end_rings_nobody(wire):
    wire.post("/ivr/voice")
    over(wire)
    wire.step("greeting", 1, "timeout")
    assert rung() == []


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
