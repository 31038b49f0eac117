"""What a caller answers by key stands on the report at once, even if the line drops after it."""

import pytest
import sqlalchemy as sa

from hotline import db
from tests.triage.people import answered, at_once, do, report, seconds
from triage.intake import queries
from triage.intake import service as intake
from triage.intake.models import Call, CallAnswer
from triage.intake.states import CallEvent


def answers(sid: str = "CA1") -> dict[str, str]:
    with db.transaction() as session:
        call = session.scalars(sa.select(Call).where(Call.call_sid == sid)).one()
        return queries.answers(session, call)


def say(question: str, value: str, sid: str = "CA1") -> None:
    do(answered, sid, question, value)


def test_an_answer_stands_at_once_while_the_call_goes_on(district):
    report()
    assert answers() == {}
    say("who", "child")
    assert answers() == {"who": "child"}
    assert do(intake.is_in_progress, "CA1")


def test_answers_come_in_the_order_in_which_they_were_given(district):
    report()
    for question, value in (("who", "child"), ("danger", "yes"), ("hurt", "no")):
        say(question, value)
        seconds(3)
    assert list(answers().items()) == [("who", "child"), ("danger", "yes"), ("hurt", "no")]


def test_the_last_answer_to_a_question_counts(district):
    report()
    say("safe_to_call", "yes")
    say("safe_to_call", "no")
    assert answers() == {"safe_to_call": "no"}


def test_the_same_webhook_from_many_at_once_is_one_answer(district):
    report()
    assert at_once(*[lambda: say("danger", "yes")] * 6) == [None] * 6
    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CallAnswer)) == 1


def test_answers_are_kept_apart_by_call_and_outlive_it(district):
    report("CA1")
    report("CA2")
    say("who", "adult", "CA2")
    do(intake.end_call, "CA2", CallEvent.broke)
    assert answers("CA1") == {}
    assert answers("CA2") == {"who": "adult"}


def test_a_call_never_heard_of_writes_nothing(district):
    say("danger", "yes", "CA404")
    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CallAnswer)) == 0


@pytest.mark.parametrize("digits", ["1" * 32, "1" * 500])
def test_an_answer_is_never_refused_for_its_length(district, digits):
    report()
    say("place_code", digits)
    assert answers() == {"place_code": "1" * 32}


def test_an_answer_costs_one_statement(district):
    report()
    sent: list[str] = []
    sa.event.listen(db.engine(), "before_cursor_execute", lambda *event: sent.append(event[2]))
    say("who", "child")
    mine = [one for one in sent if "call_answers" in one]
    assert len(mine) == len(sent) == 1


def test_a_report_without_a_call_has_no_answers(district):
    with db.transaction() as session:
        assert queries.answers(session, None) == {}
