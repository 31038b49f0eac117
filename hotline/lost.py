"""What became of a request whose answer was lost: asked of the networks, before it is made again."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from hotline import db
from hotline.carrier import CarrierError, Found, carrier
from hotline.outbox import Channel, OutboxMessage

CLOCKS_APART = dt.timedelta(seconds=10)
"""How far the network's clock may be behind ours; it tells whole seconds."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Discovery:
    """A message of ours that a network has, though it never told us."""

    network: str
    found: Found


def look_for(message: OutboxMessage, networks: Collection[str]) -> Discovery | None:
    """Whether one of these networks has this SMS or call already. One that does not say in time counts as
    not having it: a second SMS is better than none."""
    for network in networks:
        try:
            candidates = _candidates(message, network)
        except CarrierError as error:
            log.warning(
                "lost_not_looked_for", message=message.id, network=network, error=error.code
            )
            continue
        if mine := _of_no_other(message, candidates):
            log.info("lost_found_again", message=message.id, network=network, sid=mine.sid)
            return Discovery(network, mine)
    return None


def _candidates(message: OutboxMessage, network: str) -> list[Found]:
    since = message.created_at - CLOCKS_APART
    if message.channel is Channel.sms:
        return carrier(network).sent_sms(message.to, message.body, since)
    return carrier(network).placed_calls(message.to, since)


def _of_no_other(message: OutboxMessage, candidates: list[Found]) -> Found | None:
    """The newest that is not known as another message of ours."""
    others = sa.select(OutboxMessage.carrier_sid).where(
        OutboxMessage.carrier_sid.in_([one.sid for one in candidates]),
        OutboxMessage.id != message.id,
    )
    with db.transaction() as session:
        taken = set(session.scalars(others))
    return next((one for one in candidates if one.sid not in taken), None)
