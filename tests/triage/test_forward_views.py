"""The window from which an emergency goes to the police: what would go out, where, and what is new."""

from html import unescape

import pytest
from flask import Flask

from tests.triage import desk
from tests.triage.alarms import OTHER, STATION, agency, alerts, notices, shown, text
from triage.alerts import previews
from triage.alerts.states import AlertStatus


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


def test_the_second_click_sends_the_very_text(officer: desk.Desk, claimed: str) -> None:
    officer.does(f"/reports/{claimed}/classify", **desk.JUDGED)
    shown = text(claimed)
    officer.does(f"/reports/{claimed}/alerts", text_seen=shown)
    (raised,) = alerts()
    assert (raised.status, raised.agency_name, raised.text) == (AlertStatus.raised, STATION, shown)
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
    nothing = officer.does(f"/reports/{claimed}/alerts")
    assert nothing.status_code == 422
    assert "刚才没有发出" in nothing.get_data(as_text=True)
    assert alerts() == []


def test_a_double_click_sends_once(officer: desk.Desk, claimed: str, alert: int) -> None:
    again = officer.does(f"/reports/{claimed}/alerts", text_seen=text(claimed))
    assert again.status_code == 303
    assert officer.is_told("没有重复推送")
    assert [one.id for one in alerts()] == [alert]
    assert "不会重复发送" in officer.sees(f"/reports/{claimed}/forward")


# --- The window: which station, how many, what is new ---


def test_every_station_can_be_chosen_grouped_by_place(officer: desk.Desk, claimed: str) -> None:
    page = officer.sees(f"/reports/{claimed}/forward")
    assert '<optgroup label="云溪区">' in page
    assert "青禾派出所（青禾镇）" in page
    assert "按地点推荐" in page


def test_another_station_needs_a_reason_which_is_kept(officer: desk.Desk, claimed: str) -> None:
    officer.does(f"/reports/{claimed}/classify", **desk.JUDGED)
    path, other = f"/reports/{claimed}/alerts", agency(OTHER)
    refused = officer.does(path, text_seen=text(claimed), agency=other, because=" ")
    assert refused.status_code == 422
    assert "请写明原因" in refused.get_data(as_text=True)
    assert alerts() == []
    officer.does(path, text_seen=text(claimed), agency=other, because="孩子在外婆家")
    assert [(one.agency_name, one.because) for one in alerts()] == [(OTHER, "孩子在外婆家")]
    assert "孩子在外婆家" in officer.sees(f"/alerts/{alerts()[0].id}")


def test_the_suggested_station_named_outright_needs_no_reason(
    officer: desk.Desk, claimed: str
) -> None:
    officer.does(f"/reports/{claimed}/classify", **desk.JUDGED)
    officer.does(f"/reports/{claimed}/alerts", text_seen=text(claimed), agency=agency(STATION))
    assert [(one.agency_name, one.because) for one in alerts()] == [(STATION, None)]


def test_across_borders_each_station_gets_an_alert_of_its_own_with_one_code(
    officer: desk.Desk, claimed: str
) -> None:
    officer.does(f"/reports/{claimed}/classify", **desk.JUDGED)
    preview = officer.asks(f"/reports/{claimed}/forward/preview", also=agency(OTHER))
    page = preview.get_data(as_text=True)
    assert page.index(STATION) < page.index(OTHER)
    assert "确认发送到 2 个单位" in page
    officer.does(
        f"/reports/{claimed}/alerts",
        text_seen=shown(page),
        also=agency(OTHER),
        **{f"text_seen_{agency(OTHER)}": shown(page, f"text_seen_{agency(OTHER)}")},
    )
    assert [one.agency_name for one in alerts()] == [STATION, OTHER]
    assert len({one.code for one in alerts()}) == 1
    assert alerts()[1].because == "跨辖区，同时推送"


def test_if_one_of_several_texts_was_not_seen_none_goes_out(
    officer: desk.Desk, claimed: str
) -> None:
    officer.does(f"/reports/{claimed}/classify", **desk.JUDGED)
    answer = officer.does(
        f"/reports/{claimed}/alerts",
        text_seen=text(claimed),
        also=agency(OTHER),
        **{f"text_seen_{agency(OTHER)}": "something else"},
    )
    assert answer.status_code == 409
    assert OTHER in answer.get_data(as_text=True)
    assert alerts() == []


def test_a_station_that_knows_is_passed_over_and_the_other_told(
    officer: desk.Desk, claimed: str, alert: int
) -> None:
    answer = officer.does(f"/reports/{claimed}/alerts", text_seen=text(claimed), also=agency(OTHER))
    # What would go to the first is an update, whose words the second does not share.
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    officer.does(
        f"/reports/{claimed}/alerts",
        text_seen=shown(page),
        also=agency(OTHER),
        **{f"text_seen_{agency(OTHER)}": shown(page, f"text_seen_{agency(OTHER)}")},
    )
    assert [one.agency_name for one in alerts()] == [STATION, OTHER]
    assert [one.kind for one in notices(alert)] == ["alert"]


def test_what_is_new_goes_out_as_an_update_of_the_one_alert(
    officer: desk.Desk, claimed: str, alert: int
) -> None:
    page = officer.sees(f"/reports/{claimed}/forward")
    assert f"警情 {alert}" in page
    assert "没有新的内容" in page
    preview = officer.asks(f"/reports/{claimed}/forward/preview", note="孩子已转移到邻居家")
    page = unescape(preview.get_data(as_text=True))
    assert "这次发送的是更新" in page
    assert "孩子已转移到邻居家" in shown(page)
    officer.does(f"/reports/{claimed}/alerts", text_seen=shown(page), note="孩子已转移到邻居家")
    assert len(alerts()) == 1
    assert [(one.kind, one.text) for one in notices(alert)][1:] == [("update", shown(page))]
    assert shown(page) in officer.sees(f"/alerts/{alert}")


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ("李小雨在邻居家", "不能写孩子的姓名"),
        ("打13800138000找她", "不能写电话号码"),
        ("见 https://example.com/x", "不能写网址"),
    ],
)
def test_a_note_that_says_too_much_does_not_go_out(
    officer: desk.Desk, claimed: str, alert: int, note: str, why: str
) -> None:
    preview = officer.asks(f"/reports/{claimed}/forward/preview", note=note)
    page = unescape(preview.get_data(as_text=True))
    assert why in page
    assert note not in shown(page)
    refused = officer.does(f"/reports/{claimed}/alerts", text_seen=shown(page), note=note)
    assert refused.status_code == 422
    assert why in refused.get_data(as_text=True)
    for path in ("correct", "cancel"):
        person = desk.Desk(officer.client.application, "daiban")
        assert person.does(f"/alerts/{alert}/{path}", note=note).status_code == 422
    assert len(notices(alert)) == 1


def test_a_station_that_does_not_exist_is_refused(officer: desk.Desk, claimed: str) -> None:
    for wrong in ({"agency": "999999", "because": "x"}, {"agency": "x"}, {"also": "999999"}):
        answer = officer.does(f"/reports/{claimed}/alerts", text_seen=text(claimed), **wrong)
        assert answer.status_code == 422, wrong
        preview = officer.asks(f"/reports/{claimed}/forward/preview", **wrong)
        assert preview.status_code == 200, wrong
    assert alerts() == []


# --- The alert's page ---
