"""What each webhook means, in any order, twice, and where a call goes on after a fault."""

import datetime as dt
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa

from hotline import audit, clock, db, outbox
from hotline.accounts.models import Account
from hotline.outbox import Lane, MessageStatus, OutboxMessage
from ivr.calls import Hook, without_database
from ivr.flow import load_all
from ivr.nodes import Audience
from ivr.resume import nearest_recording
from tests.ground.people import put
from tests.ivr.people import everything, rung, the
from triage.callers import service as callers
from triage.conversations import service as conversations
from triage.conversations.statements import MOVE
from triage.intake import queries as intake
from triage.intake.models import Call, CallStep, Disposition, Recording, Report
from triage.intake.states import CallStatus, RecordingStatus, ReportStatus, Urgency

SAID_ALREADY = {"talk", "danger_talk", "heard", "mandated_heard", "can_text", "text_ask"}
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


def test_whoever_presses_nothing_waits_while_officers_are_rung(wire):
    wire.post("/ivr/voice")
    waits = wire.step("greeting", 1, "timeout")
    assert "node=officer&" in waits.find("Gather").get("action")
    (number,) = rung()
    with db.transaction() as session:
        message = session.get_one(OutboxMessage, number)
        assert (message.to, message.flow) == ("+8610000000101", "officer")


def accepts(wire, sid: str = "CA-officer") -> ET.Element:
    """The only one we have rung picks up and presses 1."""
    (message,) = rung()
    offer = wire.post(f"/ivr/outbound?message={message}", CallSid=sid)
    (gather,) = offer.findall("Gather")
    action = gather.get("action", "").removeprefix(wire.settings.public_url)
    return wire.post(action.partition("#")[0], CallSid=sid, Digits="1")


def test_an_officer_who_accepts_and_the_caller_meet_in_one_conversation(wire):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, "timeout")
    officer = accepts(wire)
    assert officer.findall("Dial")
    assert officer.findall("Dial[@record]") == []
    moved = wire.step("officer", 2, "answered")
    assert moved.find("Dial").get("record") == "record-from-answer-dual"
    assert moved.findtext("Dial/Conference") == officer.findtext("Dial/Conference")
    assert the(Call).answered_at is not None


def test_an_officer_whose_end_is_never_told_leaves_the_caller_not_alone(wire):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, "timeout")
    accepts(wire)
    wire.step("officer", 2, "answered")
    place = {"flow": "officer", "node": "talk", "lang": "zh", "tries": "0", "step": "2"}
    left = f"/ivr/step?{urlencode(place | {'event': 'over'})}"
    wire.post(left, CallSid="CA-officer", CallStatus="completed")
    with db.transaction() as session:
        of_caller = sa.select(OutboxMessage).where(OutboxMessage.topic == MOVE)
        moves = session.scalars(of_caller.order_by(OutboxMessage.id)).all()
    assert moves[-1].to == "CA1"
    assert "event=over" in moves[-1].body


def test_a_caller_moved_to_an_officer_who_has_gone_is_rung_for_again(wire):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, "timeout")
    accepts(wire)
    (message,) = rung()
    wire.post(f"/ivr/status?message={message}", CallSid="CA-officer", CallStatus="completed")
    again = wire.step("officer", 2, "answered")
    assert again.find("Dial") is None
    assert "tries=1" in again.find("Gather").get("action")
    assert len(rung()) == 2


def test_a_ring_called_off_while_on_its_way_joins_nobody(wire):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, "timeout")
    (message,) = rung()
    over(wire)
    with db.transaction() as session:
        conversations.clear_call(session, the(Call).id)
    picked_up = wire.post(f"/ivr/outbound?message={message}", CallSid="CA-officer")
    assert [verb.tag for verb in picked_up] == ["Hangup"]


def test_a_caller_whose_move_was_lost_finds_the_officer_at_the_next_round(wire):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, "timeout")
    accepts(wire)
    assert wire.step("officer", 2, "timeout").find("Dial/Conference") is not None


def test_an_emergency_pressed_while_an_officer_accepts_is_one_and_reaches_them(wire):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, "timeout")
    accepts(wire)
    assert wire.step("officer", 2, Digits="*").find("Dial/Conference") is not None
    assert the(Report).urgency is Urgency.emergency


def test_after_the_last_round_the_caller_may_leave_a_statement(wire):
    wire.post("/ivr/voice")
    place = {"flow": "12355", "node": "officer", "lang": "zh", "tries": "2", "step": "4"}
    answer = wire.post(f"/ivr/step?{urlencode(place | {'event': 'timeout'})}")
    assert answer.find("Record") is not None


def test_with_nobody_to_ring_the_recording_comes_at_once(wire):
    with db.transaction() as session:
        session.execute(sa.update(Account).values(phone=None))
    wire.post("/ivr/voice")
    assert wire.step("greeting", 1, "timeout").find("Record") is not None


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


@pytest.mark.parametrize("flow", CALLER_FLOWS, ids=lambda flow: flow.name)
def test_from_everywhere_a_fault_leads_to_a_recording(flow):
    for node in flow.nodes:
        nearest = nearest_recording(flow, node)
        wanted = "end" if node in SAID_ALREADY or flow.nodes[node].kind == "end" else "record"
        assert flow.nodes[nearest].kind == wanted, node
    assert nearest_recording(flow, "danger") == "danger_statement"


@pytest.mark.parametrize("node", ["greeting", "officer", "statement"])
def test_the_fallback_records_and_keeps_what_the_caller_has_chosen(wire, node):
    place = {"flow": "12355", "node": node, "lang": "en", "tries": "0", "step": "4"}
    answer = wire.post(
        "/ivr/fallback",
        ErrorUrl=f"{wire.settings.public_url}/ivr/step?{urlencode(place)}",
        ErrorCode="11205",
    )
    record = answer.find("Record")
    assert "node=statement" in record.get("action")
    assert "lang=en" in record.get("action")
    assert f"report={the(Report).number}" in record.get("action")


def fails(wire, node: str, event: str, **form: str) -> ET.Element:
    """Our answer to a step failed, and the network asks the fallback, with all it told us before."""
    place = {"flow": "12355", "node": node, "lang": "zh", "tries": "0", "step": "4", "event": event}
    url = (
        f"{wire.settings.public_url}/ivr/step?{urlencode(place)}#ct=2000&rt=6000&rc=1&rp=ct,rt,5xx"
    )
    return wire.post("/ivr/fallback", ErrorUrl=url, ErrorCode="11205", **form)


def test_the_key_whose_answer_failed_counts(wire):
    wire.post("/ivr/voice")
    (record,) = fails(wire, "greeting", "digits", Digits="1").findall("Record")
    assert "node=danger_statement" in record.get("action", "")
    assert the(Report).urgency is Urgency.emergency
    assert the(CallStep).value == "1"


def test_what_was_answered_when_the_answer_to_it_failed_is_on_the_report(wire):
    wire.post("/ivr/voice")
    fails(wire, "quiet_who", "digits", Digits="1")
    with db.transaction() as session:
        assert intake.answers(session, the(Call)) == {"who": "child"}


def test_a_statement_whose_answer_failed_is_not_asked_for_again(wire):
    wire.post("/ivr/voice")
    answer = fails(wire, "statement", "recorded", RecordingSid="RE1")
    assert answer.find("Record") is None
    assert the(Recording).recording_sid == "RE1"


def test_the_officer_who_has_come_is_found_though_our_answer_failed(wire):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, "timeout")
    officer = accepts(wire)
    answer = fails(wire, "officer", "answered")
    assert answer.findtext("Dial/Conference") == officer.findtext("Dial/Conference")
    assert the(Call).talking_since is not None


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


def test_whom_we_rang_is_no_caller_and_hears_the_beginning_that_failed(wire):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, "timeout")
    (message,) = rung()
    failed = f"{wire.settings.public_url}/ivr/outbound?message={message}"
    offer = wire.post(f"/ivr/fallback?message={message}", CallSid="CA-officer", ErrorUrl=failed)
    assert "flow=officer" in offer.find("Gather").get("action")
    assert everything()["calls"] == 1


def test_whom_we_rang_is_told_nothing_without_the_database(wire):
    hook = Hook({"message": "1"}, {"ErrorUrl": "https://line/ivr/outbound?message=1"}, clock.now())
    assert "<Hangup" in without_database("fallback", hook)


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
