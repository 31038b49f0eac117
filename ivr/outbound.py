"""Calls that the line makes itself: which message a call carries, and what it has to say."""

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock
from hotline.outbox import OutboxMessage
from triage.alerts import sending, threads, wording
from triage.alerts.models import Alert, Notice
from triage.alerts.states import NEWS
from triage.callers import police
from triage.conversations import service as conversations
from triage.conversations.models import Leg
from triage.conversations.statements import LEG
from triage.exercises import contact_tests
from triage.intake import service as intake
from triage.intake.models import Call, Report


def message_of(session: orm.Session, call_sid: str) -> OutboxMessage | None:
    """The message that this call carries."""
    return session.scalar(sa.select(OutboxMessage).where(OutboxMessage.carrier_sid == call_sid))


def fields_for(session: orm.Session, message: OutboxMessage) -> dict[str, str]:
    """The blanks of the prompts (`ivr.wording.FIELDS`) for this message."""
    if message.topic == intake.PAGE:
        report = session.get_one(Report, message.ref)
        return {"receipt": report.number, "reason": message.body}
    if message.topic in {sending.ALARM_TOPIC, sending.NEWS_ALARM_TOPIC}:
        return {"reason": message.body}
    if message.topic == LEG:
        return _of_leg(session, message)
    if message.topic == contact_tests.TOPIC:
        return {}
    return _of_agency(session, message)


def fields_of_police(session: orm.Session, call_sid: str) -> dict[str, str]:
    """The same for somebody of an agency who has called the police line: everything as it stands now."""
    alert = police.alert_of(session, call_sid)
    if alert is None:
        return {}
    newest = threads.newest_notice(session, alert.id)
    address = threads.facts(session, alert).address or ""
    return _of_alert(alert, newest) | {"situation": newest.spoken, "address": address}


def _of_agency(session: orm.Session, message: OutboxMessage) -> dict[str, str]:
    notice, number = None, message.ref
    if message.topic == sending.NEWS_TOPIC:
        notice = session.get_one(Notice, message.ref)
        number = notice.alert_id
    alert = session.get_one(Alert, number)
    return _of_alert(alert, notice) | {"situation": message.body}


def _of_alert(alert: Alert, notice: Notice | None) -> dict[str, str]:
    return {
        "code": alert.code,
        "place": alert.place_name,
        "callback": wording.callback(),
        "exercise": "exercise" if alert.exercise else "",
        "news": notice.kind if notice and notice.kind in NEWS else "",
    }


def conversation_of(session: orm.Session, message: OutboxMessage) -> tuple[str, str]:
    """The name of the conference that this call is to join, and the caller's own call; both empty if it
    joins none."""
    if message.topic != LEG:
        return "", ""
    call_sid = conversations.original_call_sid(session, message)
    return conversations.conference(call_sid), call_sid


def _of_leg(session: orm.Session, message: OutboxMessage) -> dict[str, str]:
    row = session.execute(
        sa.select(Report.number, Call.waiting_since)
        .join(Call, Call.id == Report.call_id)
        .join(Leg, Leg.call_id == Call.id)
        .where(Leg.id == message.ref)
    ).one()
    waited = (clock.now() - row.waiting_since).seconds if row.waiting_since else 0
    return {"receipt": row.number, "waited": str(waited)}
