"""Confidential cases: made and opened up, who is named, urgent looks and their review."""

from flask import Blueprint, abort, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import orm

from hotline import audit, db
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from triage.cases import access, notes, queries, secrecy
from triage.cases.forms import ColleagueForm, NumberedForm, ReviewForm, fault
from triage.cases.models import Case, UrgentAccess
from triage.cases.pages import existing, may_keep_confidential, to_case, told
from triage.cases.secrecy import LastOne, OwnLook
from triage.queue.forms import ReasonForm

blueprint = Blueprint("secrecy", __name__, template_folder="templates")


@blueprint.post("/cases/<int:case_id>/<any(make, open_up):act>-confidential")
@requires(Permission.write_case)
def keep(case_id: int, act: str) -> ResponseReturnValue:
    """Make the case confidential, or open it up."""
    form = ReasonForm()
    if not form.validate():
        return told(fault(form))
    change = secrecy.make if act == "make" else secrecy.open_up
    with db.transaction() as session:
        case = _theirs(session, case_id)
        change(session, case.id, current_actor(), form.reason.data.strip())
    return to_case(case_id, "secrecy")


@blueprint.post("/cases/<int:case_id>/members")
@requires(Permission.write_case)
def name(case_id: int) -> ResponseReturnValue:
    """Name somebody on the case."""
    with db.transaction() as session:
        case, form = _theirs(session, case_id), ColleagueForm(notes.caseworkers(session))
        if not form.validate() or form.chosen is None:
            return told(_("请从名单中选择一位同事。"))
        secrecy.name(session, case.id, current_actor(), form.chosen)
    return to_case(case_id, "secrecy")


@blueprint.post("/cases/<int:case_id>/members/<int:account_id>/remove")
@requires(Permission.write_case)
def unname(case_id: int, account_id: int) -> ResponseReturnValue:
    """Take somebody off the list."""
    with db.transaction() as session:
        case = _theirs(session, case_id)
        secrecy.unname(session, case.id, current_actor(), account_id)
        stays = account_id != current_user.account_id
    return to_case(case_id, "secrecy") if stays else redirect("/cases", 303)


@blueprint.route("/cases/urgent", methods=["GET", "POST"])
@requires(Permission.see_case)
def look() -> ResponseReturnValue:
    """Open a confidential case without being named on it. A case that is not confidential, or that one may
    see anyhow, is simply gone to."""
    form = NumberedForm()
    if not form.validate_on_submit():
        page = render_template("cases/urgent.html", form=form)
        return page, 422 if form.errors else 200
    with db.transaction() as session:
        case = session.get(Case, form.wanted)
        if case is None:
            return told(_("没有这个编号的个案，请核对。"))
        if queries.case(session, case.id, current_user.account_id) is None:
            secrecy.look(session, case.id, current_actor(), form.reason.data.strip())
            flash(_("已打开保密个案，60 分钟内有效；带班领导已收到提醒。"), "warning")
    return to_case(case.id)


@blueprint.get("/cases/urgent-looks")
@requires(Permission.keep_confidential)
def looks() -> ResponseReturnValue:
    """Who has looked into confidential cases, when and why; to be reviewed."""
    with db.transaction() as session:
        audit.record(session, current_actor(), "read", "urgent_accesses")
        found = secrecy.looks(session)
        return render_template("cases/looks.html", looks=found, form=ReviewForm(formdata=None))


@blueprint.post("/cases/urgent-looks/<int:access_id>")
@requires(Permission.keep_confidential)
def review(access_id: int) -> ResponseReturnValue:
    """Judge one."""
    form = ReviewForm()
    if not form.validate():
        return told(fault(form))
    with db.transaction() as session:
        if session.get(UrgentAccess, access_id) is None:
            abort(404)
        secrecy.review(session, access_id, current_actor(), (form.review.data or "").strip())
    return redirect("/cases/urgent-looks", 303)


def _theirs(session: orm.Session, case_id: int) -> Case:
    case = existing(session, case_id)
    # Whoever opened it and has been taken off the list does not come back by an urgent look.
    named = access.is_theirs(session, case.id, current_user.account_id)
    if not (
        (may_keep_confidential(case) and named) or current_user.can(Permission.keep_confidential)
    ):
        abort(403)
    return case


@blueprint.app_errorhandler(LastOne)
def _last_one(error: LastOne) -> ResponseReturnValue:
    return told(_("名单上至少要有一个人，否则谁也打不开这个个案。"))


@blueprint.app_errorhandler(OwnLook)
def _own_look(error: OwnLook) -> ResponseReturnValue:
    return told(_("自己的紧急查阅要由另一位带班领导复核。"))
