"""How anything is written to a case: locked, and a line in its timeline.

Locks are taken in one order everywhere: an alert, then reports, then cases by their number. Whatever is
written to a case that has been merged into another is written to that one.
"""

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, live
from triage.cases.models import Case, CaseNote, NoteKind

FOR_CHANGE = {"key_share": True}
"""How a case is locked: against other changes, not against rows that refer to it."""


def leads_to(session: orm.Session, case_id: int) -> int:
    """The case that is meant by `case_id`: itself, or the one it has been merged into."""
    meant = sa.func.coalesce(Case.merged_into, Case.id)
    return session.scalars(sa.select(meant).where(Case.id == case_id)).one()


def standing(session: orm.Session, case_id: int) -> Case:
    """The same, locked."""
    number = leads_to(session, case_id)
    case = session.get_one(Case, number, with_for_update=FOR_CHANGE, populate_existing=True)
    # Merged at this very moment: what is meant for it goes where it has gone.
    return case if case.merged_into is None else standing(session, case.merged_into)


def line(
    session: orm.Session,
    case_id: int,
    kind: NoteKind,
    actor: audit.Actor,
    body: str = "",
    *,
    report_id: int | None = None,
    other_id: int | None = None,
) -> int:
    """Add a line to the timeline of exactly this case, which the caller has locked (an alert
    has not, see `service.tell`); the line's row."""
    written = session.scalars(
        sa.insert(CaseNote)
        .values(
            case_id=case_id,
            kind=kind,
            author_id=actor.account_id,
            at=clock.now(),
            body=body,
            report_id=report_id,
            other_id=other_id,
        )
        .returning(CaseNote.id)
    ).one()
    # Without its number: everybody hears it, and the case may be confidential.
    live.announce(session, "case")
    return written
