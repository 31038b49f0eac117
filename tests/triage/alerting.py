"""What tests of alerts look at: messages on their way, the log, and what the network says of them."""

import sqlalchemy as sa

from hotline import db, delivery
from hotline.outbox import Channel, OutboxMessage
from triage.alerts.models import Alert, AlertLog, LogKind, Notice

DISTRICT_FIRST, DISTRICT_SECOND = "+8610000000311", "+8610000000312"
STATION_FIRST, STATION_SECOND = "+8610000000301", "+8610000000302"
SUPERVISOR, OFFICER = "+8610000000201", "+8610000000101"

Sent = tuple[str, Channel, str]


def sent(since: int = 0) -> list[Sent]:
    """Every message so far, or after that number: topic, channel, number."""
    with db.transaction() as session:
        messages = session.scalars(
            sa.select(OutboxMessage).where(OutboxMessage.id > since).order_by(OutboxMessage.id)
        )
        return [(message.topic, message.channel, message.to) for message in messages]


def newest() -> int:
    """The number of the newest message."""
    with db.transaction() as session:
        return session.scalar(sa.select(sa.func.max(OutboxMessage.id))) or 0


def bodies(topic: str) -> list[str]:
    """What the messages of a topic say."""
    with db.transaction() as session:
        wanted = sa.select(OutboxMessage.body).where(OutboxMessage.topic == topic)
        return list(session.scalars(wanted.order_by(OutboxMessage.id)))


def status(word: str, number: int | None = None) -> None:
    """The network tells of a message, the newest unless another is said."""
    found = number or newest()
    with db.transaction() as session:
        delivery.status_came(
            session, message_id=found, sid=f"SID{found}", status=word, error_code=""
        )


def log() -> list[LogKind]:
    """The kinds of all lines, in their order."""
    with db.transaction() as session:
        return list(session.scalars(sa.select(AlertLog.kind).order_by(AlertLog.id)))


def alert(number: int) -> Alert:
    """How it stands."""
    with db.transaction() as session:
        return session.get_one(Alert, number)


def alerts() -> list[Alert]:
    """All of them."""
    with db.transaction() as session:
        return list(session.scalars(sa.select(Alert).order_by(Alert.id)))


def notices() -> list[Notice]:
    """All that was said, in its order."""
    with db.transaction() as session:
        return list(session.scalars(sa.select(Notice).order_by(Notice.id)))
