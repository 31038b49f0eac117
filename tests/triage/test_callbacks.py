"""Who waited in vain, or asked, is called back: first the officer's telephone, then the caller's, and
only where that is safe."""

import pytest

from hotline import clock
from hotline.outbox import MessageStatus
from tests.triage import conversing as talk
from tests.triage import desk
from tests.triage.conversing import FIRST, SECOND
from tests.triage.people import CALLER, answered, arrival, at_once, do, officer, seconds
from triage.conversations import callbacks, queries, service
from triage.conversations.callbacks import CannotRing, NotSafe, Obstacle
from triage.conversations.models import CallbackReason, LegKind, Outcome
from triage.conversations.states import CallbackStatus
from triage.intake import service as intake
from triage.intake.models import Disposition
from triage.intake.statements import SAFE_TO_CALL
from triage.intake.states import ReportStatus
from triage.queue import judging
from triage.queue import service as queue


def missed(sid: str = "CA1", caller: str = CALLER) -> int:
    """Somebody waits, nobody takes the call, they hang up: the report."""
    talk.waits(sid, caller=caller)
    talk.hangs_up(sid)
    return talk.report_of(sid).id


def calls_back(report: int, by: str = "zhiban", reason: str = "") -> None:
    do(callbacks.place_callback, report, officer(by), reason)


def says(value: str, sid: str = "CA1") -> None:
    do(answered, sid, SAFE_TO_CALL, value)


def refused(report: int, by: str = "zhiban", reason: str = "") -> CannotRing:
    with pytest.raises(CannotRing) as fault:
        calls_back(report, by, reason)
    return fault.value


def answers_and_talks(seconds_long: int = 30) -> None:
    """The officer accepts, the caller picks up, they talk, and the caller hangs up."""
    assert talk.accepts(FIRST, LegKind.callback) == "taken"
    sid = talk.placed(CALLER)
    do(service.joined, sid, talk.OVER)
    seconds(seconds_long)
    talk.ends(CALLER)


def does_not_answer() -> None:
    assert talk.accepts(FIRST, LegKind.callback) == "taken"
    talk.ends(CALLER, "no-answer")


def test_who_waited_in_vain_is_owed_a_call(district):
    missed()
    [task] = talk.owed()
    assert (task.status, task.reason) == (CallbackStatus.open, CallbackReason.missed)
    assert task.next_try_at <= clock.now()


def test_once_however_often_the_end_is_told(district):
    missed()
    talk.hangs_up()
    assert len(talk.owed()) == 1


def test_who_did_not_wait_or_was_spoken_to_is_owed_nothing(district):
    do(intake.file_report, arrival("CA1"))
    talk.hangs_up("CA1")
    talk.talks("CA2")
    talk.hangs_up("CA2")
    assert talk.owed() == []


def test_accepted_and_never_brought_together_is_owed_one(district):
    talk.waits()
    talk.rings()
    talk.accepts(FIRST)
    talk.hangs_up()
    assert len(talk.owed()) == 1


@pytest.mark.parametrize("caller", ["anonymous", "12345", "sip:a@b.example", "%%"])
def test_nobody_is_owed_what_cannot_be_done(district, caller):
    report = missed(caller=caller)
    assert talk.owed() == []
    assert refused(report, "daiban", "必须联系").why is Obstacle.no_number


def test_also_if_the_end_was_never_told(district):
    talk.waits()
    clock.shift(intake.LONGEST_CALL)
    intake.end_forgotten_calls()
    seconds(2)
    talk.sweeps()
    assert len(talk.owed()) == 1


def test_who_asks_is_owed_one_for_that_reason(district):
    talk.waits()
    for _ in range(2):
        do(service.ask_callback, "CA1")
    talk.hangs_up()
    [task] = talk.owed()
    assert task.reason is CallbackReason.asked


def test_asking_after_it_was_missed_is_the_same_task(district):
    missed()
    do(service.ask_callback, "CA1")
    [task] = talk.owed()
    assert task.reason is CallbackReason.asked


def test_the_officers_telephone_first_and_then_the_callers(district):
    report = missed()
    calls_back(report)
    assert talk.ringing() == [FIRST]
    assert talk.message(FIRST).flow == "callback"
    answers_and_talks()
    ring = talk.message(CALLER)
    assert ring.flow == "called_back"
    assert do(service.original_call_sid, ring) == "CA1"
    assert talk.legs() == [("callback", "left"), ("caller", "left")]
    [task] = talk.owed()
    assert (task.status, task.last_outcome) == (CallbackStatus.done, Outcome.talked)
    assert task.done_by == officer().account_id


def test_both_hear_each_other_in_the_room_of_the_first_call(district):
    calls_back(missed())
    talk.accepts(FIRST, LegKind.callback)
    sids = {do(service.original_call_sid, talk.message(phone)) for phone in (FIRST, CALLER)}
    assert sids == {"CA1"}


def test_when_the_caller_hangs_up_so_does_the_officer(district):
    calls_back(missed())
    own = talk.placed(FIRST)
    answers_and_talks()
    assert talk.moves() == [(own, "")]


def test_when_the_officer_hangs_up_so_is_the_caller(district):
    calls_back(missed())
    talk.accepts(FIRST, LegKind.callback)
    sid = talk.placed(CALLER)
    do(service.joined, sid, talk.OVER)
    seconds(30)
    talk.ends(FIRST)
    assert talk.moves() == [(sid, "")]
    assert talk.owed()[0].status is CallbackStatus.done


def test_an_officer_who_hangs_up_before_the_caller_answers_has_not_tried(district):
    calls_back(missed())
    talk.accepts(FIRST, LegKind.callback)
    talk.ends(FIRST)
    [task] = talk.owed()
    assert (task.status, task.tries) == (CallbackStatus.open, 0)
    assert talk.message(CALLER).expires_at <= clock.now()


def test_an_officer_who_does_not_answer_has_not_tried(district):
    calls_back(missed())
    talk.ends(FIRST, "no-answer")
    [task] = talk.owed()
    assert (task.tries, task.last_outcome) == (0, Outcome.officer_missed)


def test_a_mailbox_is_no_answer(district):
    calls_back(missed())
    answers_and_talks(seconds_long=5)
    [task] = talk.owed()
    assert (task.status, task.tries) == (CallbackStatus.open, 1)


def test_tries_grow_apart_and_then_the_report_is_on_the_queue_for_it(district):
    report = missed()
    do(queue.claim, report, officer())
    do(judging.dispose, report, officer(), Disposition.no_content, "没有留言")
    waits = []
    for _ in callbacks.WAITS:
        calls_back(report)
        does_not_answer()
        [task] = talk.owed()
        waits.append(task.next_try_at - clock.now())
        assert talk.report_of().status is ReportStatus.triaged
    assert [round(wait.total_seconds()) for wait in waits] == [600, 3600, 86400]
    calls_back(report)
    does_not_answer()
    [task] = talk.owed()
    assert (task.status, task.tries) == (CallbackStatus.given_up, 4)
    assert talk.report_of().status is ReportStatus.waiting


def test_what_is_on_the_queue_already_stays_as_it_is(district):
    report = missed()
    for _ in range(len(callbacks.WAITS) + 1):
        calls_back(report)
        does_not_answer()
    assert talk.owed()[0].status is CallbackStatus.given_up
    assert talk.report_of().status is ReportStatus.waiting


def test_where_the_caller_said_it_is_unsafe_only_a_supervisor_may_for_a_reason(district):
    report = missed()
    says("no")
    for by, reason in (("zhiban", ""), ("zhiban", "想问清楚"), ("daiban", ""), ("daiban", "  ")):
        fault = refused(report, by, reason)
        assert isinstance(fault, NotSafe)
        assert fault.why is Obstacle.said_unsafe
    assert talk.legs() == []
    calls_back(report, "daiban", "孩子失联，已与派出所商定")
    assert talk.legs() == [("callback", "ringing")]
    [entry] = desk.written("call_back", "report")
    assert (entry.reason, entry.details) == ("孩子失联，已与派出所商定", {"against": "said_unsafe"})


@pytest.mark.parametrize("said", ["yes", None])
def test_who_said_it_is_safe_or_was_not_asked_may_be_called(district, said):
    report = missed()
    if said:
        says(said)
    calls_back(report)
    assert talk.ringing() == [FIRST]


def test_who_said_it_is_unsafe_in_another_call_is_not_called_for_this_one(district):
    first, second = missed("CA1"), missed("CA2")
    says("yes", "CA1")
    seconds(1)
    says("no", "CA2")
    for report in (first, second):
        assert refused(report).why is Obstacle.said_unsafe
    assert {row.safe for row in do(queries.tasks, officer().account_id).open} == {"no"}
    other = missed("CA3", caller="10000000002")
    calls_back(other)
    assert talk.ringing("CA3") == [FIRST]


def test_the_last_that_was_said_counts_but_not_for_the_call_that_was_unsafe(district):
    unsafe, later = missed("CA1"), missed("CA2")
    says("no", "CA1")
    seconds(1)
    says("yes", "CA2")
    assert refused(unsafe).why is Obstacle.said_unsafe
    calls_back(later)
    assert talk.ringing("CA2") == [FIRST]


def test_nobody_is_called_back_who_is_on_the_line(district):
    talk.talks()
    assert refused(talk.report_of().id).why is Obstacle.in_progress


def test_two_clicks_ring_once(district):
    report = missed()
    outcomes = at_once(lambda: calls_back(report), lambda: calls_back(report))
    assert len(talk.legs()) == 1
    assert [type(one) for one in outcomes if one] == [CannotRing]


def test_an_officer_who_is_on_the_telephone_cannot(district):
    report = missed("CA1")
    talk.talks("CA2")
    assert refused(report).why is Obstacle.busy


def test_a_second_officer_who_is_faster_is_the_one(district):
    talk.all_on_duty()
    report = missed()
    calls_back(report)
    assert refused(report, "zhiban2").why is Obstacle.in_progress
    assert talk.ringing() == [FIRST]
    assert SECOND not in talk.ringing()


def test_a_call_back_that_is_not_owed_any_more(district):
    missed()
    [task] = talk.owed()
    do(callbacks.settle, task.id, officer(), "已再次来电")
    [task] = talk.owed()
    assert (task.status, task.last_outcome) == (CallbackStatus.done, Outcome.settled)
    [entry] = desk.written("settle_callback", "report")
    assert entry.reason == "已再次来电"


def test_a_ring_of_ones_own_that_the_network_refuses_leaves_nothing_ringing(district):
    calls_back(missed())
    talk.fails(FIRST)
    talk.sweeps()
    assert talk.legs() == [("callback", "missed")]
    assert talk.message(FIRST).status is MessageStatus.failed
