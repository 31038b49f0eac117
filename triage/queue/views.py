"""The duty desk: the queue, and who takes what from it."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import orm
from sqlalchemy.exc import DataError
from werkzeug.exceptions import BadRequest, NotFound

from hotline import audit, db
from hotline.accounts.guard import current_actor, requires, wanted_page
from hotline.accounts.permissions import Permission
from hotline.states import IllegalTransition
from triage.intake import queries as intake
from triage.queue import queries, service
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
