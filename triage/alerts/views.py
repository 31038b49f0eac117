"""Alerts: watched on their way, acknowledged, corrected, answered, ended."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import orm

from hotline import audit, db
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from triage.alerts import feedback, forwarding, news, queries, service
from triage.alerts.forms import (
    AcknowledgeForm,
    FeedbackForm,
    HeardForm,
    NewsForm,
    OfficeOutcomeForm,
    OutcomeForm,
    WordsForm,
    why_unfit,
)
from triage.alerts.models import Alert, Notice
from triage.alerts.states import (
    ALERT_MOVES,
    NEWS,
    AcknowledgedHow,
    AlertEvent,
    AlertStatus,
    Feedback,
    NoticeKind,
    Purpose,
)
from triage.alerts.wording import Words
from triage.cases import pages as cases
from triage.queue import views as desk

blueprint = Blueprint("alerts", __name__, template_folder="templates")

EVENTS = {NoticeKind.correction: AlertEvent.correct, NoticeKind.cancel: AlertEvent.cancel}
"""What happens to an alert when such words go out."""


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
        found = cases.existing(session, case_id).id
        audit.look(session, current_actor(), "case", found)
        return render_template("alerts/card.html", alerts=queries.of_case(session, found))


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
        sheet = queries.sheet(session, alert_id) or abort(404)
        audit.look(session, current_actor(), "alert", alert_id)
        return render_template("alerts/progress.html", sheet=sheet)


@blueprint.post("/alerts/<int:alert_id>/acknowledge")
@requires(Permission.acknowledge_alert)
def acknowledge(alert_id: int) -> ResponseReturnValue:
    """Somebody named has confirmed by telephone."""
    form = AcknowledgeForm()
    with db.transaction() as session:
        found = _existing(session, alert_id)
        if not form.validate():
            return _alert_page(session, alert_id, acknowledgement=form), 422
        who, note, how = form.who.data.strip(), form.note.data or "", AcknowledgedHow.telephone
        service.acknowledge(session, found.id, who, how, current_actor(), note)
    flash(_("已登记：%(who)s 电话确认。", who=who), "success")
    return _to_alert(alert_id)


@blueprint.post("/alerts/<int:alert_id>/news/<int:notice_id>/heard")
@requires(Permission.acknowledge_alert)
def heard(alert_id: int, notice_id: int) -> ResponseReturnValue:
    """Somebody named has been told of the news by telephone."""
    form = HeardForm()
    with db.transaction() as session:
        notice = session.get(Notice, notice_id)
        if notice is None or notice.alert_id != alert_id or notice.kind not in NEWS:
            abort(404)
        if not form.validate():
            return _alert_page(session, alert_id, heard=form, about=notice_id), 422
        who = form.who.data.strip()
        by_phone, actor = AcknowledgedHow.telephone, current_actor()
        news.heard_with(session, notice, who, by_phone, actor)
        first = notice.heard_by
    if first == who:
        flash(_("已登记：%(who)s 已听取。", who=who), "success")
    else:
        flash(_("%(who)s 已先听取，没有重复登记。", who=first), "info")
    return _to_alert(alert_id)


@blueprint.post("/alerts/<int:alert_id>/feedback")
@requires(Permission.acknowledge_alert)
def feedback_came(alert_id: int) -> ResponseReturnValue:
    """The police say by telephone where they stand."""
    form = FeedbackForm()
    with db.transaction() as session:
        found = _existing(session, alert_id)
        if not form.validate():
            return _alert_page(session, alert_id, feedback=form), 422
        said, who = Feedback(form.feedback.data), form.who.data.strip()
        feedback.came(session, found.id, said, who, current_actor(), form.note.data or "")
    flash(_("反馈已登记。"), "success")
    return _to_alert(alert_id)


@blueprint.post("/alerts/<int:alert_id>/words")
@requires(Permission.raise_alert)
def words(alert_id: int) -> ResponseReturnValue:
    """A correction or cancellation as it would go out with what has been typed so far."""
    form = WordsForm()
    if not form.validate():
        abort(400)
    with db.transaction() as session:
        found, note = _existing(session, alert_id), form.note.data or ""
        faults = _unfit(session, found, note)
        kind = NoticeKind(form.kind.data)
        told = _words(session, found, kind, "" if faults else note)
        audit.look(session, current_actor(), "alert", alert_id)
    return render_template("alerts/words.html", words=told, faults=faults, kind=kind)


@blueprint.post("/alerts/<int:alert_id>/correct")
@requires(Permission.raise_alert)
def correct(alert_id: int) -> ResponseReturnValue:
    """Tell the agency what was wrong, in the words that were shown."""
    form = NewsForm()
    with db.transaction() as session:
        found = _existing(session, alert_id)
        if refused := _refused(session, found, form, NoticeKind.correction):
            return _alert_page(session, alert_id, correction=form), refused
        service.correct(session, found.id, current_actor(), form.note.data.strip())
    flash(_("更正已发出，会逐个联系直到有人听取。"), "success")
    return _to_alert(alert_id)


@blueprint.post("/alerts/<int:alert_id>/cancel")
@requires(Permission.cancel_alert)
def cancel(alert_id: int) -> ResponseReturnValue:
    """Call an alert off, in the words that were shown."""
    form = NewsForm()
    with db.transaction() as session:
        found = _existing(session, alert_id)
        if refused := _refused(session, found, form, NoticeKind.cancel):
            return _alert_page(session, alert_id, cancellation=form), refused
        service.cancel(session, found.id, current_actor(), form.note.data.strip())
    flash(_("警情已撤回，收到过消息的人会收到撤回通知。"), "info")
    return _to_alert(alert_id)


def _refused(session: orm.Session, alert: Alert, form: NewsForm, kind: NoticeKind) -> int:
    """The status with which a form goes back: it has faults, or its words were not shown as they would go
    out now. 0 if nothing is wrong with it.

    Raises:
        IllegalTransition: the alert has ended meanwhile, and its page has no such form any more.
    """
    ALERT_MOVES.after(alert.status, EVENTS[kind])
    if not form.validate():
        return 422
    note = form.note.data.strip()
    if faults := _unfit(session, alert, note):
        form.note.errors = faults
        return 422
    told = _words(session, alert, kind, note)
    return 409 if told and form.seen != told.text else 0


def _unfit(session: orm.Session, alert: Alert, note: str) -> list[str]:
    return why_unfit(forwarding.unfit(session, forwarding.reports_of(session, alert), note))


def _words(session: orm.Session, alert: Alert, kind: NoticeKind, note: str) -> Words | None:
    """None if nobody would get them: a cancellation follows those who had a message."""
    if kind is NoticeKind.cancel and not news.was_sent(session, alert):
        return None
    return service.words_of(session, alert.id, kind, note.strip())


@blueprint.post("/alerts/<int:alert_id>/resolve")
@requires(Permission.acknowledge_alert)
def resolve(alert_id: int) -> ResponseReturnValue:
    """What the police found and did; or, of an office's alert, what the office does."""
    with db.transaction() as session:
        found = _existing(session, alert_id)
        form = _outcome_form(found)
        if not form.validate():
            return _alert_page(session, alert_id, outcome=form), 422
        words = form.outcome.data.strip()
        what = (form.found, form.measures) if isinstance(form, OutcomeForm) else ()
        if found.status is not AlertStatus.cancelled:
            service.resolve(session, found.id, current_actor(), words, *what)
        if found.outcome != words:
            return _alert_page(session, alert_id, unsaved=words), 409
    flash(_("处警结果已登记。"), "success")
    return _to_alert(alert_id)


def _outcome_form(alert: Alert, **more: Any) -> OutcomeForm | OfficeOutcomeForm:
    for_police = alert.purpose is Purpose.police
    return OutcomeForm(**more) if for_police else OfficeOutcomeForm(**more)


def _alert_page(
    session: orm.Session, alert_id: int, about: int = 0, unsaved: str = "", **sent: FlaskForm
) -> str:
    """The page, with the form that was `sent` back for its faults; `about` is the notice it is for,
    `unsaved` an outcome that came after a colleague's."""
    sheet = queries.sheet(session, alert_id) or abort(404)
    audit.record(session, current_actor(), "read", "alert", alert_id)
    blank: dict[str, FlaskForm] = {
        "acknowledgement": AcknowledgeForm(formdata=None),
        "heard": HeardForm(formdata=None),
        "feedback": FeedbackForm(formdata=None),
        "correction": NewsForm(formdata=None),
        "cancellation": NewsForm(formdata=None),
        "outcome": _outcome_form(sheet.alert, formdata=None),
    }
    forms = blank | sent
    return render_template(
        "alerts/alert.html",
        sheet=sheet,
        about=about,
        unsaved=unsaved,
        sent=set(sent),
        correction_words=_words_in(session, sheet.alert, forms["correction"], "correction"),
        cancel_words=_words_in(session, sheet.alert, forms["cancellation"], "cancel"),
        **forms,
    )


def _words_in(session: orm.Session, alert: Alert, form: FlaskForm, kind: str) -> Words | None:
    """A form's words as they would go out; a note that may not is not among them."""
    note = form.note.data or ""
    fit = "" if _unfit(session, alert, note) else note
    return _words(session, alert, NoticeKind(kind), fit)


def _existing(session: orm.Session, alert_id: int) -> Alert:
    return session.get(Alert, alert_id) or abort(404)


def _to_alert(alert_id: int) -> ResponseReturnValue:
    return redirect(f"/alerts/{alert_id}", 303)
