"""The police on the telephone: which alert they mean by its code, who they are, and what they say of it.

Whoever speaks is named by the contact whose telephone it is, or, from any other telephone, by the station
whose PIN they know (`triage.callers.police`).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, phones
from hotline.outbox import OutboxMessage
from triage.alerts import feedback, news, service
from triage.alerts.models import FOR_CHANGE, Alert, AlertLog, LogKind, Notice
from triage.alerts.sending import NEWS_TOPIC, POLICE_TOPICS
from triage.alerts.states import RUNNING, AcknowledgedHow, Feedback
from triage.places import service as places
from triage.places.models import Agency, Contact

FOUND_FOR = dt.timedelta(hours=24)
"""So long after its end an alert is still found: a late acknowledgement is written down."""
BY_PIN = "（凭密码来电）"


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody of an agency who speaks of one alert. `contact_id` is empty for a telephone that is not
    known; `said_at` is when the words were written that a call of ours says to them, `notice_id` the news
    that it is about."""

    alert_id: int
    who: str
    how: AcknowledgedHow
    contact_id: int | None = None
    said_at: dt.datetime | None = None
    notice_id: int | None = None

    def with_badge(self, badge: str) -> str:
        """Their name with the number of their badge, which says more than how they were known."""
        return f"{self.who.removesuffix(BY_PIN)} 警号 {badge}"


def called(session: orm.Session, message: OutboxMessage) -> Speaker | None:
    """Whoever has picked up this call of ours; None if it is not to an agency."""
    if message.topic not in POLICE_TOPICS:
        return None
    alert_id, notice_id = message.ref, None
    if message.topic == NEWS_TOPIC:
        notice_id = message.ref
        alert_id = session.get_one(Notice, notice_id).alert_id
    contact = sa.select(AlertLog.contact_id).where(AlertLog.message_id == message.id)
    return Speaker(
        alert_id,
        message.to_name,
        AcknowledgedHow.keypress,
        session.scalar(contact.limit(1)),
        message.created_at,
        notice_id,
    )


def by_contact(
    session: orm.Session, alert_id: int, contact: Contact, how: AcknowledgedHow
) -> Speaker:
    """A contact who has come to us."""
    agency = session.get_one(Agency, contact.agency_id)
    return Speaker(alert_id, f"{agency.name} {contact.name}", how, contact.id)


def by_pin(alert_id: int, agency: Agency) -> Speaker:
    """Somebody who knows the PIN of their station."""
    return Speaker(alert_id, f"{agency.name}{BY_PIN}", AcknowledgedHow.called_in)


def meant_by(session: orm.Session, code: str) -> Sequence[Alert]:
    """The alerts that may be meant by this code: those nobody has acknowledged first, the real ones
    before exercises, then the newest. Stations of several districts may have the same one."""
    recent = sa.or_(Alert.ended_at.is_(None), Alert.ended_at > clock.now() - FOUND_FOR)
    wanted = sa.select(Alert).where(Alert.code == code, Alert.agency_id.is_not(None), recent)
    order = (Alert.status.in_(RUNNING).desc(), Alert.exercise, Alert.id.desc())
    return session.scalars(wanted.order_by(*order)).all()


def known(
    session: orm.Session, alerts: Sequence[Alert], number: phones.Number
) -> tuple[Alert, Contact] | None:
    """The first of these alerts that is for an agency with this number among its contacts, or for one
    below it, or that was sent to this number; and the contact."""
    for alert in alerts:
        for contact in _speak_of(session, alert):
            if number.text and phones.normalise(contact.number) == number:
                return alert, contact
    return None


def _speak_of(session: orm.Session, alert: Alert) -> list[Contact]:
    """The contacts in use of its agencies; then whoever has had a message of it: a substitute may be of
    another agency."""
    theirs = [
        one for agency in agencies(session, alert) for one in places.contacts(session, agency.id)
    ]
    told = sa.select(AlertLog.contact_id).where(
        AlertLog.alert_id == alert.id, AlertLog.message_id.is_not(None)
    )
    others = sa.select(Contact).where(Contact.id.in_(told), Contact.position.is_not(None))
    return [*theirs, *session.scalars(others.order_by(Contact.id))]


def agencies(session: orm.Session, alert: Alert) -> list[Agency]:
    """Those who may speak of an alert: its agency, and the one above."""
    own = session.get_one(Agency, alert.agency_id)
    above = places.superior_of(session, own)
    return [own, above] if above else [own]


def asks_badge(session: orm.Session, alert_id: int) -> bool:
    """Whether the station of this alert wants whoever acknowledges to give their badge number."""
    asks = sa.select(Agency.asks_badge).join(Alert, Alert.agency_id == Agency.id)
    return bool(session.scalar(asks.where(Alert.id == alert_id)))


def acknowledge(session: orm.Session, speaker: Speaker, note: str = "") -> None:
    """They have it."""
    service.acknowledge(
        session,
        speaker.alert_id,
        speaker.who,
        speaker.how,
        audit.NETWORK,
        note,
        speaker.contact_id,
        speaker.said_at,
    )


def add_badge(session: orm.Session, speaker: Speaker, badge: str) -> None:
    """Complete their acknowledgement by the number of their badge: on the alert, if theirs was the first,
    and in its log. The same again changes nothing, for then nothing stands there without it."""
    alert = session.get_one(Alert, speaker.alert_id, with_for_update=FOR_CHANGE)
    signed = speaker.with_badge(badge)
    if alert.acknowledged_by == speaker.who:
        alert.acknowledged_by = signed
    last = (
        sa.select(AlertLog.id)
        .where(
            AlertLog.alert_id == alert.id,
            AlertLog.who == speaker.who,
            AlertLog.kind.in_([LogKind.acknowledged, LogKind.acknowledged_again]),
        )
        .order_by(AlertLog.id.desc())
        .limit(1)
    )
    completed = sa.update(AlertLog).where(AlertLog.id == last.scalar_subquery()).values(who=signed)
    session.execute(completed)
    audit.record(session, audit.NETWORK, "badge", "alert", alert.id, contact=speaker.contact_id)


def hear_news(session: orm.Session, speaker: Speaker) -> None:
    """They have heard, or are just being told, the news that a call of ours is about, or else the newest."""
    if speaker.notice_id:
        notice: Notice | None = session.get_one(Notice, speaker.notice_id)
    else:
        notice = news.newest(session, speaker.alert_id, speaker.said_at or clock.now())
    if notice:
        news.heard_with(session, notice, speaker.who, speaker.how, audit.NETWORK)


def report_back(session: orm.Session, speaker: Speaker, said: Feedback, note: str = "") -> None:
    """They say where they stand."""
    feedback.came(session, speaker.alert_id, said, speaker.who, audit.NETWORK, note)
