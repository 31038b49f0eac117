"""The page of a case, with everything on it; and what an officer has to look at in cases today."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import orm

from hotline import audit, config, db, scanning
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from triage.casefile import timeline
from triage.casefile.timeline import Group
from triage.cases import (
    attachments,
    facts,
    merging,
    notes,
    people,
    queries,
    secrecy,
    service,
    tasks,
)
from triage.cases.forms import (
    MOVES,
    ColleagueForm,
    EvaluationForm,
    NoteForm,
    NumberedForm,
    PersonForm,
    TaskForm,
)
from triage.cases.models import Case
from triage.cases.pages import existing, to_case
from triage.cases.service import NotForThem
from triage.cases.sniffing import PREVIEWED
from triage.cases.states import CASE_MOVES
from triage.places import queries as places
from triage.queue.forms import ReasonForm

blueprint = Blueprint("casefile", __name__, template_folder="templates")
OLDEST_FIRST = "oldest"


@blueprint.get("/cases/<int:case_id>")
@requires(Permission.see_case)
def case(case_id: int) -> ResponseReturnValue:
    """One case, with everything about it. Under the number of one that was merged into another: that one."""
    with db.transaction() as session:
        found = existing(session, case_id)
        if found.merged_into is not None:
            flash(_("个案 %(number)s 已并入这个个案。", number=case_id), "info")
            return redirect(f"/cases/{found.merged_into}", 303)
        return _page(session, found)


@blueprint.get("/cases/<int:case_id>/timeline")
@requires(Permission.see_case)
def line_of_time(case_id: int) -> ResponseReturnValue:
    """The timeline alone, for a page that is open."""
    with db.transaction() as session:
        found = existing(session, case_id)
        audit.look(session, current_actor(), "case", case_id)
        return render_template("casefile/timeline.html", case=found, **_timeline(session, case_id))


@blueprint.post("/cases/<int:case_id>/notes")
@requires(Permission.write_case)
def note(case_id: int) -> ResponseReturnValue:
    """Add a line to the timeline."""
    form = NoteForm()
    with db.transaction() as session:
        found = existing(session, case_id)
        if not form.validate():
            return _page(session, found, note=form), 422
        try:
            notes.note(session, found.id, current_actor(), form.body.data.strip())
        except NotForThem as fault:
            form.body.errors = [
                _("%(name)s看不到这个保密个案，记录没有保存。请先列入知情人名单。", name=fault.name)
            ]
            return _page(session, found, note=form), 422
    return to_case(case_id)


@blueprint.post("/cases/<int:case_id>/close")
@requires(Permission.close_case)
def close(case_id: int) -> ResponseReturnValue:
    """Close the case with its evaluation."""
    form = EvaluationForm()
    with db.transaction() as session:
        found = existing(session, case_id)
        if not form.validate():
            return _page(session, found, evaluation=form), 422
        service.close(session, found.id, current_actor(), form.reason.data.strip())
    flash(_("个案 %(number)s 已结案。", number=case_id), "success")
    return to_case(case_id)


@blueprint.get("/tasks")
@requires(Permission.see_case)
def work() -> ResponseReturnValue:
    """What this officer has to do for cases, and where they are mentioned."""
    me = current_user.account_id
    with db.transaction() as session:
        found, mentions = tasks.mine(session, me), tasks.mentions(session, me)
        seen = {row.Case.id for row in found} | {row.CaseNote.case_id for row in mentions}
        audit.record(session, current_actor(), "read", "tasks", cases=sorted(seen))
        return render_template(
            "casefile/work.html", tasks=found, mentions=mentions, today=tasks.today()
        )


@blueprint.get("/cases/notices")
@requires(Permission.see_case)
def notices() -> ResponseReturnValue:
    """What calls for this officer on every page: overdue tasks, mentions, urgent looks to be reviewed."""
    me = current_user.account_id
    reviews = current_user.can(Permission.keep_confidential)
    with db.transaction() as session:
        counts = tasks.counts(session, me)
        looks = secrecy.unreviewed(session, me) if reviews else 0
        return render_template("casefile/notices.html", counts=counts, looks=looks)


def _page(
    session: orm.Session,
    case: Case,
    note: NoteForm | None = None,
    evaluation: EvaluationForm | None = None,
) -> str:
    audit.record(session, current_actor(), "read", "case", case.id)
    notes.read_mentions(session, case.id, current_user.account_id)
    return render_template(
        "casefile/case.html",
        case=case,
        moves=[event for event in MOVES if CASE_MOVES.allows(case.status, event)],
        note=note or NoteForm(formdata=None),
        evaluation=evaluation or EvaluationForm(formdata=None),
        reason=ReasonForm(formdata=None),
        **_timeline(session, case.id),
        **_reports(session, case),
        **_parts(session, case),
    )


def _timeline(session: orm.Session, case_id: int) -> dict[str, Any]:
    group = request.args.get("kind", type=Group)
    oldest_first = request.args.get("order") == OLDEST_FIRST
    found = timeline.entries(
        session, case_id, current_user.account_id, group, oldest_first=oldest_first
    )
    return {"entries": found, "group": group, "oldest_first": oldest_first, "GROUPS": list(Group)}


def _reports(session: orm.Session, case: Case) -> dict[str, Any]:
    linked = queries.reports(session, case.id)
    return {
        "linked": linked,
        "recordings": queries.recordings(session, linked),
        "differences": facts.differences(
            case, [report for report, _call in linked], facts.settled(session, case.id)
        ),
        "paths": places.paths(session),
    }


def _parts(session: orm.Session, case: Case) -> dict[str, Any]:
    colleagues = notes.caseworkers(session)
    return {
        "people": people.of_case(session, case.id),
        "tasks": tasks.of_case(session, case.id),
        "today": tasks.today(),
        "attachments": attachments.of_case(session, case.id),
        "openable": attachments.may_be_opened,
        "scanner": scanning.is_configured(),
        "most_megabytes": config.current().attachment_max_megabytes,
        "previewed": PREVIEWED,
        "members": secrecy.members(session, case.id) if case.confidential else [],
        "looks": secrecy.looks(session, case.id) if case.confidential else [],
        "merges": merging.taken_in(session, case.id),
        "colleagues": {one.id: one.name for one in colleagues},
        "person_form": PersonForm(formdata=None),
        "task_form": TaskForm(colleagues, formdata=None, account=current_user.account_id),
        "colleague_form": ColleagueForm(colleagues, formdata=None, account=case.assigned_to or 0),
        "merge_form": NumberedForm(formdata=None),
    }
