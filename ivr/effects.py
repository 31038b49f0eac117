"""What a node's effect does: from the flow's word to a service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import orm

from hotline import audit, phones
from hotline.accounts.models import Account
from hotline.accounts.permissions import Role
from hotline.outbox import OutboxMessage
from ivr.nodes import Effect
from ivr.session import Where
from triage.alerts import paging, steps
from triage.alerts import service as alerts
from triage.alerts.models import AcknowledgedHow
from triage.intake import service as intake
from triage.places import service as places


@dataclass(frozen=True, slots=True)
class Context:
    """The call in which an effect happens, and for a call of our own the message it carries."""

    call_sid: str
    form: Mapping[str, str]
    where: Where
    message: OutboxMessage | None


def carry_out(session: orm.Session, effect: Effect, context: Context) -> None:
    """Do what the effect means. Each may come twice and means the same as once."""
    _DEEDS[effect](session, context)


def _emergency(session: orm.Session, context: Context) -> None:
    intake.mark_emergency(session, context.call_sid)


def _accept_call(session: orm.Session, context: Context) -> None:
    # The officer's leg is a call of its own; the caller's is its parent.
    caller_sid = context.form.get("ParentCallSid", context.call_sid)
    if officer := _officer_at(session, context.form.get("To", "")):
        intake.accept_call(session, caller_sid, officer.id)


def _acknowledge_alert(session: orm.Session, context: Context) -> None:
    message = context.message
    if message and message.topic == steps.TOPIC:
        alerts.acknowledge(
            session, message.ref, message.to_name, AcknowledgedHow.keypress, audit.NETWORK
        )


def _confirm_page(session: orm.Session, context: Context) -> None:
    message = context.message
    if message and message.topic == steps.ALARM_TOPIC:
        alerts.heard(session, message.ref, message.to_name)
    elif message and message.topic == paging.TOPIC:
        audit.record(
            session, audit.NETWORK, "page_confirmed", "report", message.ref, message=message.id
        )


def _officer_at(session: orm.Session, number: str) -> Account | None:
    wanted = phones.normalise(number).text
    # Whoever was rung may answer, also if the shift ended while the telephone rang.
    for account in places.reachable(session, Role.officer):
        if account.phone and phones.normalise(account.phone).text == wanted:
            return account
    return None


_DEEDS: dict[Effect, Callable[[orm.Session, Context], None]] = {
    Effect.emergency: _emergency,
    Effect.accept_call: _accept_call,
    Effect.acknowledge_alert: _acknowledge_alert,
    Effect.confirm_page: _confirm_page,
}
