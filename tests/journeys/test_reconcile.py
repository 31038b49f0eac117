"""What the network knows and we do not."""

import datetime as dt

from hotline import clock, db
from hotline.carrier import carrier
from hotline.outbox import OutboxMessage
from ivr import calls, reconcile
from tests.journeys import looks
from tests.journeys.wire import incoming
from triage.conversations.statements import LEG
from triage.intake import service as intake

TWO_HOURS = dt.timedelta(hours=2)


def test_a_call_whose_webhooks_were_all_lost_is_filed_from_the_networks_list(line):
    nowhere = f"{line.settings.public_url}/nowhere"
    line.network.line("12355", voice_url=nowhere, fallback_url=nowhere, status_callback=nowhere)
    line.caller.dial("12355").is_hung_up_on()
    line.network.settles()
    line.network.forgets()
    assert looks.reports() == []

    assert reconcile.run(TWO_HOURS) == reconcile.Found(calls=1, recordings=0)

    [report] = looks.reports()
    assert report["caller"] == "+86100****0001"
    assert report["status"] == "waiting"
    assert reconcile.run(TWO_HOURS) == reconcile.Found(calls=0, recordings=0)
    assert len(looks.reports()) == 1


def test_the_end_of_a_call_and_a_recording_nobody_told_us_of(line, monkeypatch):
    # The recording is told of twice: by its own callback, and by the step after it. Both are lost.
    line.network.faults(callbacks_dropped=1.0)
    monkeypatch.setattr(calls, "_announce_recording", lambda *_: None)
    line.caller.dial("12355").hears("按1").presses("1").hears("正在为你接通值班员")
    line.no_officer_takes_it(danger=True)
    line.caller.hears("听到嘀的一声").says(text="三号楼有人在打孩子").hangs_up()
    line.network.settles()
    line.network.heals()
    assert [call.status for call in looks.calls()] == ["in_progress"]
    assert looks.reports()[0]["recordings"] == []

    assert reconcile.run(TWO_HOURS) == reconcile.Found(calls=0, recordings=1)
    line.settles()

    [report] = looks.reports()
    assert [one["status"] for one in report["recordings"]] == ["stored"]
    assert [call.status for call in looks.calls()] == ["completed"]
    assert reconcile.run(TWO_HOURS) == reconcile.Found(calls=0, recordings=0)


DANGER = [{"presses": "1"}, {"presses": "2"}, {"says": {"tone": 2}}, {"stays_silent": True}]


def _at_the_network():
    """What the network lists: the status of each call, and each whole recording with its call."""
    since = clock.now() - TWO_HOURS
    calls_there = {call.sid: call.status for call in carrier().calls_since(since)}
    recorded = {
        one.sid: one.call_sid
        for one in carrier().recordings_since(since)
        if one.status == "completed"
    }
    return calls_there, recorded


ENDS = {"completed": {"completed", "abandoned"}, "failed": {"failed"}}


def test_twenty_calls_of_which_many_webhooks_are_lost_are_all_there_afterwards(line):
    for share, number in ((0.3, 16), (1.0, 4)):
        line.network.faults(webhooks_lost=share, seed=7)
        line.network.load("12355", DANGER, calls=number, at_once=4)
        line.network.settles(within=50)
    assert line.network.errors
    line.network.forgets()
    line.network.heals()
    calls_there, recorded = _at_the_network()
    known = {report["call_sid"] for report in looks.reports()}
    assert len(calls_there) == 20
    assert len(known) <= 16

    found = reconcile.run(TWO_HOURS)
    assert found.calls == 20 - len(known)
    assert reconcile.run(TWO_HOURS) == reconcile.Found(calls=0, recordings=0)
    line.settles()

    assert sorted(report["call_sid"] for report in looks.reports()) == sorted(calls_there)
    for call in looks.calls():
        assert call.status in ENDS[calls_there[call.call_sid]], call.call_sid
    stored = [one for one in looks.recordings() if one.status == "stored"]
    assert {one.recording_sid: one.call_sid for one in stored} == recorded
    assert len(recorded) > 2
    assert {one.status for one in looks.recordings()} <= {"stored", "absent"}
    assert len(looks.stored_files()) == len(recorded)


def test_what_was_recorded_on_a_leg_of_ours_belongs_to_the_callers_call(line, monkeypatch):
    line.network.faults(callbacks_dropped=1.0)
    line.emergency()
    line.network.heals()
    [call] = looks.calls()
    with db.transaction() as session:
        monkeypatch.setattr(reconcile, "message_of", lambda *_: OutboxMessage(topic=LEG))
        monkeypatch.setattr(reconcile, "conversation_of", lambda *_: ("room", call.call_sid))
        assert reconcile._callers_call(session, "CA" + "9" * 32) == call.call_sid
        monkeypatch.setattr(reconcile, "message_of", lambda *_: None)
        assert reconcile._callers_call(session, call.call_sid) == call.call_sid


def test_a_call_that_cannot_be_ended_holds_up_no_other(line, wire, monkeypatch):
    for sid in ("CA1", "CA2", "CA3"):
        wire.post("/ivr/voice", incoming(sid))
    end_call = intake.end_call

    def spoilt(session, call_sid, event):
        end_call(session, call_sid, event)
        if call_sid == "CA2":
            raise LookupError

    monkeypatch.setattr(intake, "end_call", spoilt)
    clock.shift(intake.LONGEST_CALL + dt.timedelta(minutes=1))
    assert intake.end_forgotten_calls() == 3
    assert [call.status for call in looks.calls()] == ["failed", "in_progress", "failed"]
