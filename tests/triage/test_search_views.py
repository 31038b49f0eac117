"""The search page: who may ask, what is written down of it, and what it shows."""

import pytest

from hotline import db
from tests.triage import desk
from tests.triage.desk import Desk
from tests.triage.test_search import CHILD, hotline
from triage.finding import index
from triage.search.models import Question


@pytest.fixture
def number(officer) -> str:
    """A judged report that is in the index."""
    number = desk.call()
    officer.does(f"/reports/{number}/claim")
    fields = {name: value for name, value in CHILD.items() if name != "child_id_number"}
    officer.does(f"/reports/{number}/classify", **(desk.JUDGED | fields))
    index.sweep()
    return number


def answer(person: Desk, asked: str) -> str:
    found = person.asks("/search", asked=asked)
    assert found.status_code == 200
    return found.get_data(as_text=True)


def test_an_empty_box_says_what_can_be_found(officer):
    assert "可以这样找" in officer.sees("/search")
    assert "再多输入一点" in answer(officer, "雨")
    assert "没有找到" in answer(officer, "王大伟")


def test_a_name_finds_the_report_and_marks_where(officer, number):
    found = answer(officer, "小雨")
    assert f'href="/reports/{number}"' in found
    assert "<mark>小雨</mark>" in found
    assert "<html" not in found


def test_without_scripts_it_is_a_page(officer, number):
    page = officer.does("/search", asked="xiaoyu").get_data(as_text=True)
    assert "<html" in page
    assert 'value="xiaoyu"' in page
    assert f'href="/reports/{number}"' in page


def test_who_asked_what_is_written_down_and_the_words_stay_sealed(officer, number):
    answer(officer, "李小雨")
    [entry] = desk.written("search", "search")
    assert entry.actor == "zhiban"
    assert entry.details["reports"] == [desk.report(number).id]
    assert "小雨" not in str(entry.details) + entry.reason
    with db.transaction() as session:
        [question] = session.query(Question)
        assert (question.id, question.asked) == (entry.subject_id, "李小雨")
        [raw] = session.connection().exec_driver_sql("SELECT asked FROM search_questions").one()
    assert "小雨".encode() not in bytes(raw)
    assert hotline("search", "asked", "--officer", "zhiban").endswith("Z\t李小雨\n")
    assert hotline("search", "asked", "--officer", "daiban") == ""
    assert [one.details["officer"] for one in desk.written("read", "searches")] == [
        "zhiban",
        "daiban",
    ]


def test_an_auditor_finds_alerts_and_nothing_of_any_child(app, officer, number):
    officer.does(f"/reports/{number}/forward")
    auditor = Desk(app, "shenji")
    assert "没有找到" in answer(auditor, "小雨")
    assert number not in answer(auditor, number)


def test_whoever_may_not_search_does_not(app):
    assert Desk(app, "guanli").asks("/search", asked="小雨").status_code == 403
    assert 'href="/search"' not in Desk(app, "guanli").sees("/officers")


def test_look_alikes_are_explained_and_written_down(officer, number):
    other = desk.call()
    officer.does(f"/reports/{other}/claim")
    officer.does(f"/reports/{other}/classify", **(desk.JUDGED | {"child_sex": "male"}))
    card = officer.sees(f"/reports/{other}/alike")
    assert number in card
    assert "同一来电号码" in card
    assert "性别不同" in card
    assert "不像" in card
    [entry] = desk.written("read", "lookalikes")
    assert entry.details["reports"] == [desk.report(number).id]
