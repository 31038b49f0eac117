"""A call becomes a report before anyone has said a word, and nothing afterwards can lose it."""

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import assume, given
from hypothesis import strategies as st

from hotline import audit, clock, db
from hotline.phones import Kind
from tests.triage.people import CALLER, arrival, at_once, do, officer, report, row, seconds
from triage.intake import service as intake
from triage.intake.models import Call, CallStep, Recording, Report
from triage.intake.states import (
    CallEvent,
    CallStatus,
    RecordingEvent,
    RecordingStatus,
    ReportStatus,
    Situation,
    Urgency,
)
from triage.queue import judging
from triage.queue import service as queue


def file(sid: str = "CA1", caller: str = CALLER) -> str:
    with db.transaction() as session:
        return intake.file_report(session, arrival(sid, caller))


def call(sid: str = "CA1") -> Call:
    with db.transaction() as session:
        return session.scalars(sa.select(Call).where(Call.call_sid == sid)).one()


def the_report() -> Report:
    with db.transaction() as session:
        return session.scalars(sa.select(Report)).one()


def announce(sid="RE1", call_sid="CA1", event=RecordingEvent.announce) -> Recording:
    with db.transaction() as session:
        intake.attach_recording(session, sid, call_sid, event, "RecordVerb")
    with db.transaction() as session:
        return session.scalars(sa.select(Recording).where(Recording.recording_sid == sid)).one()


def test_a_call_and_its_report(district):
    number = file()
    one = the_report()
    assert (one.number, one.status, one.urgency) == (number, ReportStatus.incoming, None)
    assert one.due_at - one.received_at == dt.timedelta(minutes=10)
    assert (call().caller, call().caller_kind) == (CALLER, Kind.mobile)
    assert call().status is CallStatus.in_progress


def test_the_same_call_from_many_at_once_is_one_report(district):
    numbers = at_once(*[file] * 8)
    assert len(set(numbers)) == 1
    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Report)) == 1


def test_the_same_call_years_later_changes_nothing(district):
    number = file()
    before = the_report()
    clock.shift(dt.timedelta(days=900))
    assert file(caller="+8610000000777") == number
    assert the_report().received_at == before.received_at
    assert call().caller == CALLER


@pytest.mark.parametrize("withheld", ["", "anonymous", "+266696687"])
def test_a_caller_not_known_before_is_filled_in(district, withheld):
    number = file(caller=withheld)
    assert the_report().caller_index is None
    assert file(caller=CALLER) == number
    assert call().caller == CALLER
    assert the_report().caller_index is not None
    file(caller=withheld)
    assert call().caller == CALLER
    assert the_report().caller_index is not None


@pytest.mark.parametrize("raw", ["", "anonymous", "12345", "x" * 5000, "+", "sip:a@b", "client:x"])
def test_no_caller_is_refused(district, raw):
    assert file(caller=raw)


def test_the_same_caller_is_found_again_and_the_nameless_are_not(district):
    file("CA1", "13800138000")
    file("CA2", "+86 138-0013-8000")
    file("CA3", "anonymous")
    file("CA4", "")
    file("CA5", "12345")
    with db.transaction() as session:
        found = list(session.scalars(sa.select(Report.caller_index).order_by(Report.id)))
    assert found[0] == found[1] is not None
    assert found[2:] == [None, None, None]


def checked(row_id: int) -> str:
    """ISO 7064 MOD 97-10, by its own definition: the whole, divided by 97, leaves 1."""
    return next(
        f"{row_id}{check:02d}" for check in range(2, 99) if int(f"{row_id}{check:02d}") % 97 == 1
    )


def test_receipt_numbers_carry_iso_7064_check_digits(district):
    for number in range(12):
        file(f"CA{number}")
    with db.transaction() as session:
        for one in session.scalars(sa.select(Report)):
            assert one.number == checked(one.id)


ROWS = st.integers(100_001, 9_999_999)


@given(ROWS, st.data())
def test_one_digit_misheard_never_names_another_report(row_id, data):
    number = checked(row_id)
    place = data.draw(st.integers(0, len(number) - 1))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    assert int(number[:place] + digit + number[place + 1 :]) % 97 != 1


@given(ROWS, st.data())
def test_two_digits_exchanged_never_name_another_report(row_id, data):
    number = checked(row_id)
    place = data.draw(st.integers(0, len(number) - 2))
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert int(swapped) % 97 != 1


def test_an_emergency_goes_to_the_top_and_starts_the_clock(district):
    number = report(emergency=True)
    one = row(number)
    assert (one.urgency, one.emergency, one.status) == (
        Urgency.emergency,
        True,
        ReportStatus.waiting,
    )
    assert one.due_at <= clock.now()
    assert one.next_page_at
    waits = one.next_page_at - clock.now()
    assert dt.timedelta(seconds=55) < waits <= dt.timedelta(seconds=60)


def test_an_emergency_twice_does_not_put_the_clock_back(district):
    number = report(emergency=True)
    before = row(number).next_page_at
    seconds(30)
    do(intake.mark_emergency, "CA1")
    assert row(number).next_page_at == before


def test_an_emergency_of_a_claimed_report_pages_nobody(district):
    number = report()
    do(queue.claim, number, officer())
    do(intake.mark_emergency, "CA1")
    one = row(number)
    assert (one.status, one.emergency, one.next_page_at) == (ReportStatus.claimed, True, None)


def test_a_judgement_stands_against_the_key(district):
    number = report()
    do(queue.claim, number, officer())
    judged = judging.Classification(Urgency.consult, Situation.other)
    do(judging.classify, number, officer(), judged)
    do(intake.mark_emergency, "CA1")
    assert row(number).urgency is Urgency.consult


def test_an_emergency_of_a_call_nobody_knows_is_nothing(district):
    do(intake.mark_emergency, "CA-unknown")


def test_steps_once_each(district):
    file()
    with db.transaction() as session:
        assert intake.note_step(session, "CA1", intake.Step(1, "greeting", "digits", "1"))
        assert not intake.note_step(session, "CA1", intake.Step(1, "greeting", "digits", "2"))
        assert not intake.note_step(
            session, "CA-unknown", intake.Step(1, "greeting", "digits", "1")
        )
        assert intake.note_step(session, "CA1", intake.Step(2, "danger", "digits", "9" * 500))
    with db.transaction() as session:
        steps = list(session.scalars(sa.select(CallStep).order_by(CallStep.step)))
    assert [step.value for step in steps] == ["1", "9" * 32]


def test_an_officer_takes_the_call_and_with_it_the_report(district):
    number, who = report(emergency=True), officer()
    do(intake.accept_call, "CA1", who.account_id)
    one = row(number)
    assert (one.status, one.claimed_by, one.next_page_at) == (
        ReportStatus.claimed,
        who.account_id,
        None,
    )
    assert call().answered_by == who.account_id


def test_the_second_officer_to_press_a_key_takes_nothing(district):
    number, first, second = report(), officer("zhiban"), officer("zhiban2")
    at_once(
        lambda: do(intake.accept_call, "CA1", first.account_id),
        lambda: do(intake.accept_call, "CA1", second.account_id),
    )
    assert call().answered_by == row(number).claimed_by
    do(intake.accept_call, "CA1", second.account_id)
    assert call().answered_by == row(number).claimed_by


def test_the_end_of_a_call_in_any_order(district):
    number = report()
    do(intake.end_call, "CA1", CallEvent.ended)
    ended = call().ended_at
    seconds(5)
    do(intake.end_call, "CA1", CallEvent.ended)
    assert (call().status, call().ended_at) == (CallStatus.abandoned, ended)
    assert row(number).status is ReportStatus.waiting
    announce()
    assert call().status is CallStatus.completed
    do(intake.end_call, "CA-unknown", CallEvent.ended)


def test_a_recording_before_its_call(district):
    announce(call_sid="CA9")
    file("CA9")
    do(intake.end_call, "CA9", CallEvent.ended)
    assert call("CA9").status is CallStatus.completed


def test_a_recording_announced_twice_is_one(district):
    first = announce()
    seconds(10)
    again = announce()
    assert (first.id, first.next_fetch_at) == (again.id, again.next_fetch_at)


@pytest.mark.parametrize(
    ("events", "status", "due"),
    [
        ("announce nothing_there", RecordingStatus.absent, False),
        ("nothing_there announce", RecordingStatus.announced, True),
        ("nothing_there nothing_there", RecordingStatus.absent, False),
        ("nothing_there", RecordingStatus.absent, False),
        ("announce nothing_there announce", RecordingStatus.announced, True),
    ],
)
def test_announcements_that_contradict_each_other(district, events, status, due):
    for event in events.split():
        recording = announce(event=RecordingEvent(event))
    assert recording.status is status
    assert (recording.next_fetch_at is not None) is due


def test_what_is_stored_stays_stored(district):
    announce()
    with db.transaction() as session:
        session.execute(
            sa.update(Recording).values(status=RecordingStatus.stored, next_fetch_at=None)
        )
    for event in (RecordingEvent.nothing_there, RecordingEvent.announce):
        recording = announce(event=event)
        assert (recording.status, recording.next_fetch_at) == (RecordingStatus.stored, None)


def test_a_text_is_a_report_like_any_other(district):
    def come(body: str) -> str:
        with db.transaction() as session:
            text = intake.Arrival("SM1", CALLER, "12355", "sms", clock.now(), "sms")
            return intake.file_text(session, text, body)

    assert come("孩子一个人在家三天了") == come("another body")
    one = the_report()
    assert (one.channel, one.status) == ("sms", ReportStatus.waiting)
    assert one.summary == "孩子一个人在家三天了"
    assert call("SM1").status is CallStatus.completed


def test_a_call_whose_end_was_lost_is_ended(district):
    number = report()
    assert intake.end_forgotten_calls() == 0
    clock.shift(intake.LONGEST_CALL + dt.timedelta(seconds=1))
    report("CA2")
    assert intake.end_forgotten_calls() == 1
    assert call().status is CallStatus.failed
    assert row(number).status is ReportStatus.waiting
    assert call("CA2").status is CallStatus.in_progress


def test_who_took_the_call_is_in_the_log(district):
    number = report()
    do(intake.accept_call, "CA1", officer().account_id)
    with db.transaction() as session:
        entry = session.scalars(
            sa.select(audit.AuditEntry).where(audit.AuditEntry.action == "claim_by_telephone")
        ).one()
    assert (entry.subject_id, entry.details) == (number, {"account": officer().account_id})
