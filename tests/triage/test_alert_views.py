"""The page of an alert: every step, who has it, what is said and reported back, how it ends."""

import datetime as dt
import re
from html import unescape
from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import db
from hotline.outbox import MessageStatus, OutboxMessage
from tests.triage import alarms, desk
from tests.triage.alarms import STATION, alerts, notices, shown, step_on, text
from triage.alerts.models import Alert
from triage.alerts.states import AlertStatus, Feedback, Finding
from triage.places.models import Agency, AgencyKind


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


def test_the_page_names_who_is_next_and_counts_down(officer: desk.Desk, alert: int) -> None:
    page = officer.sees(f"/alerts/{alert}")
    assert "致电 长桥派出所 值班民警 王建国" in page
    assert page.count("data-due=") >= 1
    assert page.index("值班所长 李卫东") < page.index("指挥长 何平")
    assert text_of(alert) in page


def text_of(alert_id: int) -> str:
    return notices(alert_id)[0].text


def test_the_network_that_carried_a_message_is_told_if_it_is_not_the_usual(
    officer: desk.Desk, alert: int
) -> None:
    assert "备用网络" not in officer.sees(f"/alerts/{alert}/live")
    with db.transaction() as session:
        session.execute(sa.update(OutboxMessage).values(network="second"))
    assert "备用网络" in officer.sees(f"/alerts/{alert}/live")


def test_what_the_police_report_back_by_telephone_is_written_down(
    officer: desk.Desk, alert: int
) -> None:
    officer.does(f"/alerts/{alert}/acknowledge", who="张立")
    path = f"/alerts/{alert}/feedback"
    for lacking in ({"who": "张立"}, {"feedback": "safe"}, {"feedback": "asleep", "who": "张立"}):
        assert officer.does(path, **lacking).status_code == 422, lacking
    assert alerts()[0].feedback is None
    officer.does(path, feedback="needs_others", who="张立", note="需要民政接手")
    assert alerts()[0].feedback is Feedback.needs_others
    page = officer.sees(f"/alerts/{alert}")
    assert "需要其他部门协助" in page
    assert "需要民政接手" in page


def test_overdue_feedback_counts_down_and_says_how_often_it_was_asked_for(
    officer: desk.Desk, alert: int
) -> None:
    officer.does(f"/alerts/{alert}/acknowledge", who="张立")
    assert "催问反馈" in officer.sees(f"/alerts/{alert}/live")
    with db.transaction() as session:
        session.get_one(Alert, alert).feedback_asked = 2
    assert "已催问 2 次" in officer.sees(f"/alerts/{alert}/live")
    alarms.silent(alert)
    assert "多次催问没有反馈，请人工联系" in officer.sees(f"/alerts/{alert}/live")


def test_a_correction_goes_out_as_it_was_shown_and_is_waited_for(
    officer: desk.Desk, alert: int
) -> None:
    officer.does(f"/alerts/{alert}/acknowledge", who="张立")
    path, note = f"/alerts/{alert}/correct", "门牌是5号楼"
    assert officer.does(path, note="").status_code == 422
    unseen = officer.does(path, note=note, text_seen="something else")
    assert unseen.status_code == 409
    assert "还没有发出" in unseen.get_data(as_text=True)
    assert len(notices(alert)) == 1
    preview = officer.asks(f"/alerts/{alert}/words", kind="correction", note=note)
    words = shown(unescape(preview.get_data(as_text=True)))
    assert note in words
    officer.does(path, note=note, text_seen=words)
    sent = notices(alert)[1]
    assert (sent.kind, sent.text) == ("correction", words)
    page = officer.sees(f"/alerts/{alert}")
    assert "对方尚未听取" in page
    heard = f"/alerts/{alert}/news/{sent.id}/heard"
    assert officer.does(heard, who=" ").status_code == 422
    officer.does(heard, who="警号 012345 张立")
    assert notices(alert)[1].heard_by == "警号 012345 张立"
    assert "对方尚未听取" not in officer.sees(f"/alerts/{alert}")
    assert officer.does(f"/alerts/{alert}/news/1/heard", who="x").status_code == 404
    assert officer.does(f"/alerts/1/news/{sent.id}/heard", who="x").status_code == 404


def test_only_a_supervisor_calls_an_alert_off_in_the_words_that_were_shown(
    app: Flask, officer: desk.Desk, alert: int
) -> None:
    path = f"/alerts/{alert}/cancel"
    assert officer.does(path, note="误报").status_code == 403
    supervisor = desk.Desk(app, "daiban")
    assert supervisor.does(path, note="").status_code == 422
    assert supervisor.does(path, note="误报").status_code == 409
    assert alerts()[0].status is AlertStatus.raised
    preview = supervisor.asks(f"/alerts/{alert}/words", kind="cancel", note="误报")
    words = shown(unescape(preview.get_data(as_text=True)))
    supervisor.does(path, note="误报", text_seen=words)
    assert alerts()[0].status is AlertStatus.cancelled
    assert notices(alert)[1].text == words
    assert "误报" in supervisor.sees(f"/alerts/{alert}")


def test_an_acknowledged_alert_can_be_called_off_too(app: Flask, alert: int) -> None:
    supervisor = desk.Desk(app, "daiban")
    supervisor.does(f"/alerts/{alert}/acknowledge", who="张立")
    page = supervisor.does(f"/alerts/{alert}/cancel", note="孩子在家").get_data(as_text=True)
    texts = re.findall(r'name="text_seen" value="([^"]*)"', unescape(page))
    words = next(one for one in texts if "撤回" in one)
    supervisor.does(f"/alerts/{alert}/cancel", note="孩子在家", text_seen=words)
    assert alerts()[0].status is AlertStatus.cancelled


def test_words_of_anything_else_are_not_shown(officer: desk.Desk, alert: int) -> None:
    assert officer.asks(f"/alerts/{alert}/words", kind="alert", note="x").status_code == 400


def test_the_outcome_needs_an_acknowledgement_a_finding_and_words(
    officer: desk.Desk, alert: int
) -> None:
    path, whole = f"/alerts/{alert}/resolve", {"finding": "missing", "outcome": "已找到"}
    officer.does(path, **whole)
    assert officer.is_told("状态刚刚变了")
    officer.does(f"/alerts/{alert}/acknowledge", who="张立")
    for lacking in ("finding", "outcome"):
        assert officer.does(path, **whole | {lacking: ""}).status_code == 422
    assert officer.does(path, **whole | {"finding": "asleep"}).status_code == 422
    assert alerts()[0].status is AlertStatus.acknowledged


def test_only_measures_that_follow_from_the_finding_are_taken(
    officer: desk.Desk, alert: int
) -> None:
    officer.does(f"/alerts/{alert}/acknowledge", who="张立")
    path, said = f"/alerts/{alert}/resolve", {"finding": "domestic_violence", "outcome": "已制止"}
    wrong = officer.does(path, **said, measures_domestic_violence="rapid_search")
    assert wrong.status_code == 422
    assert "所选措施与情形不符" in wrong.get_data(as_text=True)
    # Ticked under another finding before the choice was changed: does not count.
    officer.does(
        path, **said, measures_domestic_violence="to_shelter", measures_missing="rapid_search"
    )
    assert (alerts()[0].finding, alerts()[0].measures) == (
        Finding.domestic_violence,
        ["to_shelter"],
    )
    page = officer.sees(f"/alerts/{alert}")
    assert "护送至庇护场所" in page
    assert "已制止" in page


def test_the_office_that_is_told_and_the_police_alert_lead_to_each_other(
    officer: desk.Desk, alert: int
) -> None:
    alarms.office()
    officer.does(f"/alerts/{alert}/acknowledge", who="张立")
    officer.does(f"/alerts/{alert}/resolve", finding="guardian_absent", outcome="训诫")
    told = alerts()[1]
    page = officer.sees(f"/alerts/{alert}")
    assert f'href="/alerts/{told.id}"' in page
    assert "长桥街道办事处" in page
    page = officer.sees(f"/alerts/{told.id}")
    assert f'href="/alerts/{alert}"' in page
    assert "通报街道（镇）" in page
    officer.does(f"/alerts/{told.id}/acknowledge", who="顾敏")
    assert officer.does(f"/alerts/{told.id}/resolve", outcome="").status_code == 422
    officer.does(f"/alerts/{told.id}/resolve", outcome="明天上门")
    assert "明天上门" in officer.sees(f"/alerts/{told.id}")


def test_if_no_office_is_known_it_says_so_and_what_to_do(officer: desk.Desk, alert: int) -> None:
    with db.transaction() as session:
        session.execute(
            sa.update(Agency)
            .where(Agency.kind == AgencyKind.street_office)
            .values(kind=AgencyKind.police)
        )
    officer.does(f"/alerts/{alert}/acknowledge", who="张立")
    officer.does(f"/alerts/{alert}/resolve", finding="missing", outcome="已找到")
    assert "系统没有通报任何人。请电话通报" in officer.sees(f"/alerts/{alert}")


def test_an_exercise_says_so_everywhere(app: Flask, officer: desk.Desk) -> None:
    drill = alarms.exercise()
    for path in (f"/alerts/{drill}", "/alerts", "/board"):
        assert "演练" in re.sub(r"<nav.*?</nav>", "", officer.sees(path), flags=re.DOTALL), path
