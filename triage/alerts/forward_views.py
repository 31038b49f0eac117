"""The window in which an emergency is sent to the police: what would go out and to whom, then that very
text."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import orm

from hotline import audit, db
from hotline.accounts.guard import current_actor, requires, wanted_page
from hotline.accounts.permissions import Permission
from triage.alerts import forwarding, service
from triage.alerts.forms import SendForm, why_unfit
from triage.alerts.models import Alert
from triage.alerts.previews import AlreadyRunning, TextChanged
from triage.queue import judging, report_views
from triage.queue import views as desk
from triage.queue.forms import ClassificationForm
from triage.queue.service import NotYours

blueprint = Blueprint("forwarding", __name__, template_folder="templates")


@blueprint.get("/reports/<number>/forward")
@requires(Permission.raise_alert)
def forward(number: str) -> ResponseReturnValue:
    """The first of two clicks: what would go out, to whom, and what follows."""
    with db.transaction() as session:
        return _window(session, number)


@blueprint.post("/reports/<number>/forward")
@requires(Permission.raise_alert)
def save_and_forward(number: str) -> ResponseReturnValue:
    """The same from the classification form, which is saved first, with or without a situation. A form
    with faults is not saved and said so, but never stands between an emergency and the police."""
    with db.transaction() as session:
        form = report_views.classification(session)
        faults = _faults(form) or _save(session, number, form)
        return _window(session, number, saved=not faults, unsaved=faults)


def _faults(form: ClassificationForm) -> list[str]:
    form.validate()
    if not form.situation.data:
        # The place decides which station is told; it must not be lost for want of a word.
        form.situation.errors = []
    return [str(error) for faults in form.errors.values() for error in faults]


def _save(session: orm.Session, number: str, form: ClassificationForm) -> list[str]:
    try:
        judging.classify(session, desk.report_id(session, number), current_actor(), form.judged())
    except NotYours:
        return [_("这份诉求已不在您名下。")]
    return []


@blueprint.post("/reports/<number>/forward/preview")
@requires(Permission.raise_alert)
def preview(number: str) -> ResponseReturnValue:
    """What would go out as the window is filled in now."""
    with db.transaction() as session:
        found = desk.looked_at(session, number)
        form = SendForm(forwarding.stations(session))
        return render_template(
            "alerts/forward_preview.html", **_filled_in(session, found, form), out_of_band=True
        )


@blueprint.post("/reports/<number>/alerts")
@requires(Permission.raise_alert)
def send(number: str) -> ResponseReturnValue:
    """The second click: an alert goes on its way to each station, or an update where one is open."""
    try:
        with db.transaction() as session:
            found = desk.report_id(session, number)
            form = SendForm(forwarding.stations(session))
            if not _may_go(session, found, form):
                return _window(session, number, form, changed=bool(form.text_seen.errors)), 422
            raised = _raise(session, found, form)
    except TextChanged:
        # A transaction of its own: nothing has gone out, to none of the stations.
        with db.transaction() as session:
            form = SendForm(forwarding.stations(session))
            return _window(session, number, form, changed=True), 409
    flash(_("已发出：警情 %(number)s。每一步的进展在下面。", number=_numbers(raised)), "success")
    return desk.to_report(number)


def _may_go(session: orm.Session, report_id: int, form: SendForm) -> bool:
    first = forwarding.suggested(session, report_id)
    faults = why_unfit(forwarding.unfit(session, [report_id], form.note.data or ""))
    whole = form.validate() and not form.lacks_reason(first.id if first else None)
    if faults:
        form.note.errors = faults
    return whole and not faults


def _raise(session: orm.Session, report_id: int, form: SendForm) -> list[Alert]:
    """To each station; one that has been told just this already is passed over, unless it is the only
    one."""
    first = forwarding.suggested(session, report_id)
    raised: list[Alert] = []
    known: AlreadyRunning | None = None
    for agency_id, because in form.chosen(first.id if first else None).items():
        try:
            alert = service.raise_alert(
                session,
                report_id,
                current_actor(),
                text_seen=form.seen(agency_id),
                agency_id=agency_id,
                because=because,
                note=(form.note.data or "").strip(),
            )
        except AlreadyRunning as told:
            known = told
        else:
            raised.append(alert)
    if known and not raised:
        raise known
    return raised


def _numbers(raised: list[Alert]) -> str:
    return "、".join(one.number for one in raised)


def _window(session: orm.Session, number: str, form: SendForm | None = None, **more: Any) -> str:
    found = desk.report_id(session, number)
    audit.record(session, current_actor(), "read", "report", found)
    fragment = "HX-Request" in request.headers
    form = form or SendForm(forwarding.stations(session), formdata=None)
    return render_template(
        "alerts/forward_window.html" if fragment else "alerts/forward.html",
        fragment=fragment,
        number=number,
        **_filled_in(session, found, form),
        **more,
    )


def _filled_in(session: orm.Session, report_id: int, form: SendForm) -> dict[str, Any]:
    """The window for what is chosen; a note that may not go out is not among the words."""
    note = (form.note.data or "").strip()
    faults = forwarding.unfit(session, [report_id], note)
    if faults:
        form.note.errors = why_unfit(faults)
        note = ""
    first = forwarding.suggested(session, report_id)
    known = {int(value) for value, _label in form.also.choices}
    chosen = [
        one for one in form.chosen(first.id if first else None) if one is None or one in known
    ]
    window = forwarding.window(session, report_id, chosen, note)
    return {"form": form, "window": window}


@blueprint.app_errorhandler(AlreadyRunning)
def _already_running(error: AlreadyRunning) -> ResponseReturnValue:
    flash(
        _("这份诉求已在推送中（警情 %(number)s），没有重复推送。", number=error.alert.number),
        "info",
    )
    return redirect(wanted_page(), 303)
