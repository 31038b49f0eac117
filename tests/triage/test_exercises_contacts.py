"""The monthly test of every contact."""

import datetime as dt

import pytest

from hotline import clock, config, db, outbox
from hotline.accounts.permissions import Role
from hotline.outbox import Lane
from tests.triage.exercising import (
    all_of_run,
    change,
    contact,
    drilled,
    messages,
    of_run,
    only,
    runs,
    station,
    status_came,
)
from tests.triage.people import at_once, do, officer, report, seconds
from triage.alerts import service as alerts
from triage.alerts.states import AcknowledgedHow
from triage.exercises import contact_tests
from triage.exercises.states import CONTACT_TEST_MOVES, ContactTestEvent, ContactTestStatus
from triage.places import service as places
from triage.places.models import Absence

S = ContactTestStatus
MONTHLY = "15 10:00"


@pytest.fixture
def monthly(district, monkeypatch):
    """Tests are set for the 15th at ten; a function that makes it some moment of the line's zone."""
    settings = config.current().model_copy(update={"contact_test": MONTHLY})
    monkeypatch.setattr(config, "_current", settings)

    def it_is(written: str) -> None:
        moment = dt.datetime.fromisoformat(written).replace(tzinfo=settings.zone)
        monkeypatch.setattr(clock, "now", lambda: moment.astimezone(dt.UTC))

    return it_is


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("", None),
        ("1 10:00", (1, dt.time(10))),
        ("28 23:59", (28, dt.time(23, 59))),
        ("07 08:30", (7, dt.time(8, 30))),
    ],
)
def test_the_day_of_the_month_and_the_time(settings, written, day):
    known = settings.model_dump() | {"contact_test": written}
    assert config.Settings(**known).contact_test_day == day


@pytest.mark.parametrize("written", ["29 10:00", "0 10:00", "1", "10:00", "1 24:00", "1 10:00 x"])
def test_another_day_is_refused(settings, written):
    known = settings.model_dump() | {"contact_test": written}
    with pytest.raises(ValueError, match="day of the month"):
        config.Settings(**known)


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-03-15 09:59", False),
        ("2026-03-15 10:00", True),
        ("2026-03-15 23:59", True),
        ("2026-03-16 00:00", False),
        ("2026-03-14 10:00", False),
    ],
)
def test_begins_on_its_day_even_late(monthly, now, begins):
    monthly(now)
    contact_tests.sweep()
    assert runs() == (["2026-03"] if begins else [])


def test_once_a_month_however_many_sweepers(monthly):
    monthly("2026-03-15 10:00")
    outcomes = at_once(*[contact_tests._begin_month] * 4)
    assert sorted(outcomes) == [0, 0, 0, 1]
    contact_tests.sweep()
    assert runs() == ["2026-03"]


def test_again_the_month_after(monthly):
    only("王建国")
    monthly("2026-03-15 10:00")
    contact_tests.sweep()
    do(contact_tests.confirm, of_run("王建国").id, officer())
    monthly("2026-04-15 10:00")
    contact_tests.sweep()
    contact_tests.sweep()
    assert runs() == ["2026-03", "2026-04"]


def test_never_if_it_is_off(district):
    contact_tests.sweep()
    assert config.current().contact_test_day is None
    assert runs() == []


def test_one_that_is_going_on_holds_up_the_next_only_for_so_long(monthly):
    only("王建国")
    monthly("2026-03-15 09:58")
    assert do(contact_tests.start, officer("daiban"))
    assert do(contact_tests.start, officer("daiban")) is None
    monthly("2026-03-15 10:00")
    contact_tests.sweep()
    assert runs() == [None]
    do(contact_tests.confirm, of_run("王建国").id, officer())
    contact_tests.sweep()
    contact_tests.sweep()
    assert runs() == [None, "2026-03"]


def test_a_few_at_a_time_and_behind_everything_else(district):
    do(contact_tests.start, officer("daiban"))
    assert len(all_of_run()) > contact_tests.AT_ONCE
    for _ in range(3):
        contact_tests.sweep()
    assert len(messages()) == contact_tests.AT_ONCE
    assert {message.lane for message in messages()} == {Lane.other}
    assert {message.flow for message in messages()} == {"contact_test"}
    status_came(messages()[0], "no-answer")
    contact_tests.sweep()
    assert len(messages()) == contact_tests.AT_ONCE + 1


def test_two_sweepers_call_no_more_than_one(district):
    do(contact_tests.start, officer("daiban"))
    at_once(*[contact_tests.sweep] * 4)
    assert len(messages()) == contact_tests.AT_ONCE


def test_whoever_presses_the_key_has_answered(district):
    only("王建国")
    do(contact_tests.start, officer("daiban"))
    contact_tests.sweep()
    seconds(20)
    for _ in range(2):
        do(contact_tests.confirm, of_run("王建国").id, officer())
    test = of_run("王建国")
    assert test.status is S.answered
    assert test.asked_at
    assert test.answered_at
    assert (test.answered_at - test.asked_at).total_seconds() == pytest.approx(20, abs=5)
    assert contact("王建国").answered_at == test.answered_at


def test_twice_in_vain_is_no_answer(district):
    only("王建国")
    do(contact_tests.start, officer("daiban"))
    contact_tests.sweep()
    status_came(messages()[0], "no-answer")
    contact_tests.sweep()
    assert of_run("王建国").status is S.waiting
    seconds(29 * 60)
    contact_tests.sweep()
    assert len(messages()) == 1
    seconds(61)
    contact_tests.sweep()
    # This time the network never says what became of it.
    assert len(messages()) == 2
    contact_tests.sweep()
    assert of_run("王建国").status is S.asked, "the first call's end is not the second's"
    seconds(contact_tests.PATIENCE[outbox.Channel.call].total_seconds() + 1)
    contact_tests.sweep()
    assert of_run("王建国").status is S.silent
    assert contact("王建国").answered_at is None
    # A late key counts all the same.
    do(contact_tests.confirm, of_run("王建国").id, officer())
    assert of_run("王建国").status is S.answered


def test_a_call_somebody_picked_up_without_the_key_is_no_answer(district):
    only("王建国")
    do(contact_tests.start, officer("daiban"))
    contact_tests.sweep()
    status_came(messages()[0], "in-progress")
    contact_tests.sweep()
    assert of_run("王建国").status is S.asked
    status_came(messages()[0], "completed")
    contact_tests.sweep()
    assert of_run("王建国").status is S.waiting


def test_who_takes_no_calls_gets_an_sms_that_asks_to_call_back(district):
    only("王建国")
    change("王建国", takes_calls=False)
    do(contact_tests.start, officer("daiban"))
    contact_tests.sweep()
    [message] = messages()
    assert message.body.startswith("【演练】")
    assert config.current().caller_id in message.body
    status_came(message, "delivered")
    contact_tests.sweep()
    assert of_run("王建国").status is S.reached
    do(contact_tests.confirm, of_run("王建国").id, officer())
    assert of_run("王建国").status is S.answered


def test_an_emergency_there_goes_first(district):
    only("王建国", "赵海")
    real = do(alerts.raise_alert, report(emergency=True), officer(), agency_id=station())
    do(contact_tests.start, officer("daiban"))
    contact_tests.sweep()
    assert [message.to_name for message in messages()] == ["青禾派出所 值班民警 赵海"]
    do(alerts.acknowledge, real.id, "王建国", AcknowledgedHow.keypress, officer())
    seconds(contact_tests.BEHIND_AN_ALERT.total_seconds() + 1)
    contact_tests.sweep()
    assert len(messages()) == 2


def test_a_drill_there_does_not(district):
    only("王建国")
    drilled()
    do(contact_tests.start, officer("daiban"))
    contact_tests.sweep()
    assert len(messages()) == 1


@pytest.mark.parametrize(
    ("hours", "asked"),
    [("00:00-24:00", True), ("09:00-11:00", True), ("10:04-11:00", False)],
)
def test_within_their_hours(monthly, hours, asked):
    only("王建国")
    change("王建国", workdays=hours, weekends=hours)
    monthly("2026-03-15 10:00")
    contact_tests.sweep()
    assert bool(messages()) is asked
    monthly("2026-03-15 10:04")
    contact_tests.sweep()
    assert len(messages()) == 1, "later that day"


def test_who_has_no_hours_soon_is_not_tested(monthly):
    only("王建国")
    change("王建国", workdays="", weekends="")
    monthly("2026-03-15 10:00")
    contact_tests.sweep()
    assert of_run("王建国").status is S.off_duty


def test_who_is_away_is_not_tested(district):
    only("王建国")
    now = clock.now()
    with db.transaction() as session:
        away = {"starts_at": now, "ends_at": now + dt.timedelta(days=3)}
        session.add(Absence(contact_id=contact("王建国").id, **away))
    do(contact_tests.start, officer("daiban"))
    contact_tests.sweep()
    assert of_run("王建国").status is S.off_duty
    assert messages() == []


def test_the_supervisors_are_told_once_when_it_is_over(district):
    only("王建国", "赵海")
    do(contact_tests.start, officer("daiban"))
    contact_tests.sweep()
    do(contact_tests.confirm, of_run("王建国").id, officer())
    contact_tests.sweep()
    assert messages(contact_tests.REPORT_TOPIC) == []
    for _ in range(2):
        status_came(messages()[-1], "busy")
        contact_tests.sweep()
        seconds(31 * 60)
        contact_tests.sweep()
    contact_tests.sweep()
    [told] = messages(contact_tests.REPORT_TOPIC)
    with db.transaction() as session:
        [supervisor] = places.on_duty(session, Role.supervisor)
    assert told.to == supervisor.phone
    assert "共2个，1个应答，1个未应答" in told.body
    assert "演练" in told.body


def test_who_is_no_longer_in_use_is_not_rung(district):
    only("王建国", "赵海")
    do(contact_tests.start, officer("daiban"))
    assert len(all_of_run()) == 2
    only("赵海")
    contact_tests.sweep()
    assert [message.to_name for message in messages()] == ["青禾派出所 值班民警 赵海"]
    assert of_run("王建国").status is S.off_duty


@pytest.mark.parametrize("state", S)
def test_a_confirmation_counts_whenever_it_comes(state):
    assert CONTACT_TEST_MOVES.after(state, ContactTestEvent.confirm) is S.answered
