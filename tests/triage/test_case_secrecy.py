"""Confidential cases from two desks: there for those who are named, nowhere for anybody else."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import audit, clock, db, export, live, queues
from tests.triage import desk
from tests.triage.casework import account, case, kinds, plan
from tests.triage.people import do, seconds
from tests.triage.test_case_views import opened
from tests.web.conftest import speech
from triage.cases import secrecy
from triage.cases.access import reports_visible
from triage.cases.models import NoteKind, UrgentAccess
from triage.conversations.models import Callback, CallbackReason
from triage.conversations.states import CallbackStatus
from triage.intake.models import Disposition, Report
from triage.intake.states import ReportStatus
from triage.queue import judging, presence


def hidden(app: Flask, officer: desk.Desk) -> tuple[str, int, desk.Desk]:
    """A report, its case that `officer` has made confidential, and a colleague who is not named."""
    number, case_id = opened(officer)
    officer.does(f"/cases/{case_id}/make-confidential", reason="施害人有亲属在系统内")
    assert case(case_id).confidential
    return number, case_id, desk.Desk(app, "zhiban2")


def looked(app: Flask, officer: desk.Desk) -> tuple[int, desk.Desk]:
    _, case_id, other = hidden(app, officer)
    other.does("/cases/urgent", case=str(case_id), reason="孩子来电求救，知情人联系不上")
    return case_id, other


def test_a_confidential_case_is_nowhere_for_those_who_are_not_named(app: Flask, officer: desk.Desk):
    number, case_id, other = hidden(app, officer)
    supervisor, missing = desk.Desk(app, "daiban"), case_id + 1
    assert "保密" in officer.sees(f"/cases/{case_id}")
    for stranger in (other, supervisor):
        for part in ("", "/timeline", "/alerts"):
            theirs = stranger.client.get(f"/cases/{case_id}{part}")
            assert theirs.status_code == 404, part
            nobodys = stranger.client.get(f"/cases/{missing}{part}")
            assert len(theirs.data) == len(nobodys.data), "the same answer as for no case at all"
        assert f"case-{case_id}" not in stranger.sees("/cases")
        assert number not in stranger.sees("/?tab=triaged")
        assert number not in stranger.sees("/queue/rows?tab=triaged")
        stranger.sees(f"/reports/{number}", status=404)
        stranger.sees(f"/reports/{number}/alike", status=404)
        stranger.sees(f"/recordings/{desk.recording_of(number)}", status=404)
        for act in ("notes", "people", "tasks", "merge", "assign", "attachments"):
            assert stranger.does(f"/cases/{case_id}/{act}").status_code in (303, 404), act
        assert stranger.does(f"/cases/{case_id}/move", event="assess").status_code == 404
    assert kinds(case_id)[-1] is NoteKind.confidential
    assert f"case-{case_id}" in officer.sees("/cases")
    assert number in officer.sees("/?tab=triaged")
    assert officer.client.get(f"/recordings/{desk.recording_of(number)}").status_code == 200


def test_what_is_said_elsewhere_of_a_hidden_report_is_not_said_to_strangers(
    app: Flask, officer: desk.Desk
):
    number, case_id, other = hidden(app, officer)
    desk.Desk(app, "daiban").does("/cases/urgent", case=str(case_id), reason="留存")
    desk.Desk(app, "daiban").does(f"/reports/{number}/hold", reason="施害人是同事")
    row = desk.report(number).id
    places = ("/recordings", f"/queue/whereabouts?number={number}", f"/queue/report/{row}")
    for place in places:
        theirs = other.client.get(place)
        told = theirs.get_data(as_text=True) + (theirs.location or "")
        assert number not in told, place
        assert "施害人是同事" not in told, place
        own = officer.client.get(place)
        assert number in own.get_data(as_text=True) + (own.location or ""), place
    with db.transaction() as session:
        [line] = [json.loads(line) for line in export.reports(session)]
    assert (line["number"], line["case"]) == (number, None)
    officer.does(f"/cases/{case_id}/reports/{number}/unlink", reason="不是这个孩子")
    assert number in (other.client.get(f"/queue/report/{row}").location or "")


def test_who_is_at_a_hidden_report_is_told_to_nobody_else(
    app: Flask, officer: desk.Desk, monkeypatch: pytest.MonkeyPatch
):
    number, case_id, other = hidden(app, officer)
    plain = desk.call()
    told: list[str | None] = []
    monkeypatch.setattr(presence, "tell", told.append)
    for one in (number, plain):
        officer.does(f"/reports/{one}/presence", doing="looking")
    assert told == [None, plain], "the notice goes to every console"

    def shown(who: desk.Desk) -> list[str]:
        return [one["number"] for one in who.client.get("/queue/presence").get_json()["here"]]

    assert (sorted(shown(officer)), shown(other)) == (sorted([number, plain]), [plain])
    said: list[tuple[str, int | None]] = []
    monkeypatch.setattr(live, "_publish", lambda _, changes: said.extend(changes))
    officer.does(f"/cases/{case_id}/notes", body="已联系外婆")
    queues.flush()
    assert ("case", 0) in said
    assert ("case", case_id) not in said


def test_a_call_that_is_owed_for_a_hidden_report_is_owed_by_those_who_see_it(
    app: Flask, officer: desk.Desk
):
    number, _, other = hidden(app, officer)
    owed = Callback(
        report_id=desk.report(number).id,
        reason=CallbackReason.asked,
        status=CallbackStatus.open,
        created_at=clock.now(),
        next_try_at=clock.now(),
    )
    with db.transaction() as session:
        session.add(owed)
        session.flush()
        path = f"/callbacks/{owed.id}/settle"
    assert number in officer.sees("/callbacks")
    for page in ("/callbacks", "/callbacks/rows"):
        assert number not in other.sees(page), page
    assert other.does(path, reason="不用打了").status_code == 404
    officer.does(path, reason="已再次来电")
    assert "已再次来电" in [one.reason for one in desk.written("settle_callback", "report")]


def test_a_report_back_on_the_queue_does_not_name_its_case_and_goes_back_to_it_unseen(
    app: Flask, officer: desk.Desk
):
    number, case_id, other = hidden(app, officer)
    _, plain = opened(other)
    do(judging.reopen, desk.report(number).id, audit.SYSTEM, "回拨多次无人接听")
    assert f'value="{case_id}"' not in other.sees(f"/reports/{number}")
    other.does(f"/reports/{number}/claim")
    for piece in ("", "/live"):
        page = other.sees(f"/reports/{number}{piece}")
        assert (f"/cases/{case_id}" in page, f"个案 {case_id}" in page) == (False, False), piece
    page = other.sees(f"/reports/{number}")
    assert (f"/reports/{number}/link-back" in page, f"/reports/{number}/case" in page) == (1, 0)
    other.does(f"/reports/{number}/link", **desk.JUDGED, case=str(plain))
    assert other.is_told("只能关联回原个案")
    assert other.does(f"/reports/{number}/case", **desk.JUDGED).location != f"/cases/{case_id}"
    assert desk.report(number).status is ReportStatus.claimed
    assert other.does(f"/reports/{number}/link-back", urgency="").status_code == 422
    answer = other.does(f"/reports/{number}/link-back", **desk.JUDGED | {"summary": "又来电"})
    assert answer.location == "/"
    one = desk.report(number)
    assert (one.disposition, one.case_id) == (Disposition.case_linked, case_id)
    other.sees(f"/reports/{number}", status=404)
    assert kinds(case_id)[-1] is NoteKind.linked
    assert "又来电" in officer.sees(f"/cases/{case_id}")


def test_what_is_split_off_in_an_urgent_look_is_open_as_long_as_the_look(
    app: Flask, officer: desk.Desk
):
    number, case_id, other = hidden(app, officer)
    other.does("/cases/urgent", case=str(case_id), reason="孩子来电求救")
    seconds(60)
    landed = other.does(f"/cases/{case_id}/reports/{number}/split", reason="是另一个孩子").location
    assert landed != f"/cases/{case_id}"
    assert "孩子来电求救" in other.sees(landed)
    officer.sees(landed)
    supervisor = desk.Desk(app, "daiban")
    supervisor.sees(landed, status=404)
    assert "2 次紧急查阅待复核" in supervisor.sees("/cases/notices")
    clock.shift(secrecy.LOOK - dt.timedelta(seconds=60))
    desk.Desk(app, "zhiban2").sees(landed, status=404)


def test_nothing_can_be_linked_to_or_merged_with_what_one_may_not_see(
    app: Flask, officer: desk.Desk
):
    _, case_id, other = hidden(app, officer)
    second = desk.call("10000000002", sound=speech())
    other.does(f"/reports/{second}/claim")
    other.does(f"/reports/{second}/link", **desk.JUDGED, case=str(case_id))
    assert other.is_told("没有这个编号的个案")
    other.does(f"/reports/{second}/case", **desk.JUDGED)
    mine = desk.report(second).case_id
    other.does(f"/cases/{mine}/merge", case=str(case_id), reason="像是同一个")
    assert other.is_told("没有这个编号的个案")


def test_a_report_that_is_back_on_the_queue_is_the_dutys(app: Flask, officer: desk.Desk):
    number, case_id, other = hidden(app, officer)
    desk.Desk(app, "daiban").sees(f"/reports/{number}", status=404)
    officer.does(f"/cases/{case_id}/reports/{number}/unlink", reason="不是这个孩子")
    other.sees(f"/reports/{number}")


def test_who_may_make_it_confidential_and_who_is_named(app: Flask, officer: desk.Desk):
    _, case_id = opened(officer)
    other, supervisor = desk.Desk(app, "zhiban2"), desk.Desk(app, "daiban")
    path = f"/cases/{case_id}/make-confidential"
    assert other.does(path, reason="我也想").status_code == 403
    supervisor.does(path, reason="保护")
    page = officer.sees(f"/cases/{case_id}")
    assert all(name in page for name in ("林晓岚", "陈若谷", "解除保密"))
    officer.does(f"/cases/{case_id}/members", account=str(account("zhiban2").id))
    assert "周牧" in other.sees(f"/cases/{case_id}")
    assert other.does(f"/cases/{case_id}/members", account="1").status_code == 403
    officer.does(f"/cases/{case_id}/members/{account('zhiban2').id}/remove")
    other.sees(f"/cases/{case_id}", status=404)
    officer.does(f"/cases/{case_id}/members/{account('daiban').id}/remove")
    officer.does(f"/cases/{case_id}/members/{account('zhiban').id}/remove")
    assert officer.is_told("名单上至少要有一个人")
    for name in ("name", "unname", "make_confidential"):
        assert desk.written(name, "case"), name
    officer.does(f"/cases/{case_id}/open_up-confidential", reason="已无必要")
    other.sees(f"/cases/{case_id}")


def test_an_admin_and_an_auditor_do_not_get_in(app: Flask, officer: desk.Desk):
    _, case_id, _ = hidden(app, officer)
    for username in ("guanli", "shenji"):
        somebody = desk.Desk(app, username)
        somebody.sees(f"/cases/{case_id}", status=403)
        assert somebody.does("/cases/urgent", case=str(case_id), reason="看看").status_code == 403


def test_an_urgent_look_needs_a_reason_lasts_an_hour_and_is_told_to_supervisors(
    app: Flask, officer: desk.Desk
):
    _, case_id, other = hidden(app, officer)
    supervisor = desk.Desk(app, "daiban")
    assert "待复核" not in supervisor.sees("/cases/notices")
    assert other.does("/cases/urgent", case=str(case_id), reason="").status_code == 422
    other.sees(f"/cases/{case_id}", status=404)
    answer = other.does("/cases/urgent", case=str(case_id), reason="孩子来电求救")
    assert answer.location == f"/cases/{case_id}"
    assert "孩子来电求救" in other.sees(f"/cases/{case_id}"), "who looked stands on the case itself"
    assert "1 次紧急查阅待复核" in supervisor.sees("/cases/notices")
    assert "待复核" not in officer.sees("/cases/notices")
    assert desk.written("look_into", "case")[0].reason == "孩子来电求救"
    clock.shift(secrecy.LOOK)
    other = desk.Desk(app, "zhiban2")
    other.sees(f"/cases/{case_id}", status=404)
    assert other.does("/cases/urgent", case="4711", reason="试试").status_code == 303
    assert other.is_told("没有这个编号的个案")


def test_a_look_at_what_one_may_see_anyhow_is_no_urgent_look(app: Flask, officer: desk.Desk):
    _, case_id, _ = hidden(app, officer)
    officer.does("/cases/urgent", case=str(case_id), reason="打错了")
    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(UrgentAccess)) == 0


def test_an_urgent_look_is_no_way_in_for_longer(app: Flask, officer: desk.Desk):
    case_id, other = looked(app, officer)
    myself = str(account("zhiban2").id)
    other.does(f"/cases/{case_id}/assign", account=myself)
    assert other.is_told("周牧不在知情人名单里")
    other.does(f"/cases/{case_id}/tasks", title="家访", due_on="2030-01-01", account=myself)
    assert other.is_told("周牧不在知情人名单里")
    assert case(case_id).assigned_to is None
    desk.Desk(app, "daiban").does("/cases/urgent", case=str(case_id), reason="带班")
    supervisor = desk.Desk(app, "daiban")
    supervisor.does(f"/cases/{case_id}/members", account=str(account("daiban").id))
    supervisor.does(f"/cases/{case_id}/members/{account('zhiban').id}/remove")
    officer.does("/cases/urgent", case=str(case_id), reason="我立的案")
    officer.sees(f"/cases/{case_id}")
    own = f"/cases/{case_id}/members"
    assert officer.does(own, account=str(account("zhiban").id)).status_code == 403
    path = f"/cases/{case_id}/open_up-confidential"
    assert officer.does(path, reason="我立的案").status_code == 403
    assert case(case_id).confidential


def test_an_urgent_look_is_reviewed_by_a_supervisor_who_did_not_look(
    app: Flask, officer: desk.Desk
):
    case_id, other = looked(app, officer)
    supervisor = desk.Desk(app, "daiban")
    supervisor.does("/cases/urgent", case=str(case_id), reason="复核需要")
    assert other.client.get("/cases/urgent-looks").status_code == 403
    page = supervisor.sees("/cases/urgent-looks")
    assert "周牧" in page
    assert "要由另一位带班领导复核" in page
    with db.transaction() as session:
        theirs, own = session.scalars(sa.select(UrgentAccess.id).order_by(UrgentAccess.id)).all()
    supervisor.does(f"/cases/urgent-looks/{own}", review="没问题")
    assert supervisor.is_told("要由另一位带班领导复核")
    supervisor.does(f"/cases/urgent-looks/{theirs}", review="情况属实")
    assert "情况属实" in supervisor.sees("/cases/urgent-looks")
    assert "待复核" not in supervisor.sees("/cases/notices")
    assert supervisor.does("/cases/urgent-looks/99", review="").status_code == 404
    assert len(desk.written("review", "urgent_access")) == 1


def test_nobody_is_mentioned_given_a_task_or_the_case_who_may_not_see_it(
    app: Flask, officer: desk.Desk
):
    _, case_id, other = hidden(app, officer)
    told = officer.does(f"/cases/{case_id}/notes", body="请 @周牧 跟进")
    assert told.status_code == 422
    assert "周牧看不到这个保密个案" in told.get_data(as_text=True)
    assert "请 @周牧 跟进" in told.get_data(as_text=True), "nothing typed is lost"
    colleague = str(account("zhiban2").id)
    officer.does(f"/cases/{case_id}/tasks", title="家访", due_on="2030-01-01", account=colleague)
    assert officer.is_told("周牧不在知情人名单里")
    officer.does(f"/cases/{case_id}/assign", account=colleague)
    assert officer.is_told("周牧不在知情人名单里")
    assert case(case_id).assigned_to is None
    assert "没有未读的提及" in other.sees("/tasks")


def test_of_all_cases_only_the_confidential_ones_are_looked_at(app: Flask) -> None:
    asked = sa.select(Report.id).where(reports_visible(account("zhiban").id))
    assert "ix_cases_confidential" in plan(asked)
