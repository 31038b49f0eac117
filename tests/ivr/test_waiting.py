"""A caller waits, officers are rung, and whoever accepts is there: whatever comes late, twice or never."""

from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from hotline import db
from hotline.accounts.models import Account
from hotline.outbox import OutboxMessage
from tests.ivr.people import accepts, over, rung, the
from triage.conversations import service as conversations
from triage.conversations.models import Callback
from triage.conversations.statements import MOVE
from triage.intake.models import Call, Report
from triage.intake.states import Urgency


def test_whoever_presses_nothing_waits_while_officers_are_rung(wire):
    wire.post("/ivr/voice")
    waits = wire.step("greeting", 1, "timeout")
    assert "node=officer&" in waits.find("Gather").get("action")
    (number,) = rung()
    with db.transaction() as session:
        message = session.get_one(OutboxMessage, number)
        assert (message.to, message.flow) == ("+8610000000101", "officer")


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


@pytest.mark.parametrize("key", ["2", "3"])
def test_whoever_leaves_the_queue_by_a_key_is_rung_for_no_more(wire, key):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, "timeout")
    wire.step("officer", 2, Digits=key)
    assert rung() == []
    wire.post("/ivr/status", CallStatus="completed")
    with db.transaction() as session:
        assert session.scalars(sa.select(Callback)).all() == []


def test_in_danger_a_person_is_still_looked_for_while_the_caller_speaks(wire):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, Digits="1")
    wire.step("danger", 2, Digits="2")
    assert len(rung()) == 1


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


def test_whoever_was_disabled_while_their_telephone_rang_takes_no_call(wire):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, "timeout")
    rung()
    with db.transaction() as session:
        session.execute(sa.update(Account).values(active=False))
    assert accepts(wire).find("Dial") is None
    assert the(Call).answered_at is None
