"""Webhooks come three times, late, in any order, forged and garbled; none of it loses or doubles."""

import re

import pytest

from ivr import spool
from tests.journeys.looks import (
    calls,
    counted,
    holder,
    messages,
    recordings,
    reports,
    stored_files,
)
from tests.journeys.wire import CALL, incoming

ROUTES = (
    "/ivr/voice",
    "/ivr/step",
    "/ivr/outbound?message=1",
    "/ivr/fallback",
    "/ivr/status",
    "/ivr/recording",
    "/ivr/message-status?message=1",
    "/ivr/sms",
)


def _but_for_the_time(document):
    """The document without how long it took to write."""
    return re.sub(r"&amp;took=\d+", "", document)


def test_the_same_webhooks_three_times_at_once_are_one_call(line, wire):
    rang = wire.post_at_once(3, "/ivr/voice", incoming())
    assert {answer.status_code for answer in rang} == {200}
    [document] = {_but_for_the_time(answer.text) for answer in rang}
    [number] = set(re.findall(r"report=(\d+)", document))

    pressed = incoming(CallStatus="in-progress", Digits="1")
    danger = wire.post_at_once(3, wire.path_in(document), pressed)
    [document] = {_but_for_the_time(answer.text) for answer in danger}
    assert "别怕" in document

    heard = incoming(RecordingSid="RE" + "1" * 32, RecordingStatus="completed")
    wire.post_at_once(3, "/ivr/recording", heard)
    wire.post_at_once(3, "/ivr/status", incoming(CallStatus="completed"))

    [report] = reports()
    assert (report["number"], report["status"], report["emergency"]) == (number, "waiting", True)
    [call] = calls()
    assert (call.call_sid, call.status) == (CALL, "completed")
    assert counted() | {"call_steps": 1, "recordings": 1} == counted()


def test_a_network_that_asks_three_times_at_once_gets_one_report_and_one_audio(line):
    line.network.faults(request_copies=3, callback_copies=3)
    number = line.emergency()

    [report] = reports()
    assert (report["number"], report["status"], report["emergency"]) == (number, "waiting", True)
    assert [one["status"] for one in report["recordings"]] == ["stored"]
    assert len(stored_files()) == len(calls()) == 1


def test_an_officer_accepts_three_times_at_once(line):
    line.network.faults(request_copies=3, callback_copies=3)
    line.caller.dial("12355").hears("儿童保护热线").stays_silent().hears("正在为你接通值班员")
    line.officers_ring().answers().hears("接听请按1").presses("1").hears("正在接通")
    line.works()
    line.caller.is_with(line.officers_phone).says(seconds=2).hangs_up()
    line.settles()

    [report] = reports()
    assert (report["status"], holder(report["number"])) == ("claimed", "林晓岚")
    assert [one.status for one in recordings()] == ["stored"]


def test_callbacks_twice_and_in_the_wrong_order(line):
    line.network.faults(callbacks_shuffled=True, callback_copies=2, sms_odd_words=True)
    alert = line.alert()
    line.works()
    line.network.settles()

    [report] = reports()
    assert [one["status"] for one in report["recordings"]] == ["stored"]
    assert calls()[0].status == "completed"
    [sms] = messages()
    assert (sms.status, sms.ref) == ("delivered", int(alert))
    assert len(line.district_police.messages) == 1


def test_callbacks_that_never_come_are_not_needed_for_a_report(line):
    line.network.faults(callbacks_dropped=1.0)
    line.caller.dial("12355").hears("儿童保护热线").presses("1").hears("正在为你接通值班员")
    line.no_officer_takes_it(danger=True)
    line.caller.hears("先说孩子在哪里").says(seconds=2).stays_silent().hears(
        "受理编号"
    ).is_hung_up_on()

    [report] = reports()
    assert (report["status"], report["emergency"]) == ("waiting", True)


@pytest.mark.parametrize("signature", ["", "bm90IGl0", "不是签名".encode().decode("latin-1")])
def test_a_forged_webhook_is_refused_and_changes_nothing(line, wire, signature):
    before = counted()
    for route in ROUTES:
        assert wire.post(route, incoming(), signature=signature).status_code == 403, route
    assert counted() == before


def test_a_webhook_without_signature_or_of_another_account_is_refused(line, wire):
    before = counted()
    for route in ROUTES:
        bare = wire.unsigned(route, incoming())
        foreign = wire.post(route, incoming(AccountSid="AC" + "9" * 32))
        assert (bare.status_code, foreign.status_code) == (403, 403), route
    assert counted() == before


def test_a_signature_of_another_address_is_refused(line, wire):
    step = wire.path_in(wire.post("/ivr/voice", incoming()).text)
    stolen = wire.signature("/ivr/voice", incoming(Digits="1"))
    assert wire.post(step, incoming(Digits="1"), signature=stolen).status_code == 403
    [report] = reports()
    assert not report["emergency"]


GARBAGE: tuple[dict[str, str], ...] = (
    {},
    {"CallSid": "", "From": "", "To": "", "CallStatus": ""},
    incoming(CallStatus="exploded", MessageStatus="teleported", RecordingStatus="levitating"),
    incoming(From="\x00", To="\x00\x00", Digits="\x00", Body="\x00", RecordingSid="RE\x00"),
    incoming("x" * 4000, From="9" * 4000, To="🐉" * 500, Digits="*#" * 500, Body="长" * 5000),
    incoming(Digits="hangup", DialCallStatus="vanished", RecordingSid="", ErrorUrl="http://["),
)


@pytest.mark.parametrize("form", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_answered_and_a_call_is_a_report(line, wire, form):
    odd_places = (
        "/ivr/step?flow=nowhere&node=nothing&lang=xx&tries=-1&step=999999999999&report=0",
        "/ivr/step?flow=police&node=alert",
        "/ivr/message-status?message=99999999999999999999",
        "/ivr/status?message=abc",
    )
    for route in (*ROUTES, *odd_places):
        answer = wire.post(route, form)
        assert answer.status_code in {200, 204}, f"{route}: {answer.status_code}"
    line.waits(5)
    assert len(reports()) >= 1
    assert not list(line.settings.spool_dir.glob(f"*{spool.SUFFIX}"))


def test_an_unknown_word_for_a_status_is_no_end(line, wire):
    wire.post("/ivr/voice", incoming())
    assert wire.post("/ivr/status", incoming(CallStatus="pondering")).status_code == 200
    assert calls()[0].status == "in_progress"
    wire.post("/ivr/status", incoming(CallStatus="completed"))
    assert calls()[0].status == "abandoned"
