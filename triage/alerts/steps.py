"""Takes an alert's next step when it is due: a message to the next contact, or the alarm."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock, config, live, queues
from hotline.outbox import Channel, MessageStatus, OutboxMessage
from triage.alerts import policy, wording
from triage.alerts.models import Alert, AlertLog, LogKind
from triage.alerts.policy import Alarm, Step
from triage.alerts.sending import (
    ALARM_TOPIC,
    FLOWS,
    PAGE_FLOW,
    TOPIC,
    Message,
    log,
    send,
    targets,
)
from triage.alerts.states import ALERT_MOVES, RUNNING, AlertEvent, AlertStatus, Purpose

LONGEST_ALERT_CALL = dt.timedelta(minutes=3)
"""A call in which somebody has picked up is not overtaken by the next step: the message is said three
times, which takes longer than ALERT_ACK_SECONDS."""
LOOK_AGAIN = dt.timedelta(seconds=5)
MOST = 200


def sweep() -> int:
    """Take the next step of every alert that is due, row by row; how many."""
    return queues.row_by_row(_due, _take)


def _due(session: orm.Session) -> Sequence[int]:
    ready = sa.select(Alert.id).where(_is_due()).order_by(Alert.next_step_at)
    return session.scalars(ready.limit(MOST)).all()


def _take(session: orm.Session, number: int) -> None:
    """Unless somebody is at it, or has just acknowledged."""
    found = sa.select(Alert).where(Alert.id == number, _is_due())
    if alert := session.scalar(found.with_for_update(skip_locked=True, key_share=True)):
        advance(session, alert)
        live.announce(session, "alert", number)


def _is_due() -> sa.ColumnElement[bool]:
    """Its time has come, or its present step can no longer reach anybody: the SMS failed, the call is
    over; or its time is further off than any wait, because the clock was put back."""
    hopeless = sa.and_(
        Alert.status == AlertStatus.raised,
        _messages_of_step().exists(),
        sa.not_(_messages_of_step().where(sa.not_(_is_over())).exists()),
    )
    overdue = Alert.next_step_at <= clock.now()
    strayed = sa.and_(
        Alert.purpose == Purpose.police, Alert.next_step_at > clock.now() + _longest_wait()
    )
    return sa.and_(Alert.status.in_(RUNNING), sa.or_(overdue, hopeless, strayed))


def _longest_wait() -> dt.timedelta:
    usual = config.current().alert_ack_seconds
    return dt.timedelta(seconds=max(policy.LONGEST_POLICE_WAIT, usual) + 1)


def advance(session: orm.Session, alert: Alert) -> None:
    """Take the next step; one for which there is nobody is passed over at once."""
    if _somebody_on_the_line(session, alert):
        alert.next_step_at = clock.now() + LOOK_AGAIN
        return
    plan = policy.named(alert.policy, alert.purpose)
    while alert.step < len(plan.attempts):
        step = plan.attempts[alert.step]
        alert.step += 1
        if _taken(session, alert, step):
            alert.next_step_at = clock.now() + dt.timedelta(seconds=step.patience)
            return
        log(session, alert, LogKind.skipped, step.contact, details=",".join(step.channels))
    _sound_alarm(session, alert, plan.alarm)


def after_heard(alert: Alert) -> dt.datetime:
    """When the alarm goes on after somebody has confirmed it by a key."""
    alarm = policy.named(alert.policy, alert.purpose).alarm
    return clock.now() + dt.timedelta(seconds=alarm.heard_wait)


def _taken(session: orm.Session, alert: Alert, step: Step) -> bool:
    found = targets(session, alert, step.contact, step.channels)
    alarm = wording.unanswered(alert.number, alert.agency_name, exercise=alert.exercise)
    for target in found:
        ours = target.contact_id is None
        message = Message(
            topic=ALARM_TOPIC if ours else TOPIC,
            ref=alert.id,
            key=f"{TOPIC}:{alert.id}:{alert.step}",
            text=alarm if ours else alert.text,
            spoken=alarm if ours else alert.spoken,
            flow=PAGE_FLOW if ours else FLOWS[alert.purpose],
            log=LogKind.alarm if ours else LogKind.step,
        )
        send(session, alert, message, target)
    return bool(found)


def _sound_alarm(session: orm.Session, alert: Alert, alarm: Alarm) -> None:
    if alert.status is AlertStatus.raised:
        log(session, alert, LogKind.unanswered, "")
    alert.status = ALERT_MOVES.after(alert.status, AlertEvent.run_out)
    alert.step += 1
    _taken(session, alert, Step(contact=alarm.contact, channels=alarm.channels))
    alert.next_step_at = clock.now() + dt.timedelta(seconds=alarm.patience)
    live.announce(session, "emergency", alert.report_id)


def _is_over() -> sa.ColumnElement[bool]:
    return sa.or_(
        OutboxMessage.status.in_([MessageStatus.undelivered, MessageStatus.failed]),
        sa.and_(OutboxMessage.channel == Channel.call, OutboxMessage.settled_at.is_not(None)),
    )


def _somebody_on_the_line(session: orm.Session, alert: Alert) -> bool:
    talking = _messages_of_step().where(
        AlertLog.alert_id == alert.id,
        OutboxMessage.channel == Channel.call,
        OutboxMessage.status == MessageStatus.delivered,
        OutboxMessage.settled_at.is_(None),
        OutboxMessage.sent_at > clock.now() - LONGEST_ALERT_CALL,
    )
    return session.scalar(sa.select(talking.exists()).where(Alert.id == alert.id)) or False


def _messages_of_step() -> sa.Select[int]:
    """Messages of the step an alert is at; correlates with `alerts`."""
    return (
        sa.select(OutboxMessage.id)
        .join(AlertLog, AlertLog.message_id == OutboxMessage.id)
        .where(AlertLog.alert_id == Alert.id, AlertLog.step == Alert.step)
        .where(AlertLog.notice_id.is_(None))
        .correlate(Alert)
    )
