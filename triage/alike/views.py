"""The card on a report's page: what looks like the same child or the same caller, and why."""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import orm

from hotline import audit, db
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from triage.alike import queries, score
from triage.alike.queries import Lookalike
from triage.intake import queries as intake
from triage.intake.models import Report

blueprint = Blueprint("alike", __name__, template_folder="templates")


@blueprint.get("/reports/<number>/alike")
@requires(Permission.see_case)
def alike(number: str) -> ResponseReturnValue:
    """Look-alikes of a report, each with what speaks for it and against. Which were shown is written down:
    they say something of other children."""
    with db.transaction() as session:
        sheet = intake.sheet(session, number) or abort(404)
        audit.look(session, current_actor(), "report", sheet.report.id)
        found = queries.find(session, sheet.report, current_user.account_id)
        if found:
            _write_down(session, sheet.report, found)
        return render_template(
            "alike/alike.html",
            sheet=sheet,
            mine=sheet.is_held_by(current_user.account_id),
            alike=found,
            threshold=score.load().threshold,
        )


def _write_down(session: orm.Session, report: Report, found: list[Lookalike]) -> None:
    reports = [one.known.id for one in found if isinstance(one.known, Report)]
    cases = [one.case.id for one in found if one.case]
    audit.record(
        session, current_actor(), "read", "lookalikes", report.id, reports=reports, cases=cases
    )
