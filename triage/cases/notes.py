"""Notes, and those whose name stands in one after an @."""

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, live
from hotline.accounts.models import Account
from hotline.accounts.permissions import PERMISSIONS, Permission
from triage.cases.access import is_theirs
from triage.cases.models import CaseNote, Mention, NoteKind
from triage.cases.service import NotForThem
from triage.cases.writing import line, standing

_CASEWORKERS = [role for role, deeds in PERMISSIONS.items() if Permission.see_case in deeds]


def caseworkers(session: orm.Session) -> list[Account]:
    """Whoever can be given a case or a task, or be mentioned."""
    wanted = sa.select(Account).where(Account.active, Account.role.in_(_CASEWORKERS))
    return list(session.scalars(wanted.order_by(Account.name, Account.id)))


def caseworker(session: orm.Session, account_id: int | None) -> Account | None:
    """One of them; None if there is none."""
    return next((one for one in caseworkers(session) if one.id == account_id), None)


def note(session: orm.Session, case_id: int, actor: audit.Actor, body: str) -> int:
    """Add a note to the timeline, and tell whoever is mentioned in it; the note's row.

    Raises:
        NotForThem: somebody is mentioned who is not named on this confidential case.
    """
    case = standing(session, case_id)
    mentioned = [one for one in _mentioned(session, body) if one.id != actor.account_id]
    for one in mentioned:
        if not is_theirs(session, case.id, one.id):
            raise NotForThem(one.name)
    written = line(session, case.id, NoteKind.note, actor, body)
    for one in mentioned:
        session.add(Mention(note_id=written, account_id=one.id))
    if mentioned:
        live.announce(session, "casework")
    audit.record(session, actor, "note", "case", case.id)
    return written


def read_mentions(session: orm.Session, case_id: int, account_id: int) -> None:
    """Whoever opens a case has seen where they are mentioned in it."""
    of_case = sa.select(CaseNote.id).where(CaseNote.case_id == case_id)
    session.execute(
        sa.update(Mention)
        .where(
            Mention.account_id == account_id,
            Mention.read_at.is_(None),
            Mention.note_id.in_(of_case),
        )
        .values(read_at=clock.now())
    )


def _mentioned(session: orm.Session, body: str) -> list[Account]:
    # Chinese names are written without a space after them: the known names are looked for.
    return [one for one in caseworkers(session) if f"@{one.name}" in body] if "@" in body else []
