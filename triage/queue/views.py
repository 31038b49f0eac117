"""The duty desk: the queue, and who takes what from it."""

from typing import Any
from urllib.parse import parse_qsl

import sqlalchemy as sa
from flask import Blueprint, abort, current_app, flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import orm
from sqlalchemy.exc import DataError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, NotFound

from hotline import audit, db, shared
from hotline.accounts.guard import current_actor, requires, wanted_page
from hotline.accounts.permissions import Permission
from hotline.states import IllegalTransition
from hotline.web.i18n import chosen_language
from triage.intake import keeping
from triage.intake import queries as intake
from triage.intake.models import Report
from triage.intake.states import ReportStatus
from triage.places import queries as places
from triage.places.models import Place
from triage.queue import bulk, queries, saved_views, service, skills
from triage.queue.filters import WORDS, Clock, Filters, Tab
from triage.queue.models import SavedView
from triage.queue.queries import Cursor
from triage.queue.service import AlreadyClaimed, NotYours

blueprint = Blueprint("queue", __name__, template_folder="templates")


@blueprint.get("/")
@requires(Permission.see_queue)
def queue() -> ResponseReturnValue:
    """The queue 值守台; without an address of its own, the view that somebody has chosen to begin with."""
    me = current_user.account_id
    with db.transaction() as session:
        filters, view = _chosen(session, me)
        return render_template(
            "queue/queue.html",
            view=view,
            views=saved_views.visible(session, me),
            deleted=request.args.get("deleted", type=int),
            place=session.get(Place, filters.place) if filters.place else None,
            DISPOSITIONS=bulk.DISPOSITIONS,
            **_rows(session, filters, me),
        )


@blueprint.get("/queue/rows")
@requires(Permission.see_queue)
def rows() -> ResponseReturnValue:
    """The queue's rows and counts alone, for a page that is open: made once for everybody of a role who
    looks at the same, but for the tab of one's own reports."""
    filters, me = Filters.parse(request.args), current_user.account_id
    whose = me if filters.tab in (Tab.mine, Tab.triaged) else None

    def made() -> str:
        with db.transaction() as session:
            return render_template("queue/rows.html", **_rows(session, filters, me))

    key = ("queue", request.query_string, current_user.role, chosen_language(), whose)
    return shared.piece(key, made)


def _chosen(session: orm.Session, me: int) -> tuple[Filters, SavedView | None]:
    if number := request.args.get("view", type=int):
        view = saved_views.one(session, number, me)
    elif request.args:
        return Filters.parse(request.args), None
    elif (default := saved_views.default(session, me)) is None:
        return Filters(), None
    else:
        view = default
    return Filters.parse(MultiDict(parse_qsl(view.query))), view


def _rows(session: orm.Session, filters: Filters, me: int) -> dict[str, Any]:
    after = Cursor.parse(request.args.get("after", ""))
    return {
        "filters": filters,
        "after": after,
        "page": queries.page(session, filters, me, after),
        "counts": queries.counts(session),
        "Tab": Tab,
        "Clock": Clock,
    }


@blueprint.get("/queue/filters")
@requires(Permission.see_queue)
def choose() -> ResponseReturnValue:
    """The form in which filters are chosen."""
    with db.transaction() as session:
        return render_template(
            "queue/filters.html",
            filters=Filters.parse(request.args),
            words=WORDS,
            lines=places.lines(session),
            places=places.paths(session),
        )


@blueprint.get("/queue/whereabouts")
@requires(Permission.see_queue)
def whereabouts() -> ResponseReturnValue:
    """What became of rows that have left an open list: a sentence for each that has gone to somebody."""
    numbers = request.args.getlist("number")[: queries.PAGE]
    with db.transaction() as session:
        found = queries.whereabouts(session, numbers, current_user.account_id)
    return jsonify({row.number: words for row in found if (words := _went(row))})


def _went(row: Any) -> str:
    if row.status is ReportStatus.claimed:
        return str(_("已由%(name)s领取", name=row.officer))
    if row.status is ReportStatus.triaged:
        what = current_app.jinja_env.filters["word"](row.disposition)
        return str(_("%(name)s已处理：%(what)s", name=row.officer or _("系统"), what=what))
    return ""


@blueprint.get("/queue/report/<int:row>")
@requires(Permission.see_report)
def by_row(row: int) -> ResponseReturnValue:
    """On to the report that a live notice spoke of: it names the row, and no receipt number."""
    with db.transaction() as session:
        theirs = keeping.at_hand(current_user.account_id)
        number = session.scalar(sa.select(Report.number).where(Report.id == row, theirs))
    return to_report(number or abort(404))


@blueprint.post("/queue/next")
@requires(Permission.claim)
def take_next() -> ResponseReturnValue:
    """Claim the report that wants to be taken first, and open it."""
    with db.transaction() as session:
        first = skills.first_waiting(session, current_user.account_id)
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


def back(path: str | None = None) -> ResponseReturnValue:
    """On to `path`, or to where the browser stood. A script that asked from a window is told to go there: it
    would follow a redirect by itself and put the whole page into the window."""
    path = path or wanted_page()
    if "HX-Request" in request.headers:
        return "", 204, {"HX-Redirect": path}
    return redirect(path, 303)


@blueprint.app_errorhandler(AlreadyClaimed)
def _already_claimed(error: AlreadyClaimed) -> ResponseReturnValue:
    if error.name:
        flash(_("%(name)s已经领取了这份诉求。", name=error.name), "danger")
    else:
        flash(_("这份诉求刚被领取或处理，请刷新查看。"), "danger")
    return back()


@blueprint.app_errorhandler(NotYours)
def _not_yours(error: NotYours) -> ResponseReturnValue:
    flash(_("这份诉求已不在您名下，没有改动。请重新领取后再试。"), "danger")
    return back()


@blueprint.app_errorhandler(IllegalTransition)
def _too_late(error: IllegalTransition) -> ResponseReturnValue:
    flash(_("这一步现在做不了：状态刚刚变了，请看最新情况。"), "danger")
    return back()


@blueprint.app_errorhandler(DataError)
def _impossible(error: DataError) -> ResponseReturnValue:
    """A value that no column can hold: a row's number beyond 64 bits, a NUL in a text."""
    refusal = NotFound() if request.method == "GET" else BadRequest()
    return current_app.handle_http_exception(refusal)
