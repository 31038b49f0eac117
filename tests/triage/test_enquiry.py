"""Asking after a report: number and PIN, plain words, and an end to guessing."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from hotline import clock, config, db
from hotline.audit import SYSTEM, AuditEntry
from tests.triage.people import (
    CALLER,
    answered,
    arrival,
    at_once,
    claimed,
    do,
    officer,
    report,
    row,
    seconds,
)
from triage.alerts import service as alerts
from triage.alerts.states import AcknowledgedHow
from triage.callers import service as callers
from triage.callers.models import Answer, EnquiryTry
from triage.cases import service as cases
from triage.intake import service as intake
from triage.intake.models import Call, Disposition
from triage.intake.states import CallEvent, RecordingEvent, ReportStatus
from triage.queue import judging
from triage.queue import service as queue

OTHER = "+8610000000002"
HOUR = 3600


def asks(number: str, pin: str, sid: str = "CA9", caller: str = CALLER) -> Answer:
    """Somebody calls, and types a receipt number and a PIN."""
    do(intake.file_report, arrival(sid, caller))
    do(answered, sid, "enquiry_number", number)
    return do(callers.enquire, sid, pin)


def wrong_pin(number: str, place: int = 1) -> str:
    return f"{(int(callers.pin_of(number)) + place) % 10_000:04d}"


def guesses(number: str, count: int, sid: str = "CA9", caller: str = CALLER) -> list[Answer]:
    return [asks(number, wrong_pin(number, place + 1), sid, caller) for place in range(count)]


def tries() -> list[EnquiryTry]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(EnquiryTry).order_by(EnquiryTry.id)))


def asked_after(report_id: int) -> Answer:
    number = row(report_id).number
    return asks(number, callers.pin_of(number))


def case_of(report_id: int) -> int:
    with db.transaction() as session:
        return cases.open_case(session, report_id, officer()).id


def test_a_report_that_nobody_has_taken_is_received(district):
    assert asked_after(report()) is Answer.received


def test_a_report_that_an_officer_has_is_being_handled(district):
    assert asked_after(claimed()) is Answer.handling


def test_a_report_with_a_case_is_being_handled_until_the_case_is_closed(district):
    number = claimed(child_name="李小雨")
    case = case_of(number)
    assert row(number).status is ReportStatus.triaged
    assert asked_after(number) is Answer.handling
    do(cases.close, case, officer("daiban"), "已妥善安置")
    assert asked_after(number) is Answer.closed


@pytest.mark.parametrize(
    ("disposition", "answer"),
    [
        (Disposition.advice_given, Answer.closed),
        (Disposition.no_content, Answer.closed),
        (Disposition.duplicate, Answer.closed),
        (Disposition.transferred, Answer.handed_over),
    ],
)
def test_what_became_of_it_in_plain_words(district, disposition, answer):
    number = claimed(child_name="李小雨")
    do(judging.dispose, number, officer(), disposition, "说明")
    assert asked_after(number) is answer


def test_an_acknowledged_alert_means_handed_to_the_police(district):
    number = report()
    alert = do(alerts.raise_alert, number, SYSTEM)
    assert asked_after(number) is Answer.received, "on its way is not there"
    do(alerts.acknowledge, alert.id, "王建国", AcknowledgedHow.telephone, SYSTEM)
    assert asked_after(number) is Answer.handed_over
    assert do(callers.office_of, "CA9") == "police"


def test_a_transferred_report_is_with_a_department_without_a_name(district):
    number = claimed(child_name="李小雨")
    do(judging.dispose, number, officer(), Disposition.transferred, "转云溪区教育局李老师")
    assert asked_after(number) is Answer.handed_over
    assert do(callers.office_of, "CA9") == "department"


@pytest.mark.parametrize("typed", ["", "1", "10000199", "99999999999999", "abc"])
def test_nobodys_number_is_wrong(district, typed):
    report()
    assert asks(typed, "1234") is Answer.wrong


def test_before_a_number_was_typed_it_is_wrong(district):
    report()
    assert do(callers.enquire, "CA1", "1234") is Answer.wrong


def test_a_call_never_heard_of_is_told_nothing(district):
    assert do(callers.enquire, "CA404", "1234") is Answer.wrong
    assert not do(callers.enquiry_allowed, "CA404")
    assert tries() == []


def test_a_pin_is_four_digits_of_its_own_number_and_outlives_the_data_keys(
    district, monkeypatch: pytest.MonkeyPatch
):
    number = row(report()).number
    pin = callers.pin_of(number)
    assert len(pin) == 4
    assert pin.isdigit()
    assert len({callers.pin_of(str(one)) for one in range(100)}) > 90
    newer = district.model_copy(
        update={"data_keys": f"{Fernet.generate_key().decode()},{district.data_keys}"}
    )
    monkeypatch.setattr(config, "_current", newer)
    assert callers.pin_of(number) == pin


def test_five_wrong_tries_end_it_for_that_caller_for_an_hour(district):
    number, other = row(report("CA1")).number, row(report("CA2")).number
    assert guesses(number, 4) == [Answer.wrong] * 4
    assert do(callers.enquiry_allowed, "CA9")
    guesses(other, 1)
    assert not do(callers.enquiry_allowed, "CA9")
    # Also with the right PIN, and in another call.
    assert asks(number, callers.pin_of(number), "CA10") is Answer.locked
    assert not do(callers.enquiry_allowed, "CA10")
    seconds(HOUR + 1)
    assert do(callers.enquiry_allowed, "CA10")
    assert asks(number, callers.pin_of(number), "CA11") is Answer.received


def test_somebody_else_may_go_on_asking(district):
    number, other = row(report("CA1")).number, row(report("CA2")).number
    guesses(number, 5)
    assert asks(other, callers.pin_of(other), "CA20", OTHER) is Answer.received


def test_what_was_locked_does_not_lengthen_the_hour(district):
    number = row(report()).number
    guesses(number, 5)
    seconds(HOUR - 60)
    assert guesses(number, 6, "CA10") == [Answer.locked] * 6
    seconds(61)
    assert do(callers.enquiry_allowed, "CA9")


def test_a_number_is_locked_for_callers_without_one(district):
    number, other = row(report("CA1")).number, row(report("CA2")).number
    for place in range(5):
        assert (
            asks(number, wrong_pin(number, place + 1), f"CA3{place}", "anonymous") is Answer.wrong
        )
    assert asks(number, callers.pin_of(number), "CA40", "anonymous") is Answer.locked
    assert not do(callers.enquiry_allowed, "CA40")
    # Another number can be asked after: nobody can shut out all the others by withholding theirs.
    assert asks(other, callers.pin_of(other), "CA41", "anonymous") is Answer.received


def test_those_without_a_number_cannot_walk_through_all_numbers(district, monkeypatch):
    numbers = [row(report(f"CA1{place}")).number for place in range(13)]
    for place, number in enumerate(numbers[:12]):
        for guess in range(4):
            asks(number, wrong_pin(number, guess + 1), f"CB{place}{guess}", "anonymous")
    asks(numbers[12], wrong_pin(numbers[12]), "CC1", "anonymous")
    assert asks(numbers[12], callers.pin_of(numbers[12]), "CC2", "anonymous") is Answer.received
    asks(numbers[12], wrong_pin(numbers[12]), "CC3", "anonymous")
    assert asks(numbers[12], callers.pin_of(numbers[12]), "CC4", "anonymous") is Answer.locked
    assert asks(numbers[12], callers.pin_of(numbers[12]), "CC5", OTHER) is Answer.received


def test_the_same_webhook_again_is_no_further_guess(district):
    number = row(report()).number
    assert at_once(*[lambda: asks(number, wrong_pin(number))] * 6) == [Answer.wrong] * 6
    assert [one.answer for one in tries()] == [Answer.wrong]
    assert do(callers.enquiry_allowed, "CA9")


def test_every_try_is_written_down_and_no_pin_is(district):
    number = report()
    receipt = row(number).number
    pin = callers.pin_of(receipt)
    asks(receipt, wrong_pin(receipt))
    asks(receipt, pin)
    assert [one.answer for one in tries()] == [Answer.wrong, Answer.received]
    with db.transaction() as session:
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "enquire")).all()
    assert [(one.subject_id, one.details["answer"]) for one in entries] == [
        (number, "wrong"),
        (number, "received"),
    ]
    assert pin not in str([one.details for one in entries])


@pytest.mark.parametrize(
    ("act", "most"),
    [
        (lambda: do(callers.enquire, "CA9", "1234"), 3),
        (lambda: do(callers.enquiry_allowed, "CA9"), 1),
        (lambda: do(callers.settle_enquiry, "CA9"), 1),
        (lambda: do(callers.flagged, "CA9"), 1),
        (lambda: do(callers.text_possible, "CA9"), 1),
    ],
)
def test_what_a_caller_waits_for(district, act: Callable[[], object], most: int):
    do(intake.file_report, arrival("CA9"))
    do(answered, "CA9", "enquiry_number", "10000199")
    sent: list[str] = []

    def note(*event: object) -> None:
        sent.append(str(event[2]))

    sa.event.listen(db.engine(), "before_cursor_execute", note)
    act()
    sa.event.remove(db.engine(), "before_cursor_execute", note)
    assert 1 <= len(sent) <= most, sent


def only_asked(sid: str = "CA9") -> int:
    """The own report of a call in which somebody asked after another report and was told."""
    number = row(report()).number
    assert asks(number, callers.pin_of(number), sid) is Answer.received
    return report(sid)


def test_a_call_that_only_asked_is_no_work_for_the_queue(district):
    own = only_asked()
    do(intake.end_call, "CA9", CallEvent.ended)
    do(callers.settle_enquiry, "CA9")
    settled = row(own)
    assert (settled.status, settled.disposition) == (ReportStatus.triaged, Disposition.enquiry)
    assert settled.triaged_at is not None
    assert settled.triaged_by is None
    # The end of a call is told twice.
    do(intake.end_call, "CA9", CallEvent.ended)
    do(callers.settle_enquiry, "CA9")
    assert row(own).triaged_at == settled.triaged_at


def _danger() -> None:
    do(intake.mark_emergency, "CA9")


def _recording() -> None:
    do(intake.attach_recording, "RE1", "CA9", RecordingEvent.announce, "RecordVerb")


def _conversation() -> None:
    do(intake.accept_call, "CA9", officer().account_id or 0)
    do(queue.release, report("CA9"), officer())


def _waiting() -> None:
    with db.transaction() as session:
        session.execute(sa.update(Call).values(waiting_since=clock.now()))


def _call_back() -> None:
    do(answered, "CA9", "callback", "yes")


def _child() -> None:
    do(answered, "CA9", "who", "child")


@pytest.mark.parametrize("more", [_danger, _recording, _conversation, _waiting, _call_back, _child])
def test_whoever_did_more_than_ask_stays_on_the_queue(district, more: Callable[[], None]):
    own = only_asked()
    more()
    do(intake.end_call, "CA9", CallEvent.ended)
    do(callers.settle_enquiry, "CA9")
    assert row(own).status is ReportStatus.waiting
    assert row(own).disposition is None


def test_whoever_could_not_be_told_stays_on_the_queue(district):
    number = row(report()).number
    guesses(number, 2)
    do(intake.end_call, "CA9", CallEvent.ended)
    do(callers.settle_enquiry, "CA9")
    assert row(report("CA9")).status is ReportStatus.waiting


@pytest.mark.parametrize("more", [_danger, _recording])
def test_what_is_heard_of_after_the_end_brings_it_back(district, more: Callable[[], None]):
    own = only_asked()
    do(intake.end_call, "CA9", CallEvent.ended)
    do(callers.settle_enquiry, "CA9")
    more()
    back = row(own)
    assert (back.status, back.disposition, back.triaged_at) == (ReportStatus.waiting, None, None)


def test_what_an_officer_disposed_of_is_not_brought_back_by_a_late_recording(district):
    number = claimed()
    do(judging.dispose, number, officer(), Disposition.no_content, "无声")
    do(intake.attach_recording, "RE1", "CA1", RecordingEvent.announce, "RecordVerb")
    assert row(number).disposition is Disposition.no_content
