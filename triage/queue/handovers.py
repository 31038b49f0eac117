"""A report goes from one officer to another 移交, and is in somebody's hands all the way.

Whoever offers it keeps it until the colleague has accepted. The offer shortens their claim to its own end,
though: if neither does anything, the report is back on the queue by then (an emergency calls for somebody
at once), and not when the claim would have run out. Whoever goes on working renews the claim as always,
and keeps it.
"""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, config, identity, live, queues
from hotline.accounts.models import Account
from hotline.accounts.permissions import PERMISSIONS, Permission
from triage.intake.models import Report
from triage.intake.states import ReportStatus
from triage.queue import drafts, fields, judging, service
from triage.queue.models import Handover
from triage.queue.states import HANDOVER_MOVES, HandoverEvent, HandoverStatus

TOPIC = "handover"
"""The live notice; its number is the account that it concerns."""
PATIENCE = dt.timedelta(minutes=5)
NEWS = dt.timedelta(seconds=20)
"""For so long whoever offered a report is told on every page what the colleague said."""
NUMBER = "child_id_number"
"""In a draft: the field of the child's identity number."""


class NobodyToTakeIt(Exception):
    """Who was chosen takes no reports: no officer, disabled, or the one who offers it."""


class OfferOver(Exception):
    """The offer does not stand any more: accepted, refused, withdrawn, or too late."""


def patience(report: Report) -> dt.timedelta:
    """How long a colleague has to answer. With an emergency no longer than one may wait unclaimed until
    officers are called."""
    if report.emergency:
        return dt.timedelta(seconds=config.current().page_officers_seconds)
    return PATIENCE


def offer(
    session: orm.Session, report_id: int, actor: audit.Actor, to_id: int, note: str
) -> Handover:
    """Offer one's report to a colleague.

    Raises:
        NotYours: it is not claimed by `actor`.
        NobodyToTakeIt: that colleague cannot take it.
        OfferOver: it is offered to somebody already.
    """
    report = service.mine(session, report_id, actor)
    assert actor.account_id is not None
    if to_id not in {one.id for one in colleagues(session, actor.account_id)}:
        raise NobodyToTakeIt
    _make_room(session, report_id)
    now = clock.now()
    report.lease_until = now + patience(report)
    made = Handover(
        report_id=report_id,
        from_id=actor.account_id,
        to_id=to_id,
        note=note,
        status=HandoverStatus.offered,
        offered_at=now,
        expires_at=report.lease_until,
    )
    session.add(made)
    session.flush()
    audit.record(session, actor, "offer_handover", "report", report_id, to=to_id)
    _announce(session, made)
    return made


def accept(session: orm.Session, handover_id: int, actor: audit.Actor) -> Report:
    """Take the report that a colleague offers, with what they had typed and not saved; but never to read
    an identity number that stood in it.

    Raises:
        OfferOver: it does not stand any more.
    """
    offered = _standing(session, handover_id)
    if offered.to_id != actor.account_id:
        raise OfferOver
    now = clock.now()
    report = session.get_one(Report, offered.report_id)
    report.claimed_by, report.claimed_at = actor.account_id, now
    report.lease_until = service.lease(now)
    _bring_draft(session, offered, report)
    _end(session, offered, HandoverEvent.accept)
    audit.record(
        session, actor, "accept_handover", "report", offered.report_id, was=offered.from_id
    )
    live.announce(session, "report", offered.report_id)
    return report


def decline(session: orm.Session, handover_id: int, actor: audit.Actor) -> None:
    """Say no: the report stays with who offered it, for as long as the offer would have stood.

    Raises:
        OfferOver: it does not stand any more.
    """
    offered = _standing(session, handover_id)
    if offered.to_id != actor.account_id:
        raise OfferOver
    _end(session, offered, HandoverEvent.decline)
    audit.record(session, actor, "decline_handover", "report", offered.report_id)


def withdraw(session: orm.Session, handover_id: int, actor: audit.Actor) -> None:
    """Take the offer back and go on with the report oneself.

    Raises:
        OfferOver: it does not stand any more.
    """
    offered = _standing(session, handover_id)
    if offered.from_id != actor.account_id:
        raise OfferOver
    service.renew(session, offered.report_id, actor)
    _end(session, offered, HandoverEvent.withdraw)
    audit.record(session, actor, "withdraw_handover", "report", offered.report_id)


def lapse_overdue() -> int:
    """End the offers to which nobody has said anything in time, row by row; how many."""
    return queues.row_by_row(_overdue, _lapse)


def _overdue(session: orm.Session) -> Sequence[int]:
    return session.scalars(sa.select(Handover.id).where(_is_overdue()).limit(100)).all()


def _lapse(session: orm.Session, number: int) -> None:
    found = sa.select(Handover).where(Handover.id == number, _is_overdue())
    if offered := session.scalar(found.with_for_update(skip_locked=True)):
        _end(session, offered, HandoverEvent.lapse)
        audit.record(session, audit.SWEEPER, "handover_lapsed", "report", offered.report_id)


def _is_overdue() -> sa.ColumnElement[bool]:
    return sa.and_(Handover.status == HandoverStatus.offered, Handover.expires_at <= clock.now())


def is_alive() -> sa.ColumnElement[bool]:
    """Whether an offer stands: nobody has answered, there is time, and who made it still has the report."""
    theirs = orm.aliased(Report)
    still_theirs = sa.exists().where(
        theirs.id == Handover.report_id,
        theirs.status == ReportStatus.claimed,
        theirs.claimed_by == Handover.from_id,
        # Given back and taken anew, it is no longer what was offered.
        theirs.claimed_at <= Handover.offered_at,
    )
    return sa.and_(
        Handover.status == HandoverStatus.offered,
        Handover.expires_at > clock.now(),
        still_theirs,
    )


def of_report(session: orm.Session, report_id: int) -> list[sa.Row[tuple[Handover, str, str]]]:
    """Every hand-over of a report with both names, the last first."""
    giver, taker = orm.aliased(Account), orm.aliased(Account)
    found = (
        sa.select(Handover, giver.name.label("giver"), taker.name.label("taker"))
        .join(giver, giver.id == Handover.from_id)
        .join(taker, taker.id == Handover.to_id)
        .where(Handover.report_id == report_id)
        .order_by(Handover.id.desc())
    )
    return list(session.execute(found))


def concerning(session: orm.Session, account_id: int) -> list[sa.Row[tuple[Handover, Report, str]]]:
    """The offers to which this officer still owes an answer, the most pressing first."""
    found = (
        sa.select(Handover, Report, Account.name.label("giver"))
        .join(Report, Report.id == Handover.report_id)
        .join(Account, Account.id == Handover.from_id)
        .where(Handover.to_id == account_id, is_alive())
        .order_by(Handover.expires_at)
    )
    return list(session.execute(found))


def answers(session: orm.Session, account_id: int) -> list[sa.Row[tuple[Handover, str, str]]]:
    """What became of this officer's own offers a moment ago: each with the receipt number and the
    colleague's name."""
    told = (HandoverStatus.accepted, HandoverStatus.declined, HandoverStatus.lapsed)
    found = (
        sa.select(Handover, Report.number.label("number"), Account.name.label("taker"))
        .join(Report, Report.id == Handover.report_id)
        .join(Account, Account.id == Handover.to_id)
        .where(
            Handover.from_id == account_id,
            Handover.status.in_(told),
            Handover.ended_at > clock.now() - NEWS,
        )
        .order_by(Handover.id)
    )
    return list(session.execute(found))


def colleagues(session: orm.Session, account_id: int) -> list[Account]:
    """Who else can take a report, by name."""
    roles = [role for role, deeds in PERMISSIONS.items() if Permission.claim in deeds]
    others = sa.select(Account).where(
        Account.active, Account.role.in_(roles), Account.id != account_id
    )
    return list(session.scalars(others.order_by(Account.name, Account.id)))


def _standing(session: orm.Session, handover_id: int) -> Handover:
    """The offer, with its report locked before it: everybody locks in this order.

    Raises:
        OfferOver: it does not stand.
    """
    number = session.scalar(sa.select(Handover.report_id).where(Handover.id == handover_id))
    session.execute(sa.select(Report.id).where(Report.id == number).with_for_update())
    found = sa.select(Handover).where(Handover.id == handover_id, is_alive())
    offered = session.scalar(found.with_for_update())
    if offered is None:
        raise OfferOver
    return offered


def _make_room(session: orm.Session, report_id: int) -> None:
    """An offer that does not stand any more makes room for the next.

    Raises:
        OfferOver: one stands.
    """
    open_offers = sa.select(Handover, is_alive()).where(
        Handover.report_id == report_id, Handover.status == HandoverStatus.offered
    )
    for one, stands in session.execute(open_offers):
        if stands:
            raise OfferOver
        _end(session, one, HandoverEvent.lapse)
    session.flush()


def _end(session: orm.Session, offered: Handover, event: HandoverEvent) -> None:
    offered.status = HANDOVER_MOVES.after(offered.status, event)
    offered.ended_at = clock.now()
    _announce(session, offered)


def _announce(session: orm.Session, handover: Handover) -> None:
    live.announce(session, TOPIC, handover.to_id)
    live.announce(session, TOPIC, handover.from_id)
    live.announce(session, "report", handover.report_id)


def _bring_draft(session: orm.Session, offered: Handover, report: Report) -> None:
    """Unless the colleague has a draft of their own, which nobody takes from them."""
    kept = drafts.of(session, report.id, offered.from_id)
    if kept is None or drafts.of(session, report.id, offered.to_id):
        return
    body, _ = kept
    if typed := body.get(NUMBER):
        body[NUMBER] = typed if identity.is_masked(typed) else _masked(report, typed)
    drafts.pass_on(session, report.id, offered.from_id, offered.to_id, body)


def _masked(report: Report, typed: str) -> str:
    """A child's identity number that the giver has typed, as the taker is to see it. A whole one goes onto
    the report, where it is shown for a reason that is kept; half a one is not passed on."""
    if number := fields.childs_number(typed):
        judging.set_number(report, number)
    return identity.mask(report.child_id_number) if report.child_id_number else ""
