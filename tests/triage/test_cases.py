"""Cases: opened, linked, written to, moved, closed; and each second click harmless."""

import pytest
import sqlalchemy as sa

from hotline import db
from hotline.states import IllegalTransition
from tests.triage.people import at_once, claimed, do, officer, report, row
from triage.cases import notes as case_notes
from triage.cases import service as cases
from triage.cases.models import Case, CaseNote, NoteKind
from triage.cases.states import CaseEvent, CaseStatus
from triage.intake.models import Disposition
from triage.intake.states import ReportStatus
from triage.queue import judging
from triage.queue import service as queue


def opened(sid: str = "CA1") -> tuple[int, int]:
    number = claimed(sid, child_name="李小雨", child_age=8)
    return number, do(cases.open_case, number, officer()).id


def notes() -> list[NoteKind]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(CaseNote.kind).order_by(CaseNote.id)))


def test_a_case_takes_what_the_report_says(district):
    number, case_id = opened()
    with db.transaction() as session:
        case = session.get_one(Case, case_id)
    assert (case.child_name, case.child_age, case.status) == ("李小雨", 8, CaseStatus.open)
    one = row(number)
    assert (one.case_id, one.status, one.disposition) == (
        case_id,
        ReportStatus.triaged,
        Disposition.case_opened,
    )
    assert one.claimed_by is None
    assert notes() == [NoteKind.opened]


def test_a_second_click_opens_no_second_case(district):
    number = claimed(child_name="李小雨")
    outcomes = at_once(*[lambda: do(cases.open_case, number, officer()).id] * 4)
    assert len(set(outcomes)) == 1
    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Case)) == 1


def test_no_case_before_the_report_is_judged(district):
    with pytest.raises(cases.NotClassified) as fault:
        do(cases.open_case, claimed(), officer())
    assert fault.value.missing == ["urgency", "situation"]


def test_no_case_of_somebody_elses_report(district):
    number = claimed(child_name="李小雨")
    with pytest.raises(queue.NotYours):
        do(cases.open_case, number, officer("zhiban2"))


def test_a_second_report_is_linked_and_can_be_taken_off_again(district):
    _, case_id = opened()
    second = claimed("CA2")
    do(cases.link, second, case_id, officer())
    assert row(second).disposition is Disposition.case_linked
    do(cases.unlink, second, officer(), "另一个孩子")
    one = row(second)
    assert (one.case_id, one.status) == (None, ReportStatus.waiting)
    do(cases.unlink, second, officer(), "另一个孩子")
    assert notes() == [NoteKind.opened, NoteKind.linked, NoteKind.unlinked]


def test_linking_what_is_not_claimed_is_refused(district):
    _, case_id = opened()
    with pytest.raises(queue.NotYours):
        do(cases.link, report("CA2"), case_id, officer())


def test_the_way_of_a_case(district):
    _, case_id = opened()
    for event in (CaseEvent.assess, CaseEvent.help, CaseEvent.monitor):
        do(cases.move, case_id, officer(), event)
    case = do(cases.close, case_id, officer("daiban"), "评估：风险已消除")
    assert (case.status, case.closed_at is not None) == (CaseStatus.closed, True)
    with pytest.raises(IllegalTransition):
        do(cases.close, case_id, officer("daiban"), "again")
    case = do(cases.reopen, case_id, officer("daiban"), "新的报告")
    assert (case.status, case.closed_at) == (CaseStatus.open, None)
    with pytest.raises(IllegalTransition):
        do(cases.move, case_id, officer(), CaseEvent.monitor)


def test_notes_are_sealed_and_only_added(district):
    _, case_id = opened()
    do(case_notes.note, case_id, officer(), "家访：李小雨在外婆家")
    with db.transaction() as session:
        raw = (
            session.execute(sa.text("SELECT body FROM case_notes ORDER BY id DESC")).scalars().all()
        )
    assert "李小雨".encode() not in bytes(raw[0])
    assert notes() == [NoteKind.opened, NoteKind.note]


def test_a_report_whose_case_is_known_stays_linked_when_reopened(district):
    number, case_id = opened()
    do(judging.reopen, number, officer("daiban"), "补充")
    assert row(number).case_id == case_id
    do(queue.claim, number, officer())
    with pytest.raises(queue.NotYours):
        do(cases.open_case, number, officer())
    assert do(cases.link, number, case_id, officer()).id == case_id
    assert row(number).status is ReportStatus.triaged
