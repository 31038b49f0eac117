"""Calls that the line makes itself: which message a call carries, and what it has to say."""

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.outbox import OutboxMessage
from triage.alerts import paging, steps, wording
from triage.alerts.models import Alert
from triage.intake.models import Report


def message_of(session: orm.Session, call_sid: str) -> OutboxMessage | None:
    """The message that this call carries."""
    return session.scalar(sa.select(OutboxMessage).where(OutboxMessage.carrier_sid == call_sid))


def fields_for(session: orm.Session, message: OutboxMessage) -> dict[str, str]:
    """The blanks of the prompts (`ivr.wording.FIELDS`) for this message."""
    if message.topic == paging.TOPIC:
        report = session.get_one(Report, message.ref)
        return {"receipt": report.number, "reason": message.body}
    if message.topic == steps.ALARM_TOPIC:
        return {"reason": message.body}
    alert = session.get_one(Alert, message.ref)
    return {
        "code": alert.code,
        "place": alert.place_name,
        "situation": message.body,
        "callback": wording.callback(),
    }
