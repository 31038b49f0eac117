"""What is typed and not saved: kept for whoever typed it, refused to a tab that is behind, thrown away."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import clock, db, identity
from tests.triage import desk
from tests.triage.people import claimed, do, judgement, officer
from tests.triage.test_report_form import NUMBER
from triage.intake.models import Disposition, Draft, Report
from triage.queue import drafts, handovers, judging
from triage.queue import service as queue

PART = {"summary": "邻居听到哭声"}
A_MINUTE = dt.timedelta(minutes=1)


def of(who: str, number: int) -> dict[str, str] | None:
    """The draft of somebody."""
    kept = do(drafts.of, number, officer(who).account_id)
    return kept and kept[0]


def test_a_draft_survives_until_it_is_saved(district):
    number, who = claimed(), officer()
    do(drafts.keep, number, who.account_id, {"summary": "邻居"})
    do(drafts.keep, number, who.account_id, {"summary": "邻居听到哭声"})
    kept = do(drafts.of, number, who.account_id)
    assert kept
    assert kept[0] == {"summary": "邻居听到哭声"}
    assert do(drafts.of, number, officer("zhiban2").account_id) is None
    do(judging.classify, number, who, judgement())
    assert do(drafts.of, number, who.account_id) is None


def test_a_draft_is_sealed(district):
    number, who = claimed(), officer()
    do(drafts.keep, number, who.account_id, {"child_name": "李小雨"})
    with db.transaction() as session:
        raw = session.execute(sa.text("SELECT body FROM drafts")).scalar_one()
    assert "李小雨".encode() not in bytes(raw)


def test_what_nobody_comes_back_to_is_thrown_away_and_what_is_worked_on_is_not(district):
    mine, left, taken, closed, fresh = (claimed(f"CA{index}") for index in range(5))
    me = officer()
    for number in (mine, left, taken, closed):
        do(drafts.keep, number, me.account_id, PART)
    assert drafts.sweep() == 0
    clock.shift(drafts.KEPT)
    do(drafts.keep, fresh, me.account_id, PART)
    for number in (left, taken, closed, fresh):
        do(queue.release, number, me)
    do(queue.claim, taken, officer("zhiban2"))
    do(queue.claim, closed, officer("zhiban2"))
    do(judging.dispose, closed, officer("zhiban2"), Disposition.nuisance)
    assert drafts.sweep() == 3
    with db.transaction() as session:
        assert set(session.scalars(sa.select(Draft.report_id))) == {mine, fresh}


def test_a_colleague_never_reads_an_identity_number_in_what_was_typed(district):
    whole, half, known, other = claimed("CA1"), claimed("CA2"), claimed("CA3"), claimed("CA4")
    do(judging.classify, known, officer(), judgement(child_id_number=NUMBER))
    typed = {
        whole: NUMBER,
        half: NUMBER[:12],
        known: NUMBER[:17] + "?",
        other: identity.mask(NUMBER),
    }
    for number, words in typed.items():
        do(drafts.keep, number, officer().account_id, {**PART, "child_id_number": words})
        offer = do(handovers.offer, number, officer(), officer("zhiban2").account_id, "请接手")
        do(handovers.accept, offer.id, officer("zhiban2"))
    masked = identity.mask(NUMBER)
    brought = {number: of("zhiban2", number) for number in typed}
    assert brought == {
        whole: {**PART, "child_id_number": masked},
        half: {**PART, "child_id_number": ""},
        known: {**PART, "child_id_number": masked},
        other: {**PART, "child_id_number": masked},
    }
    with db.transaction() as session:
        kept = {number: session.get_one(Report, number).child_id_number for number in typed}
    assert kept == {whole: NUMBER, half: None, known: NUMBER, other: None}


@pytest.fixture
def number(officer: desk.Desk) -> str:
    """A report that the officer works on."""
    number = desk.call()
    officer.does(f"/reports/{number}/claim")
    return number


def test_of_two_tabs_the_one_that_is_behind_is_told_and_takes_nothing(
    officer: desk.Desk, number: str
):
    path = f"/reports/{number}/draft"

    def types(tab: str, words: str, seen: str = "") -> int:
        clock.shift(A_MINUTE)
        tab_of = {"draft_tab": tab, "draft_seen": seen}
        return officer.does(path, summary=words, **tab_of).status_code

    assert [types("first", "第一"), types("first", "第一页"), types("second", "第二页")] == [
        204,
        204,
        409,
    ]
    assert of("zhiban", desk.report(number).id) == {"summary": "第一页", "reporter_hidden": ""}
    newer = officer.does(path, draft_tab="second", summary="第二页").get_json()["at"]
    assert [types("second", "第二页", newer), types("first", "第一页又写")] == [204, 409]
    page = officer.sees(f"/reports/{number}")
    assert "第二页" in page
    seen = re.findall(r'name="draft_seen" value="([^"]+)"', page)
    assert types("third", "看过了再写", seen[0]) == 204, (
        "a tab that shows the draft goes on with it"
    )


def test_what_was_typed_into_a_report_that_is_a_colleagues_by_now_is_not_lost(
    app: Flask, officer: desk.Desk
):
    colleague = desk.Desk(app, "zhiban2")
    for act in ("classify", "dispose", "case", "link"):
        number = desk.call()
        officer.does(f"/reports/{number}/claim")
        officer.does(f"/reports/{number}/release")
        colleague.does(f"/reports/{number}/claim")
        colleague.does(f"/reports/{number}/case", **desk.JUDGED)
        sent = {
            **desk.JUDGED,
            "summary": f"刚刚写完 {act}",
            "disposition": "nuisance",
            "reason": "骚扰",
        }
        officer.does(f"/reports/{number}/{act}", **sent, case=str(desk.report(number).case_id))
        assert officer.is_told("这份诉求已不在您名下"), act
        kept = of("zhiban", desk.report(number).id) or {}
        assert kept.get("summary") == f"刚刚写完 {act}"


def test_what_was_typed_and_could_not_be_saved_outlives_a_nuisance(officer: desk.Desk, number: str):
    path, closed = f"/reports/{number}/dispose", {"disposition": "nuisance", "reason": "骂人"}
    officer.does(path, **closed, summary="第三次打来，声称认识孩子")
    assert officer.is_told("作为草稿保留 3 天")
    kept = of("zhiban", desk.report(number).id)
    assert kept
    assert kept["summary"] == "第三次打来，声称认识孩子"
    empty = desk.call()
    officer.does(f"/reports/{empty}/claim")
    officer.does(f"/reports/{empty}/dispose", **closed)
    assert of("zhiban", desk.report(empty).id) is None
