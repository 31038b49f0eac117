"""Alerts: shown before they go, sent, watched on their way, acknowledged, ended."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import orm

from hotline import audit, db
from hotline.accounts.guard import current_actor, requires, wanted_page
from hotline.accounts.permissions import Permission
from triage.alerts import previews, queries, service
from triage.alerts.forms import AcknowledgeForm, OutcomeForm, SendForm
from triage.alerts.previews import AlreadyRunning, Preview, TextChanged
from triage.alerts.states import AcknowledgedHow
from triage.queue import service as queue
from triage.queue import views as desk
from triage.queue.forms import ClassificationForm, ReasonForm
from triage.queue.service import NotYours

blueprint = Blueprint("alerts", __name__, template_folder="templates")


@blueprint.get("/reports/<number>/forward")
@requires(Permission.raise_alert)
def forward(number: str) -> ResponseReturnValue:
    """The first of two clicks: what would go out, to whom, and what follows."""
    with db.transaction() as session:
        return _preview_page(session, number)


@blueprint.post("/reports/<number>/forward")
@requires(Permission.raise_alert)
def save_and_forward(number: str) -> ResponseReturnValue:
    """The same from the classification form, which is saved first, with or without a situation. A form
    with faults is not saved and said so, but never stands between an emergency and the police."""
    with db.transaction() as session:
        form = desk.classification(session)
        faults = _faults(form) or _save(session, number, form)
        return _preview_page(session, number, saved=not faults, unsaved=faults)


def _faults(form: ClassificationForm) -> list[str]:
    form.validate()
    if not form.situation.data:
        # The place decides which station is told; it must not be lost for want of a word.
        form.situation.errors = []
    return [str(error) for faults in form.errors.values() for error in faults]


def _save(session: orm.Session, number: str, form: ClassificationForm) -> list[str]:
    try:
        queue.classify(session, desk.report_id(session, number), current_actor(), form.judged())
    except NotYours:
        return [_("这份诉求已不在您名下。")]
    return []


def _preview_page(session: orm.Session, number: str, **more: Any) -> str:
    found = desk.report_id(session, number)
    audit.record(session, current_actor(), "read", "report", found)
    return _shown(session, number, found, previews.of_report(session, found), **more)


def _shown(session: orm.Session, number: str, found: int, preview: Preview, **more: Any) -> str:
    fragment = "HX-Request" in request.headers
    agency_id = preview.agency.id if preview.agency else None
    return render_template(
        "alerts/forward_window.html" if fragment else "alerts/forward.html",
        fragment=fragment,
        number=number,
        preview=preview,
        planned=queries.planned(session, preview),
        running=queries.running_at(session, found, agency_id),
        form=SendForm(formdata=None, text_seen=preview.text),
        **more,
    )


@blueprint.post("/reports/<number>/alerts")
@requires(Permission.raise_alert)
def send(number: str) -> ResponseReturnValue:
    """The second click: the alert goes on its way."""
    form = SendForm()
    if not form.validate():
        return _told(form.text_seen.errors[0])
    with db.transaction() as session:
        found = desk.report_id(session, number)
        try:
            alert = service.raise_alert(session, found, current_actor(), text_seen=form.seen)
        except TextChanged as changed:
            return _shown(session, number, found, changed.preview, changed=True), 409
    flash(_("警情 %(number)s 已推送，正在等待签收。", number=alert.number), "success")
    return desk.to_report(number)


@blueprint.get("/reports/<number>/alerts")
@requires(Permission.see_report)
def of_report(number: str) -> ResponseReturnValue:
    """The card on the report's page: the alerts of that report and how far each has come."""
    with db.transaction() as session:
        found = desk.looked_at(session, number)
        return render_template("alerts/card.html", alerts=queries.of_report(session, found))


@blueprint.get("/cases/<int:case_id>/alerts")
@requires(Permission.see_case)
def of_case(case_id: int) -> ResponseReturnValue:
    """The same on a case's page."""
    with db.transaction() as session:
        audit.look(session, current_actor(), "case", case_id)
        return render_template("alerts/card.html", alerts=queries.of_case(session, case_id))


@blueprint.get("/alerts")
@requires(Permission.see_alerts)
def alerts() -> ResponseReturnValue:
    """All alerts, those on their way first."""
    return render_template("alerts/alerts.html", **_list())


@blueprint.get("/alerts/rows")
@requires(Permission.see_alerts)
def rows() -> ResponseReturnValue:
    """The lists alone, for a page that is open."""
    return render_template("alerts/rows.html", **_list())


def _list() -> dict[str, Any]:
    before = request.args.get("before", type=int)
    with db.transaction() as session:
        return {
            "running": queries.running(session),
            "ended": queries.ended(session, before),
            "before": before,
        }


@blueprint.get("/alerts/<int:alert_id>")
@requires(Permission.see_alerts)
def alert(alert_id: int) -> ResponseReturnValue:
    """One alert, step by step."""
    with db.transaction() as session:
        return _alert_page(session, alert_id)


@blueprint.get("/alerts/<int:alert_id>/live")
@requires(Permission.see_alerts)
def live(alert_id: int) -> ResponseReturnValue:
    """What changes by itself on an alert's page."""
    with db.transaction() as session:
        shown = queries.alert(session, alert_id) or abort(404)
        audit.look(session, current_actor(), "alert", alert_id)
        return render_template("alerts/progress.html", shown=shown)


@blueprint.post("/alerts/<int:alert_id>/acknowledge")
@requires(Permission.acknowledge_alert)
def acknowledge(alert_id: int) -> ResponseReturnValue:
    """Somebody named has confirmed by telephone."""
    form = AcknowledgeForm()
    with db.transaction() as session:
        if not form.validate():
            return _alert_page(session, alert_id, acknowledgement=form), 422
        who, note, how = form.who.data.strip(), form.note.data or "", AcknowledgedHow.telephone
        service.acknowledge(session, _existing(session, alert_id), who, how, current_actor(), note)
    flash(_("已登记：%(who)s 电话确认。", who=who), "success")
    return _to_alert(alert_id)


@blueprint.post("/alerts/<int:alert_id>/resolve")
@requires(Permission.acknowledge_alert)
def resolve(alert_id: int) -> ResponseReturnValue:
    """What the police found and did."""
    form = OutcomeForm()
    with db.transaction() as session:
        if not form.validate():
            return _alert_page(session, alert_id, outcome=form), 422
        found = _existing(session, alert_id)
        service.resolve(session, found, current_actor(), form.outcome.data.strip())
    flash(_("处警结果已登记。"), "success")
    return _to_alert(alert_id)


@blueprint.post("/alerts/<int:alert_id>/cancel")
@requires(Permission.cancel_alert)
def cancel(alert_id: int) -> ResponseReturnValue:
    """Call an alert off."""
    form = ReasonForm()
    if not form.validate():
        return _told(form.reason.errors[0])
    with db.transaction() as session:
        found = _existing(session, alert_id)
        service.cancel(session, found, current_actor(), form.reason.data.strip())
    flash(_("警情已撤回。已经发出的短信和电话无法收回，请同时电话告知对方。"), "info")
    return _to_alert(alert_id)


def _alert_page(
    session: orm.Session,
    alert_id: int,
    acknowledgement: AcknowledgeForm | None = None,
    outcome: OutcomeForm | None = None,
) -> str:
    shown = queries.alert(session, alert_id) or abort(404)
    audit.record(session, current_actor(), "read", "alert", alert_id)
    return render_template(
        "alerts/alert.html",
        shown=shown,
        acknowledgement=acknowledgement or AcknowledgeForm(formdata=None),
        outcome=outcome or OutcomeForm(formdata=None),
        reason=ReasonForm(formdata=None),
    )


def _existing(session: orm.Session, alert_id: int) -> int:
    shown = queries.alert(session, alert_id) or abort(404)
    return int(shown.alert.id)


def _to_alert(alert_id: int) -> ResponseReturnValue:
    return redirect(f"/alerts/{alert_id}", 303)


def _told(words: str) -> ResponseReturnValue:
    flash(words, "danger")
    return redirect(wanted_page(), 303)


@blueprint.app_errorhandler(AlreadyRunning)
def _already_running(error: AlreadyRunning) -> ResponseReturnValue:
    flash(
        _("这份诉求已在推送中（警情 %(number)s），没有重复推送。", number=error.alert.number),
        "info",
    )
    return redirect(wanted_page(), 303)
