"""Hang-ups closed many at once: what bears a sign of a child in need is left out, and all can be had back."""

import pytest
import sqlalchemy as sa

from hotline import db
from tests.triage import desk
from tests.triage.people import answered, at_once, do, seconds
from triage.intake.models import Call, Disposition, Recording, Report
from triage.intake.states import RecordingStatus, ReportStatus, Urgency
from triage.queue import bulk, judging
from triage.queue import service as queue
from triage.queue.bulk import Kept, TooLate
from triage.queue.judging import Classification

REASON = "响一声就挂断"


def close(
    *numbers: str, by: str = "zhiban", what: Disposition = Disposition.no_content
) -> bulk.Result:
    return do(bulk.close, list(numbers), desk.actor(by), what, REASON)


def says(number: str, question: str, value: str) -> None:
    with db.transaction() as session:
        of_report = sa.select(Call.call_sid).join(Report, Report.call_id == Call.id)
        sid = session.scalars(of_report.where(Report.number == number)).one()
        answered(session, sid, question, value)


def recorded(number: str, **values: object) -> None:
    desk.record(number, b"RIFF")
    with db.transaction() as session:
        session.execute(
            sa.update(Recording).where(Recording.id == desk.recording_of(number)).values(**values)
        )


def test_hang_ups_go_and_come_back(app):
    numbers = [desk.call(f"+861000000010{index}") for index in range(3)]
    result = close(*numbers)
    assert (result.closed, result.kept) == (numbers, {})
    one = desk.report(numbers[0])
    assert (one.status, one.disposition) == (ReportStatus.triaged, Disposition.no_content)
    assert one.disposition_reason == REASON
    assert result.closing
    assert do(bulk.undo, result.closing, desk.actor("zhiban")) == numbers
    assert {desk.report(number).status for number in numbers} == {ReportStatus.waiting}
    assert len(desk.written("dispose", "report")) == len(desk.written("reopen", "report")) == 3
    with pytest.raises(TooLate):
        do(bulk.undo, result.closing, desk.actor("zhiban"))


@pytest.mark.parametrize(
    ("question", "value", "why"),
    [
        ("danger", "yes", Kept.silent),
        ("callback", "yes", Kept.alarm),
        ("safe_to_call", "no", Kept.alarm),
        ("who", "child", Kept.silent),
        ("ground", "3", Kept.mandated),
    ],
)
def test_what_the_caller_answered_keeps_it(app, question, value, why):
    number = desk.call()
    says(number, question, value)
    assert close(number).kept == {number: why}
    assert desk.report(number).status is ReportStatus.waiting


def test_emergencies_calls_that_go_on_and_what_others_hold_are_left_out(app):
    emergency, going_on, held = desk.call(emergency=True), desk.call(ended=False), desk.call()
    do(queue.claim, desk.report(held).id, desk.actor("zhiban2"))
    assert close(emergency, going_on, held, "10000000").kept == {
        emergency: Kept.emergency,
        going_on: Kept.calling,
        held: Kept.claimed,
        "10000000": Kept.busy,
    }


def test_what_was_recorded_must_have_been_heard_by_whoever_closes_it(app):
    number = desk.call("+8610000000111")
    recorded(number, seconds=30)
    assert close(number).kept == {number: Kept.unheard}
    desk.Desk(app, "zhiban2").client.get(f"/recordings/{desk.recording_of(number)}")
    assert close(number).kept == {number: Kept.unheard}, "a colleague's ears are not theirs"
    desk.Desk(app, "zhiban").client.get(f"/recordings/{desk.recording_of(number)}")
    assert close(number).closed == [number]


def test_a_few_seconds_say_nothing_but_what_has_not_come_home_may(app):
    short, away = desk.call("+8610000000112"), desk.call("+8610000000113")
    recorded(short, seconds=bulk.SHORT_SECONDS)
    recorded(away, status=RecordingStatus.failed)
    assert close(short, away).kept == {away: Kept.not_fetched}


def test_who_has_waited_for_somebody_wanted_something(app):
    patient, gone = desk.call("+8610000000115"), desk.call("+8610000000116")
    for number, seconds_waited in ((patient, 15), (gone, 14)):
        with db.transaction() as session:
            of_report = sa.select(Report.call_id).where(Report.number == number).scalar_subquery()
            since = Call.ended_at - sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds_waited)
            waited = sa.update(Call).where(Call.id == of_report).values(waiting_since=since)
            session.execute(waited)
    result = close(patient, gone)
    assert (result.closed, result.kept) == ([gone], {patient: Kept.waited})


def test_who_tries_again_and_again_wants_something(app):
    numbers = [desk.call() for _ in range(bulk.MANY_CALLS)]
    assert set(close(*numbers).kept.values()) == {Kept.calls_again}
    assert close(*numbers, what=Disposition.nuisance).closed == numbers


def test_who_was_in_an_emergency_before_is_looked_at(app):
    desk.call(emergency=True)
    number = desk.call()
    assert close(number).kept == {number: Kept.known_caller}


def test_a_judgement_and_a_text_are_looked_at(app):
    number, text = desk.call("+8610000000114"), desk.text_message("我害怕")
    actor = desk.actor("zhiban")
    do(queue.claim, desk.report(number).id, actor)
    judged = Classification(urgency=Urgency.consult, situation=None)
    do(judging.classify, desk.report(number).id, actor, judged)
    assert close(number, text).kept == {number: Kept.judged, text: Kept.text}


def test_of_two_at_once_each_report_is_closed_once(app):
    numbers = [desk.call(f"+861000000012{index}") for index in range(6)]
    results = at_once(lambda: close(*numbers), lambda: close(*numbers, by="zhiban2"))
    closed = [number for result in results for number in result.closed]
    assert sorted(closed) == sorted(numbers)
    assert len(desk.written("dispose", "report")) == len(numbers)


def test_only_for_half_a_minute_and_only_by_who_closed_them(app):
    result = close(desk.call())
    with pytest.raises(TooLate):
        do(bulk.undo, result.closing, desk.actor("zhiban2"))
    seconds(bulk.UNDO.total_seconds() + bulk.GRACE.total_seconds() + 1)
    with pytest.raises(TooLate):
        do(bulk.undo, result.closing, desk.actor("zhiban"))


def test_what_has_been_taken_up_since_is_not_touched(app):
    number = desk.call()
    result = close(number)
    report = desk.report(number).id
    do(judging.reopen, report, desk.actor("daiban"), "录音里有哭声")
    do(queue.claim, report, desk.actor("zhiban2"))
    assert do(bulk.undo, result.closing, desk.actor("zhiban")) == []
    assert desk.report(number).claimed_by == desk.actor("zhiban2").account_id


def test_on_the_console(app, officer: desk.Desk):
    number, emergency = desk.call("+8610000000115"), desk.call(emergency=True)
    fields = {"disposition": "no_content", "reason": REASON}
    assert officer.does("/queue/bulk", report=number, disposition="case_opened").status_code == 422
    answer = officer.client.post(
        "/queue/bulk",
        data={**fields, "report": [number, emergency], "csrf_token": officer._token()},
    )
    page = answer.get_data(as_text=True)
    assert "已关闭 1 件：没有内容" in page
    assert f"{emergency}</a>（是紧急诉求）" in page
    assert "回到队列" in officer.does("/queue/bulk/1/undo").get_data(as_text=True)
    assert officer.does("/queue/bulk/1/undo").status_code == 422
    assert desk.Desk(app, "shenji").does("/queue/bulk", **fields).status_code == 403
