"""Cases: opened from a report, linked with others about the same child, written to, moved, closed."""

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import audit, clock
from hotline.accounts.models import Account
from triage.cases import facts, secrecy
from triage.cases.access import is_theirs
from triage.cases.models import Case, CaseMember, NoteKind
from triage.cases.states import CASE_MOVES, CaseEvent, CaseStatus
from triage.cases.writing import leads_to, line, standing
from triage.intake.models import Disposition, Report
from triage.queue import judging
from triage.queue import service as queue


class NotClassified(Exception):
    """A case cannot be opened before the report is judged. `missing` names what is to be filled in."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__("missing: " + ", ".join(missing))
        self.missing = missing


class NotForThem(Exception):
    """A confidential case cannot be given to somebody who may not see it: `name`."""

    def __init__(self, name: str) -> None:
        super().__init__("not named on a confidential case")
        self.name = name


def open_case(session: orm.Session, report_id: int, actor: audit.Actor) -> Case:
    """Open a case from a report; the report is thereby dealt with. To whoever has dealt with it just so it
    gives that case again: a second click opens no second one.

    Raises:
        NotClassified: urgency or situation is not judged yet.
        NotYours: the report is not claimed by `actor`, or has its case already.
    """
    report = session.get_one(Report, report_id, with_for_update=True)
    if report.case_id is not None:
        if report.triaged_by != actor.account_id:
            raise queue.NotYours
        return session.get_one(Case, report.case_id)
    queue.mine(session, report_id, actor)
    case = _new(session, report, actor)
    judging.dispose(session, report_id, actor, Disposition.case_opened)
    line(session, case.id, NoteKind.opened, actor, report_id=report_id)
    audit.record(session, actor, "open", "case", case.id, report=report_id)
    return case


def link(session: orm.Session, report_id: int, case_id: int, actor: audit.Actor) -> Case:
    """Link a report to a case about the same child; the report is thereby dealt with.

    Raises:
        NotYours: the report is not claimed by `actor`.
    """
    report = queue.mine(session, report_id, actor)
    case = standing(session, case_id)
    report.case_id = case.id
    facts.fill(case, report)
    judging.dispose(session, report_id, actor, Disposition.case_linked)
    line(session, case.id, NoteKind.linked, actor, report_id=report_id)
    audit.record(session, actor, "link", "case", case.id, report=report_id)
    return case


def unlink(session: orm.Session, report_id: int, actor: audit.Actor, reason: str) -> None:
    """Take a report off its case and put it back on the queue. Nothing to do if it has none."""
    report = session.get_one(Report, report_id, with_for_update=True)
    if report.case_id is None:
        return
    case = standing(session, report.case_id)
    report.case_id = None
    judging.reopen(session, report_id, actor, reason)
    line(session, case.id, NoteKind.unlinked, actor, reason, report_id=report_id)
    audit.record(session, actor, "unlink", "case", case.id, reason=reason, report=report_id)


def split(session: orm.Session, report_id: int, actor: audit.Actor, reason: str) -> Case | None:
    """Take a report off its case and open a case of its own for it: another child. What was confidential
    stays so, for the same people, and for whoever does this in an urgent look as long as that lasts. None if
    the report has no case (any more).

    Raises:
        NotClassified: urgency or situation is not judged.
    """
    report = session.get_one(Report, report_id, with_for_update=True)
    if report.case_id is None:
        return None
    old = standing(session, report.case_id)
    new = _new(session, report, actor)
    new.confidential = old.confidential
    if new.confidential:
        name_the_same(session, old.id, new.id)
        secrecy.look_along(session, old.id, new.id, actor)
    report.disposition = Disposition.case_opened
    told = {"report_id": report_id}
    line(session, old.id, NoteKind.split_off, actor, reason, other_id=new.id, **told)
    line(session, new.id, NoteKind.opened, actor, reason, other_id=old.id, **told)
    audit.record(session, actor, "split", "case", old.id, report=report_id, into=new.id)
    return new


def assign(session: orm.Session, case_id: int, actor: audit.Actor, to: Account | None) -> Case:
    """Say whose case it is; None: nobody's.

    Raises:
        NotForThem: it is confidential, and they are not named on it.
    """
    case = standing(session, case_id)
    if to is not None and not is_theirs(session, case.id, to.id):
        raise NotForThem(to.name)
    if case.assigned_to != (to.id if to else None):
        case.assigned_to = to.id if to else None
        line(session, case.id, NoteKind.assigned, actor, to.name if to else "")
        audit.record(session, actor, "assign", "case", case.id, to=case.assigned_to)
    return case


def move(session: orm.Session, case_id: int, actor: audit.Actor, event: CaseEvent) -> Case:
    """Move a case to its next stage.

    Raises:
        IllegalTransition: not from where it stands.
    """
    case = _moved(session, case_id, event)
    line(session, case.id, NoteKind.moved, actor, case.status)
    audit.record(session, actor, event, "case", case.id)
    return case


def close(session: orm.Session, case_id: int, actor: audit.Actor, reason: str) -> Case:
    """Close a case, with the closing evaluation as reason (paper 004 五(四)).

    Raises:
        IllegalTransition: it is closed already.
    """
    case = _moved(session, case_id, CaseEvent.close)
    case.closed_at = clock.now()
    line(session, case.id, NoteKind.closed, actor, reason)
    audit.record(session, actor, "close", "case", case.id)
    return case


def reopen(session: orm.Session, case_id: int, actor: audit.Actor, reason: str) -> Case:
    """Open a closed case again.

    Raises:
        IllegalTransition: it is not closed.
    """
    case = _moved(session, case_id, CaseEvent.reopen)
    case.closed_at = None
    line(session, case.id, NoteKind.reopened, actor, reason)
    audit.record(session, actor, "reopen", "case", case.id)
    return case


def tell(session: orm.Session, case_id: int, body: str) -> None:
    """A line in the timeline by the system itself: what became of an alert.

    Without a lock: whoever acknowledges by a key must not wait for an officer at the case, nor the two for
    each other. In the very moment of a merge the line may stay with the case that is merged; the timeline of
    the one it leads to shows it all the same.
    """
    line(session, leads_to(session, case_id), NoteKind.alert, audit.SYSTEM, body)


def name_the_same(session: orm.Session, source_id: int, target_id: int) -> list[int]:
    """Name on one case whoever is named on another; the accounts that were not named there before."""
    named = sa.select(
        sa.literal(target_id), CaseMember.account_id, CaseMember.added_by, sa.literal(clock.now())
    ).where(CaseMember.case_id == source_id)
    columns = ["case_id", "account_id", "added_by", "added_at"]
    added = postgresql.insert(CaseMember).from_select(columns, named).on_conflict_do_nothing()
    return list(session.scalars(added.returning(CaseMember.account_id)))


def _new(session: orm.Session, report: Report, actor: audit.Actor) -> Case:
    missing = [name for name in ("urgency", "situation") if getattr(report, name) is None]
    if missing:
        raise NotClassified(missing)
    case = Case(
        status=CaseStatus.open,
        opened_by=actor.account_id,
        opened_at=clock.now(),
    )
    facts.fill(case, report)
    session.add(case)
    session.flush()
    report.case_id = case.id
    return case


def _moved(session: orm.Session, case_id: int, event: CaseEvent) -> Case:
    case = standing(session, case_id)
    case.status = CASE_MOVES.after(case.status, event)
    return case
