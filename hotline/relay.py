"""Takes a message from the outbox to a network, and records what came of it.

Two short transactions with the request between them: claim (a lease, committed before anything is
sent) and outcome. If the process dies in between, the lease runs out, and somebody else asks the network
whether it has the message, and sends it again if not.
"""

import datetime as dt
import time
from collections.abc import Collection
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog
from sqlalchemy import orm

from hotline import (
    clock,
    db,
    delivery,
    live,
    lost,
    networks,
    phones,
    queues,
    throttle,
    troubles,
    webhooks,
)
from hotline.carrier import CarrierError, Found, carrier
from hotline.network import FIRST
from hotline.outbox import (
    TELEPHONES,
    Channel,
    Lane,
    MessageEvent,
    MessageStatus,
    OutboxMessage,
    move,
)
from hotline.troubles import TREATMENT, Trouble

LEASE = dt.timedelta(seconds=30)
"""Longer than an attempt takes if every network hangs."""
NUDGE_GRACE = dt.timedelta(seconds=1)
"""How long a worker has, before the sweeper sends a message itself."""
URGENT = (Lane.alert, Lane.page)
AT_ONCE = 8
"""Requests that the sweeper makes at the same time: one that hangs holds up no other."""
ROUND_SECONDS = 10
"""How long a sweep goes on as long as it finds something due."""
PATIENT_TRIES = 2
"""Attempts of a message that is not urgent, before it is given to every network in turn."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Task:
    """A message that is ours to send. `networks`: where, in this order; `doubted`: whether an earlier
    attempt was begun of which nobody knows what became."""

    message: OutboxMessage
    networks: list[str]
    doubted: bool


@dataclass(slots=True)
class Outcome:
    """What came of an attempt: the `network` that has it, and its name for it, or why each has not."""

    doubted: bool = False
    network: str = ""
    sid: str | None = None
    found: Found | None = None
    errors: list[tuple[str, CarrierError]] = field(default_factory=list)

    @property
    def error(self) -> CarrierError | None:
        """Why it was not taken: for good if one network says so of the message itself; else what may pass."""
        every = [error for _, error in self.errors]
        if self.network or not every:
            return None
        final = [error for error in every if error.trouble is Trouble.refused]
        passing = [error for error in every if error.retry]
        return (final or passing or every)[0]

    @property
    def in_doubt(self) -> bool:
        """Whether a network may have taken it all the same."""
        unknown = (TREATMENT[error.trouble].perhaps_taken for _, error in self.errors)
        return self.doubted or any(unknown)


def deliver(message_id: int) -> None:
    """Send one message, if it is still to be sent. Called by a worker, or by the sweeper."""
    with db.transaction() as session:
        task = _claim(session, message_id)
    if task is None:
        return
    outcome = _attempt(task)
    with db.transaction() as session:
        _settle(session, message_id, outcome)


def due(
    session: orm.Session, lanes: Collection[Lane], *, but: Collection[int] = (), limit: int = 50
) -> list[int]:
    """Numbers of the messages that are due and that no worker has taken in time, alerts first."""
    late = clock.now() - NUDGE_GRACE
    ready = sa.and_(
        OutboxMessage.status == MessageStatus.pending, OutboxMessage.next_attempt_at <= late
    )
    return list(
        session.scalars(
            sa.select(OutboxMessage.id)
            .where(
                OutboxMessage.lane.in_([int(lane) for lane in lanes]),
                OutboxMessage.id.not_in(but),
                sa.or_(ready, _lease_ran_out()),
            )
            .order_by(OutboxMessage.lane, OutboxMessage.next_attempt_at)
            .limit(limit)
        )
    )


def sweep_urgent() -> int:
    """Send the alerts and pages that are due and have been left lying; how many were tried."""
    return _sweep(URGENT)


def sweep_others() -> int:
    """The same for whatever is not urgent."""
    return _sweep((Lane.other,))


def _sweep(lanes: Collection[Lane]) -> int:
    tried: set[int] = set()
    until = time.monotonic() + ROUND_SECONDS
    while time.monotonic() < until:
        with db.transaction() as session:
            numbers = due(session, lanes, but=tried, limit=3 * AT_ONCE)
        if not numbers:
            break
        queues.try_at_once(numbers, deliver, AT_ONCE)
        tried.update(numbers)
    return len(tried)


def _lease_ran_out() -> sa.ColumnElement[bool]:
    return sa.and_(
        OutboxMessage.status == MessageStatus.sending, OutboxMessage.lease_until <= clock.now()
    )


def _claim(session: orm.Session, message_id: int) -> Task | None:
    ready = sa.and_(
        OutboxMessage.status == MessageStatus.pending,
        OutboxMessage.next_attempt_at <= clock.now(),
    )
    message = session.scalar(
        sa.select(OutboxMessage)
        .where(OutboxMessage.id == message_id, sa.or_(ready, _lease_ran_out()))
        .with_for_update(skip_locked=True)
    )
    if message is None or _needs_no_sending(session, message):
        return None
    order, doubted = _order(session, message), message.in_doubt
    move(message, MessageEvent.claim)
    message.attempts += 1
    message.lease_until = clock.now() + LEASE
    if message.channel in TELEPHONES:
        message.in_doubt, message.network = True, order[0]
    return Task(message, order, doubted)


def _order(session: orm.Session, message: OutboxMessage) -> list[str]:
    """To which networks it is given, the one to begin with first. A call is moved by the one that has it:
    of our own calls we know which, and the others come in by the first."""
    if message.only_by:
        return [message.only_by]
    order = networks.in_order(session)
    if message.channel is not Channel.redirect:
        return order
    ours = sa.select(OutboxMessage.network).where(OutboxMessage.carrier_sid == message.to)
    has_it = session.scalar(ours) or FIRST
    return sorted(order, key=lambda name: name != has_it)


def _needs_no_sending(session: orm.Session, message: OutboxMessage) -> bool:
    """Whether it has arrived already, has gone out of date, or is held back."""
    if message.carrier_sid:
        # Somebody has picked up a call of which we never heard that it was placed.
        _taken(session, message, Outcome(network=message.network, sid=message.carrier_sid))
        return True
    if message.expires_at <= clock.now():
        _refuse(session, message, "expired")
        return True
    if until := throttle.held_until(session, message):
        move(message, MessageEvent.retry)
        message.next_attempt_at = min(until, message.expires_at)
        return True
    return False


def _attempt(task: Task) -> Outcome:
    match task.message.channel:
        case Channel.webhook:
            return _posted(task.message)
        case Channel.redirect:
            return _moved(task)
        case _:
            return _carried(task)


def _carried(task: Task) -> Outcome:
    """Given to one network after the other until one takes it; but before it is sent a second time, it is
    looked for where it may have arrived."""
    outcome = Outcome(task.doubted)
    doubtful = task.networks if task.doubted else []
    for network in task.networks if _to_every_network(task.message) else task.networks[:1]:
        if doubtful and (mine := lost.look_for(task.message, doubtful)):
            outcome.network, outcome.sid, outcome.found = mine.network, mine.found.sid, mine.found
            break
        try:
            outcome.sid = _sent(task.message, network)
        except CarrierError as error:
            outcome.errors.append((network, error))
            if not TREATMENT[error.trouble].elsewhere:
                break
            doubtful = [network] if TREATMENT[error.trouble].perhaps_taken else []
        else:
            outcome.network = network
            break
    return outcome


def _to_every_network(message: OutboxMessage) -> bool:
    return message.lane in URGENT or message.attempts > PATIENT_TRIES


def _sent(message: OutboxMessage, network: str) -> str:
    if message.channel is Channel.call:
        return carrier(network).place_call(message.to, message.id, message.ring_seconds)
    valid = int((message.expires_at - clock.now()).total_seconds())
    return carrier(network).send_sms(message.to, message.body, message.id, valid)


def _moved(task: Task) -> Outcome:
    """A network that does not know the call leaves it to the next one (network fact: HTTP 404)."""
    outcome = Outcome()
    for network in task.networks:
        try:
            carrier(network).redirect_call(task.message.to, task.message.body)
        except CarrierError as error:
            outcome.errors.append((network, error))
            if error.code != "404":
                break
        else:
            outcome.network = network
            break
    return outcome


def _posted(message: OutboxMessage) -> Outcome:
    try:
        webhooks.post(message)
    except CarrierError as error:
        return Outcome(errors=[("", error)])
    return Outcome()


def _settle(session: orm.Session, message_id: int, outcome: Outcome) -> None:
    message = session.get_one(OutboxMessage, message_id, with_for_update=True)
    if outcome.error is None:
        _taken(session, message, outcome)
    elif outcome.error.retry:
        _try_again(message, outcome)
    else:
        _refuse(session, message, outcome.error.code)
    _tell_of_networks(session, outcome)
    live.announce(session, message.topic, message.ref)
    log.info(
        "message_sent" if outcome.error is None else "message_not_taken",
        message=message_id,
        channel=message.channel,
        to=phones.mask(message.to),
        status=message.status,
        network=outcome.network,
        error=message.error_code,
        attempt=message.attempts,
    )


def _taken(session: orm.Session, message: OutboxMessage, outcome: Outcome) -> None:
    if found := outcome.found:
        delivery.status_came(
            session,
            message_id=message.id,
            sid=found.sid,
            status=found.status,
            error_code=found.error_code,
        )
    # A webhook may have named the call or SMS already, and another one if this is the second that
    # was sent because the first answer was lost: the one that is heard of is the one to follow.
    message.carrier_sid = message.carrier_sid or outcome.sid
    if message.carrier_sid == outcome.sid:
        message.network = outcome.network
    message.sent_at = message.sent_at or clock.now()
    message.in_doubt = False
    if message.status not in (MessageStatus.undelivered, MessageStatus.failed):
        message.error_code = ""
    move(message, MessageEvent.accepted)
    if message.channel is Channel.webhook:
        move(message, MessageEvent.delivered)
        message.settled_at = clock.now()


def _try_again(message: OutboxMessage, outcome: Outcome) -> None:
    error = outcome.error
    assert error is not None
    move(message, MessageEvent.retry)
    message.error_code = error.code
    message.in_doubt = outcome.in_doubt
    urgent = message.lane in URGENT
    message.next_attempt_at = clock.now() + troubles.wait(
        error.trouble, message.attempts, urgent=urgent, asked=error.wait
    )


def _refuse(session: orm.Session, message: OutboxMessage, code: str) -> None:
    message.error_code = code
    message.settled_at = clock.now()
    # An overdue lease found expired is still `sending`; both roads end in `failed`.
    move(message, MessageEvent.refused)
    live.announce(session, message.topic, message.ref)


def _tell_of_networks(session: orm.Session, outcome: Outcome) -> None:
    for network, error in outcome.errors:
        if network:
            networks.failed(session, network, error)
    if outcome.network:
        networks.answered(session, outcome.network)
