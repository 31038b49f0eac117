import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import db
from tests.triage import desk
from tests.web.conftest import speech
from triage.cases import queries
from triage.cases.models import Case
from triage.cases.states import CaseStatus
from triage.intake.models import Disposition
from triage.intake.states import ReportStatus


def opened(officer: desk.Desk, **judged: str) -> tuple[str, int]:
    """A report with a case opened on it: its number, and the case's."""
    number = desk.call(sound=speech())
    officer.does(f"/reports/{number}/claim")
    officer.does(f"/reports/{number}/case", **desk.JUDGED | judged)
    case_id = desk.report(number).case_id
    assert case_id is not None
    return number, case_id


def case(case_id: int) -> Case:
    with db.transaction() as session:
        return session.get_one(Case, case_id)


def test_opening_a_case_saves_what_stands_in_the_form(officer: desk.Desk) -> None:
    number, case_id = opened(officer)
    report = desk.report(number)
    assert (report.status, report.disposition) == (ReportStatus.triaged, Disposition.case_opened)
    assert case(case_id).child_name == "李小雨"
    page = officer.sees(f"/cases/{case_id}")
    assert "个案" in page
    assert f"/recordings/{desk.recording_of(number)}" in page
    assert "躲在卫生间里。" in page
    (entry,) = desk.written("read", "case")
    assert (entry.actor, entry.subject_id) == ("zhiban", case_id)


def test_a_second_click_opens_no_second_case(officer: desk.Desk) -> None:
    number, case_id = opened(officer)
    again = officer.does(f"/reports/{number}/case", **desk.JUDGED)
    assert again.location == f"/cases/{case_id}"
    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Case)) == 1


def test_no_case_without_a_judgement(officer: desk.Desk) -> None:
    number = desk.call()
    officer.does(f"/reports/{number}/claim")
    answer = officer.does(f"/reports/{number}/case", summary="只写了摘要")
    assert answer.status_code == 422
    assert "只写了摘要" in answer.get_data(as_text=True)
    assert desk.report(number).case_id is None


def test_a_second_call_about_the_child_is_offered_with_the_reason_and_linked(
    officer: desk.Desk,
) -> None:
    _, case_id = opened(officer)
    second = desk.call()
    card = officer.sees(f"/reports/{second}/alike")
    assert f"/cases/{case_id}" in card
    assert "同一来电号码" in card
    assert "关联到这个个案" not in card, "not claimed yet"
    officer.does(f"/reports/{second}/claim")
    assert f'value="{case_id}"' in officer.sees(f"/reports/{second}/alike")
    answer = officer.does(f"/reports/{second}/link", **desk.JUDGED, suggested=str(case_id))
    assert answer.location == f"/cases/{case_id}"
    assert desk.report(second).case_id == case_id
    assert "关联诉求" in officer.sees(f"/cases/{case_id}")


def test_a_case_is_linked_by_its_number_too(officer: desk.Desk) -> None:
    _, case_id = opened(officer)
    number = desk.call("10000000002")
    officer.does(f"/reports/{number}/claim")
    for wrong in ("4711", "个案", "9" * 30, ""):
        officer.does(f"/reports/{number}/link", **desk.JUDGED, case=wrong)
        assert officer.is_told("没有这个编号的个案")
    officer.does(f"/reports/{number}/link", **desk.JUDGED, case=f" {case_id} ")
    assert desk.report(number).case_id == case_id


def test_a_second_call_needs_no_judgement_of_its_own_to_be_linked(officer: desk.Desk) -> None:
    _, case_id = opened(officer)
    number = desk.call()
    officer.does(f"/reports/{number}/claim")
    officer.does(f"/reports/{number}/link", suggested=str(case_id), urgency="consult")
    linked = desk.report(number)
    assert linked.case_id == case_id
    assert (linked.urgency, linked.situation) == ("consult", case(case_id).situation)


def test_notes_and_stages_stand_in_the_timeline(officer: desk.Desk) -> None:
    _, case_id = opened(officer)
    assert officer.does(f"/cases/{case_id}/notes", body=" ").status_code == 422
    officer.does(f"/cases/{case_id}/notes", body="已联系社区")
    officer.does(f"/cases/{case_id}/move", event="assess")
    assert case(case_id).status is CaseStatus.assessing
    lines = officer.sees(f"/cases/{case_id}/timeline")
    assert lines.index("评估中") < lines.index("已联系社区") < lines.index("立案")
    assert "<html" not in lines


def test_a_case_is_closed_by_a_supervisor_with_an_evaluation(
    app: Flask, officer: desk.Desk
) -> None:
    _, case_id = opened(officer)
    path = f"/cases/{case_id}/close"
    assert officer.does(path, reason="好了").status_code == 403
    supervisor = desk.Desk(app, "daiban")
    assert supervisor.does(path, reason="").status_code == 422
    supervisor.does(path, reason="孩子安全")
    assert case(case_id).status is CaseStatus.closed
    supervisor.does(path, reason="再结一次")
    assert supervisor.is_told("状态刚刚变了")
    supervisor.does(f"/cases/{case_id}/reopen", reason="又有来电")
    assert case(case_id).status is CaseStatus.open


def test_a_report_taken_off_a_case_is_back_on_the_queue(officer: desk.Desk) -> None:
    number, case_id = opened(officer)
    path = f"/cases/{case_id}/reports/{number}/unlink"
    officer.does(path, reason="")
    assert desk.report(number).case_id == case_id
    _, other = opened(officer)
    officer.does(f"/cases/{other}/reports/{number}/unlink", reason="错")
    assert officer.is_told("已不在这个个案里")
    assert desk.report(number).case_id == case_id
    officer.does(path, reason="不是同一个孩子")
    assert (desk.report(number).case_id, desk.report(number).status) == (None, ReportStatus.waiting)


def test_the_list_goes_by_stage_and_by_page(
    officer: desk.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [opened(officer)[1] for _ in range(3)]
    officer.does(f"/cases/{ids[0]}/move", event="assess")
    assert f"case-{ids[0]}" in officer.sees("/cases?status=assessing")
    assert f"case-{ids[1]}" not in officer.sees("/cases?status=assessing")
    monkeypatch.setattr(queries, "PAGE", 2)
    first, second = officer.sees("/cases"), officer.sees(f"/cases?before={ids[1]}")
    assert f"before={ids[1]}" in first
    assert [f"case-{one}" in first for one in ids] == [False, True, True]
    assert [f"case-{one}" in second for one in ids] == [True, False, False]


def test_what_is_not_there_is_not_found(app: Flask, officer: desk.Desk) -> None:
    for path in ("/cases/1", f"/cases/{10**30}", "/cases/x"):
        officer.sees(path, status=404)
    assert officer.does("/cases/1/notes", body="x").status_code == 404
    officer.sees(f"/cases?before={10**30}", status=404)
    _, case_id = opened(officer)
    number = desk.call()
    officer.does(f"/reports/{number}/claim")
    assert officer.does(f"/reports/{number}/unmask", reason="\0").status_code == 400
    officer.sees(f"/cases/{case_id}")
    desk.Desk(app, "shenji").sees("/cases", status=403)
