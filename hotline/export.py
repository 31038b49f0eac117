"""Reports and alerts as lines of JSON, for scripts and for when the console is out of reach."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import phones
from hotline.outbox import OutboxMessage
from triage.alerts.models import Alert
from triage.alerts.sending import ALARM_TOPIC, TOPIC
from triage.cases.models import Case
from triage.intake.models import Call, Recording, Report


def report_id(session: orm.Session, number: str) -> int | None:
    """The row of a receipt number."""
    return session.scalar(sa.select(Report.id).where(Report.number == number))


def reports(session: orm.Session) -> Iterator[str]:
    """Every report as a line of JSON, oldest first, callers masked; a confidential case is not named."""
    shown = sa.and_(Case.id == Report.case_id, sa.not_(Case.confidential))
    rows = sa.select(Report, Call, Case.id).join(Call, isouter=True).join(Case, shown, isouter=True)
    every = rows.order_by(Report.id).execution_options(yield_per=200)
    for report, call, case_id in session.execute(every):
        yield json.dumps(_report(session, report, call, case_id), ensure_ascii=False)


def _report(
    session: orm.Session, report: Report, call: Call | None, case_id: int | None
) -> dict[str, Any]:
    sid = call.call_sid if call else ""
    recordings = session.scalars(
        sa.select(Recording).where(Recording.call_sid == sid).order_by(Recording.id)
    )
    return {
        "number": report.number,
        "call_sid": sid,
        "channel": report.channel,
        "status": report.status,
        "emergency": report.emergency,
        "urgency": report.urgency,
        "situation": report.situation,
        "caller": phones.mask(call.caller) if call else "",
        "recordings": [
            {
                "sid": recording.recording_sid,
                "status": recording.status,
                "seconds": recording.seconds,
                "sha256": recording.sha256,
            }
            for recording in recordings
        ],
        "case": str(case_id) if case_id else None,
        "created_at": report.received_at.isoformat(),
        "due_at": report.due_at.isoformat(),
    }


def alerts(session: orm.Session) -> Iterator[str]:
    """Every alert as a line of JSON, oldest first, numbers masked; exercises say so, and have no report."""
    of_report = Report.id == Alert.report_id
    numbers = sa.select(Alert, Report.number).join(Report, of_report, isouter=True)
    for alert, number in session.execute(numbers.order_by(Alert.id)):
        yield json.dumps(_alert(session, alert, number), ensure_ascii=False)


def _alert(session: orm.Session, alert: Alert, number: str | None) -> dict[str, Any]:
    messages = session.scalars(
        sa.select(OutboxMessage)
        .where(OutboxMessage.topic.in_([TOPIC, ALARM_TOPIC]), OutboxMessage.ref == alert.id)
        .order_by(OutboxMessage.id)
    )
    return {
        "number": alert.number,
        "status": alert.status,
        "exercise": alert.exercise,
        "report": number,
        "case": str(alert.case_id) if alert.case_id else None,
        "acknowledged_by": alert.acknowledged_by,
        "raised_at": alert.raised_at.isoformat(),
        "acknowledged_at": alert.acknowledged_at.isoformat() if alert.acknowledged_at else None,
        "messages": [
            {
                "channel": message.channel,
                "to": phones.mask(message.to),
                "status": message.status,
                "attempts": message.attempts,
                "sid": message.carrier_sid,
                "network": message.network,
                "at": message.created_at.isoformat(),
            }
            for message in messages
        ],
    }
