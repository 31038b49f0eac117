"""The page of exercises: two clicks to a drill, the tests of contacts, and who may do what."""

import csv
import io
import re

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import clock, db
from tests.triage import desk
from tests.triage.people import do, place, seconds
from triage.alerts.models import Alert
from triage.exercises import contact_tests
from triage.exercises.models import ContactTest
from triage.places.models import Agency, Contact, Place

CHANNELS = {"takes_sms": True, "takes_calls": True}
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@pytest.fixture
def supervisor(app: Flask) -> desk.Desk:
    return desk.Desk(app, "daiban")


def filled_in(**more: str) -> dict[str, str]:
    with db.transaction() as session:
        number = session.scalars(sa.select(Agency.id).where(Agency.name == "长桥派出所")).one()
    usual = {"agency": str(number), "situation": "missing", "place": "杏花社区", "note": ""}
    return usual | more


def previewed(supervisor: desk.Desk, **more: str) -> dict[str, str]:
    """The first click: what the page would send with the second."""
    answer = supervisor.does("/exercises/preview", **filled_in(**more))
    assert answer.status_code == 200
    fields = dict(HIDDEN.findall(answer.get_data(as_text=True)))
    fields.pop("csrf_token", None)
    return fields


def all_alerts() -> list[Alert]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(Alert)))


def all_tests() -> list[ContactTest]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(ContactTest).order_by(ContactTest.id)))


def test_two_clicks_and_the_text_that_was_shown(supervisor: desk.Desk) -> None:
    fields = previewed(supervisor, note="带走核对")
    assert "演练" in fields["text_seen"]
    assert all_alerts() == []
    seconds(70)
    answer = supervisor.does("/exercises", **fields)
    [alert] = all_alerts()
    assert answer.location == f"/alerts/{alert.id}"
    assert alert.text == fields["text_seen"]
    assert alert.exercise
    page = supervisor.sees("/exercises")
    assert alert.code in page
    supervisor.does(f"/exercises/{alert.id}/end")
    assert f"drill-{alert.id}" not in supervisor.sees("/exercises")
    assert "长桥派出所" in supervisor.sees("/exercises"), "the figures"


def test_a_place_renamed_meanwhile_is_shown_again(supervisor: desk.Desk) -> None:
    fields = previewed(supervisor)
    with db.transaction() as session:
        session.execute(sa.update(Place).where(Place.code == "990101001").values(name="杏花新区"))
    answer = supervisor.does("/exercises", **fields | {"place": "杏花新区"})
    assert answer.status_code == 409
    assert "杏花新区" in answer.get_data(as_text=True)
    assert all_alerts() == []


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"agency": "999999"}, "invalid-feedback"),
        ({"situation": ""}, "请选择情形"),
        ({"place": "火星"}, "没有找到唯一的地点"),
        ({"place": ""}, "请填写假定地点"),
        ({"note": "长" * 25}, "最多 24 个字"),
        ({"code": "12x"}, "页面不完整"),
        ({"at": "soon"}, "页面不完整"),
        ({"at": "2026-03-01T10:00:00"}, "页面不完整"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    supervisor: desk.Desk, bad: dict[str, str], told: str
) -> None:
    for path in ("/exercises/preview", "/exercises"):
        answer = supervisor.does(path, **previewed(supervisor) | bad)
        assert answer.status_code == 422
        assert told in answer.get_data(as_text=True)
    assert all_alerts() == []


def test_one_click_alone_sends_nothing(supervisor: desk.Desk) -> None:
    assert supervisor.does("/exercises", **filled_in()).status_code == 422
    assert all_alerts() == []


@pytest.mark.parametrize("path", ["", "/preview", "/contact-tests", "/1/end"])
def test_only_supervisors_begin_or_end(app: Flask, path: str) -> None:
    for who in ("zhiban", "shenji", "guanli"):
        assert desk.Desk(app, who).does(f"/exercises{path}").status_code == 403


@pytest.mark.parametrize(
    ("who", "status"), [("zhiban", 200), ("daiban", 200), ("shenji", 200), ("guanli", 403)]
)
def test_who_may_look(app: Flask, who: str, status: int) -> None:
    page = desk.Desk(app, who).sees("/exercises", status)
    assert ("立即测试联系人" in page) == (who == "daiban")


def test_a_real_alert_is_no_drill_to_be_ended(supervisor: desk.Desk) -> None:
    assert supervisor.does("/exercises/3001/end").status_code == 404


def test_every_contact_is_tested_at_once_and_not_twice(app: Flask, supervisor: desk.Desk) -> None:
    answer = supervisor.does("/exercises/contact-tests")
    assert supervisor.does("/exercises/contact-tests").location == "/exercises"
    assert supervisor.is_told("没有重复开始")
    contact_tests.sweep()
    first, *others = all_tests()
    do(contact_tests.confirm, first.id, desk.actor("zhiban"))
    report = supervisor.sees(answer.location)
    assert f"正在进行，还有 {len(others)} 个" in report
    assert "已应答 1" in report
    assert "+8610000" not in report, "numbers are masked"
    rows = supervisor.sees(f"{answer.location}/rows")
    assert rows.count("<tr id=") == len(others) + 1


def test_who_calls_back_is_noted_by_an_officer(app: Flask, supervisor: desk.Desk) -> None:
    address = supervisor.does("/exercises/contact-tests").location
    test = all_tests()[0]
    with db.transaction() as session:
        session.execute(
            sa.update(ContactTest)
            .where(ContactTest.id == test.id)
            .values(status="silent", due_at=None)
        )
    officer = desk.Desk(app, "zhiban")
    assert f"{address}/{test.id}/confirm" in officer.sees(address)
    assert officer.does(f"{address}/{test.id}/confirm").status_code == 303
    assert officer.does(f"{address}/999999/confirm").status_code == 404
    assert desk.Desk(app, "shenji").does(f"{address}/{test.id}/confirm").status_code == 403
    assert all_tests()[0].status == "answered"
    assert desk.written("confirm", "contact_test")


def test_the_report_as_a_table(app: Flask, supervisor: desk.Desk) -> None:
    address = supervisor.does("/exercises/contact-tests").location
    contact_tests.sweep()
    do(contact_tests.confirm, all_tests()[0].id, desk.actor("zhiban"))
    answer = supervisor.client.get(f"{address}.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf"), "so that spreadsheets know it is UTF-8"
    head, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert len(rows) == len(all_tests())
    assert {len(row) for row in rows} == {len(head)}
    assert [row[3] for row in rows].count("已应答") == 1
    assert "+8610000000301" not in answer.get_data(as_text=True)
    assert desk.written("export", "contact_test_run")
    assert supervisor.client.get("/exercises/contact-tests/99.csv").status_code == 404


def test_a_long_list_takes_no_more_statements(supervisor: desk.Desk) -> None:
    address = supervisor.does("/exercises/contact-tests").location
    few = statements(supervisor, address), statements(supervisor, "/exercises")
    with db.transaction() as session:
        run = session.scalars(sa.select(ContactTest.run_id)).first()
        for number in range(20):
            agency = Agency(kind="police", name=f"第{number}所", place_id=place("990102"))
            session.add(agency)
            session.flush()
            one = Contact(agency_id=agency.id, position=1, name="值班", number="1", **CHANNELS)
            session.add(one)
            session.flush()
            waiting = {"status": "waiting", "due_at": clock.now()}
            session.add(ContactTest(run_id=run, contact_id=one.id, **waiting))
    assert (statements(supervisor, address), statements(supervisor, "/exercises")) == few


def statements(who: desk.Desk, path: str) -> int:
    """How many the database is asked for a page."""
    asked: list[str] = []

    def count(conn: object, cursor: object, statement: str, *rest: object) -> None:
        asked.append(statement)

    sa.event.listen(db.engine(), "before_cursor_execute", count)
    who.sees(path)
    sa.event.remove(db.engine(), "before_cursor_execute", count)
    return len(asked)
