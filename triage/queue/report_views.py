"""One report with everything on one screen, and what an officer judges about it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import orm
from werkzeug.datastructures import MultiDict

from hotline import audit, db
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from hotline.identity import Identity, mask
from triage.facts import answers
from triage.facts.questions import Group, load
from triage.intake import keeping
from triage.intake import queries as intake
from triage.intake.models import Disposition, Report
from triage.places import picker
from triage.places import queries as places
from triage.queue import drafts, judging, service
from triage.queue.drafts import NewerDraft, Tab
from triage.queue.forms import ClassificationForm, DispositionForm, ReasonForm, known
from triage.queue.service import NotYours
from triage.queue.views import looked_at, report_id, to_report
from triage.suggestion import rules
from triage.suggestion import service as suggestion

blueprint = Blueprint("report", __name__, template_folder="templates")
blueprint.add_app_template_global(answers.shown, "facts_of")
blueprint.add_app_template_filter(mask, "masked_id")

LONGEST_SEARCH = 40
LONGEST_NAME = 32


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
    with keeping_typed(number) as session:
        form = classification(session)
        if not form.validate():
            return report_page(session, number, form), 422
        judging.classify(session, report_id(session, number), current_actor(), form.judged())
    flash(_("研判已保存。"), "success")
    return to_report(number)


@blueprint.post("/reports/<number>/draft")
@requires(Permission.classify)
def draft(number: str) -> ResponseReturnValue:
    """Keep what has been typed so far, and the claim with it. Kept even when the claim is lost; not when
    another tab has kept something since that this one has not seen (409, and when that was)."""
    with db.transaction() as session:
        found, actor = report_id(session, number), current_actor()
        typed = classification(session).typed()
        with suppress(NotYours):
            service.renew(session, found, actor)
        try:
            drafts.keep(session, found, current_user.account_id, typed, _tab())
        except NewerDraft as newer:
            return jsonify(at=newer.at.isoformat()), 409
    return "", 204


@blueprint.post("/reports/<number>/check")
@requires(Permission.classify)
def check(number: str) -> ResponseReturnValue:
    """What is to be said of the form as it stands: faults of what is typed so far, the questions that the
    situation asks, the suggestion. Nothing is saved."""
    with db.transaction() as session:
        report = session.get_one(Report, looked_at(session, number))
        form = classification(session)
        form.validate()
        form.keep_quiet_about_blanks()
        asked = _asked(session, report, form)
        shown = request.form.get("questions_shown", "").split()
        return render_template(
            "queue/check.html",
            form=form,
            report=report,
            out_of_band=True,
            others=list(asked["questions"]) != shown,
            **asked,
        )


@blueprint.post("/reports/<number>/identity")
@requires(Permission.unmask_number)
def identity(number: str) -> ResponseReturnValue:
    """Show the child's whole identity number, once, for a reason that is kept."""
    form = ReasonForm()
    with db.transaction() as session:
        report = session.get_one(Report, report_id(session, number))
        if not report.child_id_number:
            abort(404)
        if not form.validate():
            return render_template("queue/identity_number.html", report=report, form=form), 422
        reason = form.reason.data.strip()
        audit.record(session, current_actor(), "unmask_id", "report", report.id, reason=reason)
        return render_template("queue/identity_number.html", report=report, form=None)


@blueprint.post("/places/find")
@requires(Permission.see_report)
def find_place() -> ResponseReturnValue:
    """The options of the place's field: the likeliest few of all places. Posted, for what is typed may be
    somebody's address, and addresses of pages stand in access logs."""
    with db.transaction() as session:
        found = picker.search(session, request.form.get("text", "")[:LONGEST_SEARCH])
    return render_template("queue/places_found.html", found=found)


@blueprint.post("/reports/<number>/draft/discard")
@requires(Permission.classify)
def discard_draft(number: str) -> ResponseReturnValue:
    """Throw the draft away and show what is saved."""
    with db.transaction() as session:
        drafts.discard(session, report_id(session, number), current_user.account_id)
    return to_report(number)


@blueprint.post("/reports/<number>/dispose")
@requires(Permission.dispose)
def dispose(number: str) -> ResponseReturnValue:
    """Close the report without a case; the judgement is saved with it if it is complete, and else stays
    as a draft."""
    with keeping_typed(number) as session:
        found, actor = report_id(session, number), current_actor()
        form, result = classification(session), DispositionForm()
        judged = form.validate()
        if not result.validate() or (result.needs_judgement and not judged):
            return report_page(session, number, form, result), 422
        if judged:
            judging.classify(session, found, actor, form.judged())
        disposition = Disposition(result.disposition.data)
        report = judging.dispose(session, found, actor, disposition, result.reason.data.strip())
        saved = _saved(session, report, picker.path(session, report.place_id))
        if not judged and saved.differs_from(form.typed()):
            drafts.keep(session, found, current_user.account_id, form.typed())
            flash(
                _(
                    "研判没有填完整，未保存；填写的内容作为草稿保留 %(days)s 天。",
                    days=drafts.KEPT.days,
                ),
                "info",
            )
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
    found, me = facts["report"], current_user.account_id
    audit.record(session, current_actor(), "read", "report", found.id)
    saved = _saved(session, found, facts["path"])
    kept = None
    if form is not None:
        # Not lost if the page is now reloaded or the browser dies.
        seen = drafts.keep(session, found.id, me, form.typed()).isoformat()
    else:
        draft = drafts.of(session, found.id, me) if facts["mine"] else None
        seen = draft[1].isoformat() if draft else ""
        kept = draft if draft and saved.differs_from(draft[0]) else None
        # Of what the draft has no word, because a form before this one wrote it, what is saved stays.
        form = _form(session, formdata=MultiDict({**saved.shown(), **kept[0]})) if kept else saved
    return render_template(
        "queue/report.html",
        form=form,
        result=result or DispositionForm(formdata=None),
        tab=Tab(secrets.token_hex(8), seen),
        draft_at=kept[1] if kept else None,
        overtaken=kept is not None and drafts.is_overtaken(session, found.id, me, kept[1]),
        trace=intake.trace(session, facts["sheet"].call),
        **_asked(session, found, form),
        **facts,
    )


def _saved(session: orm.Session, report: Report, path: str | None) -> ClassificationForm:
    """The form as it shows what is saved; `path` is the report's place."""
    return _form(session, formdata=None, data=known(report, path))


def _tab() -> Tab | None:
    """The page that sent this; None: one that was opened before pages had names."""
    name, seen = request.form.get("draft_tab", ""), request.form.get("draft_seen", "")
    return Tab(name[:LONGEST_NAME], seen) if name else None


@contextmanager
def keeping_typed(number: str) -> Iterator[orm.Session]:
    """A transaction in which the judgement is saved. Whoever has lost the report meanwhile keeps what they
    had typed, as a draft: the page threw its last one away when it sent this."""
    try:
        with db.transaction() as session:
            yield session
    except NotYours:
        with db.transaction() as session:
            found, typed = report_id(session, number), classification(session).typed()
            drafts.keep(session, found, current_user.account_id, typed)
        raise


def _facts(session: orm.Session, number: str) -> dict[str, Any]:
    sheet = intake.sheet(session, number) or abort(404)
    return {
        "sheet": sheet,
        "report": sheet.report,
        "mine": sheet.is_held_by(current_user.account_id),
        "case_id": keeping.case_of(session, sheet.report, current_user.account_id),
        "answers": intake.answers(session, sheet.call),
        "line_name": places.line_name(session, sheet.report.line_number),
        "recordings": intake.recordings(session, sheet.call),
        "path": picker.path(session, sheet.report.place_id),
    }


def _asked(session: orm.Session, report: Report, form: ClassificationForm) -> dict[str, Any]:
    """What the form's answers lead to: the questions to ask, what the number says, the suggestion."""
    evidence = replace(
        suggestion.evidence(session, report),
        situation=form.chosen_situation,
        age=form.age,
        reporter=form.reporter,
        facts=answers.asked(form.chosen_situation, form.facts.data),
    )
    identity = form.child_id_number.identity
    return {
        "questions": form.facts.questions(form.chosen_situation),
        "groups": {group: load().in_group(group) for group in Group},
        "identity": identity,
        "native": identity and _native(session, identity),
        "conflicts": form.conflicts(),
        "suggestion": rules.suggest(evidence),
    }


def _native(session: orm.Session, identity: Identity) -> str:
    """Where the number was given out: one of our own places, else its province, else nothing."""
    ours = picker.with_code(session, identity.area)
    return picker.path(session, ours) or identity.province


def classification(session: orm.Session) -> ClassificationForm:
    """The classification as this request brings it."""
    return _form(session)


def _form(session: orm.Session, **given: Any) -> ClassificationForm:
    return ClassificationForm(partial(picker.named, session), **given)


def _told(words: str, number: str) -> ResponseReturnValue:
    flash(words, "danger")
    return to_report(number)
