import datetime as dt
from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import db
from hotline.config import Settings
from hotline.outbox import MessageStatus, OutboxMessage
from tests.triage import desk
from triage.alerts import previews, steps
from triage.alerts.models import Alert
from triage.alerts.states import AlertStatus

STATION = "长桥派出所"


@pytest.fixture
def app(database: Settings, redis: object, monkeypatch: pytest.MonkeyPatch) -> Flask:
    return desk.open_line(database, monkeypatch)


@pytest.fixture
def officer(app: Flask) -> desk.Desk:
    return desk.Desk(app, "zhiban")


@pytest.fixture
def claimed(officer: desk.Desk) -> str:
    number = desk.call(emergency=True)
    officer.does(f"/reports/{number}/claim")
    return number


@pytest.fixture
def alert(officer: desk.Desk, claimed: str) -> int:
    """An alert on its way, sent as an officer sends it."""
    officer.does(f"/reports/{claimed}/classify", **desk.JUDGED)
    officer.does(f"/reports/{claimed}/alerts", text_seen=text(claimed))
    return alerts()[0].id


def alerts() -> list[Alert]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(Alert).order_by(Alert.id)))


def text(number: str) -> str:
    """What would go out now."""
    with db.transaction() as session:
        return previews.of_report(session, desk.report(number).id).text


def step_on(alert_id: int) -> None:
    with db.transaction() as session:
        steps.advance(session, session.get_one(Alert, alert_id, with_for_update=True))


def test_the_first_click_saves_the_form_and_shows_what_would_go_out(
    officer: desk.Desk, claimed: str
) -> None:
    answer = officer.asks(f"/reports/{claimed}/forward", **desk.JUDGED)
    page = answer.get_data(as_text=True)
    assert desk.report(claimed).child_name == "李小雨"
    assert text(claimed) in page
    assert "李小雨" not in page
    assert STATION in page
    assert page.index("王建国") < page.index("李卫东") < page.index("带班领导")
    assert "+8610000000301" not in page
    assert "<html" not in page
    assert alerts() == []


def test_without_a_situation_the_station_of_the_chosen_place_is_told_and_that_nobody_judged(
    officer: desk.Desk, claimed: str
) -> None:
    hurried = {**desk.JUDGED, "situation": ""}
    page = officer.asks(f"/reports/{claimed}/forward", **hurried).get_data(as_text=True)
    assert STATION in page
    assert "未经核实" in text(claimed)
    officer.does(f"/reports/{claimed}/alerts", text_seen=text(claimed))
    assert [(alert.agency_name, alert.verified) for alert in alerts()] == [(STATION, False)]


def test_faults_in_the_form_do_not_stand_between_a_child_and_the_police(
    officer: desk.Desk, claimed: str
) -> None:
    answer = officer.does(f"/reports/{claimed}/forward", **desk.JUDGED | {"child_age": "八"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "研判还没有保存" in page
    assert "年龄请填" in page
    assert "确认发送" in page
    assert desk.report(claimed).child_name is None


def test_who_has_not_claimed_it_forwards_what_is_saved(app: Flask, claimed: str) -> None:
    other = desk.Desk(app, "daiban")
    page = other.does(f"/reports/{claimed}/forward", **desk.JUDGED).get_data(as_text=True)
    assert "已不在您名下" in page
    assert desk.report(claimed).child_name is None
    assert text(claimed) in other.sees(f"/reports/{claimed}/forward")


def test_the_second_click_sends_the_very_text(officer: desk.Desk, claimed: str, alert: int) -> None:
    (raised,) = alerts()
    assert (raised.status, raised.agency_name, raised.text) == (
        AlertStatus.raised,
        STATION,
        text(claimed),
    )
    card = officer.sees(f"/reports/{claimed}/alerts")
    assert "等待签收" in card
    assert f"{STATION} 值班民警 王建国" in card
    assert "+86100****0301" in card


def test_line_ends_as_browsers_send_them_are_no_change(
    officer: desk.Desk, claimed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = text(claimed)
    monkeypatch.setattr(previews.Preview, "text", property(lambda _: f"{whole}\n{whole}"))
    officer.does(f"/reports/{claimed}/alerts", text_seen=f"{whole}\r\n{whole}")
    assert len(alerts()) == 1


def test_nothing_goes_out_that_nobody_has_seen(officer: desk.Desk, claimed: str) -> None:
    seen = text(claimed)
    officer.does(f"/reports/{claimed}/classify", **desk.JUDGED)
    answer = officer.does(f"/reports/{claimed}/alerts", text_seen=seen)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "刚才没有发出" in page
    assert text(claimed) in page
    assert alerts() == []
    assert officer.does(f"/reports/{claimed}/alerts").status_code == 303
    assert alerts() == []


def test_a_double_click_sends_once(officer: desk.Desk, claimed: str, alert: int) -> None:
    again = officer.does(f"/reports/{claimed}/alerts", text_seen=text(claimed))
    assert again.status_code == 303
    assert officer.is_told("没有重复推送")
    assert [one.id for one in alerts()] == [alert]
    assert "不会重复发送" in officer.sees(f"/reports/{claimed}/forward")


def test_each_step_is_seen_as_it_happens(officer: desk.Desk, alert: int) -> None:
    step_on(alert)
    with db.transaction() as session:
        for message in session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)):
            message.status = MessageStatus.sent
    page = officer.sees(f"/alerts/{alert}/live")
    assert "已发出" in page
    assert "正在响铃" in page
    assert "无人签收则下一步" in page
    assert "<html" not in page


def test_an_alert_nobody_answers_is_loud(officer: desk.Desk, alert: int, clock: ModuleType) -> None:
    for _ in range(5):
        clock.shift(dt.timedelta(seconds=61))
        step_on(alert)
    page = officer.sees("/alerts")
    assert "无人签收" in page
    assert "所有联系人均未签收，请立即人工联系" in page
    assert "陈若谷" in page


def test_a_confirmation_by_telephone_names_somebody(officer: desk.Desk, alert: int) -> None:
    path = f"/alerts/{alert}/acknowledge"
    refused = officer.does(path, who=" ")
    assert refused.status_code == 422
    assert "签收必须落实到人" in refused.get_data(as_text=True)
    assert alerts()[0].status is AlertStatus.raised
    officer.does(path, who="警号 012345 张立", note="已派出警力")
    done = alerts()[0]
    assert (done.status, done.acknowledged_by) == (AlertStatus.acknowledged, "警号 012345 张立")
    page = officer.sees(f"/alerts/{alert}")
    assert "警号 012345 张立 于" in page
    assert "电话口头确认" in page
    assert "已派出警力" in page


def test_the_outcome_comes_after_the_acknowledgement(officer: desk.Desk, alert: int) -> None:
    path = f"/alerts/{alert}/resolve"
    officer.does(path, outcome="孩子安全")
    assert officer.is_told("状态刚刚变了")
    officer.does(f"/alerts/{alert}/acknowledge", who="张立")
    assert officer.does(path, outcome="").status_code == 422
    officer.does(path, outcome="孩子安全")
    assert alerts()[0].status is AlertStatus.resolved
    assert "孩子安全" in officer.sees(f"/alerts/{alert}")


def test_only_a_supervisor_calls_an_alert_off_and_says_why(
    app: Flask, officer: desk.Desk, alert: int
) -> None:
    path = f"/alerts/{alert}/cancel"
    assert officer.does(path, reason="误报").status_code == 403
    supervisor = desk.Desk(app, "daiban")
    supervisor.does(path, reason="")
    assert alerts()[0].status is AlertStatus.raised
    supervisor.does(path, reason="误报")
    assert alerts()[0].status is AlertStatus.cancelled
    assert "误报" in supervisor.sees(f"/alerts/{alert}")


def test_an_auditor_sees_that_it_went_and_not_what_it_said(app: Flask, alert: int) -> None:
    auditor = desk.Desk(app, "shenji")
    page = auditor.sees(f"/alerts/{alert}")
    assert STATION in page
    assert "杏花里3号楼" not in page
    assert "+8610000000301" not in page
    assert "登记电话确认" not in page
    assert str(alert) in auditor.sees("/alerts")
    assert desk.written("read", "alert")[0].actor == "shenji"


def test_what_is_not_there_is_not_found(officer: desk.Desk) -> None:
    for path in ("/alerts/1", f"/alerts/{10**30}", "/alerts/1/live"):
        officer.sees(path, status=404)
    assert officer.does("/alerts/1/acknowledge", who="x").status_code == 404
