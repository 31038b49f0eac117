"""What the pages of alerts and contacts must not believe: forged forms, colleagues who were faster, years
that do not exist, names that are formulas."""

import csv
import io
import re

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import db
from tests.triage import alarms, desk
from triage.alerts import board, steps
from triage.alerts.models import Alert, AlertLog, Notice
from triage.alerts.seen import Seen
from triage.exercises import contact_tests
from triage.places.models import Absence, Agency, AgencyKind, Contact, Shift


@pytest.fixture
def supervisor(app: Flask) -> desk.Desk:
    return desk.Desk(app, "daiban")


def alert(number: int) -> Alert:
    with db.transaction() as session:
        return session.get_one(Alert, number)


def count(model: type) -> int:
    with db.transaction() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def contact() -> int:
    with db.transaction() as session:
        return session.scalars(sa.select(Contact.id).order_by(Contact.id)).all()[0]


@pytest.mark.parametrize("mark", ["unanswered", "anything"])
def test_nobody_silences_a_row_before_it_sounds(officer: desk.Desk, mark: str) -> None:
    running = alarms.raised()
    answer = officer.does("/board/seen", kind="alert", ref=str(running), mark=mark)
    assert (answer.status_code, count(Seen)) == (303, 0)
    with db.transaction() as session:
        one = session.get_one(Alert, running, with_for_update=True)
        while one.status == "raised":
            steps.advance(session, one)
    with db.transaction() as session:
        assert [row.loud for row in board.board(session).rows] == [True]


def test_an_outcome_that_comes_second_is_not_lost_and_not_said_to_be_written_down(
    officer: desk.Desk, supervisor: desk.Desk
) -> None:
    done = alarms.acknowledged()
    path = f"/alerts/{done}/resolve"
    first, second = "孩子平安在家。", "孩子在医院，<b>母亲</b>陪同。"
    assert officer.does(path, finding="missing", outcome=first).status_code == 303
    assert officer.does(path, finding="missing", outcome=first).status_code == 303
    answer = supervisor.does(path, finding="missing", outcome=second)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "您填写的没有保存" in page
    assert "孩子在医院，&lt;b&gt;母亲" in page
    assert alert(done).outcome == first


def test_an_outcome_for_what_was_called_off_is_shown_again(supervisor: desk.Desk) -> None:
    gone = alarms.acknowledged()
    shown = re.search(
        r'name="text_seen" value="([^"]+)"',
        supervisor.does(f"/alerts/{gone}/words", kind="cancel", note="误报").get_data(as_text=True),
    )
    assert shown
    supervisor.does(f"/alerts/{gone}/cancel", note="误报", text_seen=shown[1])
    answer = supervisor.does(f"/alerts/{gone}/resolve", finding="missing", outcome="已找到")
    assert (answer.status_code, alert(gone).outcome) == (409, "误报")
    assert "已找到" in answer.get_data(as_text=True)


def test_a_correction_of_what_has_ended_says_so(officer: desk.Desk) -> None:
    done = alarms.acknowledged()
    alarms.resolved(done)
    answer = officer.does(f"/alerts/{done}/correct", note="门牌是5号楼")
    assert answer.status_code == 303
    assert officer.is_told("状态刚刚变了")


def test_whoever_heard_of_the_news_first_is_named(officer: desk.Desk) -> None:
    told = alarms.acknowledged()
    notice = alarms.corrected(told)
    for who, words in (("王建国", "已登记：王建国"), ("李卫东", "王建国 已先听取")):
        officer.does(f"/alerts/{told}/news/{notice}/heard", who=who)
        assert officer.is_told(words)
    with db.transaction() as session:
        assert session.get_one(Notice, notice).heard_by == "王建国"


def test_the_words_of_an_alert_are_not_read_unseen(officer: desk.Desk) -> None:
    running = alarms.raised(address="杏花里3号楼")
    answer = officer.does(f"/alerts/{running}/words", kind="correction", note="门牌是5号楼")
    assert "杏花里3号楼" in answer.get_data(as_text=True)
    assert [entry.subject_id for entry in desk.written("read", "alert")] == [running]


def test_lists_do_not_say_what_people_wrote(officer: desk.Desk) -> None:
    running = alarms.raised()
    with db.transaction() as session:
        lines = sa.update(AlertLog).where(AlertLog.alert_id == running)
        session.execute(lines.values(note="孩子在厨房"))
    assert "孩子在厨房" in officer.sees(f"/alerts/{running}")
    assert "孩子在厨房" not in officer.sees("/alerts")
    assert str(running) in officer.sees("/alerts")


@pytest.mark.parametrize(("first", "last"), [("9999-12-30", "9999-12-31"), ("0001-01-01",) * 2])
def test_an_absence_in_a_mistyped_year(supervisor: desk.Desk, first: str, last: str) -> None:
    answer = supervisor.does(f"/agencies/contacts/{contact()}/absences", first=first, last=last)
    assert answer.status_code == 422
    assert "日期太远" in answer.get_data(as_text=True)
    assert count(Absence) == 0


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_shift_in_a_mistyped_year(supervisor: desk.Desk, day: str) -> None:
    before = count(Shift)
    person = str(desk.actor("zhiban").account_id)
    answer = supervisor.does("/roster", account=person, day=day, begins="20:00", ends="08:00")
    assert answer.status_code == 422
    assert "日期太远" in answer.get_data(as_text=True)
    assert count(Shift) == before


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-12:00"])
def test_a_drill_at_a_time_that_was_never_shown(supervisor: desk.Desk, at: str) -> None:
    with db.transaction() as session:
        agency = session.get_one(Contact, contact()).agency_id
    drill = {"agency": str(agency), "situation": "missing", "place": "杏花社区", "code": "1234"}
    assert supervisor.does("/exercises", at=at, text_seen="", **drill).status_code == 422
    assert count(Alert) == 0


def test_no_cell_of_the_report_is_a_formula(supervisor: desk.Desk) -> None:
    with db.transaction() as session:
        session.get_one(Contact, contact()).name = "=HYPERLINK(1)"
        run = contact_tests.start(session, desk.actor("daiban"))
    answer = supervisor.client.get(f"/exercises/contact-tests/{run}.csv")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert "'=HYPERLINK(1)" in [row[1] for row in rows]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_no_two_things_on_the_page_of_an_alert_have_one_name(supervisor: desk.Desk) -> None:
    reached = alarms.acknowledged()
    alarms.corrected(reached)
    names = re.findall(r'\bid="([^"]+)"', supervisor.sees(f"/alerts/{reached}"))
    assert "outcome" in names
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("forged", [{"agency": "office", "because": "x"}, {"also": "office"}])
def test_only_a_police_station_is_sent_an_alert_and_the_window_says_why_not(
    officer: desk.Desk, forged: dict[str, str]
) -> None:
    number = desk.call(emergency=True)
    alarms.judged(number)
    with db.transaction() as session:
        wanted = sa.select(Agency.id).where(Agency.kind == AgencyKind.street_office)
        office = session.scalars(wanted).all()[0]
    fields = {name: value.replace("office", str(office)) for name, value in forged.items()}
    answer = officer.does(f"/reports/{number}/alerts", text_seen=alarms.text(number), **fields)
    assert answer.status_code == 422
    assert "已不在名单上" in answer.get_data(as_text=True)
    assert count(Alert) == 0


def test_what_was_filled_in_about_a_contact_is_shown_when_a_colleague_was_faster(
    supervisor: desk.Desk,
) -> None:
    fields = {"name": "教导员 高远", "number": "10000000399", "takes_calls": "y", "seen": "old"}
    hours = {"workdays": "08:00-20:00", "weekends": "00:00-24:00", "substitute": "0"}
    answer = supervisor.does(f"/agencies/contacts/{contact()}", **fields, **hours)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    for typed in ("教导员 高远", "10000000399", "08:00-20:00"):
        assert typed in page


def test_a_name_that_reads_like_a_sign_in_is_not_turned_into_an_officer(
    officer: desk.Desk,
) -> None:
    running = alarms.raised()
    officer.does(f"/alerts/{running}/acknowledge", who="daiban", note="")
    page = officer.sees(f"/alerts/{running}")
    assert "<span>daiban</span>" in page
    assert "<span>林晓岚</span>" in page
    assert "陈若谷" not in page
