import re

import pytest
from flask import Flask

from hotline import clock
from tests.triage import desk
from tests.triage.conversing import comes_in, hangs_up, waits
from tests.triage.people import seconds


def connected(sid: str = "CA1", after: float = 6) -> None:
    waits(sid)
    seconds(after)
    comes_in(sid)
    hangs_up(sid)


@pytest.mark.parametrize(
    ("who", "status"),
    [("daiban", 200), ("guanli", 200), ("shenji", 200), ("zhiban", 403)],
)
def test_figures_are_for_those_who_answer_for_the_line(app: Flask, who: str, status: int) -> None:
    page = desk.Desk(app, who).sees("/figures", status)
    assert ('href="/figures"' in page) == (status == 200)


def test_a_line_that_nobody_has_called(app: Flask) -> None:
    page = desk.Desk(app, "daiban").sees("/figures")
    assert "这段时间没有来电" in page
    assert "接通率" not in page


def test_what_is_connected_stands_on_the_page_and_no_number_does(app: Flask) -> None:
    connected("CA1")
    waits("CA2")
    hangs_up("CA2")
    page = desk.Desk(app, "daiban").sees("/figures")
    assert "2 人等候，1 人接通；标准：不低于 95%" in page
    assert re.search(r'text-danger">50\.0%', page)
    assert "12355 儿童保护热线" in page
    assert desk.CALLER[3:] not in page
    assert desk.CALLER[-4:] not in page.replace("0000000012355", "")


def test_a_week_is_told_by_days(app: Flask) -> None:
    connected()
    supervisor = desk.Desk(app, "daiban")
    assert "按小时" in supervisor.sees("/figures")
    assert "按小时" in supervisor.sees("/figures?days=400"), "not a span on offer"
    week = supervisor.sees("/figures?days=7")
    assert "按日" in week
    assert f"{clock.now():%Y}年" in week


def test_an_emergency_of_a_month_ago_is_not_on_the_page(app: Flask) -> None:
    connected()
    seconds(8 * 24 * 3600)
    supervisor = desk.Desk(app, "daiban")
    assert "这段时间没有来电" in supervisor.sees("/figures?days=7")
    assert "这段时间没有来电" not in supervisor.sees("/figures?days=30")


def test_the_figures_can_be_scraped(app: Flask) -> None:
    connected()
    scraped = app.test_client().get("/metrics").get_data(as_text=True)
    assert 'hotline_calls_last_day{outcome="person"} 1.0' in scraped
    assert "hotline_calls_waiting 0.0" in scraped
