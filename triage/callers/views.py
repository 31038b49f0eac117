"""Marked callers: set from a report's page, lifted there or from the list."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import orm

from hotline import audit, db
from hotline.accounts.guard import current_actor, requires, wanted_page
from hotline.accounts.permissions import Permission
from triage.callers import earlier, queries, service
from triage.callers.forms import FlagForm, LiftForm
from triage.callers.service import Nameless, pin_of
from triage.intake import queries as intake
from triage.intake.models import CallerFlag
from triage.intake.queries import Sheet
from triage.mandated.queries import duty

blueprint = Blueprint("callers", __name__, template_folder="templates")


@blueprint.get("/reports/<number>/caller")
@requires(Permission.see_report)
def card(number: str) -> ResponseReturnValue:
    """The card on a report's page: the PIN, and the mark."""
    with db.transaction() as session:
        facts = _facts(session, _looked_at(session, number))
        return render_template("callers/card.html", **facts)


@blueprint.get("/reports/<number>/earlier")
@requires(Permission.see_report)
def earlier_contacts(number: str) -> ResponseReturnValue:
    """The card on a report's page: what the same caller has reported before."""
    with db.transaction() as session:
        report = _looked_at(session, number).report
        found = earlier.of(session, report, current_user.account_id)
        return render_template("callers/earlier.html", earlier=found)


@blueprint.route("/reports/<number>/flag", methods=["GET", "POST"])
@requires(Permission.flag_caller)
def set_flag(number: str) -> ResponseReturnValue:
    """Mark the caller of this report as a nuisance."""
    form = FlagForm()
    with db.transaction() as session:
        sheet = _looked_at(session, number)
        if not form.validate_on_submit():
            page = render_template("callers/flag.html", sheet=sheet, form=form)
            return page, 422 if form.errors else 200
        reason = form.flag_reason.data.strip()
        service.set_flag(session, sheet.report.id, current_actor(), reason, form.lasts)
    flash(_("已标记。该来电人仍可报告危险和留言。"), "success")
    return redirect(f"/reports/{number}", 303)


@blueprint.post("/callers/<int:flag_id>/lift")
@requires(Permission.flag_caller)
def lift(flag_id: int) -> ResponseReturnValue:
    """Take a mark away before its time."""
    form = LiftForm()
    if not form.validate():
        flash(form.lift_reason.errors[0], "danger")
        return redirect(wanted_page(), 303)
    with db.transaction() as session:
        if session.get(CallerFlag, flag_id) is None:
            abort(404)
        service.lift_flag(session, flag_id, current_actor(), form.lift_reason.data.strip())
    flash(_("标记已解除。"), "success")
    return redirect(wanted_page(), 303)


@blueprint.get("/callers")
@requires(Permission.flag_caller)
def flags() -> ResponseReturnValue:
    """Every mark there is or was."""
    before = request.args.get("before", type=int)
    with db.transaction() as session:
        page = queries.flags(session, before)
        audit.record(session, current_actor(), "read", "caller_flags")
    return render_template("callers/flags.html", page=page, before=before)


def _facts(session: orm.Session, sheet: Sheet) -> dict[str, object]:
    return {
        "sheet": sheet,
        "pin": pin_of(sheet.report.number),
        "mandated": duty(session, sheet.report, sheet.call) is not None,
        "flag": queries.running_flag(session, sheet.report),
    }


def _looked_at(session: orm.Session, number: str) -> Sheet:
    sheet = intake.sheet(session, number) or abort(404)
    audit.look(session, current_actor(), "report", sheet.report.id)
    return sheet


@blueprint.app_errorhandler(Nameless)
def _nameless(error: Nameless) -> ResponseReturnValue:
    flash(_("来电人没有显示号码，无法标记。"), "danger")
    return redirect(wanted_page(), 303)
