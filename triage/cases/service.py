"""Cases: opened from a report, linked with others about the same child, written to, moved, closed."""

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, live
from triage.cases.models import Case, CaseNote, NoteKind
from triage.cases.states import CASE_MOVES, CaseEvent, CaseStatus
from triage.intake.models import Disposition, Report
from triage.queue import judging
from triage.queue import service as queue


class NotClassified(Exception):
    """A case cannot be opened before the report is judged. `missing` names what is to be filled in."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__("missing: " + ", ".join(missing))
        self.missing = missing


def open_case(session: orm.Session, report_id: int, actor: audit.Actor) -> Case:
    """Open a case from a report; the report is thereby dealt with. A report that has its case already
    gives that case, so that a second click opens no second one.

    Raises:
        NotClassified: urgency or situation is not judged yet.
        NotYours: the report is not claimed by `actor`.
    """
    linked = session.get_one(Report, report_id, with_for_update=True).case_id
    if linked is not None:
        return session.get_one(Case, linked)
    report = queue.mine(session, report_id, actor)
    case = _case_from(report, actor)
    session.add(case)
    session.flush()
    report.case_id = case.id
    judging.dispose(session, report_id, actor, Disposition.case_opened)
    _write(session, case.id, NoteKind.opened, actor, report_id=report_id)
    audit.record(session, actor, "open", "case", case.id, report=report_id)
    return case


def link(session: orm.Session, report_id: int, case_id: int, actor: audit.Actor) -> Case:
    """Link a report to a case about the same child; the report is thereby dealt with.

    Raises:
        NotYours: the report is not claimed by `actor`.
    """
    report = queue.mine(session, report_id, actor)
    case = session.get_one(Case, case_id, with_for_update=True)
    report.case_id = case.id
    judging.dispose(session, report_id, actor, Disposition.case_linked)
    _write(session, case.id, NoteKind.linked, actor, report_id=report_id)
    audit.record(session, actor, "link", "case", case.id, report=report_id)
    return case


def unlink(session: orm.Session, report_id: int, actor: audit.Actor, reason: str) -> None:
    """Take a report off its case and put it back on the queue. Nothing to do if it has none."""
    report = session.get_one(Report, report_id, with_for_update=True)
    if report.case_id is None:
        return
    case_id, report.case_id = report.case_id, None
    judging.reopen(session, report_id, actor, reason)
    _write(session, case_id, NoteKind.unlinked, actor, reason, report_id=report_id)
    audit.record(session, actor, "unlink", "case", case_id, reason=reason, report=report_id)


def note(session: orm.Session, case_id: int, actor: audit.Actor, body: str) -> None:
    """Add a note to the timeline."""
    _write(session, case_id, NoteKind.note, actor, body)
    audit.record(session, actor, "note", "case", case_id)


def move(session: orm.Session, case_id: int, actor: audit.Actor, event: CaseEvent) -> Case:
    """Move a case to its next stage.

    Raises:
        IllegalTransition: not from where it stands.
    """
    case = _moved(session, case_id, event)
    _write(session, case_id, NoteKind.moved, actor, case.status)
    audit.record(session, actor, event, "case", case_id)
    return case


def close(session: orm.Session, case_id: int, actor: audit.Actor, reason: str) -> Case:
    """Close a case, with the closing evaluation as reason (paper 004 五(四)).

    Raises:
        IllegalTransition: it is closed already.
    """
    case = _moved(session, case_id, CaseEvent.close)
    case.closed_at = clock.now()
    _write(session, case_id, NoteKind.closed, actor, reason)
    audit.record(session, actor, "close", "case", case_id)
    return case


def reopen(session: orm.Session, case_id: int, actor: audit.Actor, reason: str) -> Case:
    """Open a closed case again.

    Raises:
        IllegalTransition: it is not closed.
    """
    case = _moved(session, case_id, CaseEvent.reopen)
    case.closed_at = None
    _write(session, case_id, NoteKind.reopened, actor, reason)
    audit.record(session, actor, "reopen", "case", case_id)
    return case


def tell(session: orm.Session, case_id: int, body: str) -> None:
    """A line in the timeline by the system itself: what became of an alert."""
    _write(session, case_id, NoteKind.alert, audit.SYSTEM, body)


def _case_from(report: Report, actor: audit.Actor) -> Case:
    missing = [name for name in ("urgency", "situation") if getattr(report, name) is None]
    if missing:
        raise NotClassified(missing)
    return Case(
        status=CaseStatus.open,
        urgency=report.urgency,
        situation=report.situation,
        child_name=report.child_name,
        child_age=report.child_age,
        child_sex=report.child_sex,
        child_tokens=report.child_tokens,
        place_id=report.place_id,
        address=report.address,
        opened_by=actor.account_id,
        opened_at=clock.now(),
    )


def _moved(session: orm.Session, case_id: int, event: CaseEvent) -> Case:
    case = session.get_one(Case, case_id, with_for_update=True)
    case.status = CASE_MOVES.after(case.status, event)
    return case


def _write(
    session: orm.Session,
    case_id: int,
    kind: NoteKind,
    actor: audit.Actor,
    body: str = "",
    *,
    report_id: int | None = None,
) -> None:
    session.execute(
        sa.insert(CaseNote).values(
            case_id=case_id,
            kind=kind,
            author_id=actor.account_id,
            at=clock.now(),
            body=body,
            report_id=report_id,
        )
    )
    live.announce(session, "case", case_id)
