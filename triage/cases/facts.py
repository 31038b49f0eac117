"""What is known of the child and its plight: copied from reports where the case has nothing, and never
overwritten by itself. What a report says otherwise is shown beside it, and taken over by somebody who has
judged it."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit
from triage.cases.models import Case, CaseNote, NoteKind
from triage.cases.writing import line, standing
from triage.intake.models import Report

FACTS = (
    "urgency",
    "situation",
    "child_name",
    "child_sex",
    "child_age",
    "child_born",
    "child_id_number",
    "child_school",
    "place_id",
    "address",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact of which a report says something else than the case."""

    fact: str
    ours: object
    theirs: object
    report: Report


def fill(case: Case, report: Report) -> None:
    """Take from a report what the case does not know yet."""
    for fact in FACTS:
        if getattr(case, fact) is None and getattr(report, fact) is not None:
            _copy(case, report, fact)


def settled(session: orm.Session, case_id: int) -> dict[str, dt.datetime]:
    """When somebody last decided on a fact: took it over from a report, or kept what the case says."""
    taken = (CaseNote.case_id == case_id, CaseNote.kind == NoteKind.taken_over)
    rows = session.execute(
        sa.select(CaseNote.body, CaseNote.at).where(*taken).order_by(CaseNote.id)
    )
    return {row.body: row.at for row in rows}


def differences(
    case: Case, reports: Iterable[Report], settled: Mapping[str, dt.datetime]
) -> list[Difference]:
    """What these reports say otherwise, fact by fact; the same thing once only, by the first who says it.
    Of a fact that was decided on, only what reports have said since."""
    found: dict[tuple[str, object], Difference] = {}
    for report in reports:
        for fact in FACTS:
            ours, theirs = getattr(case, fact), getattr(report, fact)
            is_news = fact not in settled or report.received_at > settled[fact]
            if theirs is not None and theirs != ours and is_news:
                found.setdefault((fact, theirs), Difference(fact, ours, theirs, report))
    return sorted(found.values(), key=lambda one: FACTS.index(one.fact))


def take_over(
    session: orm.Session, case_id: int, report_id: int, fact: str, actor: audit.Actor
) -> bool:
    """Let the case say what this report of its says; False if the report is no longer one of its.

    Raises:
        ValueError: there is no such fact.
    """
    if fact not in FACTS:
        raise ValueError(fact)
    case, report = standing(session, case_id), session.get_one(Report, report_id)
    if report.case_id != case.id:
        return False
    _copy(case, report, fact)
    line(session, case.id, NoteKind.taken_over, actor, fact, report_id=report_id)
    audit.record(session, actor, "take_over", "case", case.id, fact=fact, report=report_id)
    return True


def keep_ours(session: orm.Session, case_id: int, fact: str, actor: audit.Actor) -> None:
    """Leave the case as it is, whatever its reports have said of this fact so far. In the timeline that is
    `taken_over` from no report.

    Raises:
        ValueError: there is no such fact.
    """
    if fact not in FACTS:
        raise ValueError(fact)
    case = standing(session, case_id)
    line(session, case.id, NoteKind.taken_over, actor, fact)
    audit.record(session, actor, "keep_ours", "case", case.id, fact=fact)


def _copy(case: Case, report: Report, fact: str) -> None:
    setattr(case, fact, getattr(report, fact))
    if fact == "child_id_number":
        case.child_id_index = report.child_id_index
