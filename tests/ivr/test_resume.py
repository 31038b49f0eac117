"""Where a call goes on after an answer of ours failed, and that nothing said meanwhile is lost."""

from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from hotline import clock, db
from ivr import patience
from ivr.calls import Hook, without_database
from ivr.flow import load_all
from ivr.nodes import Audience
from ivr.resume import nearest_recording
from tests.ivr.people import accepts, everything, rung, the
from triage.intake import queries as intake
from triage.intake.models import Call, CallStep, Recording, Report
from triage.intake.states import Urgency

SAID_ALREADY = {"talk", "danger_talk", "heard", "mandated_heard", "can_text", "text_ask"}
SAID_ALREADY |= {"acknowledged", "badge", "badge_noted", "details"}  # by the police, with a code
CALLER_FLOWS = [flow for flow in load_all().values() if flow.audience is Audience.caller]


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


def test_a_key_brought_along_by_one_moment_counts_when_that_request_fails_too(wire):
    wire.post("/ivr/voice")
    place = {"flow": "12355", "node": "greeting", "lang": "zh", "tries": "0", "step": "1"}
    hook = Hook(place | {"event": "digits"}, {"CallSid": "CA1", "Digits": "1"}, clock.now())
    moment = ET.fromstring(patience.one_moment("step", hook) or "")
    wire.post("/ivr/fallback", ErrorUrl=moment.findtext("Redirect") or "", ErrorCode="11205")
    assert the(Report).urgency is Urgency.emergency


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
