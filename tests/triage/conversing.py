"""A caller who waits, and the telephones that ring for them."""

import sqlalchemy as sa

from hotline import clock, db, delivery
from hotline.accounts.models import Account
from hotline.accounts.permissions import Role
from hotline.outbox import Channel, MessageStatus, OutboxMessage
from tests.triage.people import CALLER, arrival, do
from triage.conversations import overdue, service
from triage.conversations.models import Callback, Leg, LegKind
from triage.conversations.service import Waiting
from triage.conversations.statements import LEG, MOVE
from triage.intake import service as intake
from triage.intake.models import Call, Report
from triage.intake.states import CallEvent
from triage.places.models import Shift

ACCEPTED, OVER = "https://line/accepted", "https://line/over"
FIRST, SECOND, THIRD = "+8610000000101", "+8610000000102", "+8610000000103"
"""The officers' telephones; only the first is on duty, if nothing else is said."""


def all_on_duty(*more: str) -> None:
    """Nobody is on the roster, so every officer counts; and there are more, with these telephones."""
    with db.transaction() as session:
        session.execute(sa.delete(Shift))
        for phone in more:
            session.add(
                Account(
                    username=f"o{phone[-3:]}",
                    name=f"值班员{phone[-1]}",
                    role=Role.officer,
                    password_hash="",
                    phone=phone,
                    created_at=clock.now(),
                )
            )


def waits(
    sid: str = "CA1", *, round_: int = 1, in_turn: bool = False, caller: str = CALLER
) -> Waiting:
    """A caller comes to a round of waiting."""
    with db.transaction() as session:
        intake.file_report(session, arrival(sid, caller))
        return service.wait(session, sid, round_=round_, in_turn=in_turn, next_url=ACCEPTED)


def rings(sid: str = "CA1") -> list[str]:
    """The job rings for that caller: the telephones that ring for them now."""
    service.ring(call(sid).id)
    return ringing(sid)


def ringing(sid: str = "CA1") -> list[str]:
    """The telephones that ring for that caller."""
    with db.transaction() as session:
        found = session.execute(
            sa.select(OutboxMessage.to)
            .join(Leg, Leg.id == OutboxMessage.ref)
            .where(
                OutboxMessage.topic == LEG,
                Leg.call_id == sa.select(Call.id).where(Call.call_sid == sid).scalar_subquery(),
                Leg.status == "ringing",
            )
            .order_by(Leg.id)
        )
        return [row.to for row in found]


def message(phone: str, kind: LegKind | None = None) -> OutboxMessage:
    """The last ring of that telephone."""
    with db.transaction() as session:
        rung = (
            sa.select(OutboxMessage, Leg.kind)
            .join(Leg, Leg.id == OutboxMessage.ref)
            .where(OutboxMessage.topic == LEG)
            .order_by(OutboxMessage.id.desc())
        )
        return next(
            row.OutboxMessage
            for row in session.execute(rung)
            if row.OutboxMessage.to == phone and kind in {None, row.kind}
        )


def placed(phone: str) -> str:
    """The network has begun to ring that telephone: its name for the call."""
    with db.transaction() as session:
        ring = session.get_one(OutboxMessage, message(phone).id)
        sid = f"CAleg{ring.id}"
        delivery.status_came(session, message_id=ring.id, sid=sid, status="ringing", error_code="")
        return sid


def accepts(phone: str, kind: LegKind | None = None) -> str:
    """Whoever was rung there presses the key."""
    return str(do(service.take, message(phone, kind)))


def ends(phone: str, word: str = "completed") -> None:
    """The network says that the last ring of that telephone is over."""
    with db.transaction() as session:
        ring = session.get_one(OutboxMessage, message(phone).id)
        sid = ring.carrier_sid or f"CAleg{ring.id}"
        delivery.status_came(session, message_id=ring.id, sid=sid, status=word, error_code="")
        service.leg_ended(session, ring)


def fails(phone: str) -> None:
    """The network does not take the last ring of that telephone."""
    with db.transaction() as session:
        session.get_one(OutboxMessage, message(phone).id).status = MessageStatus.failed


def is_not_moved(code: str) -> None:
    """The network does not take the request to move the caller, with this error."""
    with db.transaction() as session:
        move = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.topic == MOVE)).one()
        move.status, move.error_code, move.settled_at = MessageStatus.failed, code, clock.now()


def comes_in(sid: str = "CA1") -> None:
    """The caller's telephone stands in the conversation."""
    do(service.joined, sid, OVER)


def talks(sid: str = "CA1", phone: str = FIRST) -> None:
    """A caller and the officer at that telephone talk."""
    waits(sid)
    assert phone in rings(sid)
    assert accepts(phone) == "taken"
    comes_in(sid)


def hangs_up(sid: str = "CA1", event: CallEvent = CallEvent.ended) -> None:
    """The caller hangs up."""
    with db.transaction() as session:
        intake.end_call(session, sid, event)
        service.call_ended(session, sid)


def moves() -> list[tuple[str, str]]:
    """Every call that is to be moved, and where to (empty: hung up), in order."""
    with db.transaction() as session:
        of_moves = sa.select(OutboxMessage).where(OutboxMessage.channel == Channel.redirect)
        return [(one.to, one.body) for one in session.scalars(of_moves.order_by(OutboxMessage.id))]


def sweeps() -> int:
    """The sweeper goes round."""
    return overdue.sweep()


def call(sid: str = "CA1") -> Call:
    """How that call stands."""
    with db.transaction() as session:
        return session.scalars(sa.select(Call).where(Call.call_sid == sid)).one()


def report_of(sid: str = "CA1") -> Report:
    """How the report of that call stands."""
    with db.transaction() as session:
        of_call = sa.select(Report).join(Call, Call.id == Report.call_id)
        return session.scalars(of_call.where(Call.call_sid == sid)).one()


def legs() -> list[tuple[str, str]]:
    """Kind and state of every leg, in order."""
    with db.transaction() as session:
        found = session.scalars(sa.select(Leg).order_by(Leg.id))
        return [(leg.kind.value, leg.status.value) for leg in found]


def owed() -> list[Callback]:
    """Every call that a caller is or was owed."""
    with db.transaction() as session:
        return list(session.scalars(sa.select(Callback).order_by(Callback.id)))


def account(phone: str) -> Account:
    """Who has that telephone."""
    with db.transaction() as session:
        return next(one for one in session.scalars(sa.select(Account)) if one.phone == phone)
