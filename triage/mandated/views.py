"""Duty-bound reports: the card on a report's page, its form, the printed receipt, and the institutions."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import orm

from hotline import audit, clock, db
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from triage.intake import queries as intake
from triage.intake.queries import Sheet
from triage.mandated import queries, service
from triage.mandated.forms import DutyForm, InstitutionForm, known
from triage.mandated.models import Ground, Institution, InstitutionKind
from triage.mandated.queries import Duty
from triage.mandated.service import Established, SomebodyElses
from triage.places import queries as places

blueprint = Blueprint("mandated", __name__, template_folder="templates")


@blueprint.get("/reports/<number>/duty-card")
@requires(Permission.see_report)
def card(number: str) -> ResponseReturnValue:
    """The card on a report's page."""
    with db.transaction() as session:
        sheet, duty = _facts(session, number)
        audit.look(session, current_actor(), "report", sheet.report.id)
        return render_template("mandated/card.html", sheet=sheet, duty=duty)


@blueprint.route("/reports/<number>/duty", methods=["GET", "POST"])
@requires(Permission.classify)
def establish(number: str) -> ResponseReturnValue:
    """Establish who reports by duty and why: complete or correct what the keys said, or say it at all."""
    with db.transaction() as session:
        sheet, duty = _facts(session, number)
        form = DutyForm(data=known(duty))
        if not form.validate_on_submit():
            audit.record(session, current_actor(), "read", "report", sheet.report.id)
            return _form_page(session, sheet, duty, form), 422 if form.errors else 200
        facts = _established(session, form)
        try:
            service.establish(session, sheet.report.id, current_actor(), facts)
        except SomebodyElses:
            told = _("这份诉求正由别的值班员处理，没有保存。请对方登记，或等对方退回后再试。")
            flash(told, "danger")
            return _form_page(session, sheet, duty, form), 409
    flash(_("强制报告信息已保存。"), "success")
    return redirect(f"/reports/{number}", 303)


@blueprint.get("/reports/<number>/mandated-receipt")
@requires(Permission.see_report)
def receipt(number: str) -> ResponseReturnValue:
    """The receipt 强制报告回执, on one sheet of paper. It goes out of the house: no word of the child."""
    with db.transaction() as session:
        sheet, duty = _facts(session, number)
        if duty is None:
            abort(404)
        audit.record(session, current_actor(), "print_receipt", "report", sheet.report.id)
        return render_template(
            "mandated/receipt.html",
            sheet=sheet,
            duty=duty,
            line=places.line_name(session, sheet.report.line_number),
            printed_at=clock.now(),
        )


@blueprint.route("/institutions", methods=["GET", "POST"])
@requires(Permission.edit_places)
def institutions() -> ResponseReturnValue:
    """The institutions that must report, and the form to add one."""
    with db.transaction() as session:
        paths = places.paths(session)
        form = InstitutionForm(paths)
        if form.validate_on_submit():
            added = service.add_institution(
                session,
                current_actor(),
                name=form.name.data.strip(),
                kind=InstitutionKind(form.kind.data),
                place_id=form.place_id,
            )
            flash(_("%(name)s已登记，编码 %(code)s。", name=added.name, code=added.code), "success")
            return redirect("/institutions", 303)
        rows = queries.institutions(session)
        page = render_template("mandated/institutions.html", form=form, rows=rows, paths=paths)
    return page, 422 if form.errors else 200


@blueprint.post("/institutions/<int:institution_id>/active")
@requires(Permission.edit_places)
def set_active(institution_id: int) -> ResponseReturnValue:
    """Take an institution off the list, or put it back."""
    active = request.form.get("active") == "yes"
    with db.transaction() as session:
        service.set_active(
            session, _institution(session, institution_id), current_actor(), active=active
        )
    return redirect("/institutions", 303)


@blueprint.get("/institutions/<int:institution_id>/card")
@requires(Permission.edit_places)
def institution_card(institution_id: int) -> ResponseReturnValue:
    """A card to hang beside the telephone: the institution's code and the line's numbers."""
    with db.transaction() as session:
        return render_template(
            "mandated/institution_card.html",
            institution=_institution(session, institution_id),
            lines=places.lines(session),
        )


def _facts(session: orm.Session, number: str) -> tuple[Sheet, Duty | None]:
    sheet = intake.sheet(session, number) or abort(404)
    return sheet, queries.duty(session, sheet.report, sheet.call)


def _institution(session: orm.Session, institution_id: int) -> Institution:
    return session.get(Institution, institution_id) or abort(404)


def _form_page(session: orm.Session, sheet: Sheet, duty: Duty | None, form: DutyForm) -> str:
    rows = queries.institutions(session)
    return render_template("mandated/duty.html", sheet=sheet, duty=duty, form=form, rows=rows)


def _established(session: orm.Session, form: DutyForm) -> Established:
    named = form.institution.data.strip()
    return Established(
        institution=queries.meant(session, named),
        unlisted_name=named,
        kind=InstitutionKind(form.kind.data) if form.kind.data else None,
        ground=Ground(form.ground.data),
        known=form.known,
        reporter=(form.reporter.data or "").strip(),
        post=(form.post.data or "").strip(),
        told_back=(form.told_back.data or "").strip(),
    )
