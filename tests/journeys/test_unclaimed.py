"""An emergency that nobody takes: officers, supervisors, then the police by itself."""

import pytest

from tests.journeys.looks import alerts, messages, reports


@pytest.fixture
def emergency(line):
    """The receipt number of an emergency that nobody has taken."""
    return line.emergency()


def test_it_pages_officers_then_supervisors_then_goes_to_the_police_unverified(line, emergency):
    # The clock goes on meanwhile: ten seconds and more are left for what people and machines do.
    line.waits(45)
    assert messages() == []
    line.waits(16)
    line.officers_phone.receives_sms(f"紧急报告{emergency}无人领取")
    line.officers_phone.rings().answers().hears("紧急提醒").presses("1").hears("已确认")
    line.network.settles()
    assert {message.to_name for message in messages()} == {"林晓岚"}

    line.waits(40)
    assert len(messages()) == 2
    line.waits(20)
    line.supervisors_phone.receives_sms(emergency)
    line.supervisors_phone.rings().lets_it_ring()
    line.network.settles()
    assert alerts() == []

    line.waits(160)
    assert alerts() == []
    line.waits(22)
    [alert] = alerts()
    assert (alert["status"], alert["report"]) == ("raised", emergency)
    text = line.district_police.receives_sms("紧急警情")["body"]
    assert "未经核实" in text
    assert reports()[0]["status"] == "waiting"
    line.officer().opens("/alerts").sees(emergency, "云溪公安分局指挥中心", "未经核实")


def test_a_claim_in_time_stops_it(line, emergency):
    line.waits(50)
    line.officer().claims(emergency)
    line.waits(400)
    assert messages() == []
    assert alerts() == []


def test_a_lease_that_runs_out_starts_it_again(line, emergency):
    line.waits(30)
    line.officer().claims(emergency)
    line.waits(880)
    assert (reports()[0]["status"], messages()) == ("claimed", [])
    line.waits(30)
    assert reports()[0]["status"] == "waiting"
    line.waits(1)
    line.officers_phone.receives_sms(emergency)
    line.officers_phone.rings().lets_it_ring()
    line.network.settles()
    line.waits(61)
    line.supervisors_phone.rings().lets_it_ring()
    line.network.settles()
    line.waits(181)
    assert [alert["report"] for alert in alerts()] == [emergency]


def test_giving_it_back_calls_for_somebody_at_once(line, emergency):
    officer = line.officer().claims(emergency)
    officer.opens(f"/reports/{emergency}").sends(f"/reports/{emergency}/release")
    line.waits(1)
    line.officers_phone.rings().lets_it_ring()
    line.network.settles()


def test_one_that_was_forwarded_by_hand_does_not_go_again_by_itself(line, emergency):
    line.officer().forwards(emergency)
    line.works()
    line.district_police.receives_sms("紧急警情")
    line.network.faults(nobody_answers=True)
    for _ in range(7):
        line.waits(61)
        line.network.settles()
    assert len(alerts()) == 1
    assert {message.topic for message in messages()} == {"alert", "alarm"}
