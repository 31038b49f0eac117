"""Duty-bound reports as an officer establishes them, and the list of institutions."""

from dataclasses import dataclass

from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import audit, clock, live
from triage.intake.models import Report
from triage.mandated.known import Known
from triage.mandated.models import Ground, Institution, InstitutionKind, MandatedReport


class SomebodyElses(Exception):
    """Another officer is working on the report."""


@dataclass(frozen=True, slots=True)
class Established:
    """What an officer has asked the reporter. Texts as typed, empty for not known."""

    institution: Institution | None
    unlisted_name: str
    kind: InstitutionKind | None
    ground: Ground | None
    known: Known | None
    reporter: str
    post: str
    told_back: str


def establish(session: orm.Session, report_id: int, actor: audit.Actor, facts: Established) -> None:
    """Write down who reports by duty and why; from now on this counts, and no longer the keys.

    Raises:
        SomebodyElses: somebody else is working on the report.
    """
    report = session.get_one(Report, report_id, with_for_update=True)
    if report.claimed_by not in {None, actor.account_id}:
        raise SomebodyElses
    institution = facts.institution
    values = {
        "institution_id": institution.id if institution else None,
        "institution_name": "" if institution else facts.unlisted_name,
        "kind": None if institution else facts.kind,
        "ground": facts.ground,
        "known_at": facts.known.at if facts.known else None,
        "known_precision": facts.known.precision if facts.known else None,
        "reporter": facts.reporter or None,
        "post": facts.post or None,
        "told_back": facts.told_back or None,
        "saved_by": actor.account_id,
        "saved_at": clock.now(),
    }
    row = postgresql.insert(MandatedReport).values(report_id=report_id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["report_id"], set_=values))
    audit.record(
        session, actor, "establish_duty", "report", report_id, institution=values["institution_id"]
    )
    live.announce(session, "report", report_id)


def add_institution(
    session: orm.Session,
    actor: audit.Actor,
    *,
    name: str,
    kind: InstitutionKind,
    place_id: int | None,
) -> Institution:
    """Put an institution on the list; the database gives it its code."""
    institution = Institution(name=name, kind=kind, place_id=place_id)
    session.add(institution)
    session.flush()
    audit.record(session, actor, "add", "institution", institution.id)
    return institution


def set_active(
    session: orm.Session, institution: Institution, actor: audit.Actor, *, active: bool
) -> None:
    """Take an institution off the list, or put it back. Its code is never given to another."""
    institution.active = active
    audit.record(session, actor, "enable" if active else "disable", "institution", institution.id)
