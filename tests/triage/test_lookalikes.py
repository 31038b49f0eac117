"""What looks like the same child or caller, and why."""

from hotline import db
from tests.triage.people import claimed, judgement, officer, place, report
from triage.cases import service as cases
from triage.intake.models import Report
from triage.queue import judging, lookalikes
from triage.queue import service as queue
from triage.queue.lookalikes import Reason


def judged(sid: str, caller: str, **what) -> int:
    number = report(sid, caller)
    with db.transaction() as session:
        queue.claim(session, number, officer())
        judging.classify(session, number, officer(), judgement(**what))
    return number


def found(number: int) -> list[tuple[int, tuple[Reason, ...]]]:
    with db.transaction() as session:
        alike = lookalikes.find(session, session.get_one(Report, number))
        return [(one.report.id, one.reasons) for one in alike]


def test_the_same_caller_however_spelled(district):
    first = report("CA1", "13800138000")
    report("CA2", "13800138001")
    assert found(report("CA3", "+86 138 0013 8000")) == [(first, (Reason.same_caller,))]


def test_callers_who_do_not_say_who_they_are_are_not_one(district):
    for index, raw in enumerate(("anonymous", "", "sip:anonymous@anonymous.invalid", "12345")):
        report(f"CA{index}", raw)
        report(f"CB{index}", raw)
    assert found(report("CA9", "sip:anonymous@anonymous.invalid")) == []
    assert found(report("CA8", "12345")) == []


def test_names_the_same_or_alike(district):
    same = judged("CA1", "1", child_name="李 小雨")
    alike = judged("CA2", "2", child_name="黎晓宇")
    judged("CA3", "3", child_name="张大伟")
    assert found(judged("CA4", "4", child_name="李小雨")) == [
        (same, (Reason.same_name,)),
        (alike, (Reason.similar_name,)),
    ]


def test_the_same_place_alone_is_no_likeness_but_adds_to_one(district):
    here = place("990101001")
    judged("CA1", "1", place_id=here, child_name="张大伟")
    alike = judged("CA2", "2", place_id=here, child_name="黎晓宇")
    assert found(judged("CA4", "4", place_id=here, child_name="李小雨")) == [
        (alike, (Reason.similar_name, Reason.same_place))
    ]


def test_addresses_are_compared_among_the_candidates(district):
    alike = judged("CA1", "1", child_name="黎晓宇", address="幸福里3号楼")
    assert found(judged("CA2", "2", child_name="李小雨", address="杏花社区 幸福里 3号楼2单元")) == [
        (alike, (Reason.similar_name, Reason.similar_address))
    ]


def test_one_for_each_case_the_most_alike_first(district):
    first = judged("CA1", "13800138000", child_name="李小雨")
    with db.transaction() as session:
        case = cases.open_case(session, first, officer())
    second = judged("CA2", "13800138000", child_name="黎晓宇")
    with db.transaction() as session:
        cases.link(session, second, case.id, officer())
    loose = report("CA3", "13800138000")
    assert [number for number, _ in found(judged("CA4", "13800138000", child_name="李小雨"))] == [
        first,
        loose,
    ]


def test_a_report_is_not_its_own_likeness(district):
    assert found(claimed(child_name="李小雨")) == []
