"""Who takes what next: by urgency, then by skill, and nothing is left lying."""

import datetime as dt

import pytest

from hotline import clock, db
from tests.triage.people import answered, at_once, claimed, do, officer, report, row
from triage.intake import service as intake
from triage.intake.states import CallEvent, Situation, Urgency
from triage.queue import service as queue
from triage.queue import skills
from triage.queue.models import Skill


def waiting(sid: str, *, emergency: bool = False, ago: int = 0, **answers: str) -> int:
    """A report of a call that is over, and what its caller answered; seconds ago."""
    clock.shift(dt.timedelta(seconds=-ago))
    number = report(sid, emergency=emergency)
    clock.reset()
    with db.transaction() as session:
        for question, value in answers.items():
            answered(session, sid, question, value)
        intake.end_call(session, sid, CallEvent.ended)
    return number


def able(username: str, *known: Skill) -> int:
    """That officer has these skills; the account."""
    account = officer(username).account_id
    assert account
    do(skills.set_skills, account, known, officer("daiban"))
    return account


def test_of_the_same_urgency_what_fits_comes_first_and_what_needs_another_last(district):
    other, anybodys, fitting = (
        waiting("CA1", ago=30, language="en"),
        waiting("CA2", ago=20),
        waiting("CA3", ago=10, language="yue"),
    )
    account = able("zhiban", Skill.cantonese)
    taken = []
    for _ in range(3):
        number = do(skills.first_waiting, account)
        do(queue.claim, number, officer())
        taken.append(number)
    assert taken == [fitting, anybodys, other], "and nothing is kept from anybody"
    assert do(skills.first_waiting, account) is None


def test_no_emergency_waits_for_a_skill(district):
    waiting("CA1", ago=30, language="yue")
    emergency = waiting("CA2", emergency=True, language="en")
    assert do(skills.first_waiting, able("zhiban", Skill.cantonese)) == emergency


def test_what_is_overdue_waits_for_no_skill(district):
    overdue = waiting("CA1", ago=700, language="en")
    waiting("CA2", ago=10, language="yue")
    assert do(skills.first_waiting, able("zhiban", Skill.cantonese)) == overdue


def test_a_skill_never_goes_before_urgency(district):
    fitting = claimed("CA1", urgency=Urgency.consult, situation=Situation.missing)
    do(queue.release, fitting, officer())
    urgent = claimed("CA2", urgency=Urgency.urgent, situation=Situation.other)
    do(queue.release, urgent, officer())
    assert do(skills.first_waiting, able("zhiban", Skill.missing)) == urgent


def test_what_is_graver_is_compared_however_much_is_due_before_it(
    district, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(skills, "MOST_COMPARED", 1)
    clock.shift(-dt.timedelta(hours=23))
    standard = claimed("CA1", urgency=Urgency.standard)
    do(queue.release, standard, officer())
    clock.reset()
    urgent = claimed("CA2", urgency=Urgency.urgent)
    do(queue.release, urgent, officer())
    assert row(standard).due_at < row(urgent).due_at
    assert do(skills.first_waiting, able("zhiban")) == urgent


def test_two_officers_at_once_get_two_different_ones(district):
    numbers = {waiting("CA1", language="yue"), waiting("CA2", language="yue")}
    account, other = able("zhiban", Skill.cantonese), able("zhiban2", Skill.cantonese)

    def take(who: int, name: str) -> int:
        with db.transaction() as session:
            number = skills.first_waiting(session, who)
            assert number
            return queue.claim(session, number, officer(name)).id

    taken = at_once(lambda: take(account, "zhiban"), lambda: take(other, "zhiban2"))
    assert set(taken) == numbers


def test_behind_a_front_that_others_hold_the_next_is_found(
    district, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(skills, "MOST_COMPARED", 1)
    first, second = waiting("CA1", ago=5), waiting("CA2")
    account = able("zhiban")
    with db.transaction() as session:
        assert skills.first_waiting(session, account) == first
        assert do(skills.first_waiting, account) == second


@pytest.mark.parametrize(
    ("answers", "needed"),
    [
        ({"ground": "2"}, {Skill.sexual_harm, Skill.institutions}),
        ({"ground": "5"}, {Skill.self_harm, Skill.institutions}),
        ({"who": "child", "language": "en"}, {Skill.children, Skill.english}),
        ({}, set()),
    ],
)
def test_what_a_report_needs_is_told_by_the_keys(district, answers, needed):
    assert do(skills.needed, waiting("CA1", **answers)) == needed


def test_what_was_judged_tells_it_too(district):
    number = claimed("CA1", urgency=Urgency.urgent, situation=Situation.domestic_violence)
    assert do(skills.needed, number) == {Skill.violence}
    assert row(number).situation is Situation.domestic_violence
