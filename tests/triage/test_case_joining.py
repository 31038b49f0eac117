"""Reports split off, cases merged and apart again, facts taken over; and two who do it at once."""

import pytest
import sqlalchemy as sa

from hotline import audit, db
from tests.triage.casework import account, case, kinds, linked, may_see, opened, plan
from tests.triage.people import at_once, claimed, do, officer, row
from triage.casefile import timeline
from triage.cases import facts, merging, notes, people, secrecy, tasks
from triage.cases import service as cases
from triage.cases.models import Case, CaseNote, NoteKind, PersonRole, Safety
from triage.cases.people import Described
from triage.cases.states import CaseEvent
from triage.cases.writing import line
from triage.intake.models import Disposition, Report
from triage.intake.states import ReportStatus, Urgency

AUNT = Described(PersonRole.relative, "李姨", Safety.safe, "姨妈")


def rows_of(case_id: int) -> dict[str, list[int]]:
    """Every row that belongs to a case, table by table."""
    with db.transaction() as session:
        return {
            name: sorted(session.scalars(sa.select(kind.id).where(kind.case_id == case_id)))
            for name, kind in merging.MOVED.items()
        }


def test_a_case_takes_every_fact_and_later_reports_only_fill_gaps(district):
    number = claimed("CA1", child_name="李小雨")
    with db.transaction() as session:
        report = session.get_one(Report, number)
        report.child_school, report.child_id_number, report.child_id_index = "长桥小学", "X1", 77
    case_id = do(cases.open_case, number, officer()).id
    one = case(case_id)
    assert (one.child_school, one.child_id_number, one.child_id_index) == ("长桥小学", "X1", 77)
    linked("CA2", case_id, child_name="李晓雨", child_age=9, address="杏花里")
    one = case(case_id)
    assert (one.child_name, one.child_age, one.address) == ("李小雨", 9, "杏花里")


def test_what_a_report_says_otherwise_is_shown_and_taken_over(district):
    first, case_id = opened()
    second = linked("CA2", case_id, child_name="李晓雨", urgency=Urgency.consult)
    with db.transaction() as session:
        reports = [session.get_one(Report, second)]
        found = facts.differences(session.get_one(Case, case_id), reports, {})
    assert {(one.fact, one.theirs) for one in found} == {
        ("urgency", Urgency.consult),
        ("child_name", "李晓雨"),
    }
    assert do(facts.take_over, case_id, second, "child_name", officer())
    one = case(case_id)
    assert one.child_name == "李晓雨"
    assert kinds(case_id)[-1] is NoteKind.taken_over
    with db.transaction() as session:
        decided = facts.settled(session, case_id)
        reports = [session.get_one(Report, number) for number in (first, second)]
        found = facts.differences(session.get_one(Case, case_id), reports, decided)
    assert [one.fact for one in found] == ["urgency"], "what was decided on is not asked again"
    do(facts.keep_ours, case_id, "urgency", officer())
    with db.transaction() as session:
        decided = facts.settled(session, case_id)
        assert facts.differences(session.get_one(Case, case_id), reports, decided) == []
    assert case(case_id).urgency is Urgency.emergency
    third = claimed("CA3", child_name="王五")
    assert not do(facts.take_over, case_id, third, "child_name", officer())
    with pytest.raises(ValueError, match="opened_by"):
        do(facts.take_over, case_id, second, "opened_by", officer())


def test_a_report_is_split_off_into_a_case_of_its_own(district):
    first, case_id = opened()
    second = linked("CA2", case_id, child_name="王小明")
    new = do(cases.split, second, officer(), "另一个孩子")
    assert new is not None
    assert (row(second).case_id, row(first).case_id) == (new.id, case_id)
    assert (row(second).status, row(second).disposition) == (
        ReportStatus.triaged,
        Disposition.case_opened,
    )
    assert (new.child_name, case(case_id).child_name) == ("王小明", "李小雨")
    assert kinds(case_id)[-1] is NoteKind.split_off
    assert kinds(new.id) == [NoteKind.opened]


def test_a_case_split_off_a_confidential_one_is_confidential_for_the_same_people(district):
    _, case_id = opened()
    second = linked("CA2", case_id, child_name="王小明")
    do(secrecy.make, case_id, officer("daiban"), "保护")
    new = do(cases.split, second, officer(), "另一个孩子")
    assert new is not None
    assert new.confidential
    assert may_see(new.id, officer("daiban").account_id)
    assert not may_see(new.id, officer("zhiban2").account_id)


def test_a_merge_takes_everything_over_and_undoing_it_puts_everything_back(district):
    first, target = opened("CA1", urgency=Urgency.standard)
    second, source = opened("CA2")
    do(people.add, source, officer(), AUNT)
    do(tasks.add, source, officer(), "家访", tasks.today(), account("zhiban2"))
    do(notes.note, source, officer(), "来自乙")
    before = {number: rows_of(number) for number in (target, source)}
    do(merging.merge, source, target, officer(), "同一个孩子")
    assert (row(second).case_id, case(source).merged_into) == (target, target)
    assert case(target).urgency is Urgency.emergency, "the graver of the two"
    assert rows_of(target)["people"] == before[source]["people"]
    # Written since: to the target, whichever number it is written under; but a line about the report
    # that goes back goes with it.
    do(notes.note, source, officer(), "合并之后")
    do(facts.take_over, target, second, "urgency", officer())
    do(merging.undo, source, officer(), "不是同一个孩子")
    after = {number: rows_of(number) for number in (target, source)}
    for table in ("reports", "people", "tasks", "attachments"):
        assert [after[n][table] for n in (target, source)] == [
            before[n][table] for n in (target, source)
        ]
    assert case(source).merged_into is None
    assert set(before[source]["notes"]) < set(after[source]["notes"])
    assert kinds(target)[-3:] == [NoteKind.merged, NoteKind.note, NoteKind.unmerged]
    assert kinds(source)[-3:] == [NoteKind.merged, NoteKind.taken_over, NoteKind.unmerged]
    assert row(first).case_id == target
    do(merging.undo, source, officer(), "再按一次")
    assert kinds(target)[-1] is NoteKind.unmerged
    assert kinds(target).count(NoteKind.unmerged) == 1


def test_what_is_told_to_a_case_while_it_is_merged_stands_with_the_one_it_leads_to(district):
    (_, target), (_, source) = opened("CA1"), opened("CA2")
    do(merging.merge, source, target, officer(), "同一个孩子")
    do(line, source, NoteKind.alert, audit.SYSTEM, "警情已签收")

    def told(case_id: int) -> bool:
        with db.transaction() as session:
            found = timeline.entries(session, case_id, account("zhiban").id)
            return "警情已签收" in [
                one.row.CaseNote.body for one in found if "CaseNote" in one.row._fields
            ]

    assert told(target)
    do(merging.undo, source, officer(), "撤回")
    assert (told(target), told(source)) == (False, True)


def test_a_report_linked_to_a_signpost_arrives_at_the_case_it_leads_to(district):
    (_, target), (_, source), (_, last) = opened("CA1"), opened("CA2"), opened("CA3")
    do(merging.merge, source, target, officer(), "同一个孩子")
    do(merging.merge, target, last, officer(), "同一个孩子")
    number = linked("CA4", source)
    assert row(number).case_id == last
    do(cases.tell, source, "警情已签收")
    assert NoteKind.alert in kinds(last)
    with pytest.raises(merging.CannotUndo) as fault:
        do(merging.undo, source, officer(), "先撤这个")
    assert fault.value.target == last
    do(merging.undo, target, officer(), "撤回")
    assert case(source).merged_into == target
    do(merging.undo, source, officer(), "撤回")
    assert case(source).merged_into is None


def test_what_cannot_be_merged(district):
    (_, one), (_, other), (_, closed) = opened("CA1"), opened("CA2"), opened("CA3")
    do(cases.close, closed, officer("daiban"), "已安全")
    do(merging.merge, other, one, officer(), "同一个孩子")
    for source, target in ((one, one), (other, one), (one, other), (one, closed)):
        with pytest.raises(merging.CannotMerge):
            do(merging.merge, source, target, officer(), "再合并")
    assert case(one).merged_into is None


def test_a_merge_with_a_confidential_case_is_confidential_and_stays_so(district):
    (_, open_one), (_, secret) = opened("CA1"), opened("CA2")
    do(secrecy.make, secret, officer("daiban"), "保护")
    do(merging.merge, secret, open_one, officer("daiban"), "同一个孩子")
    stranger = officer("zhiban2").account_id
    for number in (open_one, secret):
        assert not may_see(number, stranger)
        assert may_see(number, officer("daiban").account_id)
    do(merging.undo, secret, officer("daiban"), "不是")
    assert case(open_one).confidential, "never lifted by itself"
    do(secrecy.open_up, open_one, officer("daiban"), "已核实")
    assert may_see(open_one, stranger)
    assert not may_see(secret, stranger)


def test_an_ordinary_case_that_was_in_a_confidential_one_comes_out_ordinary(district):
    (_, secret), (_, ordinary) = opened("CA1"), opened("CA2")
    do(secrecy.make, secret, officer("daiban"), "保护")
    do(merging.merge, ordinary, secret, officer("daiban"), "同一个孩子")
    stranger = officer("zhiban2").account_id
    assert not may_see(ordinary, stranger)
    do(merging.undo, ordinary, officer("daiban"), "不是")
    assert may_see(ordinary, stranger)


def test_a_chain_of_merges_leaves_no_signpost_more_or_less_secret_than_what_it_leads_to(district):
    (_, first), (_, second), (_, secret) = opened("CA1"), opened("CA2"), opened("CA3")
    do(secrecy.make, secret, officer("daiban"), "保护")
    do(merging.merge, first, second, officer(), "同一个孩子")
    do(merging.merge, second, secret, officer("daiban"), "同一个孩子")
    do(merging.undo, second, officer("daiban"), "不是")
    stranger = officer("zhiban2").account_id
    assert (case(first).merged_into, case(first).confidential) == (second, False)
    assert may_see(first, stranger), "who may see a case may take apart what it was made of"
    do(secrecy.make, second, officer("daiban"), "保护")
    do(merging.merge, second, secret, officer("daiban"), "还是同一个")
    do(secrecy.open_up, secret, officer("daiban"), "已核实")
    do(merging.undo, second, officer("daiban"), "不是")
    assert (case(first).confidential, case(second).confidential) == (True, True)
    assert not may_see(first, stranger)


def test_what_was_made_confidential_as_one_stays_so_apart(district):
    (_, one), (report, other) = opened("CA1"), opened("CA2")
    do(merging.merge, other, one, officer(), "同一个孩子")
    do(secrecy.make, one, officer("daiban"), "保护")
    do(merging.undo, other, officer("daiban"), "不是")
    assert (row(report).case_id, case(other).confidential) == (other, True)
    assert may_see(other, officer("daiban").account_id)
    assert not may_see(other, officer("zhiban2").account_id)


def test_a_line_about_a_report_that_does_not_go_back_stays(district):
    (_, target), (report, source) = opened("CA1"), opened("CA2")
    do(merging.merge, source, target, officer(), "同一个孩子")
    do(cases.split, report, officer(), "第三个孩子")
    do(merging.undo, source, officer(), "不是")
    assert NoteKind.split_off in kinds(target)
    assert kinds(source)[-1] is NoteKind.unmerged


def test_people_named_through_a_merge_are_forgotten_with_it(district):
    (_, one), (_, other) = opened("CA1"), opened("CA2")
    for number in (one, other):
        do(secrecy.make, number, officer("daiban"), "保护")
    do(secrecy.name, other, officer("daiban"), account("zhiban2"))
    do(merging.merge, other, one, officer("daiban"), "同一个孩子")
    stranger = officer("zhiban2").account_id
    assert may_see(one, stranger)
    do(merging.undo, other, officer("daiban"), "不是")
    assert not may_see(one, stranger)
    assert may_see(other, stranger)


def test_two_who_merge_crosswise_do_it_once(district):
    (_, one), (_, other) = opened("CA1"), opened("CA2")
    outcomes = at_once(
        lambda: do(merging.merge, one, other, officer(), "甲并入乙"),
        lambda: do(merging.merge, other, one, officer("zhiban2"), "乙并入甲"),
    )
    assert [type(outcome) for outcome in outcomes].count(merging.CannotMerge) == 1
    assert {case(one).merged_into, case(other).merged_into} in ({None, one}, {None, other})


def test_what_is_written_while_a_merge_goes_on_is_not_left_behind(district):
    (_, target), (_, source) = opened("CA1"), opened("CA2")
    number = claimed("CA3")
    outcomes = at_once(
        lambda: do(merging.merge, source, target, officer(), "同一个孩子"),
        lambda: do(notes.note, source, officer(), "同时写的"),
        lambda: do(cases.link, number, source, officer()),
        lambda: do(cases.move, source, officer(), CaseEvent.assess),
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    assert row(number).case_id == target
    assert NoteKind.note in kinds(target)
    assert kinds(source) == [NoteKind.merged]


def test_a_case_finds_its_notes_by_their_index(district):
    asked = sa.select(CaseNote.id).where(timeline._of_case(1))
    assert "ix_case_notes_case_id" in plan(asked)
