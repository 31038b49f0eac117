"""What the rules suggest for a report, and what was chosen beside it."""

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import audit, clock
from triage.facts import answers
from triage.intake.models import CallAnswer, CallStep, Report
from triage.suggestion import rules
from triage.suggestion.models import UrgencySuggestion
from triage.suggestion.rules import Evidence


def evidence(session: orm.Session, report: Report) -> Evidence:
    """What is known of a report as it is written down."""
    return Evidence(
        received_at=report.received_at,
        now=clock.now(),
        situation=report.situation,
        age=report.child_age,
        reporter=report.reporter_kind,
        facts=answers.of(report),
        answers=_keyed(session, report.call_id),
        nodes=_nodes(session, report.call_id),
    )


def _keyed(session: orm.Session, call_id: int | None) -> dict[str, str]:
    given = sa.select(CallAnswer.question, CallAnswer.value).where(CallAnswer.call_id == call_id)
    return {row.question: row.value for row in session.execute(given)}


def _nodes(session: orm.Session, call_id: int | None) -> set[str]:
    return set(session.scalars(sa.select(CallStep.node).where(CallStep.call_id == call_id)))


def note_choice(session: orm.Session, report: Report, actor: audit.Actor) -> None:
    """Write down what was suggested for a report that has just been judged, and what was chosen. Nothing
    is written where nothing was suggested: there was nothing to agree with."""
    suggestion = rules.suggest(evidence(session, report))
    if suggestion is None or report.urgency is None:
        return
    values = {
        "suggested": suggestion.urgency,
        "chosen": report.urgency,
        "rules": [rule.name for rule in suggestion.rules],
        "chosen_by": actor.account_id,
        "chosen_at": clock.now(),
    }
    row = postgresql.insert(UrgencySuggestion).values(report_id=report.id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["report_id"], set_=values))
