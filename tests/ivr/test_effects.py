"""What a key does: each may come twice and means the same as once."""

import datetime as dt
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from hotline import db, outbox
from hotline.accounts.models import Account
from hotline.audit import SYSTEM, AuditEntry
from hotline.outbox import Channel, Lane, OutboxMessage
from ivr import aloud
from tests.ivr.people import rung, the
from triage.alerts import sending
from triage.alerts import service as alerts
from triage.alerts.models import Alert, AlertLog, LogKind
from triage.alerts.states import AlertStatus
from triage.intake.models import Call, Report
from triage.intake.service import PAGE
from triage.intake.states import ReportStatus


def key(wire, flow: str, node: str, **form: str) -> None:
    place = {"flow": flow, "node": node, "lang": "zh", "tries": "0", "step": "1", "event": "digits"}
    wire.post(f"/ivr/step?{urlencode(place)}", **{"Digits": "1", **form})


def officer_rung(wire) -> None:
    """A caller waits, and an officer's telephone has been picked up."""
    wire.post("/ivr/voice")
    wire.step("greeting", 1, "timeout")
    (number,) = rung()
    wire.post(f"/ivr/outbound?message={number}", CallSid="CA-leg")


def test_an_officers_key_takes_the_call_once(wire):
    officer_rung(wire)
    for _ in range(2):
        key(wire, "officer", "offer", CallSid="CA-leg")
    with db.transaction() as session:
        who = session.scalars(sa.select(Account.id).where(Account.username == "zhiban")).one()
    assert the(Call).answered_by == who
    assert (the(Report).status, the(Report).claimed_by) == (ReportStatus.claimed, who)


def test_a_stranger_takes_no_call(wire):
    officer_rung(wire)
    key(wire, "officer", "offer", CallSid="CA-other")
    assert the(Call).answered_by is None
    assert the(Report).status is ReportStatus.incoming


@pytest.mark.parametrize("digits", ["2", "", "hangup"])
def test_no_key_or_another_takes_no_call(wire, digits):
    officer_rung(wire)
    key(wire, "officer", "offer", CallSid="CA-leg", Digits=digits)
    assert the(Call).answered_by is None


@pytest.fixture
def ringing(wire):
    """The number of a message that rings the police about an alert."""
    wire.post("/ivr/voice")
    with db.transaction() as session:
        alert = alerts.raise_alert(session, the(Report).id, SYSTEM).id
    return message(sending.TOPIC, alert, "police")


def message(topic: str, ref: int, flow: str) -> int:
    with db.transaction() as session:
        return outbox.add(
            session,
            dedupe_key=f"test:{topic}:{ref}",
            topic=topic,
            ref=ref,
            lane=Lane.alert,
            channel=Channel.call,
            to="+8610000000311",
            to_name="指挥长 何平",
            body="1名儿童疑遭家庭暴力",
            flow=flow,
            valid_for=dt.timedelta(minutes=10),
        )


def log() -> list[LogKind]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(AlertLog.kind).order_by(AlertLog.id)))


def test_the_key_in_an_alert_call_acknowledges_and_twice_as_once(wire, ringing):
    wire.post(f"/ivr/outbound?message={ringing}", CallSid="CA-police")
    for _ in range(2):
        key(wire, "police", "alert", CallSid="CA-police")
    alert = the(Alert)
    assert (alert.status, alert.acknowledged_by) == (AlertStatus.acknowledged, "指挥长 何平")
    assert log()[-2:] == [LogKind.acknowledged, LogKind.acknowledged_again]


@pytest.mark.parametrize("digits", ["2", "hangup", ""])
def test_no_key_or_another_acknowledges_nothing(wire, ringing, digits):
    wire.post(f"/ivr/outbound?message={ringing}", CallSid="CA-police")
    key(wire, "police", "alert", CallSid="CA-police", Digits=digits)
    assert the(Alert).status is AlertStatus.raised


def test_of_two_calls_the_one_that_was_picked_up_counts(wire, ringing):
    """The answer to our first request was lost, so a second call was placed."""
    with db.transaction() as session:
        session.get_one(OutboxMessage, ringing).carrier_sid = "CA-second"
    wire.post(f"/ivr/outbound?message={ringing}", CallSid="CA-first")
    key(wire, "police", "alert", CallSid="CA-first")
    assert the(Alert).status is AlertStatus.acknowledged


def test_an_alert_call_says_code_place_and_number_to_call_back(wire, ringing):
    spoken = "".join(wire.post(f"/ivr/outbound?message={ringing}", CallSid="CA-police").itertext())
    assert aloud.number(the(Alert).code, aloud.TONGUES["zh"]) in spoken
    assert "疑遭家庭暴力" in spoken
    assert "地点待核实" in spoken


@pytest.mark.parametrize("query", ["", "?message=4711", "?message=x", "?message=" + "9" * 40])
def test_a_call_that_carries_no_message_is_hung_up(wire, query):
    answer = wire.post(f"/ivr/outbound{query}", CallSid="CA-strange")
    assert [verb.tag for verb in answer] == ["Hangup"]


def test_a_supervisors_key_is_heard_and_acknowledges_nothing(wire, ringing):
    number = message(sending.ALARM_TOPIC, the(Alert).id, "page")
    wire.post(f"/ivr/outbound?message={number}", CallSid="CA-alarm")
    key(wire, "page", "page", CallSid="CA-alarm")
    assert log()[-1] is LogKind.heard
    assert the(Alert).status is AlertStatus.raised


def test_a_page_that_was_heard_is_written_down_and_claims_nothing(wire):
    wire.post("/ivr/voice")
    number = message(PAGE, the(Report).id, "page")
    wire.post(f"/ivr/outbound?message={number}", CallSid="CA-page")
    key(wire, "page", "page", CallSid="CA-page")
    with db.transaction() as session:
        confirmed = sa.select(AuditEntry).where(AuditEntry.action == "page_confirmed")
        assert session.scalars(confirmed).one().subject_id == the(Report).id
    assert the(Report).status is ReportStatus.incoming
