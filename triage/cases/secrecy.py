"""Confidential cases 保密: who is named on one, and who has looked into one without being named 紧急查阅."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import audit, clock, live
from hotline.accounts.models import Account
from triage.cases.models import Case, CaseMember, NoteKind, UrgentAccess
from triage.cases.writing import line, standing

LOOK = dt.timedelta(minutes=60)
"""How long an urgent look lasts. For longer than a shift's emergency somebody is named."""
PAGE = 100


class LastOne(Exception):
    """The last one who is named: without them nobody could open the case."""


class OwnLook(Exception):
    """Nobody reviews their own look."""


def make(session: orm.Session, case_id: int, actor: audit.Actor, reason: str) -> Case:
    """Make a case confidential; whoever does it, opened it or has it assigned is named on it."""
    case = standing(session, case_id)
    if case.confidential:
        return case
    _set(session, case, value=True)
    for account_id in {actor.account_id, case.opened_by, case.assigned_to} - {None}:
        _add(session, case.id, actor, account_id)
    line(session, case.id, NoteKind.confidential, actor, reason)
    audit.record(session, actor, "make_confidential", "case", case.id, reason=reason)
    live.announce(session, "casework")
    return case


def open_up(session: orm.Session, case_id: int, actor: audit.Actor, reason: str) -> Case:
    """A confidential case is like any other again."""
    case = standing(session, case_id)
    if not case.confidential:
        return case
    _set(session, case, value=False)
    session.execute(sa.delete(CaseMember).where(CaseMember.case_id == case.id))
    line(session, case.id, NoteKind.opened_up, actor, reason)
    audit.record(session, actor, "open_up", "case", case.id, reason=reason)
    return case


def name(session: orm.Session, case_id: int, actor: audit.Actor, account: Account) -> None:
    """Name somebody on a confidential case."""
    case = standing(session, case_id)
    if _add(session, case.id, actor, account.id):
        line(session, case.id, NoteKind.named, actor, account.name)
        audit.record(session, actor, "name", "case", case.id, account=account.id)


def unname(session: orm.Session, case_id: int, actor: audit.Actor, account_id: int) -> None:
    """Take somebody off the list.

    Raises:
        LastOne: nobody would be left.
    """
    case = standing(session, case_id)
    named = {row.CaseMember.account_id: row.name for row in members(session, case.id)}
    if account_id not in named:
        return
    if len(named) == 1:
        raise LastOne
    session.execute(
        sa.delete(CaseMember).where(
            CaseMember.case_id == case.id, CaseMember.account_id == account_id
        )
    )
    line(session, case.id, NoteKind.unnamed, actor, named[account_id])
    audit.record(session, actor, "unname", "case", case.id, account=account_id)


def members(session: orm.Session, case_id: int) -> list[sa.Row[Any]]:
    """Who is named on a case (`CaseMember`, the `name` and `role` of the account)."""
    wanted = (
        sa.select(CaseMember, Account.name, Account.role)
        .join(Account, Account.id == CaseMember.account_id)
        .where(CaseMember.case_id == case_id)
        .order_by(CaseMember.added_at, Account.id)
    )
    return list(session.execute(wanted))


def look(session: orm.Session, case_id: int, actor: audit.Actor, reason: str) -> UrgentAccess:
    """Open a confidential case to somebody who is not named on it, for `LOOK`; supervisors are told."""
    return _look(session, standing(session, case_id).id, actor, reason, clock.now() + LOOK)


def look_along(session: orm.Session, source_id: int, target_id: int, actor: audit.Actor) -> None:
    """Whoever is only looking into one case looks into what comes of it, too, and no longer."""
    theirs = sa.select(UrgentAccess).where(
        UrgentAccess.case_id == source_id,
        UrgentAccess.account_id == actor.account_id,
        UrgentAccess.until > clock.now(),
    )
    if seen := session.scalar(theirs.order_by(UrgentAccess.until.desc()).limit(1)):
        _look(session, target_id, actor, seen.reason, seen.until)


def _look(
    session: orm.Session, case_id: int, actor: audit.Actor, reason: str, until: dt.datetime
) -> UrgentAccess:
    assert actor.account_id is not None
    opened = UrgentAccess(
        case_id=case_id, account_id=actor.account_id, reason=reason, at=clock.now(), until=until
    )
    session.add(opened)
    session.flush()
    line(session, case_id, NoteKind.looked_into, actor, reason)
    audit.record(session, actor, "look_into", "case", case_id, reason=reason, until=str(until))
    live.announce(session, "casework")
    return opened


def review(session: orm.Session, access_id: int, actor: audit.Actor, words: str) -> None:
    """A supervisor has judged an urgent look; once is enough.

    Raises:
        OwnLook: it was their own.
    """
    opened = session.get_one(UrgentAccess, access_id, with_for_update=True)
    if opened.reviewed_at is not None:
        return
    if opened.account_id == actor.account_id:
        raise OwnLook
    opened.reviewed_by, opened.reviewed_at = actor.account_id, clock.now()
    opened.review = words or None
    audit.record(session, actor, "review", "urgent_access", access_id, case=opened.case_id)
    live.announce(session, "casework")


def looks(session: orm.Session, case_id: int | None = None) -> list[sa.Row[Any]]:
    """Urgent looks, of one case or the last `PAGE` of all: unreviewed ones first, then the newest
    (`UrgentAccess`, `who`, `reviewer`)."""
    who, reviewer = orm.aliased(Account), orm.aliased(Account)
    wanted = (
        sa.select(UrgentAccess, who.name.label("who"), reviewer.name.label("reviewer"))
        .join(who, who.id == UrgentAccess.account_id)
        .join(reviewer, reviewer.id == UrgentAccess.reviewed_by, isouter=True)
        .order_by(UrgentAccess.reviewed_at.is_not(None), UrgentAccess.id.desc())
        .limit(PAGE)
    )
    if case_id is not None:
        wanted = wanted.where(UrgentAccess.case_id == case_id)
    return list(session.execute(wanted))


def unreviewed(session: orm.Session, account_id: int) -> int:
    """How many urgent looks wait for this supervisor's judgement: nobody judges their own."""
    waiting = (UrgentAccess.reviewed_at.is_(None), UrgentAccess.account_id != account_id)
    return session.scalars(sa.select(sa.func.count()).where(*waiting)).one()


def _set(session: orm.Session, case: Case, *, value: bool) -> None:
    family = sa.or_(Case.id == case.id, Case.merged_into == case.id)
    session.execute(sa.update(Case).where(family).values(confidential=value))


def _add(session: orm.Session, case_id: int, actor: audit.Actor, account_id: int | None) -> bool:
    added = session.scalar(
        postgresql.insert(CaseMember)
        .values(
            case_id=case_id,
            account_id=account_id,
            added_by=actor.account_id,
            added_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(CaseMember.account_id)
    )
    return added is not None
