"""One call, from the first ring to the police's acknowledgement."""

import datetime as dt
import json

from hotline import clock, db, export


def reports():
    with db.transaction() as session:
        return [json.loads(line) for line in export.reports(session)]


def alerts():
    with db.transaction() as session:
        return [json.loads(line) for line in export.alerts(session)]


def test_from_the_first_ring_to_the_acknowledgement(line):
    caller, officer = line.caller, line.officer()
    caller.dial("12355").hears("儿童保护热线").presses("1").hears("正在为你接通值班员")
    line.no_officer_takes_it(danger=True)
    caller.hears("听到嘀的一声").says(text="杏花社区幸福里三号楼，有人在打孩子").stays_silent()
    caller.hears("受理编号").is_hung_up_on()
    line.settles()

    [report] = reports()
    assert report["emergency"]
    assert report["status"] == "waiting"
    assert [one["status"] for one in report["recordings"]] == ["stored"]
    number = report["number"]

    officer.opens("/").sees(number, "紧急")
    officer.opens(f"/reports/{number}").sends(f"/reports/{number}/claim")
    officer.opens(f"/reports/{number}").sends(
        f"/reports/{number}/classify",
        urgency="emergency",
        situation="domestic_violence",
        child_name="李小雨",
        child_age="8",
        child_sex="female",
        place="杏花社区",
        address="幸福里3号楼",
        summary="邻居听到打骂声和孩子哭喊",
    )
    officer.opens(f"/reports/{number}")
    officer.opens(f"/reports/{number}/forward").sees("长桥派出所")
    text = officer.value("text_seen")
    assert "李小雨" not in text
    officer.sends(f"/reports/{number}/alerts", text_seen=text)
    line.works()
    assert line.police.receives_sms("紧急警情")["body"] == text
    line.settles()

    clock.shift(dt.timedelta(seconds=61))
    line.sweeps()
    line.works()
    line.police.rings().answers().hears("紧急警情").presses("1").hears(
        "已签收"
    ).stays_silent().is_hung_up_on()
    line.settles()

    [alert] = alerts()
    assert alert["status"] == "acknowledged"
    assert alert["acknowledged_by"] == "长桥派出所 值班民警 王建国"
    officer.opens(f"/alerts/{alert['number']}").sees("王建国")
