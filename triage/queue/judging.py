"""What an officer makes of a report: the judgement, and what became of it."""

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy import orm

from hotline import audit, clock, crypto, live
from triage.facts import answers
from triage.facts.questions import Facts
from triage.intake.models import Disposition, Report, ReporterKind, Sex
from triage.intake.states import FIRST_ACTION_DUE, REPORT_MOVES, ReportEvent, Situation, Urgency
from triage.queue import drafts
from triage.queue.service import lease, mine, page_again
from triage.suggestion import service as suggestion


@dataclass(frozen=True, slots=True)
class Classification:
    """An officer's judgement. Ages in years; texts as typed, empty for not known."""

    urgency: Urgency
    situation: Situation | None
    """None where there was no time to say; no case can be opened without."""
    child_name: str = ""
    child_age: int | None = None
    child_sex: Sex | None = None
    child_born: dt.date | None = None
    child_id_number: str | None = None
    """Empty for not known; None leaves what is written down, which screens show masked."""
    child_school: str = ""
    place_id: int | None = None
    address: str = ""
    summary: str = ""
    reporter_kind: ReporterKind | None = None
    reporter_hidden: bool = False
    facts: Facts = field(default_factory=dict)


def classify(
    session: orm.Session, report_id: int, actor: audit.Actor, judged: Classification
) -> Report:
    """Write down the officer's judgement. The clock to the first action runs from receipt, whatever
    the urgency was before.

    Raises:
        NotYours: the report is not claimed by `actor`.
    """
    report = mine(session, report_id, actor)
    report.urgency = judged.urgency
    report.situation = judged.situation
    report.due_at = report.received_at + FIRST_ACTION_DUE[judged.urgency]
    _write_child(report, judged)
    report.place_id = judged.place_id
    report.address = judged.address or None
    report.summary = judged.summary or None
    report.reporter_kind = judged.reporter_kind
    report.reporter_hidden = judged.reporter_hidden
    report.facts = answers.sealed(judged.facts)
    report.lease_until = lease(clock.now())
    _drop_draft(session, report_id, actor)
    suggestion.note_choice(session, report, actor)
    audit.record(
        session,
        actor,
        "classify",
        "report",
        report_id,
        urgency=judged.urgency,
        situation=judged.situation,
        place=judged.place_id,
    )
    live.announce(session, "report", report_id)
    session.flush()
    return report


def _write_child(report: Report, judged: Classification) -> None:
    report.child_name = judged.child_name or None
    report.child_age = judged.child_age
    report.child_sex = judged.child_sex
    report.child_born = judged.child_born.isoformat() if judged.child_born else None
    report.child_school = judged.child_school or None
    if judged.child_id_number is not None:
        set_number(report, judged.child_id_number)


def set_number(report: Report, number: str) -> None:
    """Write down the child's identity number; empty: it is not known."""
    report.child_id_number = number or None
    report.child_id_index = crypto.blind_index("id", number) if number else None


def dispose(
    session: orm.Session,
    report_id: int,
    actor: audit.Actor,
    disposition: Disposition,
    reason: str = "",
) -> Report:
    """Say what became of a report; it leaves the queue.

    Raises:
        NotYours: the report is not claimed by `actor`.
    """
    report = mine(session, report_id, actor)
    report.status = REPORT_MOVES.after(report.status, ReportEvent.dispose)
    report.disposition = disposition
    report.disposition_reason = reason or None
    report.triaged_by, report.triaged_at = actor.account_id, clock.now()
    report.claimed_by = report.claimed_at = report.lease_until = report.next_page_at = None
    _drop_draft(session, report_id, actor)
    audit.record(session, actor, "dispose", "report", report_id, disposition=disposition)
    live.announce(session, "report", report_id)
    return report


def reopen(session: orm.Session, report_id: int, actor: audit.Actor, reason: str) -> Report:
    """Put a report that had been dealt with back on the queue. Its case, if any, stays linked.

    Raises:
        IllegalTransition: it is on the queue already.
    """
    report = session.get_one(Report, report_id, with_for_update=True)
    report.status = REPORT_MOVES.after(report.status, ReportEvent.reopen)
    report.disposition = report.disposition_reason = None
    report.triaged_by = report.triaged_at = None
    page_again(report)
    audit.record(session, actor, "reopen", "report", report_id, reason=reason)
    live.announce(session, "report", report_id)
    return report


def _drop_draft(session: orm.Session, report_id: int, actor: audit.Actor) -> None:
    assert actor.account_id is not None
    drafts.discard(session, report_id, actor.account_id)
