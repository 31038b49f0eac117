"""A second call about the same child: offered for linking with the reason, and linked."""

from tests.journeys.looks import alerts, reports

JUDGED = {
    "urgency": "urgent",
    "situation": "domestic_violence",
    "child_name": "李小雨",
    "place": "杏花社区",
    "summary": "邻居听到打骂声",
}


def test_a_second_call_from_the_same_number_is_offered_for_linking_and_linked(line):
    first, officer = line.emergency(), line.officer()
    officer.claims(first).sends(f"/reports/{first}/case", **JUDGED)
    case = reports()[0]["case"]
    officer.opens(f"/cases/{case}").sees(first, "李小雨")

    second = line.emergency()
    assert second != first
    officer.claims(second).opens(f"/reports/{second}/alike")
    officer.sees("同一来电号码", case, "李小雨")

    officer.opens(f"/reports/{second}").sends(f"/reports/{second}/link", suggested=case, **JUDGED)
    assert [report["case"] for report in reports()] == [case, case]
    assert [report["status"] for report in reports()] == ["triaged", "triaged"]
    officer.opens(f"/cases/{case}").sees(first, second)
    officer.opens("/").sees("没有等待处理的诉求")


def test_a_caller_who_is_a_stranger_is_not_offered(line):
    officer = line.officer()
    first = line.emergency()
    officer.claims(first).sends(f"/reports/{first}/case", **JUDGED)

    other = line.emergency(line.network.phone("10000000002"))
    officer.claims(other).opens(f"/reports/{other}/alike").does_not_see("同一来电号码")


def test_a_report_whose_case_is_open_is_forwarded_as_well_and_the_case_tells_of_it(line):
    number, officer = line.emergency(), line.officer()
    officer.claims(number).sends(f"/reports/{number}/case", **JUDGED)
    case = reports()[0]["case"]

    officer.forwards(number)
    line.works()
    line.police.receives_sms("紧急警情")

    [alert] = alerts()
    assert alert["case"] == case
    officer.opens(f"/cases/{case}/timeline").sees("长桥派出所")
