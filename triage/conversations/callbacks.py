"""Calls back to callers: who is owed one, and how one is placed: the officer's own telephone rings
first, and the caller's only once the officer is there to speak, so that nobody picks up to silence.
"""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, live
from hotline.accounts.models import Account
from hotline.accounts.permissions import PERMISSIONS, Permission
from triage.conversations import legs
from triage.conversations.models import CALLABLE, Callback, Leg, LegKind, Outcome
from triage.conversations.statements import LEG
from triage.conversations.states import CALLBACK_MOVES, CallbackEvent, CallbackStatus
from triage.intake import statements
from triage.intake.models import Call, Report
from triage.intake.states import ReportStatus
from triage.queue import judging

WAITS = (dt.timedelta(minutes=10), dt.timedelta(hours=1), dt.timedelta(days=1))
"""How long after each try that was not answered the next is worth making; then it is given up."""
SHORTEST_TALK = dt.timedelta(seconds=15)
"""What was over sooner was a mailbox or the wrong person: the caller has not been spoken to."""
GIVEN_UP = "回拨多次无人接听，请重新研判"


class Obstacle(enum.StrEnum):
    """Why a telephone cannot be rung now."""

    said_unsafe = "said_unsafe"
    no_number = "no_number"
    in_progress = "in_progress"
    no_telephone = "no_telephone"
    busy = "busy"
    nobody_there = "nobody_there"
    no_contact = "no_contact"
    no_colleague = "no_colleague"
    others_call = "others_call"


class CannotRing(Exception):
    """A telephone cannot be rung: `why` says it."""

    def __init__(self, why: Obstacle) -> None:
        super().__init__(why)
        self.why = why


class NotSafe(CannotRing):
    """The caller cannot be called back, or said that it is not safe to."""


def danger(session: orm.Session, call: Call | None) -> Obstacle | None:
    """What stands against calling this caller back: nothing, that they said it is unsafe, or that there
    is no number. Who was not asked may be called: the page says to make sure first."""
    if call is None or call.caller_kind not in CALLABLE:
        return Obstacle.no_number
    return Obstacle.said_unsafe if said_safe(session, call) == "no" else None


def said_safe(session: orm.Session, call: Call) -> str | None:
    """What the caller has said of calling back, "yes" or "no", in this call or in another of theirs."""
    of_call = statements.said_safe(Report.call_id, Report.caller_index)
    said: str | None = session.scalar(sa.select(of_call).where(Report.call_id == call.id))
    return said


def place_callback(
    session: orm.Session, report_id: int, actor: audit.Actor, reason: str = ""
) -> None:
    """Ring the officer's own telephone; the caller's rings when they have accepted.

    Raises:
        NotSafe: there is no number, or the caller said that it is unsafe and `actor` is no supervisor
            with a reason.
        CannotRing: the caller is on the line already, or the officer has no free telephone.
    """
    report = session.get_one(Report, report_id)
    call = session.get(Call, report.call_id, with_for_update=True)
    officer = session.get_one(Account, actor.account_id)
    against = danger(session, call)
    if call is None or (against and not _may_override(against, officer, reason)):
        raise NotSafe(against or Obstacle.no_number)
    if legs.goes_on(session, call):
        raise CannotRing(Obstacle.in_progress)
    ring_person(session, call, LegKind.callback, officer)
    audit.record(session, actor, "call_back", "report", report_id, reason=reason, against=against)


def ring_person(session: orm.Session, call: Call, kind: LegKind, person: Account) -> None:
    """Ring somebody of the line.

    Raises:
        CannotRing: they have no telephone, or it is in use.
    """
    if not person.phone:
        raise CannotRing(Obstacle.no_telephone)
    if legs.ring(session, call, kind, person.phone, person.name, person.id) is None:
        raise CannotRing(Obstacle.busy)


def ring_caller(session: orm.Session, call: Call) -> None:
    """The officer is there: the caller's telephone rings."""
    legs.ring(session, call, LegKind.caller, call.caller)


def leg_over(session: orm.Session, call: Call, leg: Leg) -> None:
    """A leg of a call back is over, and what follows: without the caller, or without anybody to speak
    to them, everybody is hung up."""
    rest = legs.active(session, call.id)
    if leg.kind is LegKind.caller:
        note(session, call, Outcome.talked if _talked(leg) else Outcome.no_answer)
    elif leg.kind is LegKind.callback and leg.joined_at is None:
        note(session, call, Outcome.officer_missed)
    if leg.kind is LegKind.caller or all(one.kind is LegKind.caller for one in rest):
        for one in rest:
            legs.hang_up(session, one)
            if one.kind is LegKind.caller and _talked(one):
                note(session, call, Outcome.talked)


def settle(session: orm.Session, callback_id: int, actor: audit.Actor, reason: str) -> None:
    """Somebody says that this call-back is no longer owed.

    Raises:
        IllegalTransition: it is not open.
    """
    task = session.get_one(Callback, callback_id, with_for_update=True)
    _end(task, CallbackEvent.settle, Outcome.settled, actor.account_id)
    audit.record(session, actor, "settle_callback", "report", task.report_id, reason=reason)
    live.announce(session, LEG)


def note(session: orm.Session, call: Call, outcome: Outcome) -> None:
    """What came of a try, on the call-back that is owed; nothing if none is."""
    task = session.scalar(
        sa.select(Callback)
        .join(Report, Report.id == Callback.report_id)
        .where(Report.call_id == call.id, Callback.status == CallbackStatus.open)
        .with_for_update(of=Callback)
    )
    if task is None:
        return
    task.last_outcome = outcome
    if outcome is Outcome.talked:
        _end(task, CallbackEvent.talk, outcome, _who_placed(session, call))
    elif outcome is Outcome.no_answer:
        _count_try(session, task)
    live.announce(session, LEG, call.id)


def _count_try(session: orm.Session, task: Callback) -> None:
    task.tries += 1
    if task.tries <= len(WAITS):
        task.status = CALLBACK_MOVES.after(task.status, CallbackEvent.no_answer)
        task.next_try_at = clock.now() + WAITS[task.tries - 1]
        return
    _end(task, CallbackEvent.run_out, Outcome.no_answer, None)
    # Somebody has to decide what else can be done: a visit, the school, the police.
    if session.get_one(Report, task.report_id).status is ReportStatus.triaged:
        judging.reopen(session, task.report_id, audit.SYSTEM, GIVEN_UP)
    live.announce(session, "report", task.report_id)


def _end(task: Callback, event: CallbackEvent, outcome: Outcome, who: int | None) -> None:
    task.status = CALLBACK_MOVES.after(task.status, event)
    task.last_outcome, task.done_by, task.done_at = outcome, who, clock.now()


def _who_placed(session: orm.Session, call: Call) -> int | None:
    placed = sa.select(Leg.account_id).where(
        Leg.call_id == call.id, Leg.kind == LegKind.callback, Leg.joined_at.is_not(None)
    )
    return session.scalar(placed.order_by(Leg.id.desc()).limit(1))


def _talked(leg: Leg) -> bool:
    """Whether a caller who was called back has been spoken to."""
    if leg.joined_at is None:
        return False
    return (leg.ended_at or clock.now()) - leg.joined_at >= SHORTEST_TALK


def _may_override(against: Obstacle, officer: Account, reason: str) -> bool:
    allowed = Permission.call_back_unsafe in PERMISSIONS[officer.role]
    return against is Obstacle.said_unsafe and allowed and bool(reason.strip())
