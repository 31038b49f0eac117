"""Whom a step of a policy is for, and the message to each: a row of the outbox and a line of the log."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import orm

from hotline import clock, outbox
from hotline.accounts.models import Account
from hotline.accounts.permissions import Role
from hotline.outbox import Channel, Lane
from triage.alerts.models import Alert, AlertLog, LogKind
from triage.alerts.policy import PLACES_IN_ROW, Who
from triage.alerts.states import Purpose
from triage.places import service as places
from triage.places.models import Agency, Contact

VALID_FOR = dt.timedelta(minutes=10)
"""How long an alert message still makes sense; the network's own default is ten hours."""

TOPIC = "alert"
ALARM_TOPIC = "alarm"
NEWS_TOPIC = "alert_news"
"""Its `ref` is the notice, not the alert."""
NEWS_ALARM_TOPIC = "alert_news_alarm"
FEEDBACK_TOPIC = "alert_feedback"
POLICE_TOPICS = (TOPIC, NEWS_TOPIC, FEEDBACK_TOPIC)
"""What goes to an agency; the rest goes to the line's own people."""

FLOWS = {Purpose.police: "police", Purpose.office: "office"}
PAGE_FLOW = "page"
NEWS_FLOW = "news"
FEEDBACK_FLOW = "feedback"

OUR_ROLES = {
    Who.officers: (Role.officer, Role.supervisor),
    Who.supervisors: (Role.supervisor, Role.officer),
}
"""Whoever is meant; if a telephone reaches none of them, the others, for an alarm must reach somebody."""


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody to be reached, and how. `contact_id` is empty for the line's own people."""

    key: str
    name: str
    number: str
    channel: Channel
    contact_id: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said by which flow, and what it belongs to."""

    topic: str
    ref: int
    key: str
    """Makes it the same message when it is sent twice."""
    text: str
    spoken: str
    flow: str
    log: LogKind
    notice_id: int | None = None
    step: int | None = None
    """The step of the notice; the alert's own where nothing is said."""


def targets(
    session: orm.Session, alert: Alert, who: Who, channels: tuple[Channel, ...]
) -> list[Target]:
    """Everybody whom a step is for, by each channel that reaches them."""
    if who in OUR_ROLES:
        return [
            Target(f"account:{one.id}", one.name, one.phone or "", channel)
            for one in _ours(session, OUR_ROLES[who])
            for channel in channels
        ]
    found = contact(session, alert, who)
    return to_contact(session, found, channels) if found else []


def _ours(session: orm.Session, roles: tuple[Role, ...]) -> list[Account]:
    return next((found for role in roles if (found := places.on_duty(session, role))), [])


def to_contact(
    session: orm.Session, contact: Contact, channels: tuple[Channel, ...]
) -> list[Target]:
    """A contact, by each of these channels that reaches them (a landline takes no SMS: network fact)."""
    agency = session.get_one(Agency, contact.agency_id)
    return [
        Target(
            f"contact:{contact.id}",
            f"{agency.name} {contact.name}",
            contact.number,
            channel,
            contact.id,
        )
        for channel in channels
        if takes(contact, channel)
    ]


def takes(contact: Contact, channel: Channel) -> bool:
    """Whether a channel reaches this contact."""
    return contact.takes_sms if channel is Channel.sms else contact.takes_calls


def contact(session: orm.Session, alert: Alert, who: Who) -> Contact | None:
    """The contact on hand whom a step means; None if there is none."""
    if who is Who.acknowledger:
        known = alert.acknowledged_contact_id
        return places.if_there(session, known) if known else None
    if alert.agency_id is None:
        return None
    if who is Who.superior:
        above = places.superior_of(session, session.get_one(Agency, alert.agency_id))
        on_hand = places.on_hand(session, above.id) if above else []
        return on_hand[0] if on_hand else None
    on_hand = places.on_hand(session, alert.agency_id)
    place = PLACES_IN_ROW[who]
    return on_hand[place] if place < len(on_hand) else None


def send(session: orm.Session, alert: Alert, message: Message, target: Target) -> None:
    """Put a message on its way and write down that it was."""
    by_sms = target.channel is Channel.sms
    sent = outbox.add(
        session,
        dedupe_key=f"{message.key}:{target.channel}:{target.key}",
        topic=message.topic,
        ref=message.ref,
        lane=Lane.alert,
        channel=target.channel,
        to=target.number,
        to_name=target.name,
        body=message.text if by_sms else message.spoken,
        flow="" if by_sms else message.flow,
        valid_for=VALID_FOR,
    )
    log(
        session,
        alert,
        message.log,
        target.name,
        message_id=sent,
        notice_id=message.notice_id,
        contact_id=target.contact_id,
        details=target.channel,
        step=message.step,
    )


def log(
    session: orm.Session,
    alert: Alert,
    kind: LogKind,
    who: str,
    *,
    details: str = "",
    note: str | None = None,
    message_id: int | None = None,
    notice_id: int | None = None,
    contact_id: int | None = None,
    step: int | None = None,
) -> None:
    """Write a line into the alert's log, at its present step unless another is said."""
    session.add(
        AlertLog(
            alert_id=alert.id,
            at=clock.now(),
            kind=kind,
            step=alert.step if step is None else step,
            who=who,
            contact_id=contact_id,
            message_id=message_id,
            notice_id=notice_id,
            details=details,
            note=note or None,
        )
    )
