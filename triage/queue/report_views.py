"""One report with everything on one screen, and what an officer judges about it."""

import datetime as dt
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import orm
from werkzeug.datastructures import MultiDict

from hotline import audit, db
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from triage.intake import queries as intake
from triage.intake.models import Disposition
from triage.places import queries as places
from triage.queue import judging, service
from triage.queue.forms import ClassificationForm, DispositionForm, ReasonForm, known
from triage.queue.service import NotYours
from triage.queue.views import report_id, to_report

blueprint = Blueprint("report", __name__, template_folder="templates")


@blueprint.get("/reports/<number>")
@requires(Permission.see_report)
def report(number: str) -> ResponseReturnValue:
    """One report, with everything known about it."""
    with db.transaction() as session:
        return report_page(session, number)


@blueprint.get("/reports/<number>/live")
@requires(Permission.see_report)
def live(number: str) -> ResponseReturnValue:
    """What changes by itself on an open report: its state and its recordings."""
    with db.transaction() as session:
        facts = _facts(session, number)
        audit.look(session, current_actor(), "report", facts["report"].id)
        return render_template("queue/live.html", **facts)


@blueprint.post("/reports/<number>/classify")
@requires(Permission.classify)
def classify(number: str) -> ResponseReturnValue:
    """Save the judgement."""
    with db.transaction() as session:
        form = classification(session)
        if not form.validate():
            return report_page(session, number, form), 422
        judging.classify(session, report_id(session, number), current_actor(), form.judged())
    flash(_("研判已保存。"), "success")
    return to_report(number)


@blueprint.post("/reports/<number>/draft")
@requires(Permission.classify)
def draft(number: str) -> ResponseReturnValue:
    """Keep what has been typed so far, and the claim with it. Kept even when the claim is lost."""
    with db.transaction() as session:
        found, actor = report_id(session, number), current_actor()
        judging.keep_draft(session, found, current_user.account_id, classification(session).typed())
        try:
            service.renew(session, found, actor)
        except NotYours:
            return "", 204
    return "", 204


@blueprint.post("/reports/<number>/draft/discard")
@requires(Permission.classify)
def discard_draft(number: str) -> ResponseReturnValue:
    """Throw the draft away and show what is saved."""
    with db.transaction() as session:
        judging.discard_draft(session, report_id(session, number), current_user.account_id)
    return to_report(number)


@blueprint.post("/reports/<number>/dispose")
@requires(Permission.dispose)
def dispose(number: str) -> ResponseReturnValue:
    """Close the report without a case; the judgement is saved with it if it is complete."""
    with db.transaction() as session:
        found, actor = report_id(session, number), current_actor()
        form, result = classification(session), DispositionForm()
        judged = form.validate()
        if not result.validate() or (result.needs_judgement and not judged):
            return report_page(session, number, form, result), 422
        if judged:
            judging.classify(session, found, actor, form.judged())
        disposition = Disposition(result.disposition.data)
        judging.dispose(session, found, actor, disposition, result.reason.data.strip())
    flash(_("诉求 %(number)s 已处理。", number=number), "success")
    return redirect("/", 303)


@blueprint.post("/reports/<number>/reopen")
@requires(Permission.reopen)
def reopen(number: str) -> ResponseReturnValue:
    """Put a report that was dealt with back on the queue."""
    form = ReasonForm()
    if not form.validate():
        return _told(form.reason.errors[0], number)
    with db.transaction() as session:
        judging.reopen(session, report_id(session, number), current_actor(), form.reason.data)
    flash(_("诉求 %(number)s 已重新打开，回到队列。", number=number), "success")
    return to_report(number)


def report_page(
    session: orm.Session,
    number: str,
    form: ClassificationForm | None = None,
    result: DispositionForm | None = None,
) -> str:
    """The page of a report; with a form sent back for its faults, or with what was typed last time."""
    facts = _facts(session, number)
    found, me = facts["sheet"].report, current_user.account_id
    audit.record(session, current_actor(), "read", "report", found.id)
    paths = facts["paths"]
    saved = ClassificationForm(paths, formdata=None, data=known(found, paths))
    kept = None
    if form is not None:
        # Not lost if the page is now reloaded or the browser dies.
        judging.keep_draft(session, found.id, me, form.typed())
    elif facts["mine"]:
        kept = _unsaved(session, found.id, saved)
    return render_template(
        "queue/report.html",
        form=form or (kept and ClassificationForm(paths, formdata=MultiDict(kept[0]))) or saved,
        result=result or DispositionForm(formdata=None),
        draft_at=kept[1] if kept else None,
        trace=intake.trace(session, facts["sheet"].call),
        **facts,
    )


def _unsaved(
    session: orm.Session, found: int, saved: ClassificationForm
) -> tuple[dict[str, Any], dt.datetime] | None:
    """The draft of whoever asks, if it holds anything that is not saved."""
    kept = judging.draft(session, found, current_user.account_id)
    return kept if kept and saved.differs_from(kept[0]) else None


def _facts(session: orm.Session, number: str) -> dict[str, Any]:
    sheet = intake.sheet(session, number) or abort(404)
    return {
        "sheet": sheet,
        "report": sheet.report,
        "mine": sheet.is_held_by(current_user.account_id),
        "answers": intake.answers(session, sheet.call),
        "line_name": places.line_name(session, sheet.report.line_number),
        "recordings": intake.recordings(session, sheet.call),
        "paths": places.paths(session),
    }


def classification(session: orm.Session) -> ClassificationForm:
    """The classification as this request brings it."""
    return ClassificationForm(places.paths(session))


def _told(words: str, number: str) -> ResponseReturnValue:
    flash(words, "danger")
    return to_report(number)
