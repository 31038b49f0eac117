"""What a node's effect does: from the flow's word to a service."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import orm

from hotline import audit
from hotline.outbox import OutboxMessage
from ivr.nodes import Effect
from ivr.session import Heard, Where
from triage.alerts import police_line, sending
from triage.alerts import service as alerts
from triage.alerts.models import Notice
from triage.alerts.police_line import Speaker
from triage.alerts.states import Feedback
from triage.callers import police
from triage.callers import service as callers
from triage.conversations import service as conversations
from triage.exercises import contact_tests
from triage.intake import service as intake


@dataclass(frozen=True, slots=True)
class Context:
    """The call in which something happens, where it stands, what was heard last, and for a call of our
    own the message it carries."""

    call_sid: str
    where: Where
    heard: Heard
    message: OutboxMessage | None = None


def carry_out(session: orm.Session, effect: Effect, context: Context) -> None:
    """Do what the effect means. Each may come twice and means the same as once."""
    _DEEDS[effect](session, context)


def speaker_of(session: orm.Session, context: Context) -> Speaker | None:
    """Somebody of an agency who is on the telephone: called by us, or calling the police line."""
    if context.message is not None:
        return police_line.called(session, context.message)
    return police.speaker(session, context.call_sid)


def _emergency(session: orm.Session, context: Context) -> None:
    intake.mark_emergency(session, context.call_sid)


def _ask_callback(session: orm.Session, context: Context) -> None:
    conversations.ask_callback(session, context.call_sid)


def _text_receipt(session: orm.Session, context: Context) -> None:
    callers.text_receipt(session, context.call_sid)


def _acknowledge_alert(session: orm.Session, context: Context) -> None:
    speaker = speaker_of(session, context)
    if speaker and (context.message is None or context.message.topic == sending.TOPIC):
        police_line.acknowledge(session, speaker)


def _note_badge(session: orm.Session, context: Context) -> None:
    if speaker := speaker_of(session, context):
        police_line.add_badge(session, speaker, context.heard.value)


def _note_feedback(session: orm.Session, context: Context) -> None:
    if speaker := speaker_of(session, context):
        said = list(Feedback)[int(context.heard.value) - 1]
        police_line.report_back(session, speaker, said)


def _news_heard(session: orm.Session, context: Context) -> None:
    if speaker := speaker_of(session, context):
        police_line.hear_news(session, speaker)


def _confirm_page(session: orm.Session, context: Context) -> None:
    message = context.message
    if message and message.topic == sending.ALARM_TOPIC:
        alerts.heard(session, message.ref, message.to_name)
    elif message and message.topic == sending.NEWS_ALARM_TOPIC:
        alert_id = session.get_one(Notice, message.ref).alert_id
        alerts.heard(session, alert_id, message.to_name)
    elif message and message.topic == intake.PAGE:
        audit.record(
            session, audit.NETWORK, "page_confirmed", "report", message.ref, message=message.id
        )


def _confirm_contact_test(session: orm.Session, context: Context) -> None:
    message = context.message
    if message and message.topic == contact_tests.TOPIC:
        contact_tests.confirm(session, message.ref, audit.NETWORK)


_DEEDS: dict[Effect, Callable[[orm.Session, Context], None]] = {
    Effect.emergency: _emergency,
    Effect.ask_callback: _ask_callback,
    Effect.text_receipt: _text_receipt,
    Effect.acknowledge_alert: _acknowledge_alert,
    Effect.note_badge: _note_badge,
    Effect.note_feedback: _note_feedback,
    Effect.news_heard: _news_heard,
    Effect.confirm_page: _confirm_page,
    Effect.confirm_contact_test: _confirm_contact_test,
}
