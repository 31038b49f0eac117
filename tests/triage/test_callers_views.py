import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import clock, db
from tests.triage import desk
from triage.callers.service import pin_of
from triage.intake.models import CallerFlag, Disposition, Report
from triage.intake.states import ReportStatus

FLAG = {"flag_reason": "一天来电三十次，只骂人", "days": "7"}


@pytest.fixture
def supervisor(app: Flask) -> desk.Desk:
    return desk.Desk(app, "daiban")


def the_flag() -> int:
    with db.transaction() as session:
        return session.scalars(sa.select(CallerFlag.id)).one()


def test_the_pin_can_be_told_to_the_caller(officer: desk.Desk) -> None:
    number = desk.call()
    assert pin_of(number) in officer.sees(f"/reports/{number}/caller")


def test_a_supervisor_marks_a_caller_and_everyone_sees_it(
    officer: desk.Desk, supervisor: desk.Desk
) -> None:
    number, other = desk.call(), desk.call("+8610000000002")
    assert "标记骚扰来电人" in supervisor.sees(f"/reports/{number}/caller")
    assert supervisor.does(f"/reports/{number}/flag", **FLAG).status_code == 303
    again = desk.call()
    assert officer.sees("/").count("骚扰标记") == 2
    assert "骚扰标记" in officer.sees(f"/reports/{again}")
    assert "骚扰标记" not in officer.sees(f"/reports/{other}")
    card = officer.sees(f"/reports/{again}/caller")
    assert "一天来电三十次，只骂人" in card
    assert "解除标记" not in card
    (entry,) = desk.written("flag_caller", "report")
    assert entry.account_id == desk.actor("daiban").account_id
    assert "骂人" not in entry.reason + str(entry.details)


def test_only_supervisors_mark_and_lift(officer: desk.Desk, supervisor: desk.Desk) -> None:
    number = desk.call()
    assert "标记骚扰来电人" not in officer.sees(f"/reports/{number}/caller")
    officer.sees(f"/reports/{number}/flag", status=403)
    assert officer.does(f"/reports/{number}/flag", **FLAG).status_code == 403
    supervisor.does(f"/reports/{number}/flag", **FLAG)
    assert officer.does(f"/callers/{the_flag()}/lift", lift_reason="误标").status_code == 403
    officer.sees("/callers", status=403)


@pytest.mark.parametrize(
    "wrong", [{"flag_reason": ""}, {"flag_reason": " "}, {"days": "365"}, {"days": "x"}]
)
def test_a_mark_wants_a_reason_and_an_end(supervisor: desk.Desk, wrong: dict[str, str]) -> None:
    number = desk.call()
    assert supervisor.does(f"/reports/{number}/flag", **(FLAG | wrong)).status_code == 422
    assert "骚扰标记" not in supervisor.sees("/")


def test_a_caller_without_a_number_is_not_marked(supervisor: desk.Desk) -> None:
    number = desk.call("anonymous")
    assert "标记骚扰来电人" not in supervisor.sees(f"/reports/{number}/caller")
    supervisor.does(f"/reports/{number}/flag", **FLAG)
    assert supervisor.is_told("无法标记")


def test_a_mark_is_lifted_with_a_reason(supervisor: desk.Desk) -> None:
    number = desk.call()
    supervisor.does(f"/reports/{number}/flag", **FLAG)
    supervisor.does(f"/callers/{the_flag()}/lift", lift_reason="")
    assert supervisor.is_told("请写明原因")
    assert "骚扰标记" in supervisor.sees(f"/reports/{number}")
    supervisor.does(f"/callers/{the_flag()}/lift", lift_reason="误标")
    assert "骚扰标记" not in supervisor.sees(f"/reports/{number}")
    page = supervisor.sees("/callers")
    assert "已解除" in page
    assert "误标" in page
    assert desk.written("lift_caller_flag", "report")
    assert supervisor.does("/callers/999/lift", lift_reason="误标").status_code == 404


def test_the_list_says_what_runs_and_what_is_over(supervisor: desk.Desk) -> None:
    assert "没有标记过的来电人" in supervisor.sees("/callers")
    number = desk.call()
    supervisor.does(f"/reports/{number}/flag", **FLAG)
    page = supervisor.sees("/callers")
    assert "+86100****0001" in page
    assert desk.CALLER not in page
    assert number in page
    assert "已到期" not in page
    clock.shift(dt.timedelta(days=7, seconds=1))
    assert "已到期" in desk.Desk(supervisor.client.application, "daiban").sees("/callers")


def test_the_list_goes_on_over_pages(
    supervisor: desk.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage.callers.queries.PAGE", 1)
    for caller in ("+8610000000001", "+8610000000002"):
        supervisor.does(f"/reports/{desk.call(caller)}/flag", **FLAG)
    first = supervisor.sees("/callers")
    assert "+86100****0002" in first
    assert "+86100****0001" not in first
    assert "+86100****0001" in supervisor.sees("/callers?before=2")


def test_what_the_system_settled_says_so(officer: desk.Desk) -> None:
    number = desk.call()
    with db.transaction() as session:
        settled = {
            "status": ReportStatus.triaged,
            "disposition": Disposition.enquiry,
            "triaged_at": clock.now(),
        }
        session.execute(sa.update(Report).where(Report.number == number).values(settled))
    page = officer.sees(f"/reports/{number}")
    assert "查询进度，已自动答复" in page
    assert "系统" in page
    assert ">None" not in page
    assert " None " not in page
    assert "查询进度，已自动答复" in officer.sees("/?tab=triaged")
