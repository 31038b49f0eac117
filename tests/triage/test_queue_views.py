import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import clock, db
from hotline.config import Settings
from tests.triage import desk
from triage.intake.states import ReportStatus
from triage.queue import queries
from triage.queue.filters import Filters, Tab
from triage.queue.queries import Cursor


def numbers(page: str) -> list[str]:
    """Receipt numbers of the rows, from the top."""
    return re.findall(r'<tr id="report-(\d+)"', page)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(*event: object) -> None:
        sent.append(str(event[2]))

    sa.event.listen(db.engine(), "before_cursor_execute", note)
    yield sent
    sa.event.remove(db.engine(), "before_cursor_execute", note)


def test_emergencies_stand_first_and_then_what_is_due_first(officer: desk.Desk) -> None:
    first, second = desk.call(), desk.call()
    emergency = desk.call(emergency=True)
    page = officer.sees("/")
    assert numbers(page) == [emergency, first, second]
    assert "1 件紧急" in page
    assert "尚未研判" in page


def test_a_number_is_masked_for_everybody(app: Flask, officer: desk.Desk) -> None:
    desk.call()
    for person in (officer, desk.Desk(app, "daiban"), desk.Desk(app, "shenji")):
        page = person.sees("/")
        assert "+86100****0001" in page
        assert desk.CALLER not in page


def test_a_caller_without_a_number_and_a_call_that_goes_on_are_shown(officer: desk.Desk) -> None:
    desk.call("anonymous", ended=False)
    page = officer.sees("/")
    assert "未显示号码" in page
    assert "来电人在线" in page


def test_an_auditor_reads_the_list_and_opens_nothing(app: Flask) -> None:
    number = desk.call()
    auditor = desk.Desk(app, "shenji")
    page = auditor.sees("/")
    assert number in page
    assert f"/reports/{number}" not in page
    auditor.sees(f"/reports/{number}", status=403)
    assert auditor.does(f"/reports/{number}/claim").status_code == 403


def test_an_administrator_has_no_business_here(app: Flask) -> None:
    administrator = desk.Desk(app, "guanli")
    administrator.sees("/queue/rows", status=403)
    administrator.sees(f"/reports/{desk.call()}", status=403)


def test_tabs_show_their_part_and_its_size(officer: desk.Desk) -> None:
    mine, waiting, done = desk.call(), desk.call(), desk.call()
    officer.does(f"/reports/{mine}/claim")
    officer.does(f"/reports/{done}/claim")
    officer.does(f"/reports/{done}/dispose", disposition="wrong_number", reason="打错")
    assert numbers(officer.sees("/?tab=mine")) == [mine]
    assert numbers(officer.sees("/?tab=waiting")) == [waiting]
    assert numbers(officer.sees("/?tab=triaged")) == [done]
    assert numbers(officer.sees("/?tab=nonsense")) == [mine, waiting]
    with db.transaction() as session:
        counts = queries.counts(session)
    assert (counts.all, counts.waiting, counts.emergencies) == (2, 1, 0)
    assert counts.held == {desk.actor("zhiban").account_id: 1}


def test_an_empty_queue_says_so(officer: desk.Desk) -> None:
    assert "没有等待处理的诉求" in officer.sees("/")
    assert "您名下没有诉求" in officer.sees("/?tab=mine")


def test_of_two_officers_one_gets_it_and_the_other_is_told_who(app: Flask) -> None:
    number = desk.call()
    first, second = desk.Desk(app, "zhiban"), desk.Desk(app, "zhiban2")
    assert first.does(f"/reports/{number}/claim").location == f"/reports/{number}"
    assert second.does(f"/reports/{number}/claim").status_code == 303
    assert second.is_told("林晓岚已经领取了这份诉求")
    assert desk.report(number).claimed_by == desk.actor("zhiban").account_id
    assert "林晓岚正在处理这份诉求" in second.sees(f"/reports/{number}")


def test_take_next_takes_the_most_pressing_one_and_opens_it(officer: desk.Desk) -> None:
    desk.call(ended=False)
    waiting, emergency = desk.call(), desk.call(emergency=True)
    assert officer.does("/queue/next").location == f"/reports/{emergency}"
    assert officer.does("/queue/next").location == f"/reports/{waiting}"
    assert officer.does("/queue/next").location == "/"
    assert officer.is_told("没有等待领取的诉求")


def test_a_released_report_is_free_again(officer: desk.Desk) -> None:
    number = desk.call()
    officer.does(f"/reports/{number}/claim")
    assert officer.does(f"/reports/{number}/release").location == "/"
    assert desk.report(number).status is ReportStatus.waiting


def test_the_refresh_brings_the_rows_alone(officer: desk.Desk) -> None:
    number = desk.call()
    rows = officer.sees("/queue/rows")
    assert numbers(rows) == [number]
    assert "<html" not in rows


def test_pages_follow_each_other_without_gap_or_repeat(
    officer: desk.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # These have been waiting for so long that they were due before any emergency came in.
    clock.shift(dt.timedelta(minutes=-30))
    others = {desk.call() for _ in range(4)}
    clock.reset()
    emergencies = {desk.call(emergency=True) for _ in range(4)}
    monkeypatch.setattr(queries, "PAGE", 3)
    seen, path = [], "/"
    while path:
        page = officer.sees(path)
        seen += numbers(page)
        further = re.search(r'href="(/\?tab=all&after=[^"]+)" rel="next"', page)
        path = further[1] if further else ""
    assert set(seen[:4]) == emergencies
    assert set(seen[4:]) == others
    assert len(seen) == 8


@pytest.mark.parametrize("garbled", ["x", "1~2~3~4", "1~2026-01-01~2026-01-01~7", "~~~"])
def test_a_garbled_place_in_the_list_is_its_beginning(officer: desk.Desk, garbled: str) -> None:
    number = desk.call()
    assert Cursor.parse(garbled) is None
    assert numbers(officer.sees(f"/?after={garbled}")) == [number]


def test_a_cursor_survives_the_address_line() -> None:
    now = clock.now()
    cursor = Cursor(emergency=True, due_at=now, received_at=now - dt.timedelta(hours=1), id=7)
    assert Cursor.parse(str(cursor)) == cursor


def test_a_page_costs_few_statements_however_many_rows(officer: desk.Desk) -> None:
    for _ in range(12):
        desk.call(sound=b"RIFF")
    with counted() as sent:
        page = officer.sees("/")
    assert len(numbers(page)) == 12
    assert len(sent) <= 6, sent
    with counted() as sent:
        officer.sees("/queue/rows?urgency=unset&reporter=unknown&clock=in_time")
    assert len(sent) <= 3, sent


@pytest.mark.parametrize("tab", [Tab.all, Tab.waiting])
def test_rows_come_off_the_index_in_order(database: Settings, tab: Tab) -> None:
    # Many that are done with and some that are open, as after some weeks.
    fill = """
        INSERT INTO reports (channel, line_number, status, received_at, due_at, disposition)
        SELECT 'phone', '12355', CASE WHEN i % 20 = 0 THEN 'waiting' ELSE 'triaged' END, now(),
               now() + i * interval '1 s', CASE WHEN i % 20 = 0 THEN NULL ELSE 'duplicate' END
        FROM generate_series(1, 4000) i"""
    with db.transaction() as session:
        session.execute(sa.text(fill))
        session.execute(sa.text("ANALYZE reports"))
        after = Cursor(emergency=False, due_at=clock.now(), received_at=clock.now(), id=1)
        picked = queries._picked(Filters(tab), 1, after)
        sql = sa.select(picked).compile(db.engine(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(sa.text(f"EXPLAIN {sql}")))
    assert "ix_reports_queue" in plan, plan
    assert "Index Cond" in plan, plan
    assert "Sort" not in plan, plan


def test_counting_stops(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_COUNTED", 2)
    for _ in range(5):
        desk.call()
    with db.transaction() as session:
        assert queries.counts(session).all == 3
