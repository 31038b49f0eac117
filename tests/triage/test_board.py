import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import config, db
from hotline.accounts import service as accounts
from tests.triage import alarms, desk
from triage.alerts import board as rooms
from triage.alerts import paging, seen, service, steps
from triage.alerts.board import Board, Row, State
from triage.alerts.models import Alert
from triage.alerts.seen import Kind, Seen
from triage.alerts.states import AcknowledgedHow, Feedback
from triage.intake.models import Report


def board() -> Board:
    with db.transaction() as session:
        return rooms.board(session)


def only(state: State) -> Row:
    (row,) = [row for row in board().rows if row.state is state]
    return row


def states() -> list[State]:
    return [row.state for row in board().rows]


@contextmanager
def statements() -> Iterator[list[str]]:
    said: list[str] = []

    def note(*event: object) -> None:
        said.append(str(event[2]))

    sa.event.listen(db.engine(), "before_cursor_execute", note)
    yield said
    sa.event.remove(db.engine(), "before_cursor_execute", note)


def press(officer: desk.Desk, row: Row) -> None:
    answer = officer.does("/board/seen", kind=row.kind, ref=str(row.ref), mark=row.mark)
    assert answer.status_code == 303


def test_nothing_is_waited_for(officer: desk.Desk) -> None:
    desk.call()
    assert board() == Board([], [], Counter())
    assert "没有需要盯着的警情" in officer.sees("/board")


def test_every_kind_of_waiting_has_a_row_and_exercises_are_apart(
    app: Flask, officer: desk.Desk
) -> None:
    alarms.office()
    alarms.busy()
    twice = (State.raised, State.expected)
    assert Counter(states()) == Counter([*set(State) - {State.unheard}, *twice])
    assert [row.state for row in board().exercises] == [State.raised]
    assert sum(board().counts.values()) == len(board().rows)
    page = officer.sees("/board")
    for word in ("催问无反馈", "需要其他部门", "新情况未能告知", "无人签收", "无人领取", "演练"):
        assert word in page, word


def test_the_longest_overdue_stands_first_then_what_is_due_next(
    app: Flask, clock: ModuleType
) -> None:
    alarms.busy()
    now = clock.now()
    late = [row.late_since or row.due_at for row in board().rows]
    overdue = [at for at in late if at and at < now]
    coming = [at for at in late if at and at >= now]
    assert len(overdue) >= 4
    assert len(coming) >= 3
    assert late == sorted(overdue) + sorted(coming)


def test_what_nobody_has_to_act_on_makes_no_sound(app: Flask) -> None:
    alarms.raised()
    alarms.acknowledged()
    alarms.corrected(alarms.acknowledged())
    alarms.exercise()
    found = board()
    assert len(found.rows) == 4
    assert not any(row.loud for row in [*found.rows, *found.exercises])


def test_an_exercise_that_nobody_answers_makes_no_sound_either(app: Flask) -> None:
    drill = alarms.exercise()
    with db.transaction() as session:
        alert = session.get_one(Alert, drill)
        while alert.status == "raised":
            steps.advance(session, alert)
    (row,) = board().exercises
    assert (row.state, bool(row.mark), row.loud) == (State.unanswered, True, False)
    assert board().rows == []


def test_each_trouble_sounds_until_somebody_has_seen_it(officer: desk.Desk) -> None:
    alarms.busy()
    loud = [row for row in board().rows if row.loud]
    assert len(loud) == 5
    for row in loud:
        press(officer, row)
    assert not any(row.loud for row in board().rows)
    assert {row.seen_by for row in board().rows if row.mark} == {"林晓岚"}
    page = officer.sees("/board/rows")
    assert "data-loud" not in page
    assert "林晓岚" in page
    marks = {
        entry.details["mark"] for about in ("report", "alert", "notice")
        for entry in desk.written("seen", about)
    }  # fmt: skip
    assert marks == {row.mark for row in loud}


def test_a_row_that_was_seen_sounds_again_after_a_while(
    officer: desk.Desk, clock: ModuleType
) -> None:
    alarms.unanswered()
    press(officer, only(State.unanswered))
    clock.shift(seen.QUIET_FOR - dt.timedelta(seconds=5))
    assert not only(State.unanswered).loud
    clock.shift(dt.timedelta(seconds=6))
    assert only(State.unanswered).loud


def test_new_trouble_on_a_row_that_was_seen_sounds_at_once(
    officer: desk.Desk, clock: ModuleType
) -> None:
    desk.call(emergency=True)
    first = only(State.unclaimed)
    assert first.loud
    press(officer, first)
    assert not only(State.unclaimed).loud
    clock.shift(dt.timedelta(seconds=61))
    paging.sweep()
    second = only(State.unclaimed)
    assert second.page_step == first.page_step + 1
    assert second.loud


def test_an_old_page_does_not_silence_what_is_new(officer: desk.Desk) -> None:
    alert = alarms.acknowledged()
    alarms.said(alert, Feedback.needs_others)
    old = only(State.needs_others)
    alarms.silent(alert)
    press(officer, old)
    assert only(State.silent).loud


def test_the_alarm_that_repeats_is_nothing_new(officer: desk.Desk) -> None:
    alert = alarms.unanswered()
    press(officer, only(State.unanswered))
    with db.transaction() as session:
        steps.advance(session, session.get_one(Alert, alert))
    assert not only(State.unanswered).loud


def test_an_acknowledgement_takes_the_alert_to_those_of_whom_feedback_is_expected(
    officer: desk.Desk,
) -> None:
    alert = alarms.unanswered()
    officer.does(f"/alerts/{alert}/acknowledge", who="张立")
    row = only(State.expected)
    assert (row.kind, row.ref, row.late_since) == (Kind.feedback, alert, None)
    assert row.due_at is not None
    alarms.said(alert, Feedback.safe)
    assert only(State.expected).feedback is Feedback.safe


def test_an_office_is_waited_for_until_it_acknowledges(app: Flask) -> None:
    alarms.office()
    alert = alarms.acknowledged()
    alarms.resolved(alert)
    (row,) = board().rows
    assert (row.whom, row.office, row.state) == ("长桥街道办事处", True, State.raised)
    how, who = AcknowledgedHow.telephone, desk.actor("zhiban")
    with db.transaction() as session:
        service.acknowledge(session, row.ref, "顾敏", how, who)
    assert board().rows == []


def test_news_on_an_alert_that_is_running_is_no_row_of_its_own(app: Flask) -> None:
    alarms.corrected(alarms.raised())
    assert states() == [State.raised]


def test_an_emergency_that_the_police_have_already_is_quiet(officer: desk.Desk) -> None:
    number = desk.call(emergency=True)
    with db.transaction() as session:
        report = session.scalars(sa.select(Report.id).where(Report.number == number)).one()
        service.raise_alert(session, report, desk.actor("zhiban"))
    assert not only(State.unclaimed).loud


@pytest.mark.parametrize(
    ("auto", "waits", "words"),
    [
        (300, (0,), "呼叫值班员"),
        (300, (61,), "呼叫带班领导"),
        (300, (61, 60), "自动推送公安（未核实）"),
        (300, (61, 60, 180), "已推送公安"),
        (0, (61, 60), "呼叫带班领导"),
    ],
)
def test_an_unclaimed_emergency_says_what_comes_next(
    officer: desk.Desk,
    clock: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    auto: int,
    waits: tuple[int, ...],
    words: str,
) -> None:
    settings = config.current().model_copy(update={"auto_forward_seconds": auto})
    monkeypatch.setattr(config, "_current", settings)
    number = desk.call(emergency=True)
    for seconds in waits:
        clock.shift(dt.timedelta(seconds=seconds))
        paging.sweep()
    row = re.search(rf'<tr id="report-{number}".*?</tr>', officer.sees("/queue/rows"), re.DOTALL)
    assert row
    assert words in row[0]
    assert words in officer.sees("/board")
    counts_down = "q-page" in row[0] and "data-due" in row[0].split("q-page")[1]
    assert counts_down == (not words.startswith("已"))
    # Not by the mark of a step alone: it is heard of each time.
    assert only(State.unclaimed).loud


def test_a_claimed_or_calm_report_says_nothing_of_paging(officer: desk.Desk) -> None:
    number = desk.call(emergency=True)
    desk.call()
    officer.does(f"/reports/{number}/claim")
    assert "q-page" not in officer.sees("/queue/rows")
    assert board().rows == []


def test_the_board_asks_no_more_however_much_there_is(app: Flask) -> None:
    alarms.busy()
    with statements() as few:
        shown = len(board().rows)
    _copies(200)
    with statements() as many:
        assert len(board().rows) >= shown + 200
    assert len(many) == len(few) <= 5


def _copies(count: int) -> None:
    """Alerts as the one that is running, each at an agency of its own: the row is copied, for speed."""
    with db.transaction() as session:
        table = Alert.__table__
        columns = [column.name for column in table.columns if column.name != "id"]
        source = session.execute(
            sa.select(table).where(table.c.status == "raised", sa.not_(table.c.exercise)).limit(1)
        ).mappings()
        row = {name: value for name, value in source.one().items() if name in columns}
        row |= {"status": "acknowledged", "next_step_at": None, "acknowledged_by": "张立"}
        row |= {"acknowledged_at": row["raised_at"], "feedback_due_at": row["raised_at"]}
        session.execute(sa.insert(Alert), [row] * count)


def test_a_page_of_two_hundred_is_made_in_time(officer: desk.Desk) -> None:
    alarms.raised()
    _copies(200)
    page = officer.sees("/board/rows")
    assert page.count("board-row") == 201


def test_the_wall_shows_nothing_about_anybody(app: Flask) -> None:
    alarms.office()
    alarms.screen()
    alarms.busy()
    wall = desk.Desk(app, "daping")
    page = wall.sees("/wallboard")
    assert "无人签收" in page
    for secret in ("+86", "王建国", "赵海", "李卫东", "家庭暴力", "杏花里", "林晓岚"):
        assert secret not in page, secret
    assert "演练进行中：1 条" in page


def test_a_screen_sees_the_wall_and_nothing_else(app: Flask) -> None:
    alarms.screen()
    wall = desk.Desk(app, "daping")
    assert wall.client.get("/").location == "/wallboard"
    for path in ("/board", "/alerts", "/board/rows", "/figures", "/live"):
        wall.sees(path, status=403)
    assert wall.does("/board/seen", kind="alert", ref="1", mark="x").status_code == 403


def test_a_screen_stays_signed_in_and_an_officer_at_the_wall_does_not(
    app: Flask, clock: ModuleType
) -> None:
    alarms.screen()
    wall, officer = desk.Desk(app, "daping"), desk.Desk(app, "zhiban")
    asked = {"X-Background": "1"}
    idle = dt.timedelta(seconds=app.config["SESSION_IDLE_SECONDS"])
    for _ in range(3):
        clock.shift(idle / 2)
        assert wall.client.get("/wallboard/rows", headers=asked).status_code == 200
        last = officer.client.get("/wallboard/rows", headers=asked)
    assert last.status_code == 303
    clock.shift(accounts.LONGEST_SIGN_IN)
    assert wall.client.get("/wallboard/rows", headers=asked).status_code == 200
    clock.shift(accounts.LONGEST_OF_SCREEN)
    assert wall.client.get("/wallboard/rows", headers=asked).status_code == 303


def test_a_locked_console_is_told_whether_it_sounds_and_nothing_else(
    officer: desk.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config.current().model_copy(update={"lock_minutes": 15})
    monkeypatch.setattr(config, "_current", settings)
    officer.does("/lock")
    assert officer.sees("/board/loud", status=204) == ""
    alert = alarms.unanswered()
    assert officer.sees("/board/loud") == ""
    assert "无人签收" in officer.sees("/wallboard/rows")
    officer.sees("/board/rows", status=423)
    with db.transaction() as session:
        seen.see(session, Kind.alert, alert, only(State.unanswered).mark, desk.actor("zhiban2"))
    officer.sees("/board/loud", status=204)


def test_an_auditor_sees_the_board_and_presses_nothing(app: Flask) -> None:
    alarms.unanswered()
    auditor = desk.Desk(app, "shenji")
    page = auditor.sees("/board")
    assert "无人签收" in page
    assert "已看到" not in page
    assert "登记确认" not in page
    row = only(State.unanswered)
    fields = {"kind": row.kind, "ref": str(row.ref), "mark": row.mark}
    assert auditor.does("/board/seen", **fields).status_code == 403


def test_what_is_no_row_is_not_seen(officer: desk.Desk) -> None:
    whole = {"kind": "alert", "ref": "3001", "mark": "unanswered"}
    for wrong in ({"kind": "cat"}, {"ref": "x"}, {"ref": ""}, {"mark": ""}, {"mark": "x" * 101}):
        assert officer.does("/board/seen", **whole | wrong).status_code == 400, wrong
    with db.transaction() as session:
        assert session.scalars(sa.select(Seen)).all() == []


def test_htmx_gets_the_rows_back(officer: desk.Desk) -> None:
    alarms.unanswered()
    row = only(State.unanswered)
    answer = officer.asks("/board/seen", kind=row.kind, ref=str(row.ref), mark=row.mark)
    page = answer.get_data(as_text=True)
    assert "<html" not in page
    assert "data-loud" not in page
    assert only(State.unanswered).seen_by == "林晓岚"
