"""Step by step, each on its deadline, until somebody acknowledges; and never silence."""

import datetime as dt

import pytest
import sqlalchemy as sa

from hotline import clock, config, db, delivery
from hotline.accounts.models import Account
from hotline.accounts.permissions import Role
from hotline.outbox import Channel, MessageStatus, OutboxMessage
from tests.triage.people import at_once, officer, report, seconds
from triage.alerts import sending, steps
from triage.alerts import service as alerts
from triage.alerts.models import Alert, AlertLog, LogKind
from triage.alerts.states import AcknowledgedHow, AlertStatus
from triage.places.models import Agency, Contact, Shift

FIRST, SECOND = "+8610000000311", "+8610000000312"
SUPERVISOR = "+8610000000201"


@pytest.fixture
def alert(district) -> int:
    """An alert on its way to the district's own station, whose second contact takes no SMS."""
    with db.transaction() as session:
        return alerts.raise_alert(session, report(), officer()).id


def sweep() -> int:
    return steps.sweep()


def sent() -> list[tuple[str, Channel, str]]:
    """Every message so far: topic, channel, number."""
    with db.transaction() as session:
        messages = session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id))
        return [(message.topic, message.channel, message.to) for message in messages]


def now(number: int) -> Alert:
    with db.transaction() as session:
        return session.get_one(Alert, number)


def status(word: str, number: int | None = None) -> None:
    """The network tells of the newest message."""
    with db.transaction() as session:
        newest = number or session.scalar(sa.select(sa.func.max(OutboxMessage.id)))
        delivery.status_came(
            session, message_id=newest, sid=f"SID{newest}", status=word, error_code=""
        )


def log() -> list[LogKind]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(AlertLog.kind).order_by(AlertLog.id)))


def test_every_step_in_its_order_then_the_alarm_again_and_again(alert):
    assert sent() == [("alert", Channel.sms, FIRST)]
    assert sweep() == 0
    seconds(60)
    assert sweep() == 1
    assert sent()[-1] == ("alert", Channel.call, FIRST)
    seconds(60)
    sweep()
    assert sent()[-1] == ("alert", Channel.call, SECOND)
    assert now(alert).status is AlertStatus.raised
    seconds(60)
    sweep()
    alarm = [("alarm", Channel.sms, SUPERVISOR), ("alarm", Channel.call, SUPERVISOR)]
    assert sent()[3:] == alarm
    assert now(alert).status is AlertStatus.unanswered
    seconds(60)
    sweep()
    assert sent()[5:] == alarm
    assert log() == [
        LogKind.raised,
        LogKind.step,
        LogKind.step,
        LogKind.step,
        LogKind.skipped,
        LogKind.unanswered,
        *[LogKind.alarm] * 4,
    ]


def test_the_wait_is_a_setting(alert, monkeypatch):
    slow = config.current().model_copy(update={"alert_ack_seconds": 90})
    monkeypatch.setattr(config, "_current", slow)
    seconds(60)
    sweep()
    due = now(alert).next_step_at
    assert due
    assert dt.timedelta(seconds=85) < due - clock.now()


def test_two_sweepers_take_one_step(alert):
    seconds(60)
    at_once(sweep, sweep)
    assert len(sent()) == 2
    assert now(alert).step == 2


@pytest.mark.parametrize("word", ["undelivered", "failed"])
def test_what_did_not_arrive_is_not_waited_for(alert, word):
    status(word)
    assert sweep() == 1
    assert sent()[-1] == ("alert", Channel.call, FIRST)


@pytest.mark.parametrize("word", ["sent", "delivered", "read", "queued"])
def test_delivered_is_not_acknowledged_and_is_waited_for(alert, word):
    status(word)
    assert sweep() == 0
    seconds(60)
    assert sweep() == 1


@pytest.mark.parametrize("word", ["busy", "no-answer", "failed", "canceled", "completed"])
def test_a_call_that_is_over_without_a_key_is_not_waited_for(alert, word):
    seconds(60)
    sweep()
    status(word)
    sweep()
    assert sent()[-1] == ("alert", Channel.call, SECOND)


def test_a_call_in_which_somebody_listens_is_not_overtaken(alert):
    seconds(60)
    sweep()
    status("in-progress")
    seconds(61)
    sweep()
    assert len(sent()) == 2
    due = now(alert).next_step_at
    assert due
    assert due > clock.now()
    seconds(steps.LONGEST_ALERT_CALL.total_seconds())
    sweep()
    assert sent()[-1] == ("alert", Channel.call, SECOND)


def test_an_acknowledged_alert_takes_no_step(alert):
    with db.transaction() as session:
        alerts.acknowledge(session, alert, "王建国", AcknowledgedHow.telephone, officer("zhiban"))
    status("undelivered")
    seconds(3600)
    assert sweep() == 0
    assert len(sent()) == 1


def forget(what: type) -> None:
    with db.transaction() as session:
        session.execute(sa.delete(what))


def test_a_station_without_contacts_sounds_the_alarm_at_once(district):
    forget(Contact)
    with db.transaction() as session:
        one = alerts.raise_alert(session, report(), officer())
    assert one.status is AlertStatus.unanswered
    assert one.next_step_at is not None
    assert [topic for topic, *_ in sent()] == ["alarm", "alarm"]


def test_no_station_at_all_sounds_the_alarm_at_once(district):
    forget(Contact)
    forget(Agency)
    with db.transaction() as session:
        one = alerts.raise_alert(session, report(), officer())
    assert (one.agency_id, one.agency_name, one.status) == (None, "", AlertStatus.unanswered)
    assert sent()[0] == ("alarm", Channel.sms, SUPERVISOR)


def test_nobody_in_the_roster_is_still_somebody(alert):
    forget(Shift)
    for _ in range(3):
        seconds(60)
        sweep()
    assert sent()[-1] == ("alarm", Channel.call, SUPERVISOR)


def test_one_alert_that_cannot_be_read_holds_up_no_other(alert):
    with db.transaction() as session:
        second = alerts.raise_alert(session, report("CA2"), officer()).id
        session.execute(sa.text("UPDATE alerts SET spoken = 'junk' WHERE id = :id"), {"id": alert})
    seconds(60)
    sweep()
    assert now(second).step == 2
    with db.transaction() as session:
        assert session.scalar(sa.select(Alert.step).where(Alert.id == alert)) == 1


def test_messages_do_not_outlive_the_emergency(alert):
    with db.transaction() as session:
        message = session.scalars(sa.select(OutboxMessage)).one()
    assert message.expires_at - message.created_at == sending.VALID_FOR
    assert message.status is MessageStatus.pending


def test_where_no_supervisor_has_a_telephone_the_alarm_rings_the_officers(alert):
    with db.transaction() as session:
        session.execute(
            sa.update(Account).where(Account.role == Role.supervisor).values(phone=None)
        )
        one = session.get_one(Alert, alert)
        while one.status is AlertStatus.raised:
            steps.advance(session, one)
    assert {to for topic, _, to in sent() if topic == "alarm"} == {"+8610000000101"}


def test_a_clock_that_is_put_back_silences_no_alert(alert):
    seconds(-3600)
    assert sweep() == 1
    assert len(sent()) == 2
    assert sweep() == 0
    seconds(61)
    assert sweep() == 1
