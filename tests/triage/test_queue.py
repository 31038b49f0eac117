"""One wins and the other is told who; the lease gives back what was left lying."""

import datetime as dt

import pytest
import sqlalchemy as sa

from hotline import clock, db
from hotline.audit import AuditEntry
from hotline.states import IllegalTransition
from tests.triage.people import at_once, claimed, do, judgement, officer, report, row, seconds
from triage.intake.models import Disposition
from triage.intake.states import ReportStatus, Situation, Urgency
from triage.queue import judging
from triage.queue import service as queue


def test_of_two_at_once_one_wins_and_the_other_is_told_who(district):
    number = report()
    one, other = officer("zhiban"), officer("zhiban2")
    outcomes = at_once(lambda: do(queue.claim, number, one), lambda: do(queue.claim, number, other))
    [lost] = [outcome for outcome in outcomes if isinstance(outcome, queue.AlreadyClaimed)]
    winner = row(number)
    assert lost.name == {one.account_id: "林晓岚", other.account_id: "周牧"}[winner.claimed_by]
    assert lost.until == winner.lease_until


def test_ones_own_again_renews_the_lease(district):
    number = claimed()
    before = row(number).lease_until
    seconds(100)
    do(queue.claim, number, officer())
    after = row(number).lease_until
    assert before
    assert after
    assert after - before >= dt.timedelta(seconds=100)


def test_what_is_dealt_with_is_told_by_whom(district):
    number = claimed(urgency=Urgency.consult)
    do(judging.dispose, number, officer(), Disposition.advice_given)
    with pytest.raises(queue.AlreadyClaimed) as fault:
        do(queue.claim, number, officer("zhiban2"))
    assert fault.value.name == "林晓岚"


def test_a_report_that_is_not_there_is_claimed_by_nobody(district):
    with pytest.raises(queue.AlreadyClaimed):
        do(queue.claim, 4711, officer())


def test_a_lease_that_ran_out_is_anybodys(district):
    number = claimed()
    seconds(901)
    do(queue.claim, number, officer("zhiban2"))
    assert row(number).claimed_by == officer("zhiban2").account_id
    with pytest.raises(queue.NotYours):
        do(queue.renew, number, officer())


def test_a_renewed_lease_holds(district):
    number = claimed()
    seconds(600)
    do(queue.renew, number, officer())
    seconds(600)
    assert queue.release_overdue() == 0
    seconds(301)
    assert queue.release_overdue() == 1
    one = row(number)
    assert (one.status, one.claimed_by, one.lease_until) == (ReportStatus.waiting, None, None)
    assert queue.release_overdue() == 0


def test_two_sweepers_give_back_each_once(district):
    numbers = [claimed(f"CA{index}") for index in range(4)]
    seconds(901)
    at_once(*[queue.release_overdue] * 2)
    assert {row(number).status for number in numbers} == {ReportStatus.waiting}
    with db.transaction() as session:
        ran_out = sa.select(sa.func.count()).where(AuditEntry.action == "lease_ran_out")
        assert session.scalar(ran_out) == len(numbers)


@pytest.mark.parametrize(("urgency", "calls"), [(Urgency.emergency, True), (Urgency.urgent, False)])
def test_an_emergency_given_back_calls_for_somebody_at_once(district, urgency, calls):
    number = claimed(urgency=urgency)
    assert row(number).next_page_at is None
    do(queue.release, number, officer())
    one = row(number)
    assert one.status is ReportStatus.waiting
    assert (one.next_page_at is not None) is calls
    assert one.next_page_at is None or one.next_page_at <= clock.now()
    assert one.page_step == 0


@pytest.mark.parametrize(
    ("urgency", "due"),
    [
        (Urgency.emergency, dt.timedelta(0)),
        (Urgency.urgent, dt.timedelta(hours=2)),
        (Urgency.standard, dt.timedelta(hours=24)),
        (Urgency.consult, dt.timedelta(days=7)),
    ],
)
def test_the_clock_runs_from_receipt(district, urgency, due):
    number = claimed()
    seconds(500)
    do(judging.classify, number, officer(), judgement(urgency=urgency))
    one = row(number)
    assert one.due_at - one.received_at == due
    assert one.emergency is (urgency is Urgency.emergency)


def test_only_its_holder_works_on_a_report(district):
    number, other = claimed(), officer("zhiban2")
    for act in (
        lambda: do(judging.classify, number, other, judgement()),
        lambda: do(judging.dispose, number, other, Disposition.nuisance),
        lambda: do(queue.release, number, other),
        lambda: do(queue.renew, number, other),
    ):
        with pytest.raises(queue.NotYours):
            act()
    assert row(number).status is ReportStatus.claimed


def test_nobody_works_on_a_report_nobody_holds(district):
    with pytest.raises(queue.NotYours):
        do(judging.classify, report(), officer(), judgement())


def test_a_report_comes_back_when_it_is_reopened(district):
    number = claimed(urgency=Urgency.emergency)
    do(judging.dispose, number, officer(), Disposition.no_content, "没有声音")
    assert row(number).status is ReportStatus.triaged
    do(judging.reopen, number, officer("daiban"), "录音里有哭声")
    one = row(number)
    assert (one.status, one.disposition, one.triaged_by) == (ReportStatus.waiting, None, None)
    assert one.next_page_at is not None
    with pytest.raises(IllegalTransition):
        do(judging.reopen, number, officer("daiban"), "again")


def test_what_is_not_known_is_empty(district):
    number = claimed(child_name="", address="", summary="", situation=Situation.other)
    one = row(number)
    assert (one.child_name, one.address, one.summary) == (None, None, None)
