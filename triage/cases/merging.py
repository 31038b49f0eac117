"""Two cases that turn out to be one child's are put together, and apart again if they were not.

The rule. What belongs to the source (`MOVED`) goes over to the target, and with the reports their alerts;
the source stays as a signpost that leads to the target and is written to no more. The target keeps what it
says of the child; what the source's reports say otherwise is shown beside it. Of the two urgencies the graver
one holds. If either is confidential, both are, for the people named on either.

Undoing puts back exactly the rows that went over and are still there, and the source as it was. What was
written since stays with the target, about which it was written; except lines that speak of a report that goes
back: they go with it. Neither secrecy nor urgency is lowered by itself: a target that became confidential or
more urgent with the source stays so, until somebody says otherwise; and if the two were made confidential
while they were one, both are, for the same people.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock
from triage.cases.models import (
    Attachment,
    Case,
    CaseMember,
    CaseMerge,
    CaseNote,
    NoteKind,
    Person,
    Task,
    UrgentAccess,
)
from triage.cases.service import name_the_same
from triage.cases.states import MERGE_MOVES, CaseStatus, MergeEvent, MergeStatus
from triage.cases.writing import line
from triage.intake.models import Report
from triage.intake.states import Urgency

MOVED: dict[str, type[Report | CaseNote | Person | Task | Attachment | UrgentAccess]] = {
    "reports": Report,
    "notes": CaseNote,
    "people": Person,
    "tasks": Task,
    "attachments": Attachment,
    "urgent_accesses": UrgentAccess,
}
GRAVEST_FIRST = tuple(Urgency)


class CannotMerge(Exception):
    """These two cannot be put together as they stand: one and the same, one of them merged already, or the
    target is closed."""


class CannotUndo(Exception):
    """The target has itself been merged into `target`: that is to be undone first."""

    def __init__(self, target: int) -> None:
        super().__init__(f"merged on into {target}")
        self.target = target


def merge(
    session: orm.Session, source_id: int, target_id: int, actor: audit.Actor, reason: str
) -> CaseMerge:
    """Put the case `source_id` into `target_id`.

    Raises:
        CannotMerge: not these two, not now.
    """
    _lock_reports(session, [source_id])
    source, target = _lock(session, source_id, target_id)
    is_signpost = source.merged_into is not None or target.merged_into is not None
    if source is target or is_signpost or target.status is CaseStatus.closed:
        raise CannotMerge
    done = CaseMerge(
        source_id=source.id,
        target_id=target.id,
        status=MergeStatus.standing,
        moved=_move_all(session, source.id, target.id),
        was_confidential=source.confidential,
        reason=reason,
        by=actor.account_id,
        at=clock.now(),
    )
    _keep_secret(session, source, target, done, actor)
    target.urgency = min(source.urgency, target.urgency, key=GRAVEST_FIRST.index)
    source.merged_into = target.id
    session.add(done)
    line(session, target.id, NoteKind.merged, actor, reason, other_id=source.id)
    line(session, source.id, NoteKind.merged, actor, reason, other_id=target.id)
    audit.record(session, actor, "merge", "case", source.id, reason=reason, into=target.id)
    audit.record(session, actor, "take_in", "case", target.id, reason=reason, source=source.id)
    return done


def standing_merge(session: orm.Session, source_id: int) -> CaseMerge | None:
    """How this case came to be a signpost; None if it is none."""
    return session.scalar(
        sa.select(CaseMerge).where(
            CaseMerge.source_id == source_id, CaseMerge.status == MergeStatus.standing
        )
    )


def taken_in(session: orm.Session, target_id: int) -> list[CaseMerge]:
    """The merges into this case that stand, newest first."""
    stand = (CaseMerge.target_id == target_id, CaseMerge.status == MergeStatus.standing)
    return list(session.scalars(sa.select(CaseMerge).where(*stand).order_by(CaseMerge.id.desc())))


def undo(session: orm.Session, source_id: int, actor: audit.Actor, reason: str) -> Case:
    """Take a case out of the one it was put into; nothing to do if it is in none (any more).

    Raises:
        CannotUndo: the target has been merged on.
    """
    known = standing_merge(session, source_id)
    if known is None:
        return session.get_one(Case, source_id)
    _lock_reports(session, [known.target_id])
    source, target = _lock(session, source_id, known.target_id)
    session.refresh(known)
    if known.status is MergeStatus.undone:
        return source
    if source.merged_into != target.id:
        assert source.merged_into is not None
        raise CannotUndo(source.merged_into)
    _give_back_secrecy(session, source, target, known)
    _move_back(session, known, source)
    source.merged_into = None
    known.status = MERGE_MOVES.after(known.status, MergeEvent.undo)
    known.undone_at = clock.now()
    line(session, target.id, NoteKind.unmerged, actor, reason, other_id=source.id)
    line(session, source.id, NoteKind.unmerged, actor, reason, other_id=target.id)
    audit.record(session, actor, "unmerge", "case", source.id, reason=reason, out_of=target.id)
    audit.record(session, actor, "give_back", "case", target.id, reason=reason, source=source.id)
    return source


def _lock_reports(session: orm.Session, case_ids: list[int]) -> None:
    theirs = sa.select(Report.id).where(Report.case_id.in_(case_ids)).order_by(Report.id)
    session.execute(theirs.with_for_update(key_share=True))


def _lock(session: orm.Session, source_id: int, target_id: int) -> tuple[Case, Case]:
    # By number, whichever is the source: two who merge crosswise wait for each other in one order.
    both = sa.select(Case).where(Case.id.in_([source_id, target_id])).order_by(Case.id)
    locked = both.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = {case.id: case for case in session.scalars(locked)}
    return found[source_id], found[target_id]


def _move_all(session: orm.Session, source_id: int, target_id: int) -> dict[str, Any]:
    moved = {
        name: _ids(
            session,
            sa.update(kind).where(kind.case_id == source_id).values(case_id=target_id),
            kind.id,
        )
        for name, kind in MOVED.items()
    }
    # Signposts to the source lead to the target at once: whoever follows one arrives.
    led = sa.update(Case).where(Case.merged_into == source_id).values(merged_into=target_id)
    return {**moved, "signposts": _ids(session, led, Case.id)}


def _ids(
    session: orm.Session, change: sa.Update, column: orm.InstrumentedAttribute[int]
) -> list[int]:
    return sorted(session.scalars(change.returning(column)))


def _move_back(session: orm.Session, known: CaseMerge, source: Case) -> None:
    # Those that were split off or taken off since do not go back, and neither do lines about them.
    still_there = sa.and_(Report.id.in_(known.moved["reports"]), Report.case_id == known.target_id)
    reports = session.scalars(sa.select(Report.id).where(still_there)).all()
    for name, kind in MOVED.items():
        its: sa.ColumnElement[bool] = kind.id.in_(known.moved[name])
        if kind is CaseNote:
            its |= sa.and_(CaseNote.report_id.in_(reports), CaseNote.at > known.at)
        session.execute(
            sa.update(kind)
            .where(its, kind.case_id == known.target_id)
            .values(case_id=known.source_id)
        )
    session.execute(
        sa.update(Case)
        .where(Case.id.in_(known.moved["signposts"]), Case.merged_into == known.target_id)
        .values(merged_into=source.id, confidential=source.confidential)
    )


def _keep_secret(
    session: orm.Session, source: Case, target: Case, done: CaseMerge, actor: audit.Actor
) -> None:
    """Both are confidential from now on if one of them is; `done` remembers whom it names anew."""
    if not source.confidential and not target.confidential:
        return
    added = name_the_same(session, source.id, target.id)
    if target.confidential:
        done.moved["named"] = added
    source.confidential = target.confidential = True
    session.flush()
    signposts = sa.update(Case).where(Case.merged_into == target.id).values(confidential=True)
    session.execute(signposts)


def _give_back_secrecy(session: orm.Session, source: Case, target: Case, known: CaseMerge) -> None:
    """The source is as confidential as it was; or as the target, if somebody has made that so since."""
    was_plain = not known.was_confidential and "named" not in known.moved
    if was_plain and target.confidential:
        name_the_same(session, target.id, source.id)
    else:
        source.confidential = known.was_confidential
    _forget_names(session, known)


def _forget_names(session: orm.Session, known: CaseMerge) -> None:
    session.execute(
        sa.delete(CaseMember).where(
            CaseMember.case_id == known.target_id,
            CaseMember.account_id.in_(known.moved.get("named", [])),
        )
    )
