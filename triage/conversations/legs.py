"""The telephones of a conversation: rung, joined, hung up. The network is only ever written to: every
ring, hang-up and move is a message of the outbox.

Whoever works on a leg locks its call first, then the leg, so that nobody waits for anybody in a circle.
"""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import clock, config, live, outbox, queues
from hotline.network import FIRST
from hotline.outbox import RING_SECONDS, Channel, Lane, OutboxMessage
from triage.conversations.models import Leg, LegKind
from triage.conversations.statements import LEG, MOVE, somebody_in
from triage.conversations.states import ACTIVE, LEG_MOVES, LegEvent, LegStatus
from triage.intake.models import Call
from triage.intake.states import CallStatus

HANG_UP = "hang_up"
FLOWS = {
    LegKind.officer: "officer",
    LegKind.transfer: "transfer",
    LegKind.police: "join",
    LegKind.callback: "callback",
    LegKind.caller: "called_back",
}
"""What each hears when they pick up."""
SLACK = dt.timedelta(seconds=5)
"""A ring that has not left after its own time and this would reach a caller who is elsewhere by then."""
MOVE_VALID = dt.timedelta(minutes=10)


def ring(
    session: orm.Session,
    call: Call,
    kind: LegKind,
    number: str,
    name: str = "",
    account_id: int | None = None,
) -> int | None:
    """Let a telephone ring for this conversation; the leg, or None if that person's telephone is in
    another one, or rings for one, already."""
    leg_id: int | None = session.scalar(
        postgresql.insert(Leg)
        .values(
            call_id=call.id,
            kind=kind,
            status=LegStatus.ringing,
            account_id=account_id,
            name=name,
            rung_at=clock.now(),
        )
        .on_conflict_do_nothing(
            index_elements=["account_id"], index_where=sa.text("status IN ('ringing', 'joined')")
        )
        .returning(Leg.id)
    )
    if leg_id is None:
        return None
    seconds = config.current().ring_seconds if kind is LegKind.officer else RING_SECONDS
    outbox.add(
        session,
        dedupe_key=f"{LEG}:{leg_id}",
        topic=LEG,
        ref=leg_id,
        lane=Lane.alert,
        queue=queues.RINGS,
        channel=Channel.call,
        to=number,
        to_name=name,
        flow=FLOWS[kind],
        ring_seconds=seconds,
        # A conference is a room of one network: whoever comes in by another one stands in it alone.
        only_by=FIRST,
        valid_for=dt.timedelta(seconds=seconds) + SLACK,
    )
    live.announce(session, LEG, call.id)
    return leg_id


def locked(session: orm.Session, leg_id: int) -> tuple[Leg, Call]:
    """A leg and its call, both locked."""
    of_leg = sa.select(Call).join(Leg, Leg.call_id == Call.id).where(Leg.id == leg_id)
    fresh = {"populate_existing": True}
    call = session.scalars(of_leg.with_for_update(of=Call), execution_options=fresh).one()
    return session.get_one(Leg, leg_id, with_for_update=True, populate_existing=True), call


def active(session: orm.Session, call_id: int) -> list[Leg]:
    """The legs of a call that ring or are in its conversation, locked; the oldest first."""
    of_call = sa.select(Leg).where(Leg.call_id == call_id, Leg.status.in_(ACTIVE))
    return list(session.scalars(of_call.order_by(Leg.id).with_for_update()))


def is_accompanied(session: orm.Session, call_id: int) -> bool:
    """Whether somebody of the line, or of the police, stands in the conversation of this call."""
    there: bool = session.scalars(sa.select(somebody_in(sa.literal(call_id)))).one()
    return there


def goes_on(session: orm.Session, call: Call) -> bool:
    """Whether there is a conversation to be in: the caller's own call, or a call back to them."""
    back = (LegKind.callback, LegKind.caller)
    return call.status is CallStatus.in_progress or any(
        leg.kind in back for leg in active(session, call.id)
    )


def join(session: orm.Session, leg: Leg) -> None:
    """The leg is in the conversation from now on."""
    leg.status = LEG_MOVES.after(leg.status, LegEvent.accept)
    leg.joined_at = leg.joined_at or clock.now()
    session.flush()
    live.announce(session, LEG, leg.call_id)


def end(session: orm.Session, leg: Leg) -> bool:
    """The leg is over; whether that is news."""
    news = leg.status in ACTIVE
    leg.status = LEG_MOVES.after(leg.status, LegEvent.end)
    leg.ended_at = leg.ended_at or clock.now()
    session.flush()
    live.announce(session, LEG, leg.call_id)
    return news


def hang_up(session: orm.Session, leg: Leg) -> bool:
    """End the leg, and tell the network to; whether that is news."""
    if not end(session, leg):
        return False
    outbox.withdraw(session, [LEG], leg.id)
    known = sa.select(OutboxMessage.carrier_sid).where(
        OutboxMessage.topic == LEG,
        OutboxMessage.ref == leg.id,
        OutboxMessage.settled_at.is_(None),
    )
    if sid := session.scalar(known):
        _redirect(session, f"{HANG_UP}:{leg.id}", HANG_UP, leg.id, sid, "")
    return True


def hang_up_all(session: orm.Session, call_id: int, *, but: Leg | None = None) -> None:
    """Hang up every telephone of a conversation, except one that has just come."""
    for leg in active(session, call_id):
        if leg is not but:
            hang_up(session, leg)


def move_caller(session: orm.Session, call: Call, because_of: Leg) -> None:
    """Let the caller's own telephone go on at `next_url`: an officer has come, or the last has left."""
    key = f"{MOVE}:{call.id}:{because_of.id}:{because_of.status}"
    _redirect(session, key, MOVE, call.id, call.call_sid, call.next_url)


def _redirect(
    session: orm.Session, key: str, topic: str, ref: int, call_sid: str, url: str
) -> None:
    outbox.add(
        session,
        dedupe_key=key,
        topic=topic,
        ref=ref,
        lane=Lane.alert,
        queue=queues.RINGS,
        channel=Channel.redirect,
        to=call_sid,
        to_name="",
        body=url,
        valid_for=MOVE_VALID,
    )
