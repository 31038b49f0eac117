"""Which messages an alert has, and the handing of each to whoever wants to know (CAP_WEBHOOK_URL)."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, config, outbox, queues
from hotline.outbox import Channel, Lane, MessageStatus, OutboxMessage
from triage.alerts import threads
from triage.alerts.models import Alert, Notice
from triage.cap.document import (
    ACKNOWLEDGEMENT,
    TYPES,
    Message,
    Thread,
    document,
    identifier,
    messages,
)
from triage.places.models import Place

TOPIC = "cap"
"""Its `ref` is the alert."""
TO = "CAP"
VALID_FOR = dt.timedelta(hours=24)
NEW = dt.timedelta(hours=1)
"""A thread that was older when it could first be posted is not: a receiver set up today is not flooded with
what is over, and never gets an Update of something that it has not had."""
LONGEST_THREAD = dt.timedelta(days=7)
"""What is said of an alert later than this is not posted; it can still be exported."""
MOST = 50


def thread(session: orm.Session, alert_id: int) -> Thread | None:
    """An alert with its messages; None if there is none."""
    alert = session.get(Alert, alert_id)
    if alert is None:
        return None
    said = sa.select(Notice).where(Notice.alert_id == alert_id).order_by(Notice.id)
    return Thread(alert, messages(alert, session.scalars(said)), _place_code(session, alert))


def named(thread: Thread, name: str | None) -> Message | None:
    """The message of this name; without one, the latest."""
    found = (one for one in reversed(thread.messages) if name in (None, one.name))
    return next(found, None)


def sweep() -> int:
    """Hand on the next message of every thread that has one, row by row; how many."""
    return queues.row_by_row(_due, _hand_on) if config.current().cap_webhook_url else 0


def _due(session: orm.Session) -> Sequence[int]:
    """Alerts with a message that was not handed on, and none that is still under way: so a receiver gets
    them in the order in which they were said, also after one that had to be posted again."""
    handed = (
        sa.select(OutboxMessage.id)
        .where(OutboxMessage.topic == TOPIC, OutboxMessage.ref == Alert.id)
        .correlate(Alert)
    )
    under_way = handed.where(
        OutboxMessage.status.in_([MessageStatus.pending, MessageStatus.sending])
    )
    now = clock.now()
    wanted = sa.select(Alert.id).where(
        Alert.raised_at > now - LONGEST_THREAD,
        sa.or_(Alert.raised_at > now - NEW, handed.exists()),
        sa.not_(under_way.exists()),
        sa.or_(_notice_is_left(), _acknowledgement_is_left()),
    )
    return session.scalars(wanted.order_by(Alert.id).limit(MOST)).all()


def _notice_is_left() -> sa.ColumnElement[bool]:
    left = sa.select(Notice.id).where(
        Notice.alert_id == Alert.id,
        Notice.kind.in_(TYPES),
        sa.not_(_handed_on(sa.cast(Notice.id, sa.Text))),
    )
    return left.correlate(Alert).exists()


def _acknowledgement_is_left() -> sa.ColumnElement[bool]:
    return sa.and_(
        Alert.acknowledged_at.is_not(None), sa.not_(_handed_on(sa.literal(ACKNOWLEDGEMENT)))
    )


def _handed_on(name: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    key = sa.func.concat(f"{TOPIC}:", Alert.id, "-", name)
    handed = sa.select(OutboxMessage.id).where(OutboxMessage.dedupe_key == key)
    return handed.correlate(Alert, Notice).exists()


def _hand_on(session: orm.Session, alert_id: int) -> None:
    """The alert is not locked: its own steps never wait for this, and a message that two hand on at once is
    one by its key."""
    found = thread(session, alert_id)
    assert found is not None
    handed = set(
        session.scalars(
            sa.select(OutboxMessage.dedupe_key).where(
                OutboxMessage.topic == TOPIC, OutboxMessage.ref == alert_id
            )
        )
    )
    for message in found.messages:
        key = f"{TOPIC}:{identifier(found.alert, message)}"
        if key not in handed:
            _add(session, found, message, key)
            return


def _add(session: orm.Session, found: Thread, message: Message, key: str) -> None:
    name = identifier(found.alert, message)
    audit.record(session, audit.SWEEPER, "export", "alert", found.alert.id, message=name)
    outbox.add(
        session,
        dedupe_key=key,
        topic=TOPIC,
        ref=found.alert.id,
        lane=Lane.other,
        channel=Channel.webhook,
        to=config.current().cap_webhook_url,
        to_name=TO,
        body=document(found, message),
        valid_for=VALID_FOR,
    )


def _place_code(session: orm.Session, alert: Alert) -> str:
    """The code of the alert's place, unless news has named another place since."""
    place = session.get(Place, alert.place_id) if alert.place_id else None
    if place is None or threads.place_name(session, place.id) != alert.place_name:
        return ""
    return place.code
