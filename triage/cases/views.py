"""Cases: opened from a report or linked to one, read, written to, moved and closed."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import orm

from hotline import audit, db
from hotline.accounts.guard import current_actor, requires, wanted_page
from hotline.accounts.permissions import Permission
from triage.cases import queries, service
from triage.cases.forms import MOVES, EvaluationForm, LinkForm, MoveForm, NoteForm
from triage.cases.models import Case
from triage.cases.service import NotClassified
from triage.cases.states import CASE_MOVES, CaseEvent, CaseStatus
from triage.intake import queries as intake
from triage.places import queries as places
from triage.queue import judging, lookalikes, report_views
from triage.queue import views as desk
from triage.queue.forms import ReasonForm

blueprint = Blueprint("cases", __name__, template_folder="templates")

LIVING: list[CaseStatus] = [status for status in CaseStatus if status != CaseStatus.closed]


@blueprint.post("/reports/<number>/case")
@requires(Permission.open_case)
def open_case(number: str) -> ResponseReturnValue:
    """Save the judgement as it stands in the form, and open a case on it."""
    with db.transaction() as session:
        form = report_views.classification(session)
        if not form.validate():
            return report_views.report_page(session, number, form), 422
        found, actor = desk.report_id(session, number), current_actor()
        if queries.case_of(session, number) is None:
            judging.classify(session, found, actor, form.judged())
        case = service.open_case(session, found, actor)
    flash(_("个案 %(number)s 已建立。", number=case.number), "success")
    return _to_case(case.id)


@blueprint.post("/reports/<number>/link")
@requires(Permission.open_case)
def link(number: str) -> ResponseReturnValue:
    """Save the judgement as it stands in the form, and link the report to a case."""
    wanted = LinkForm().wanted
    with db.transaction() as session:
        case = queries.case(session, wanted) if wanted is not None else None
        if case is None:
            return _told(_("没有这个编号的个案，请核对后再关联。"))
        form = report_views.classification(session)
        # What the officer has not said of this report, the case says already.
        form.fill(urgency=case.urgency, situation=case.situation)
        if not form.validate():
            return report_views.report_page(session, number, form), 422
        found, actor = desk.report_id(session, number), current_actor()
        judging.classify(session, found, actor, form.judged())
        service.link(session, found, case.id, actor)
    flash(
        _("诉求 %(report)s 已关联到个案 %(number)s。", report=number, number=case.number), "success"
    )
    return _to_case(case.id)


@blueprint.get("/reports/<number>/alike")
@requires(Permission.see_case)
def alike(number: str) -> ResponseReturnValue:
    """The card on a report's page: what looks like the same child or the same caller, and why."""
    with db.transaction() as session:
        sheet = intake.sheet(session, number) or abort(404)
        audit.look(session, current_actor(), "report", sheet.report.id)
        found = lookalikes.find(session, sheet.report)
        return render_template(
            "cases/alike.html",
            sheet=sheet,
            mine=sheet.is_held_by(current_user.account_id),
            alike=found,
            cases=queries.by_id(
                session, [one.report.case_id for one in found if one.report.case_id]
            ),
        )


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


def _list() -> dict[str, object]:
    status = request.args.get("status", "")
    statuses = [CaseStatus(status)] if status in set(CaseStatus) else LIVING
    with db.transaction() as session:
        page = queries.page(session, statuses, request.args.get("before", type=int))
    return {"page": page, "status": status if status in set(CaseStatus) else ""}


@blueprint.get("/cases/<int:case_id>")
@requires(Permission.see_case)
def case(case_id: int) -> ResponseReturnValue:
    """One case, with its reports, recordings and timeline."""
    with db.transaction() as session:
        return _case_page(session, case_id)


@blueprint.get("/cases/<int:case_id>/timeline")
@requires(Permission.see_case)
def timeline(case_id: int) -> ResponseReturnValue:
    """The timeline alone, for a page that is open."""
    with db.transaction() as session:
        audit.look(session, current_actor(), "case", case_id)
        return render_template("cases/timeline.html", notes=queries.notes(session, case_id))


@blueprint.post("/cases/<int:case_id>/notes")
@requires(Permission.write_case)
def note(case_id: int) -> ResponseReturnValue:
    """Add a line to the timeline."""
    form = NoteForm()
    with db.transaction() as session:
        if not form.validate():
            return _case_page(session, case_id, note=form), 422
        service.note(
            session, _existing(session, case_id).id, current_actor(), form.body.data.strip()
        )
    return _to_case(case_id)


@blueprint.post("/cases/<int:case_id>/move")
@requires(Permission.write_case)
def move(case_id: int) -> ResponseReturnValue:
    """On to another stage."""
    form = MoveForm()
    if not form.validate():
        return _told(form.event.errors[0])
    with db.transaction() as session:
        found = _existing(session, case_id)
        service.move(session, found.id, current_actor(), CaseEvent(form.event.data))
    return _to_case(case_id)


@blueprint.post("/cases/<int:case_id>/close")
@requires(Permission.close_case)
def close(case_id: int) -> ResponseReturnValue:
    """Close the case with its evaluation."""
    form = EvaluationForm()
    with db.transaction() as session:
        if not form.validate():
            return _case_page(session, case_id, evaluation=form), 422
        found = _existing(session, case_id)
        service.close(session, found.id, current_actor(), form.reason.data.strip())
    flash(_("个案 %(number)s 已结案。", number=case_id), "success")
    return _to_case(case_id)


@blueprint.post("/cases/<int:case_id>/reopen")
@requires(Permission.close_case)
def reopen(case_id: int) -> ResponseReturnValue:
    """Open a closed case again."""
    form = ReasonForm()
    if not form.validate():
        return _told(form.reason.errors[0])
    with db.transaction() as session:
        found = _existing(session, case_id)
        service.reopen(session, found.id, current_actor(), form.reason.data.strip())
    return _to_case(case_id)


@blueprint.post("/cases/<int:case_id>/reports/<number>/unlink")
@requires(Permission.write_case)
def unlink(case_id: int, number: str) -> ResponseReturnValue:
    """Take a report off the case; it goes back on the queue."""
    form = ReasonForm()
    if not form.validate():
        return _told(form.reason.errors[0])
    with db.transaction() as session:
        if queries.case_of(session, number) != case_id:
            return _told(_("诉求 %(number)s 已不在这个个案里。", number=number))
        found = desk.report_id(session, number)
        service.unlink(session, found, current_actor(), form.reason.data.strip())
    flash(_("诉求 %(number)s 已解除关联，回到队列。", number=number), "success")
    return _to_case(case_id)


def _case_page(
    session: orm.Session,
    case_id: int,
    note: NoteForm | None = None,
    evaluation: EvaluationForm | None = None,
) -> str:
    found = _existing(session, case_id)
    audit.record(session, current_actor(), "read", "case", case_id)
    linked = queries.reports(session, case_id)
    return render_template(
        "cases/case.html",
        case=found,
        place=places.paths(session).get(found.place_id or 0),
        linked=linked,
        recordings=queries.recordings(session, linked),
        notes=queries.notes(session, case_id),
        moves=[event for event in MOVES if CASE_MOVES.allows(found.status, event)],
        note=note or NoteForm(formdata=None),
        evaluation=evaluation or EvaluationForm(formdata=None),
        reason=ReasonForm(formdata=None),
    )


def _existing(session: orm.Session, case_id: int) -> Case:
    return queries.case(session, case_id) or abort(404)


def _to_case(case_id: int) -> ResponseReturnValue:
    return redirect(f"/cases/{case_id}", 303)


def _told(words: str) -> ResponseReturnValue:
    flash(words, "danger")
    return redirect(wanted_page(), 303)


@blueprint.app_errorhandler(NotClassified)
def _not_classified(error: NotClassified) -> ResponseReturnValue:
    return _told(_("请先选择紧急程度和情形并保存，再立个案。"))
