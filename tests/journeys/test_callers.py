"""Whatever a caller does or does not do, there is a report."""

import pytest

from ivr import aloud
from tests.journeys.looks import calls, recordings, reports, stored_files

ODD_CALLERS = ("anonymous", "", "+266696687", "12345", "sip:child@example.org", "无法识别'; --")


def test_hanging_up_during_the_recording_keeps_what_was_said(line):
    line.caller.dial("12355").hears("儿童保护热线").stays_silent().hears("正在为你接通值班员")
    line.no_officer_takes_it()
    line.caller.hears("听到嘀的一声").stays_silent().says(seconds=4).hangs_up()
    line.settles()

    [report] = reports()
    assert report["status"] == "waiting"
    [recording] = report["recordings"]
    assert (recording["status"], recording["seconds"]) == ("stored", 4)
    assert len(stored_files()) == 1
    assert calls()[0].status == "completed"
    line.officer().opens("/").sees(report["number"], "待领取")


def test_hanging_up_in_the_first_second_is_a_report(line):
    line.caller.dial("12355").hears("儿童保护热线").hangs_up()
    line.settles()

    [report] = reports()
    assert (report["status"], report["recordings"]) == ("waiting", [])
    assert not report["emergency"]
    assert calls()[0].status == "abandoned"
    line.officer().opens("/").sees(report["number"], "待领取")


def test_silence_leads_to_the_officers_then_the_recording_then_goodbye(line):
    caller = line.caller.dial("12355").hears("儿童保护热线").stays_silent()
    caller.hears("正在为你接通值班员")
    line.no_officer_takes_it()
    caller.hears("听到嘀的一声").stays_silent().stays_silent()
    caller.hears("没关系，不着急").stays_silent().stays_silent()
    caller.hears("我们没有听到留言")

    [report] = reports()
    caller.hears(
        "受理编号是：" + aloud.number(report["number"], aloud.TONGUES["zh"])
    ).waits().is_hung_up_on()
    line.settles()
    [report] = reports()
    assert report["status"] == "waiting"
    assert {one["status"] for one in report["recordings"]} == {"absent"}
    assert stored_files() == []


def test_pressing_1_after_the_menu_still_makes_it_an_emergency(line):
    caller = line.caller.dial("12355").hears("儿童保护热线").stays_silent()
    caller.hears("正在为你接通值班员")
    line.no_officer_takes_it()
    caller.hears("如果孩子现在有危险，请按1").presses("1").hears("别怕")
    line.no_officer_takes_it(danger=True)
    caller.hears("先说孩子在哪里").says(seconds=2).stays_silent().hears(
        "紧急情况处理"
    ).is_hung_up_on()
    line.settles()

    [report] = reports()
    assert report["emergency"]
    assert [one.status for one in recordings()] == ["stored"]


def test_odd_callers_are_taken_each_with_a_report_of_their_own(line):
    for number in ODD_CALLERS:
        phone = line.network.phone(number)
        phone.dial("12355").hears("儿童保护热线").stays_silent().hears("正在为你接通")
        line.no_officer_takes_it(phone)
        phone.hears("听到嘀的一声").stays_silent().says(seconds=2).stays_silent().hears(
            "受理编号"
        ).waits().is_hung_up_on()
    line.settles()

    found = reports()
    assert len({report["number"] for report in found}) == len(ODD_CALLERS)
    assert {report["status"] for report in found} == {"waiting"}
    assert {one["status"] for report in found for one in report["recordings"]} == {"stored"}
    assert [call.caller for call in calls()] == [
        "", "", "", "12345", "sip:child@example.org", "无法识别'; --",
    ]  # fmt: skip
    for report in found:
        line.officer().opens(f"/reports/{report['number']}").sees(report["number"])


def test_a_number_we_do_not_know_is_answered_all_the_same(line):
    line.network.line(
        "10012399",
        voice_url=f"{line.settings.public_url}/ivr/voice",
        status_callback=f"{line.settings.public_url}/ivr/status",
    )
    line.caller.dial("10012399").hears("儿童保护热线").presses("1").hears("别怕")
    line.no_officer_takes_it(danger=True)
    line.caller.hears("先说孩子在哪里").says(seconds=2).stays_silent().hears(
        "受理编号"
    ).is_hung_up_on()
    line.settles()

    [report] = reports()
    assert report["emergency"]
    text = line.officer().forwards(report["number"])
    line.works()
    assert line.district_police.receives_sms("紧急警情")["body"] == text


@pytest.mark.parametrize("keys", ["#", "9"])
def test_a_key_without_meaning_is_forgiven_once_and_then_leads_to_a_person(line, keys):
    line.caller.dial("12355").hears("儿童保护热线").presses(keys).hears("没关系，请再听一遍")
    line.caller.presses(keys).hears("正在为你接通值班员").hangs_up()
    line.settles()

    [report] = reports()
    assert report["status"] == "waiting"
