"""Drills by the machinery of real alerts, and the monthly test of every contact."""

import datetime as dt
import json
from typing import Any

import pytest
import sqlalchemy as sa

from hotline import clock, config, db, export, outbox
from hotline.accounts.permissions import Role
from hotline.outbox import Lane, OutboxMessage
from tests.triage.people import at_once, do, officer, place, report, seconds
from triage.alerts import service as alerts
from triage.alerts.models import Alert
from triage.alerts.previews import TextChanged, exercise_code
from triage.alerts.states import AcknowledgedHow, AlertStatus
from triage.exercises import contact_tests, drills, queries
from triage.exercises.drills import Drill
from triage.exercises.models import ContactTest, ContactTestRun
from triage.exercises.states import CONTACT_TEST_MOVES, ContactTestEvent, ContactTestStatus
from triage.figures import queries as figures
from triage.intake.states import Situation
from triage.places import service as places
from triage.places.models import Absence, Agency, Contact

S = ContactTestStatus
MONTHLY = "15 10:00"


def station(name: str = "长桥派出所") -> int:
    with db.transaction() as session:
        return session.scalars(sa.select(Agency.id).where(Agency.name == name)).one()


def contact(name: str) -> Contact:
    with db.transaction() as session:
        return session.scalars(sa.select(Contact).where(Contact.name.contains(name))).one()


def change(name: str, **values: Any) -> None:
    with db.transaction() as session:
        session.execute(sa.update(Contact).where(Contact.name.contains(name)).values(**values))


def plan(**more: Any) -> Drill:
    usual = {
        "agency_id": station(),
        "situation": Situation.missing,
        "place_id": place("990101001"),
        "note": "",
        "code": exercise_code(),
        "at": clock.now(),
    }
    return Drill(**{**usual, **more})


def drilled(**more: Any) -> int:
    drill = plan(**more)
    text = do(drills.preview, drill).text
    return do(drills.start, officer("daiban"), drill, text).id


def alert(number: int) -> Alert:
    with db.transaction() as session:
        return session.get_one(Alert, number)


def messages(topic: str = contact_tests.TOPIC) -> list[OutboxMessage]:
    with db.transaction() as session:
        wanted = sa.select(OutboxMessage).where(OutboxMessage.topic == topic)
        return list(session.scalars(wanted.order_by(OutboxMessage.id)))


def status_came(message: OutboxMessage, word: str) -> None:
    sid = f"X{message.id}"
    do(outbox.status_came, message_id=message.id, sid=sid, status=word, error_code="")


def all_of_run() -> dict[str, ContactTest]:
    """The tests of the last run by the contact's name."""
    with db.transaction() as session:
        last = sa.select(sa.func.max(ContactTestRun.id)).scalar_subquery()
        rows = session.execute(
            sa.select(Contact.name, ContactTest)
            .join(Contact, Contact.id == ContactTest.contact_id)
            .where(ContactTest.run_id == last)
        )
        return {row.name: row.ContactTest for row in rows}


def of_run(name: str) -> ContactTest:
    return next(test for who, test in all_of_run().items() if name in who)


def only(*names: str) -> None:
    """Everybody else is no longer in use."""
    with db.transaction() as session:
        for one in session.scalars(sa.select(Contact)):
            if not any(name in one.name for name in names):
                one.position = None


@pytest.fixture
def monthly(district, monkeypatch):
    """Tests are set for the 15th at ten; a function that makes it some moment of the line's zone."""
    settings = config.current().model_copy(update={"contact_test": MONTHLY})
    monkeypatch.setattr(config, "_current", settings)

    def it_is(written: str) -> None:
        moment = dt.datetime.fromisoformat(written).replace(tzinfo=settings.zone)
        monkeypatch.setattr(clock, "now", lambda: moment.astimezone(dt.UTC))

    return it_is


def runs() -> list[str | None]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(ContactTestRun.month).order_by(ContactTestRun.id)))


def test_what_goes_out_is_what_was_shown_and_says_that_it_is_none(district):
    drill = plan(note="第三季度演练")
    shown = do(drills.preview, drill)
    seconds(90)
    number = do(drills.start, officer("daiban"), drill, shown.text).id
    [message] = messages("alert")
    assert message.body == shown.text == alert(number).text
    assert "演练" in shown.text
    assert "第三季度演练" in shown.text
    assert alert(number).exercise


def test_another_text_than_was_shown_does_not_go_out(district):
    drill = plan()
    with pytest.raises(TextChanged):
        do(drills.start, officer("daiban"), drill, do(drills.preview, plan(note="x")).text)
    assert messages("alert") == []


def test_it_escalates_like_a_real_one(district):
    number = drilled()
    assert alert(number).next_step_at is not None
    assert alert(number).policy


@pytest.mark.parametrize(
    ("acknowledged", "ended"),
    [(True, AlertStatus.resolved), (False, AlertStatus.cancelled)],
)
def test_it_is_ended(district, acknowledged, ended):
    number = drilled()
    if acknowledged:
        how = AcknowledgedHow.telephone
        do(alerts.acknowledge, number, "王建国", how, officer())
    for _ in range(2):
        with db.transaction() as session:
            drills.end(session, officer("daiban"), session.get_one(Alert, number))
    assert alert(number).status is ended
    with db.transaction() as session:
        assert session.scalars(sa.select(Alert.id)).all() == [number], "no office is told"
        assert queries.going_on(session) == []


def test_a_real_alert_is_not_ended_as_a_drill(district):
    real = do(alerts.raise_alert, report(emergency=True), officer())
    with db.transaction() as session:
        assert queries.drill(session, real.id) is None
        with pytest.raises(ValueError, match="no exercise"):
            drills.end(session, officer("daiban"), session.get_one(Alert, real.id))


def test_figures_of_their_own(district):
    first = drilled()
    seconds(40)
    do(alerts.acknowledge, first, "王建国", AcknowledgedHow.keypress, officer())
    drilled(agency_id=station("青禾派出所"), place_id=place("990103001"))
    do(alerts.raise_alert, report(emergency=True), officer())
    with db.transaction() as session:
        told = queries.overview(session)
    assert (told.total.drills, told.total.acknowledged) == (2, 1)
    assert told.total.median == pytest.approx(40, abs=5)
    by_station = dict(told.by_station)
    assert by_station["青禾派出所"].median is None
    assert by_station["长桥派出所"].acknowledged == 1
    local = clock.now().astimezone(config.current().zone)
    assert [month for month, _ in told.by_month] == [f"{local:%Y-%m}"]


def test_none_is_counted_among_the_real(district):
    with db.transaction() as session:
        before = figures.overview(session, dt.timedelta(days=1))
    drilled()
    do(alerts.raise_alert, report(emergency=True), officer())
    with db.transaction() as session:
        rows = [json.loads(line) for line in export.alerts(session)]
        after = figures.overview(session, dt.timedelta(days=1))
    assert [(row["exercise"], row["report"] is None) for row in rows] == [
        (True, True),
        (False, False),
    ]
    assert after.total.calls == before.total.calls + 1, "the report alone"


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
