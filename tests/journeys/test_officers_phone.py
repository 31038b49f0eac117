"""The officers on duty are rung. Only a key takes a call: a machine cannot press one."""

import pytest

from tests.journeys.looks import calls, holder, recordings, reports, stored_files


def _to_the_officers(line):
    line.caller.dial("12355").hears("儿童保护热线").stays_silent().hears("正在为你接通值班员")


def _talking(line):
    _to_the_officers(line)
    line.officers_ring().answers().hears("有来电人在等候").hears("接听请按1").presses("1")
    line.officers_phone.hears("正在接通")
    line.works()
    line.caller.is_with(line.officers_phone)


def test_an_officer_presses_1_and_talks_with_the_caller(line):
    _talking(line)
    line.caller.says(seconds=3)
    line.officers_phone.says(seconds=2).hangs_up()
    line.works_until(line.caller, hears="通话结束了").hears("受理编号").waits().is_hung_up_on()
    line.settles()

    [report] = reports()
    assert report["status"] == "claimed"
    assert holder(report["number"]) == "林晓岚"
    [conversation] = recordings()
    assert (conversation.source, conversation.status) == ("DialVerb", "stored")
    assert conversation.seconds == 5
    assert len(stored_files()) == 1
    assert calls()[0].status == "completed"
    line.officer().opens("/?tab=mine").sees(report["number"], "林晓岚")
    assert line.officer().hears_recording(conversation.id).status_code == 200


def test_the_caller_hangs_up_on_the_officer(line):
    _talking(line)
    line.caller.says(seconds=2).hangs_up()
    line.officers_phone.is_hung_up_on()
    line.settles()

    [report] = reports()
    assert (report["status"], holder(report["number"])) == ("claimed", "林晓岚")
    assert [one.status for one in recordings()] == ["stored"]
    assert calls()[0].status == "completed"


def _voicemail(phone):
    phone.is_hung_up_on()


def _answers_and_says_nothing(phone):
    phone.rings().answers().hears("接听请按1").stays_silent().hears("接听请按1").stays_silent()
    phone.hears("未接听").is_hung_up_on()


def _presses_another_key(phone):
    phone.rings().answers().hears("接听请按1").presses("5").hears("接听请按1").presses("*")
    phone.hears("未接听").is_hung_up_on()


def _declines(phone):
    phone.rings().declines()


@pytest.mark.parametrize(
    "answer", [_voicemail, _answers_and_says_nothing, _presses_another_key, _declines]
)
def test_without_the_key_the_call_goes_on_to_the_recording(line, answer):
    if answer is _voicemail:
        line.officers_phone.has_voicemail()
    _to_the_officers(line)
    line.works()
    answer(line.officers_phone)
    line.stays_to_the_recording()
    line.caller.hears("听到嘀的一声").stays_silent().says(seconds=2).stays_silent()
    line.caller.hears("受理编号").waits().is_hung_up_on()
    line.settles()

    [report] = reports()
    assert report["status"] == "waiting"
    assert holder(report["number"]) is None
    assert calls()[0].answered_by is None
    assert [(one.source, one.status) for one in recordings()] == [("RecordVerb", "stored")]
