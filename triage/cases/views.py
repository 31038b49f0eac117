"""Cases: opened from a report or linked to one, listed, moved, reopened, given to somebody."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import orm

from hotline import db
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from triage.cases import notes, queries, service
from triage.cases.forms import ColleagueForm, LinkForm, MoveForm
from triage.cases.pages import existing, keep_reports, may_keep_confidential, to_case, told
from triage.cases.queries import Wanted
from triage.cases.service import NotClassified, NotForThem
from triage.cases.states import CaseEvent, CaseStatus
from triage.intake.states import Urgency
from triage.places import queries as places
from triage.queue import judging, report_views
from triage.queue import views as desk
from triage.queue.forms import ReasonForm

blueprint = Blueprint("cases", __name__, template_folder="templates")
blueprint.before_app_request(keep_reports)
blueprint.add_app_template_global(may_keep_confidential, "may_keep_confidential")


@blueprint.post("/reports/<number>/case")
@requires(Permission.open_case)
def open_case(number: str) -> ResponseReturnValue:
    """Save the judgement as it stands in the form, and open a case on it."""
    with report_views.keeping_typed(number) as session:
        form = report_views.classification(session)
        if not form.validate():
            return report_views.report_page(session, number, form), 422
        found, actor = desk.report_id(session, number), current_actor()
        if queries.case_of(session, number) is None:
            judging.classify(session, found, actor, form.judged())
        case = service.open_case(session, found, actor)
    flash(_("个案 %(number)s 已建立。", number=case.number), "success")
    return to_case(case.id)


@blueprint.post("/reports/<number>/link")
@requires(Permission.open_case)
def link(number: str) -> ResponseReturnValue:
    """Save the judgement as it stands in the form, and link the report to a case."""
    wanted = LinkForm().wanted
    with report_views.keeping_typed(number) as session:
        if _is_kept(session, number):
            return told(_("这份诉求属于一个您看不到的保密个案，只能关联回原个案。"))
        case = queries.case(session, wanted, current_user.account_id) if wanted else None
        if case is None:
            return told(_("没有这个编号的个案，请核对后再关联。"))
        form = report_views.classification(session)
        # What the officer has not said of this report, the case says already.
        form.fill(urgency=case.urgency, situation=case.situation)
        if not form.validate():
            return report_views.report_page(session, number, form), 422
        found, actor = desk.report_id(session, number), current_actor()
        judging.classify(session, found, actor, form.judged())
        case = service.link(session, found, case.id, actor)
    flash(
        _("诉求 %(report)s 已关联到个案 %(number)s。", report=number, number=case.number), "success"
    )
    return to_case(case.id)


@blueprint.post("/reports/<number>/link-back")
@requires(Permission.open_case)
def link_back(number: str) -> ResponseReturnValue:
    """Save the judgement, and give a report that was reopened back to its own case, which this officer may
    not see."""
    with report_views.keeping_typed(number) as session:
        own = queries.case_of(session, number) or abort(404)
        form = report_views.classification(session)
        if not form.validate():
            return report_views.report_page(session, number, form), 422
        found, actor = desk.report_id(session, number), current_actor()
        judging.classify(session, found, actor, form.judged())
        service.link(session, found, own, actor)
    flash(_("诉求 %(number)s 已处理。", number=number), "success")
    return redirect("/", 303)


@blueprint.get("/cases")
@requires(Permission.see_case)
def cases() -> ResponseReturnValue:
    """The list of cases."""
    return render_template("cases/cases.html", **_list())


@blueprint.get("/cases/rows")
@requires(Permission.see_case)
def rows() -> ResponseReturnValue:
    """The list's rows alone, for a page that is open."""
    return render_template("cases/rows.html", **_list())


def _is_kept(session: orm.Session, number: str) -> bool:
    """Whether the report has a case that this officer may not see: it does not leave that by their hand."""
    own = queries.case_of(session, number)
    return own is not None and queries.case(session, own, current_user.account_id) is None


def _list() -> dict[str, Any]:
    asked = request.args
    before, place = asked.get("before", type=int), asked.get("place", "")
    with db.transaction() as session:
        paths = places.paths(session)
        wanted = Wanted(
            status=asked.get("status", type=CaseStatus),
            urgency=asked.get("urgency", type=Urgency),
            place_id=places.named(paths, place),
            mine="mine" in asked,
            overdue="overdue" in asked,
        )
        page = queries.page(session, wanted, current_user.account_id, before)
    kept = {name: value for name, value in asked.items() if value and name != "before"}
    return {"page": page, "wanted": wanted, "kept": kept, "paths": paths, "place": place}


@blueprint.post("/cases/<int:case_id>/move")
@requires(Permission.write_case)
def move(case_id: int) -> ResponseReturnValue:
    """On to another stage."""
    form = MoveForm()
    if not form.validate():
        return told(form.event.errors[0])
    with db.transaction() as session:
        found = existing(session, case_id)
        service.move(session, found.id, current_actor(), CaseEvent(form.event.data))
    return to_case(case_id)


@blueprint.post("/cases/<int:case_id>/reopen")
@requires(Permission.close_case)
def reopen(case_id: int) -> ResponseReturnValue:
    """Open a closed case again."""
    form = ReasonForm()
    if not form.validate():
        return told(form.reason.errors[0])
    with db.transaction() as session:
        found = existing(session, case_id)
        service.reopen(session, found.id, current_actor(), form.reason.data.strip())
    return to_case(case_id)


@blueprint.post("/cases/<int:case_id>/assign")
@requires(Permission.write_case)
def assign(case_id: int) -> ResponseReturnValue:
    """Give the case to somebody, or to nobody."""
    with db.transaction() as session:
        form = ColleagueForm(notes.caseworkers(session))
        if not form.validate():
            return told(_("请从名单中选择一位同事。"))
        service.assign(session, existing(session, case_id).id, current_actor(), form.chosen)
    return to_case(case_id)


@blueprint.app_errorhandler(NotClassified)
def _not_classified(error: NotClassified) -> ResponseReturnValue:
    return told(_("请先选择紧急程度和情形并保存，再立个案。"))


@blueprint.app_errorhandler(NotForThem)
def _not_for_them(error: NotForThem) -> ResponseReturnValue:
    return told(
        _(
            "这是保密个案，%(name)s不在知情人名单里，看不到它。请先把%(name)s列入名单，再提到或指派。",
            name=error.name,
        )
    )
