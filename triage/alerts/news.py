"""News on an alert: an update, a correction, a cancellation. Everybody who had a message gets it by SMS at
once; then somebody is called, step by step, until a named person has heard it."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, live, outbox, queues
from hotline.outbox import Channel, MessageStatus, OutboxMessage
from triage.alerts import policy, wording
from triage.alerts.models import FOR_CHANGE, Alert, AlertLog, LogKind, Notice
from triage.alerts.policy import Policy
from triage.alerts.sending import (
    NEWS_ALARM_TOPIC,
    NEWS_FLOW,
    NEWS_TOPIC,
    PAGE_FLOW,
    Message,
    Target,
    log,
    send,
    targets,
    to_contact,
)
from triage.alerts.states import NEWS, RUNNING, AcknowledgedHow, AlertStatus, NoticeKind
from triage.alerts.wording import Words
from triage.places.models import Contact

MOST = 100
LOOK_AGAIN = dt.timedelta(seconds=5)


def send_out(
    session: orm.Session,
    alert: Alert,
    kind: NoticeKind,
    words: Words,
    actor: audit.Actor,
    report_id: int | None = None,
) -> Notice:
    """Write the news down and text it to everybody who had a message; steps follow until it is heard."""
    now = clock.now()
    notice = Notice(
        alert_id=alert.id,
        kind=kind,
        report_id=report_id,
        text=words.text,
        spoken=words.situation,
        raised_by=actor.account_id,
        at=now,
        step=0,
        next_step_at=now + dt.timedelta(seconds=_plan(alert).news[0].patience),
    )
    session.add(notice)
    session.flush()
    log(session, alert, LogKind.news, actor.name, notice_id=notice.id, details=kind)
    for target in _texted(session, alert):
        send(session, alert, _message(notice), target)
    audit.record(session, actor, kind, "alert", alert.id, notice=notice.id)
    return notice


def heard(
    session: orm.Session, notice_id: int, who: str, how: AcknowledgedHow, actor: audit.Actor
) -> Notice:
    """A named person has heard it; once is enough, a second time changes nothing."""
    notice = session.get_one(Notice, notice_id, with_for_update=FOR_CHANGE)
    if notice.heard_at is None:
        notice.heard_by, notice.heard_how, notice.heard_at = who, how, clock.now()
        notice.next_step_at = None
        alert = session.get_one(Alert, notice.alert_id)
        log(session, alert, LogKind.news_heard, who, notice_id=notice_id, details=how)
        audit.record(session, actor, "news_heard", "alert", alert.id, notice=notice_id, how=how)
        outbox.withdraw(session, (NEWS_TOPIC, NEWS_ALARM_TOPIC), notice_id)
        _announce(session, alert)
    return notice


def was_sent(session: orm.Session, alert: Alert) -> bool:
    """Whether anybody of the agency has had a message of this alert, or may have."""
    return bool(_informed(session, alert))


def unheard(session: orm.Session, alert_id: int) -> list[Notice]:
    """News on an alert that nobody has heard yet, the oldest first."""
    wanted = sa.select(Notice).where(
        Notice.alert_id == alert_id, Notice.kind.in_(NEWS), Notice.heard_at.is_(None)
    )
    return list(session.scalars(wanted.order_by(Notice.id)))


def newest(session: orm.Session, alert_id: int, said_at: dt.datetime) -> Notice | None:
    """The news that words about an alert said at that moment."""
    wanted = sa.select(Notice).where(
        Notice.alert_id == alert_id, Notice.kind.in_(NEWS), Notice.at <= said_at
    )
    return session.scalar(wanted.order_by(Notice.id.desc()).limit(1))


def heard_with(
    session: orm.Session, notice: Notice, who: str, how: AcknowledgedHow, actor: audit.Actor
) -> None:
    """A named person has heard this news, and with it what it takes the place of: all before it, if it calls
    off; else what was said of the same report. What another report says has still to be heard."""
    for one in unheard(session, notice.alert_id):
        replaced = notice.kind is NoticeKind.cancel or one.report_id == notice.report_id
        if one.id <= notice.id and replaced:
            heard(session, one.id, who, how, actor)


def sweep() -> int:
    """Take the next step for all news that nobody has heard in time, row by row; how many."""
    return queues.row_by_row(_due, _take)


def _due(session: orm.Session) -> Sequence[int]:
    ready = sa.select(Notice.id).where(_is_due()).order_by(Notice.next_step_at)
    return session.scalars(ready.limit(MOST)).all()


def _take(session: orm.Session, number: int) -> None:
    found = sa.select(Notice).where(Notice.id == number, _is_due())
    if notice := session.scalar(found.with_for_update(skip_locked=True, key_share=True)):
        alert = session.get_one(Alert, notice.alert_id)
        _advance(session, alert, notice)
        live.announce(session, "alert", alert.id)


def _is_due() -> sa.ColumnElement[bool]:
    calls = (
        sa.select(OutboxMessage.id)
        .join(AlertLog, AlertLog.message_id == OutboxMessage.id)
        .where(
            AlertLog.notice_id == Notice.id,
            AlertLog.step == Notice.step,
            AlertLog.kind == LogKind.news,
            OutboxMessage.channel == Channel.call,
        )
        .correlate(Notice)
    )
    going_on = calls.where(
        OutboxMessage.settled_at.is_(None),
        OutboxMessage.status.not_in([MessageStatus.failed, MessageStatus.undelivered]),
    )
    called_in_vain = sa.and_(
        Notice.next_step_at.is_not(None), calls.exists(), sa.not_(going_on.exists())
    )
    return sa.or_(Notice.next_step_at <= clock.now(), called_in_vain)


def _advance(session: orm.Session, alert: Alert, notice: Notice) -> None:
    plan = _plan(alert)
    if alert.status is AlertStatus.cancelled and notice.kind is not NoticeKind.cancel:
        # Nobody is to hear "act at once" after "called off"; it is heard with the cancellation.
        notice.next_step_at = clock.now() + LOOK_AGAIN
        return
    if alert.status in RUNNING:
        # Its own steps go on, with the new words: whoever acknowledges by a key has heard the news too.
        notice.next_step_at = clock.now() + LOOK_AGAIN
        return
    while notice.step < len(plan.news_attempts):
        step = plan.news_attempts[notice.step]
        notice.step += 1
        found = targets(session, alert, step.contact, step.channels)
        if found:
            for target in found:
                send(session, alert, _message(notice), target)
            notice.next_step_at = clock.now() + dt.timedelta(seconds=step.patience)
            return
    _alarm(session, alert, notice, plan)


def _alarm(session: orm.Session, alert: Alert, notice: Notice, plan: Policy) -> None:
    words = wording.unheard(alert.number, alert.agency_name, exercise=alert.exercise)
    notice.step += 1
    message = Message(
        topic=NEWS_ALARM_TOPIC,
        ref=notice.id,
        key=f"{NEWS_ALARM_TOPIC}:{notice.id}:{notice.step}",
        text=words,
        spoken=words,
        flow=PAGE_FLOW,
        log=LogKind.alarm,
        notice_id=notice.id,
        step=notice.step,
    )
    for target in targets(session, alert, plan.alarm.contact, plan.alarm.channels):
        send(session, alert, message, target)
    notice.next_step_at = clock.now() + dt.timedelta(seconds=plan.alarm.heard_wait)


def _texted(session: orm.Session, alert: Alert) -> list[Target]:
    """Every contact that had a message of this alert and is still in use, by SMS where that reaches them."""
    return [
        target
        for contact in _informed(session, alert)
        if contact.position is not None
        for target in to_contact(session, contact, (Channel.sms,))
    ]


def _informed(session: orm.Session, alert: Alert) -> Sequence[Contact]:
    known = (
        sa.select(Contact)
        .where(
            Contact.id.in_(
                sa.select(AlertLog.contact_id).where(
                    AlertLog.alert_id == alert.id, AlertLog.contact_id.is_not(None)
                )
            )
        )
        .order_by(Contact.id)
    )
    return session.scalars(known).all()


def _message(notice: Notice) -> Message:
    return Message(
        topic=NEWS_TOPIC,
        ref=notice.id,
        key=f"{NEWS_TOPIC}:{notice.id}:{notice.step}",
        text=notice.text,
        spoken=notice.spoken,
        flow=NEWS_FLOW,
        log=LogKind.news,
        notice_id=notice.id,
        step=notice.step,
    )


def _plan(alert: Alert) -> Policy:
    return policy.named(alert.policy, alert.purpose)


def _announce(session: orm.Session, alert: Alert) -> None:
    live.announce(session, "alert", alert.id)
    if alert.report_id:
        live.announce(session, "report", alert.report_id)
