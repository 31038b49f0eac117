"""The duty desk: the queue, one report with everything on one screen, and what an officer does to it."""

import datetime as dt
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import orm
from sqlalchemy.exc import DataError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, NotFound

from hotline import audit, db
from hotline.accounts.guard import current_actor, requires, wanted_page
from hotline.accounts.permissions import Permission
from hotline.states import IllegalTransition
from triage.intake import queries as intake
from triage.intake.models import Disposition
from triage.places import queries as places
from triage.queue import queries, service
from triage.queue.forms import ClassificationForm, DispositionForm, ReasonForm, known
from triage.queue.queries import Cursor, Tab
from triage.queue.service import AlreadyClaimed, NotYours

blueprint = Blueprint("queue", __name__, template_folder="templates")


@blueprint.get("/")
@requires(Permission.see_queue)
def queue() -> ResponseReturnValue:
    """The queue 值守台."""
    return render_template("queue/queue.html", **_queue())


@blueprint.get("/queue/rows")
@requires(Permission.see_queue)
def rows() -> ResponseReturnValue:
    """The queue's rows and counts alone, for a page that is open."""
    return render_template("queue/rows.html", **_queue())


def _queue() -> dict[str, Any]:
    tab = Tab(request.args.get("tab", "")) if request.args.get("tab") in set(Tab) else Tab.all
    after = Cursor.parse(request.args.get("after", ""))
    me = current_user.account_id
    with db.transaction() as session:
        page = queries.page(session, tab, me, after)
        counts = queries.counts(session, me)
    return {"tab": tab, "after": after, "page": page, "counts": counts}


@blueprint.post("/queue/next")
@requires(Permission.claim)
def take_next() -> ResponseReturnValue:
    """Claim the report that wants to be taken first, and open it."""
    with db.transaction() as session:
        first = queries.first_waiting(session)
        report = service.claim(session, first, current_actor()) if first else None
    if report is None:
        flash(_("没有等待领取的诉求。"), "info")
        return redirect("/", 303)
    return to_report(report.number)


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


@blueprint.post("/reports/<number>/claim")
@requires(Permission.claim)
def claim(number: str) -> ResponseReturnValue:
    """Take the report."""
    with db.transaction() as session:
        service.claim(session, report_id(session, number), current_actor())
    return to_report(number)


@blueprint.post("/reports/<number>/release")
@requires(Permission.claim)
def release(number: str) -> ResponseReturnValue:
    """Give the report back to the queue; what was typed stays as a draft."""
    with db.transaction() as session:
        service.release(session, report_id(session, number), current_actor())
    flash(_("诉求 %(number)s 已退回队列。", number=number), "success")
    return redirect("/", 303)


@blueprint.post("/reports/<number>/classify")
@requires(Permission.classify)
def classify(number: str) -> ResponseReturnValue:
    """Save the judgement."""
    with db.transaction() as session:
        form = classification(session)
        if not form.validate():
            return report_page(session, number, form), 422
        service.classify(session, report_id(session, number), current_actor(), form.judged())
    flash(_("研判已保存。"), "success")
    return to_report(number)


@blueprint.post("/reports/<number>/draft")
@requires(Permission.classify)
def draft(number: str) -> ResponseReturnValue:
    """Keep what has been typed so far, and the claim with it. Kept even when the claim is lost."""
    with db.transaction() as session:
        found, actor = report_id(session, number), current_actor()
        service.keep_draft(session, found, current_user.account_id, classification(session).typed())
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
        service.discard_draft(session, report_id(session, number), current_user.account_id)
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
            service.classify(session, found, actor, form.judged())
        disposition = Disposition(result.disposition.data)
        service.dispose(session, found, actor, disposition, result.reason.data.strip())
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
        service.reopen(session, report_id(session, number), current_actor(), form.reason.data)
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
        service.keep_draft(session, found.id, me, form.typed())
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
    kept = service.draft(session, found, current_user.account_id)
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


def report_id(session: orm.Session, number: str) -> int:
    """The row of a receipt number; answers 404 if nobody was ever given it."""
    return intake.report_id(session, number) or abort(404)


def looked_at(session: orm.Session, number: str) -> int:
    """The same, for a piece of the report's page: who looks at it is written down."""
    found = report_id(session, number)
    audit.look(session, current_actor(), "report", found)
    return found


def to_report(number: str) -> ResponseReturnValue:
    """On to the page of a report."""
    return redirect(f"/reports/{number}", 303)


def _told(words: str, number: str) -> ResponseReturnValue:
    flash(words, "danger")
    return to_report(number)


@blueprint.app_errorhandler(AlreadyClaimed)
def _already_claimed(error: AlreadyClaimed) -> ResponseReturnValue:
    if error.name:
        flash(_("%(name)s已经领取了这份诉求。", name=error.name), "danger")
    else:
        flash(_("这份诉求刚被领取或处理，请刷新查看。"), "danger")
    return redirect(wanted_page(), 303)


@blueprint.app_errorhandler(NotYours)
def _not_yours(error: NotYours) -> ResponseReturnValue:
    flash(_("这份诉求已不在您名下，没有改动。请重新领取后再试。"), "danger")
    return redirect(wanted_page(), 303)


@blueprint.app_errorhandler(IllegalTransition)
def _too_late(error: IllegalTransition) -> ResponseReturnValue:
    flash(_("这一步现在做不了：状态刚刚变了，请看最新情况。"), "danger")
    return redirect(wanted_page(), 303)


@blueprint.app_errorhandler(DataError)
def _impossible(error: DataError) -> ResponseReturnValue:
    """A value that no column can hold: a row's number beyond 64 bits, a NUL in a text."""
    refusal = NotFound() if request.method == "GET" else BadRequest()
    return current_app.handle_http_exception(refusal)
