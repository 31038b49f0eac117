"""What belongs to a case and is filled in on its page: facts, people, tasks."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import orm

from hotline import audit, db
from hotline.accounts.guard import current_actor, requires, wanted_page
from hotline.accounts.permissions import Permission
from triage.cases import facts, notes, people, tasks
from triage.cases.forms import PersonForm, TaskForm, fault
from triage.cases.models import Person, Task
from triage.cases.pages import existing, to_case, told
from triage.intake.forms import UnmaskForm
from triage.queue import views as desk
from triage.queue.forms import ReasonForm

blueprint = Blueprint("case_parts", __name__, template_folder="templates")


@blueprint.post("/cases/<int:case_id>/facts")
@requires(Permission.write_case)
def take_over(case_id: int) -> ResponseReturnValue:
    """Let the case say what one of its reports says; without a report: what it says itself."""
    fact, number = request.form.get("fact", ""), request.form.get("report", "")
    if fact not in facts.FACTS:
        abort(400)
    with db.transaction() as session:
        case = existing(session, case_id)
        if not number:
            facts.keep_ours(session, case.id, fact, current_actor())
            return to_case(case.id, "child")
        report = desk.report_id(session, number)
        if not facts.take_over(session, case.id, report, fact, current_actor()):
            return told(_("诉求 %(number)s 已不在这个个案里。", number=number))
    flash(_("已采用诉求 %(number)s 的内容。", number=number), "success")
    return to_case(case_id, "child")


@blueprint.post("/cases/<int:case_id>/people")
@requires(Permission.write_case)
def add_person(case_id: int) -> ResponseReturnValue:
    """Put somebody on the case."""
    form = PersonForm()
    if not form.validate():
        return told(fault(form))
    with db.transaction() as session:
        people.add(session, existing(session, case_id).id, current_actor(), form.described())
    return to_case(case_id, "people")


@blueprint.route("/cases/<int:case_id>/people/<int:person_id>", methods=["GET", "POST"])
@requires(Permission.write_case)
def person(case_id: int, person_id: int) -> ResponseReturnValue:
    """Say otherwise of somebody. Their number is empty in the form, and stays if it is left so."""
    with db.transaction() as session:
        found = _person(session, case_id, person_id)
        audit.look(session, current_actor(), "case", found.case_id)
        form = PersonForm(obj=found)
        form.phone.data = request.form.get("phone", "")
        if not form.validate_on_submit():
            page = render_template("cases/person.html", case_id=case_id, person=found, form=form)
            return page, 422 if form.errors else 200
        people.change(session, found, current_actor(), form.described())
    return to_case(case_id, "people")


@blueprint.post("/cases/<int:case_id>/people/<int:person_id>/remove")
@requires(Permission.write_case)
def remove_person(case_id: int, person_id: int) -> ResponseReturnValue:
    """Take somebody off the case."""
    form = ReasonForm()
    if not form.validate():
        return told(fault(form))
    with db.transaction() as session:
        found = _person(session, case_id, person_id)
        people.remove(session, found, current_actor(), form.reason.data.strip())
    return to_case(case_id, "people")


@blueprint.post("/cases/<int:case_id>/people/<int:person_id>/unmask")
@requires(Permission.unmask_number)
def unmask_person(case_id: int, person_id: int) -> ResponseReturnValue:
    """Show the whole number, once, for a reason that is kept."""
    form = UnmaskForm()
    with db.transaction() as session:
        found = _person(session, case_id, person_id)
        if not form.validate():
            page = render_template("cases/phone.html", case_id=case_id, person=found, form=form)
            return page, 422
        audit.record(
            session,
            current_actor(),
            "unmask",
            "case",
            found.case_id,
            reason=form.reason.data,
            person=person_id,
        )
    return render_template("cases/phone.html", case_id=case_id, person=found, form=None)


@blueprint.post("/cases/<int:case_id>/tasks")
@requires(Permission.write_case)
def add_task(case_id: int) -> ResponseReturnValue:
    """Give somebody something to do; oneself if nobody is chosen."""
    with db.transaction() as session:
        form = TaskForm(notes.caseworkers(session))
        if not form.validate():
            return told(fault(form))
        actor = current_actor()
        assignee = form.chosen or notes.caseworker(session, actor.account_id)
        assert assignee is not None
        title, case = form.title.data.strip(), existing(session, case_id)
        tasks.add(session, case.id, actor, title, form.due_on.data, assignee)
    return to_case(case_id, "tasks")


@blueprint.post("/cases/<int:case_id>/tasks/<int:task_id>/<any(finish, reopen):event>")
@requires(Permission.write_case)
def tick(case_id: int, task_id: int, event: str) -> ResponseReturnValue:
    """Done, or not done after all."""
    move = tasks.finish if event == "finish" else tasks.reopen
    with db.transaction() as session:
        move(session, _task(session, case_id, task_id), current_actor())
    return redirect(wanted_page(), 303)


def _person(session: orm.Session, case_id: int, person_id: int) -> Person:
    return people.find(session, existing(session, case_id).id, person_id) or abort(404)


def _task(session: orm.Session, case_id: int, task_id: int) -> Task:
    return tasks.find(session, existing(session, case_id).id, task_id) or abort(404)
