"""What the police report back while they act, and the asking for it when they do not."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, live, queues
from hotline.outbox import Channel
from triage.alerts import policy, wording
from triage.alerts.models import FOR_CHANGE, Alert, LogKind, Notice
from triage.alerts.policy import Asking, Who
from triage.alerts.sending import (
    ALARM_TOPIC,
    FEEDBACK_FLOW,
    FEEDBACK_TOPIC,
    Message,
    Target,
    contact,
    log,
    send,
    targets,
    to_contact,
)
from triage.alerts.states import AlertStatus, Feedback, NoticeKind
from triage.alerts.threads import facts, tell_case

MOST = 100


def came(
    session: orm.Session,
    alert_id: int,
    feedback: Feedback,
    who: str,
    actor: audit.Actor,
    note: str = "",
) -> Alert:
    """The police have said where they stand. On an alert that has ended it is written down only."""
    alert = session.get_one(Alert, alert_id, with_for_update=FOR_CHANGE)
    log(session, alert, LogKind.feedback, who, details=feedback, note=note)
    audit.record(session, actor, "feedback", "alert", alert_id, feedback=feedback)
    if alert.status is AlertStatus.acknowledged:
        alert.feedback, alert.feedback_at, alert.feedback_asked = feedback, clock.now(), 0
        asking = _asking(alert)
        alert.feedback_due_at = _in(asking.again) if asking else None
    tell_case(session, alert, f"{alert.agency_name}反馈：{wording.FEEDBACK[feedback]}")
    live.announce(session, "alert", alert_id)
    if feedback is Feedback.needs_others:
        # Somebody of the line has to call them in: on every console, aloud.
        live.announce(session, "emergency", alert.report_id)
    return alert


def expect(alert: Alert) -> None:
    """Somebody has acknowledged: from now on the police are expected to say what comes of it."""
    asking, alert.feedback_asked = _asking(alert), 0
    alert.feedback_due_at = _in(asking.first) if asking else None


def sweep() -> int:
    """Ask for all feedback that is overdue, row by row; how many."""
    return queues.row_by_row(_due, _ask)


def _due(session: orm.Session) -> Sequence[int]:
    ready = sa.select(Alert.id).where(Alert.feedback_due_at <= clock.now())
    return session.scalars(ready.order_by(Alert.feedback_due_at).limit(MOST)).all()


def _ask(session: orm.Session, number: int) -> None:
    found = sa.select(Alert).where(Alert.id == number, Alert.feedback_due_at <= clock.now())
    alert = session.scalar(found.with_for_update(skip_locked=True, key_share=True))
    if alert is None:
        return
    asking = _asking(alert)
    if asking is None or alert.feedback_asked >= asking.times:
        _give_up(session, alert)
    else:
        alert.feedback_asked += 1
        _ask_police(session, alert)
        alert.feedback_due_at = _in(asking.again)
    live.announce(session, "alert", number)


def _ask_police(session: orm.Session, alert: Alert) -> None:
    words = wording.compose(NoticeKind.reminder, facts(session, alert))
    notice = Notice(
        alert_id=alert.id,
        kind=NoticeKind.reminder,
        text=words.text,
        spoken=words.situation,
        at=clock.now(),
        step=0,
    )
    session.add(notice)
    session.flush()
    message = Message(
        topic=FEEDBACK_TOPIC,
        ref=alert.id,
        key=f"{FEEDBACK_TOPIC}:{notice.id}",
        text=words.text,
        spoken=words.situation,
        flow=FEEDBACK_FLOW,
        log=LogKind.feedback_asked,
        notice_id=notice.id,
    )
    for target in _whom(session, alert):
        send(session, alert, message, target)


def _whom(session: orm.Session, alert: Alert) -> list[Target]:
    """Whoever acknowledged; if that is none of the contacts we know, the first on hand."""
    found = contact(session, alert, Who.acknowledger) or contact(session, alert, Who.first)
    return to_contact(session, found, (Channel.sms, Channel.call)) if found else []


def _give_up(session: orm.Session, alert: Alert) -> None:
    """The line's officers are told instead; on the board it stays overdue."""
    alert.feedback_due_at = None
    log(session, alert, LogKind.feedback_missing, "")
    words = wording.no_feedback(alert.number, alert.agency_name, exercise=alert.exercise)
    message = Message(
        topic=ALARM_TOPIC,
        ref=alert.id,
        key=f"{FEEDBACK_TOPIC}:{alert.id}:missing:{clock.now().timestamp():.0f}",
        text=words,
        spoken=words,
        flow="",
        log=LogKind.alarm,
    )
    for target in targets(session, alert, Who.officers, (Channel.sms,)):
        send(session, alert, message, target)
    live.announce(session, "emergency", alert.report_id)


def _asking(alert: Alert) -> Asking | None:
    return policy.named(alert.policy, alert.purpose).asking


def _in(seconds: int) -> dt.datetime:
    return clock.now() + dt.timedelta(seconds=seconds)
