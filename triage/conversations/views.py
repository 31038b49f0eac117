"""Conversations on the console: who talks and what can be done, and the calls that are owed."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hotline import db
from hotline.accounts.guard import current_actor, requires, wanted_page
from hotline.accounts.permissions import Permission
from triage.conversations import callbacks, desk, queries
from triage.conversations.callbacks import CannotRing
from triage.conversations.forms import CallBackForm, PoliceForm, TransferForm
from triage.conversations.wording import TOLD
from triage.queue import views as queue
from triage.queue.forms import ReasonForm

blueprint = Blueprint("conversations", __name__, template_folder="templates")


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"OBSTACLES": TOLD}


@blueprint.get("/reports/<number>/conversation")
@requires(Permission.see_report)
def panel(number: str) -> ResponseReturnValue:
    """The card on the report's page: who waits, who talks, and the buttons."""
    with db.transaction() as session:
        found, me = queue.looked_at(session, number), current_user.account_id
        shown, directs = queries.panel(session, found), desk.may_direct(session, found, me)
        return render_template("conversations/panel.html", shown=shown, directs=directs)


@blueprint.post("/reports/<number>/call-back")
@requires(Permission.call_back)
def call_back(number: str) -> ResponseReturnValue:
    """Ring one's own telephone, and then the caller."""
    form = CallBackForm()
    if not form.validate():
        return _told(form.reason.errors[0])
    with db.transaction() as session:
        found = queue.report_id(session, number)
        callbacks.place_callback(session, found, current_actor(), form.reason.data.strip())
    flash(_("您的电话马上会响。接听并按 1 之后才会拨打来电人。"), "success")
    return redirect(wanted_page(), 303)


@blueprint.post("/reports/<number>/transfer")
@requires(Permission.transfer_call)
def transfer(number: str) -> ResponseReturnValue:
    """Ask a colleague into the conversation."""
    form = TransferForm()
    if not form.validate():
        return _told(form.account.errors[0])
    with db.transaction() as session:
        found = queue.report_id(session, number)
        desk.transfer(session, found, form.account.data, current_actor())
    flash(_("正在呼叫同事；对方按 1 加入后，诉求转到对方名下。"), "success")
    return queue.to_report(number)


@blueprint.post("/reports/<number>/bring-police")
@requires(Permission.conference_police)
def bring_police(number: str) -> ResponseReturnValue:
    """Ask the police into the conversation."""
    form = PoliceForm()
    if not form.validate():
        return _told(_("请选择公安联系人。"))
    with db.transaction() as session:
        found = queue.report_id(session, number)
        desk.bring_police(session, found, form.contact.data, current_actor())
    flash(_("正在呼叫公安；对方接听并按 1 后加入通话。"), "success")
    return queue.to_report(number)


@blueprint.post("/reports/<number>/legs/<int:leg_id>/hang-up")
@requires(Permission.transfer_call)
def hang_up(number: str, leg_id: int) -> ResponseReturnValue:
    """Take one telephone out of the conversation."""
    with db.transaction() as session:
        found = queue.report_id(session, number)
        leg = queries.leg_of(session, found, leg_id) or abort(404)
        desk.hang_up(session, found, leg, current_actor())
    return queue.to_report(number)


@blueprint.get("/callbacks")
@requires(Permission.call_back)
def tasks() -> ResponseReturnValue:
    """The calls that callers are owed."""
    return render_template("conversations/callbacks.html", tasks=_tasks())


@blueprint.get("/callbacks/rows")
@requires(Permission.call_back)
def rows() -> ResponseReturnValue:
    """The lists alone, for a page that is open."""
    return render_template("conversations/rows.html", tasks=_tasks())


@blueprint.post("/callbacks/<int:callback_id>/settle")
@requires(Permission.call_back)
def settle(callback_id: int) -> ResponseReturnValue:
    """A call that is no longer owed, and why."""
    form = ReasonForm()
    if not form.validate():
        return _told(form.reason.errors[0])
    with db.transaction() as session:
        found = queries.callback(session, callback_id, current_user.account_id) or abort(404)
        callbacks.settle(session, found.id, current_actor(), form.reason.data.strip())
    flash(_("回拨任务已办结。"), "success")
    return redirect(wanted_page(), 303)


@blueprint.get("/conversations/mine")
@requires(Permission.claim)
def mine() -> ResponseReturnValue:
    """The call that this officer has just accepted by telephone. On the queue its report opens by
    itself; on any other page it is only announced, for something may be half typed there."""
    with db.transaction() as session:
        number = queries.just_accepted(session, current_user.account_id)
    stands = urlsplit(request.headers.get("HX-Current-URL", "")).path
    if number is None or stands == f"/reports/{number}":
        return "", 204
    if stands == "/":
        return "", 204, {"HX-Redirect": f"/reports/{number}"}
    return render_template("conversations/accepted.html", number=number)


def _tasks() -> queries.Tasks:
    with db.transaction() as session:
        return queries.tasks(session, current_user.account_id)


def _told(words: str) -> ResponseReturnValue:
    flash(words, "danger")
    return redirect(wanted_page(), 303)


@blueprint.app_errorhandler(CannotRing)
def _cannot_ring(error: CannotRing) -> ResponseReturnValue:
    return _told(str(TOLD[error.why]))
