"""Takes an alert's next step when it is due: a message to the next contact, or the alarm."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock, config, db, live, outbox, queues
from hotline.outbox import Channel, Lane, MessageStatus, OutboxMessage
from triage.alerts import policy, wording
from triage.alerts.models import Alert, AlertLog, LogKind
from triage.alerts.policy import Step
from triage.alerts.states import ALERT_MOVES, AlertEvent, AlertStatus
from triage.places import service as places

TOPIC = "alert"
ALARM_TOPIC = "alarm"
TOPICS = (TOPIC, ALARM_TOPIC)
POLICE_FLOW = "police"
PAGE_FLOW = "page"

VALID_FOR = dt.timedelta(minutes=10)
"""How long an alert message still makes sense; the network's own default is ten hours."""
LONGEST_ALERT_CALL = dt.timedelta(minutes=3)
"""A call in which somebody has picked up is not overtaken by the next step: the message is said three
times, which takes longer than ALERT_ACK_SECONDS."""
LOOK_AGAIN = dt.timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Target:
    """Someone to be reached."""

    key: str
    name: str
    number: str


def sweep(session: orm.Session) -> int:
    """Take the next step of every alert that is due; how many."""
    _hasten(session)
    due = session.scalars(
        sa.select(Alert.id)
        .where(Alert.next_step_at <= clock.now())
        .order_by(Alert.next_step_at)
        .limit(100)
        .with_for_update(skip_locked=True)
    ).all()

    def step(number: int) -> None:
        advance(session, session.get_one(Alert, number))
        live.announce(session, "alert", number)

    queues.try_each(due, db.apart(session, step))
    return len(due)


def advance(session: orm.Session, alert: Alert) -> None:
    """Take the next step; one for which there is nobody is passed over at once."""
    if _somebody_on_the_line(session, alert):
        alert.next_step_at = clock.now() + LOOK_AGAIN
        return
    plan = policy.load()
    while alert.step < len(plan.steps):
        step = plan.steps[alert.step]
        alert.step += 1
        if target := _target(session, alert, step):
            _send(session, alert, step.channel, target)
            alert.next_step_at = clock.now() + _patience()
            return
        _log(session, alert, LogKind.skipped, f"{step.contact}", None, step.channel)
    _sound_alarm(session, alert, plan.alarm)


def _sound_alarm(session: orm.Session, alert: Alert, alarm: policy.Alarm) -> None:
    if alert.status is AlertStatus.raised:
        _log(session, alert, LogKind.unanswered, "")
    alert.status = ALERT_MOVES.after(alert.status, AlertEvent.run_out)
    alert.step += 1
    words = wording.unanswered(alert.number, alert.agency_name)
    for account in places.on_duty(session, alarm.role):
        target = Target(f"account:{account.id}", account.name, account.phone or "")
        for channel in alarm.channels:
            message = _add(session, alert, ALARM_TOPIC, channel, target, words, PAGE_FLOW)
            _log(session, alert, LogKind.alarm, target.name, message, channel)
    alert.next_step_at = clock.now() + _patience()
    live.announce(session, "emergency", alert.report_id)


def _target(session: orm.Session, alert: Alert, step: Step) -> Target | None:
    contacts = places.contacts(session, alert.agency_id) if alert.agency_id else []
    if len(contacts) < step.contact:
        return None
    contact = contacts[step.contact - 1]
    takes = contact.takes_sms if step.channel is Channel.sms else contact.takes_calls
    if not takes:
        return None
    return Target(f"contact:{contact.id}", f"{alert.agency_name} {contact.name}", contact.number)


def _send(session: orm.Session, alert: Alert, channel: Channel, target: Target) -> None:
    body = alert.text if channel is Channel.sms else alert.spoken
    message = _add(session, alert, TOPIC, channel, target, body, POLICE_FLOW)
    _log(session, alert, LogKind.step, target.name, message, channel)


def _add(
    session: orm.Session,
    alert: Alert,
    topic: str,
    channel: Channel,
    target: Target,
    body: str,
    flow: str,
) -> int:
    return outbox.add(
        session,
        dedupe_key=f"{topic}:{alert.id}:{alert.step}:{channel}:{target.key}",
        topic=topic,
        ref=alert.id,
        lane=Lane.alert,
        channel=channel,
        to=target.number,
        to_name=target.name,
        body=body,
        flow=flow if channel is Channel.call else "",
        valid_for=VALID_FOR,
    )


def _hasten(session: orm.Session) -> None:
    """Whatever can no longer reach anybody is not waited for: the SMS failed, the call is over."""
    hopeless = sa.or_(
        OutboxMessage.status.in_([MessageStatus.undelivered, MessageStatus.failed]),
        sa.and_(OutboxMessage.channel == Channel.call, OutboxMessage.settled_at.is_not(None)),
    )
    tried = _messages_of_step().exists()
    hope = _messages_of_step().where(sa.not_(hopeless)).exists()
    session.execute(
        sa.update(Alert)
        .where(
            Alert.status == AlertStatus.raised,
            Alert.next_step_at > clock.now(),
            tried,
            sa.not_(hope),
        )
        .values(next_step_at=clock.now())
        .execution_options(synchronize_session=False)
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
        .correlate(Alert)
    )


def _log(
    session: orm.Session,
    alert: Alert,
    kind: LogKind,
    who: str,
    message_id: int | None = None,
    channel: Channel | None = None,
) -> None:
    session.add(
        AlertLog(
            alert_id=alert.id,
            at=clock.now(),
            kind=kind,
            step=alert.step,
            who=who,
            message_id=message_id,
            details=channel or "",
        )
    )


def _patience() -> dt.timedelta:
    return dt.timedelta(seconds=config.current().alert_ack_seconds)
