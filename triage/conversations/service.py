"""The live conversation: a caller waits, officers are rung, one accepts by a key, and all who join
hear each other; when the last of the line has gone, the caller goes on with the call.

What a caller's webhook does is one statement (`triage.conversations.statements`). Ringing is a fact of
the row (`calls.ring_at`), done by a job at once and by the sweeper if the job was lost.
"""

import datetime as dt
import enum
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, config, db, live, queues
from hotline.accounts.models import Account
from hotline.accounts.permissions import Role
from hotline.outbox import OutboxMessage
from triage.conversations import callbacks, legs, statements
from triage.conversations.models import Leg, LegKind
from triage.conversations.statements import LEG
from triage.conversations.states import ACTIVE, LegStatus
from triage.intake import service as intake
from triage.intake.models import Call, Report
from triage.intake.states import REPORT_MOVES, CallStatus, ReportEvent, ReportStatus
from triage.places import service as places

RING = "triage.conversations.service.ring"
CLEAR = "triage.conversations.service.clear"
MOST_RUNG = 10
"""Telephones at once, for one caller."""
LOOK_AGAIN = dt.timedelta(seconds=1)
FAIR = dt.timedelta(hours=12)
"""Who was rung least recently is asked of this time only: about one shift."""
ACCEPTED = "accepted"
"""The live notice that somebody (the account's number) has taken a call by telephone."""


class Answer(enum.StrEnum):
    """What somebody who accepts is told: they are in; a colleague was faster; nobody is there any more."""

    taken = "taken"
    other = "other"
    gone = "gone"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a caller who waits comes to: whether somebody has accepted and is there, how many callers
    are before them, and whether the line has any officer with a telephone at all."""

    accepted: bool
    ahead: int
    anybody: bool


def wait(
    session: orm.Session, call_sid: str, *, round_: int, in_turn: bool, next_url: str
) -> Waiting:
    """The caller has come to a (further) round of waiting. `next_url` is where their telephone is moved
    when somebody accepts. `accepted` is not said while a request to move them is on the wire: it would
    find them in the conversation already, and tear them out."""
    now = clock.now()
    values = {
        "sid": call_sid,
        "moment": now,
        "round": round_,
        "in_turn": in_turn,
        "url": next_url,
    }
    row = session.execute(statements.WAIT, values).one_or_none()
    if row is None:
        return Waiting(accepted=False, ahead=0, anybody=False)
    # Whoever was due before is looked at by the sweeper each second.
    if row.ring_at == now:
        queues.enqueue(session, queues.RINGS, RING, row.id)
    live.announce(session, LEG, row.id)
    return Waiting(accepted=row.accepted, ahead=row.ahead, anybody=row.anybody)


def ring(call_id: int) -> None:
    """Ring officers for a caller who waits, if that is still to be done. Called by a worker."""
    with db.transaction() as session:
        ring_due(session, call_id)


def ring_due(session: orm.Session, call_id: int) -> None:
    """The same, within a transaction. Whoever could not be rung for stays due."""
    call = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
    if call.ring_at:
        _ring(session, call)


def take(session: orm.Session, message: OutboxMessage) -> Answer:
    """Whoever this message rang has accepted by key. The same key again gives the same answer."""
    leg, call = legs.locked(session, message.ref)
    if leg.status is LegStatus.joined:
        return Answer.taken
    if leg.account_id and not session.get_one(Account, leg.account_id).active:
        legs.end(session, leg)  # disabled while their telephone rang
        return Answer.gone
    accompanied = legs.is_accompanied(session, call.id)
    if leg.kind is LegKind.officer and accompanied:
        legs.end(session, leg)
        return Answer.other
    if leg.status is not LegStatus.ringing or not legs.goes_on(session, call):
        legs.end(session, leg)
        return Answer.gone
    legs.join(session, leg)
    _come_in(session, call, leg)
    return Answer.taken


def conference(call_sid: str) -> str:
    """The name of the conversation that belongs to this call."""
    return f"call-{call_sid}"


def original_call_sid(session: orm.Session, message: OutboxMessage) -> str:
    """The caller's own call to which a leg belongs, and with it everything that is recorded in it."""
    of_leg = sa.select(Call.call_sid).join(Leg, Leg.call_id == Call.id)
    return session.scalars(of_leg.where(Leg.id == message.ref)).one()


def somebody_there(session: orm.Session, call_sid: str) -> bool:
    """Whether whoever has accepted this call is still there, now that its caller has been moved to them."""
    return bool(session.scalar(statements.SOMEBODY_THERE, {"sid": call_sid}))


def is_wanted(session: orm.Session, message: OutboxMessage) -> bool:
    """Whether the leg that this message rang is still to join; one whose ring was on its way when it was
    called off would stand in the conversation alone."""
    leg = session.get(Leg, message.ref)
    return leg is not None and leg.status in ACTIVE


def leave_queue(session: orm.Session, call_sid: str) -> None:
    """The caller waits no more, by a key. Telephones that ring already go on ringing: whoever picks one
    up within seconds still finds the caller."""
    session.execute(statements.LEAVE, {"sid": call_sid})
    live.announce(session, LEG)


def joined(session: orm.Session, call_sid: str, next_url: str) -> None:
    """A telephone stands in a conversation: the caller's own, which is moved to `next_url` when the
    conversation is over, or that of a caller who was called back."""
    values = {"sid": call_sid, "moment": clock.now(), "url": next_url}
    session.flush()  # The network's name for one of our own calls may have been learnt just now.
    session.execute(statements.JOINED, values)
    live.announce(session, LEG)


def leg_ended(session: orm.Session, message: OutboxMessage) -> None:
    """The network says that this leg's call is over, or was never answered."""
    over(session, message.ref)


def over(session: orm.Session, leg_id: int) -> None:
    """A leg is over; whoever is left goes on without it. Told twice it changes nothing."""
    leg, call = legs.locked(session, leg_id)
    if legs.end(session, leg):
        _go_on_without(session, call, leg)


def call_ended(session: orm.Session, call_sid: str) -> None:
    """The caller's call is over: telephones stop ringing, and whoever waited in vain is owed a call."""
    values = {"sid": call_sid, "moment": clock.now()}
    row = session.execute(statements.OVER, values).one_or_none()
    if row and row.left:
        queues.enqueue(session, queues.RINGS, CLEAR, row.id)
    live.announce(session, LEG, row.id if row else None)


def callback_possible(session: orm.Session, call_sid: str) -> bool:
    """Whether the caller has a number at which they can be called back."""
    return bool(session.scalar(statements.CALLABLE_CALL, {"sid": call_sid}))


def ask_callback(session: orm.Session, call_sid: str) -> None:
    """The caller would rather be called back than wait."""
    session.execute(statements.ASK, {"sid": call_sid, "moment": clock.now()})
    live.announce(session, LEG)


def clear(call_id: int) -> None:
    """Hang up whoever still rings or waits for a caller who has gone. Called by a worker."""
    with db.transaction() as session:
        clear_call(session, call_id)


def clear_call(session: orm.Session, call_id: int) -> None:
    """The same, within a transaction."""
    call = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
    if not legs.goes_on(session, call):
        legs.hang_up_all(session, call_id)


def hang_up(session: orm.Session, leg_id: int, actor: audit.Actor) -> None:
    """Take one telephone out of the conversation, or let it stop ringing."""
    leg, call = legs.locked(session, leg_id)
    audit.record(session, actor, "hang_up", "call", call.id, leg=leg_id)
    if legs.hang_up(session, leg):
        _go_on_without(session, call, leg)


def _come_in(session: orm.Session, call: Call, leg: Leg) -> None:
    match leg.kind:
        case LegKind.officer:
            assert leg.account_id is not None
            intake.accept_call(session, call.call_sid, leg.account_id)
            _stop_ringing(session, call, leg)
            if not _is_in_talk(call):
                legs.move_caller(session, call, leg)
        case LegKind.transfer:
            _hand_over(session, call, leg)
        case LegKind.callback:
            callbacks.ring_caller(session, call)
        case LegKind.police | LegKind.caller:
            return
    live.announce(session, ACCEPTED, leg.account_id)


def _stop_ringing(session: orm.Session, call: Call, taken_by: Leg) -> None:
    call.ring_at = None
    for leg in legs.active(session, call.id):
        if leg is not taken_by and leg.kind is LegKind.officer:
            legs.hang_up(session, leg)


def _hand_over(session: orm.Session, call: Call, leg: Leg) -> None:
    """Who joins on a colleague's request takes the report over."""
    report = session.scalar(sa.select(Report).where(Report.call_id == call.id).with_for_update())
    if report is None or report.status is ReportStatus.triaged:
        return
    if report.status is not ReportStatus.claimed:
        report.status = REPORT_MOVES.after(report.status, ReportEvent.claim)
    now = clock.now()
    was, report.claimed_by, report.claimed_at = report.claimed_by, leg.account_id, now
    report.lease_until = now + _lease()
    report.next_page_at = None
    audit.record(
        session, audit.NETWORK, "hand_over", "report", report.id, account=leg.account_id, was=was
    )
    live.announce(session, "report", report.id)


def _go_on_without(session: orm.Session, call: Call, leg: Leg) -> None:
    """What follows for everybody else when a leg is over that was ringing, or in the conversation."""
    if call.status is not CallStatus.in_progress:
        callbacks.leg_over(session, call, leg)
    elif _is_in_talk(call) and not legs.active(session, call.id):
        legs.move_caller(session, call, leg)


def _is_in_talk(call: Call) -> bool:
    return call.talking_since is not None and call.waiting_at is None


def _ring(session: orm.Session, call: Call) -> None:
    call.ring_at = None
    now = clock.now()
    waits = call.waiting_at is not None and call.waiting_at > now - statements.PATIENCE
    if call.status is not CallStatus.in_progress or not waits:
        return
    if legs.is_accompanied(session, call.id):
        return
    if not _rung(session, call):
        call.ring_at = now + LOOK_AGAIN


def _rung(session: orm.Session, call: Call) -> int:
    """How many telephones ring for this caller from now on."""
    if session.scalar(statements.LEFT_OVER, {"call": call.id, "moment": clock.now()}):
        return 0
    if call.ring_in_turn and legs.active(session, call.id):
        return 0
    chosen = _free(session)[: 1 if call.ring_in_turn else MOST_RUNG]
    # In one order always: two that ring the same people at once must not wait for each other.
    rung = [
        legs.ring(session, call, LegKind.officer, one.phone or "", one.name, one.id)
        for one in sorted(chosen, key=lambda one: one.id)
    ]
    return sum(leg is not None for leg in rung)


def _free(session: orm.Session) -> list[Account]:
    """Officers on duty whose telephones are free, those first who were rung least recently."""
    people = places.on_duty(session, Role.officer)
    now = clock.now()
    of_people = (
        sa.select(
            Leg.account_id,
            sa.func.max(Leg.rung_at).label("rung_at"),
            sa.func.bool_or(Leg.status.in_(ACTIVE)).label("busy"),
        )
        .where(Leg.account_id.in_([one.id for one in people]), Leg.rung_at > now - FAIR)
        .group_by(Leg.account_id)
    )
    known = {row.account_id: row for row in session.execute(of_people)}
    free = [one for one in people if one.id not in known or not known[one.id].busy]
    never = now - FAIR
    return sorted(free, key=lambda one: known[one.id].rung_at if one.id in known else never)


def _lease() -> dt.timedelta:
    return dt.timedelta(seconds=config.current().claim_lease_seconds)
