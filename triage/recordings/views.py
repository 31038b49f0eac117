"""What is kept and for how long, what a machine has understood of it, and what does not come home."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import orm

from hotline import audit, config, db
from hotline.accounts.guard import current_actor, requires, wanted_page
from hotline.accounts.permissions import Permission
from triage.intake import queries as intake
from triage.intake.models import Recording
from triage.queue import views as desk
from triage.recordings import notes, queries, retention, service, transcripts
from triage.recordings.forms import HoldForm, NoteForm
from triage.recordings.transcripts import Found

blueprint = Blueprint("recordings", __name__, template_folder="templates")
LONGEST_QUESTION = 40


@blueprint.get("/recordings")
@requires(Permission.hear_recording)
def recordings() -> ResponseReturnValue:
    """A search in what was said, recordings that fail, every hold that stands, and how long what is
    kept."""
    with db.transaction() as session:
        return _page(session, "", [])


@blueprint.post("/recordings")
@requires(Permission.hear_recording)
def search() -> ResponseReturnValue:
    """The same with what was found. Posted, so that what is searched for, perhaps a child's name, stands
    in no address; for the same reason the audit log tells of the search without its words."""
    words = request.form.get("words", "").strip()[:LONGEST_QUESTION]
    with db.transaction() as session:
        found = transcripts.search(session, words, current_user.account_id)
        reports = [one.report.id for one in found]
        audit.record(session, current_actor(), "search", "transcript", reports=reports)
        return _page(session, words, found)


def _page(session: orm.Session, words: str, found: list[Found]) -> str:
    holds = queries.holds(session, current_user.account_id)
    if holds:
        held = [row.Report.id for row in holds]
        audit.record(session, current_actor(), "read", "holds", reports=held)
    return render_template(
        "recordings/recordings.html",
        words=words,
        found=found,
        failing=queries.failing(session, current_user.account_id),
        holds=holds,
        rules=retention.load().rules,
        transcription=config.current().transcription,
    )


@blueprint.get("/recordings/alarm")
@requires(Permission.hear_recording)
def alarm() -> ResponseReturnValue:
    """The banner on every page, while a recording fails."""
    with db.transaction() as session:
        return render_template(
            "recordings/alarm.html", failing=queries.failing(session, current_user.account_id)
        )


@blueprint.get("/reports/<number>/transcripts")
@requires(Permission.hear_recording)
def of_report(number: str) -> ResponseReturnValue:
    """The card on the report's page: what a machine has understood of its recordings."""
    with db.transaction() as session:
        found = desk.looked_at(session, number)
        shown = transcripts.of_report(session, found)
        if any(one.lines for one in shown):
            audit.record(session, current_actor(), "read", "transcript", found)
        return render_template("recordings/transcripts.html", shown=shown)


@blueprint.get("/recordings/<int:recording_id>/notes")
@requires(Permission.hear_recording)
def notes_on(recording_id: int) -> ResponseReturnValue:
    """The notes at moments of a recording, and the line to add one."""
    with db.transaction() as session:
        found = intake.stored_recording(session, recording_id) or abort(404)
        audit.look(session, current_actor(), "recording_notes", recording_id)
        return _notes(session, found)


@blueprint.post("/recordings/<int:recording_id>/notes")
@requires(Permission.hear_recording)
def add_note(recording_id: int) -> ResponseReturnValue:
    """Note something at a moment of a recording."""
    form = NoteForm()
    with db.transaction() as session:
        found = intake.stored_recording(session, recording_id) or abort(404)
        if not form.validate():
            fault = next(iter(form.body.errors or form.seconds.errors), "")
            return _notes(session, found, str(fault)), 422
        notes.add(session, found, current_actor(), form.seconds.data, form.body.data.strip())
        page = _notes(session, found)
    return page if "HX-Request" in request.headers else redirect(wanted_page(), 303)


def _notes(session: orm.Session, recording: Recording, fault: str = "") -> str:
    return render_template(
        "recordings/notes.html",
        recording=recording,
        notes=notes.of(session, recording.id),
        fault=fault,
    )


@blueprint.get("/reports/<number>/hold")
@requires(Permission.see_report)
def keeping(number: str) -> ResponseReturnValue:
    """The card on the report's page: until when its recordings are kept, and a legal hold."""
    with db.transaction() as session:
        found = desk.looked_at(session, number)
        return render_template(
            "recordings/keeping.html",
            number=number,
            keeping=retention.keeping(session, found),
            holds=queries.holds_of(session, found),
            form=HoldForm(formdata=None),
        )


@blueprint.post("/reports/<number>/hold")
@requires(Permission.hold_recordings)
def hold(number: str) -> ResponseReturnValue:
    """Keep what belongs to this report."""
    form = HoldForm()
    if not form.validate():
        return _told(form.reason.errors[0])
    with db.transaction() as session:
        found = desk.report_id(session, number)
        service.place_hold(session, found, current_actor(), form.reason.data.strip())
    flash(_("诉求 %(number)s 的录音已设为留存，解除前不会删除。", number=number), "success")
    return desk.to_report(number)


@blueprint.post("/reports/<number>/hold/lift")
@requires(Permission.hold_recordings)
def lift(number: str) -> ResponseReturnValue:
    """Keep it no longer than its time."""
    form = HoldForm()
    if not form.validate():
        return _told(form.reason.errors[0])
    with db.transaction() as session:
        found = desk.report_id(session, number)
        service.lift_hold(session, found, current_actor(), form.reason.data.strip())
    flash(_("诉求 %(number)s 的留存已解除，录音按保存期限处理。", number=number), "success")
    return desk.to_report(number)


def _told(words: str) -> ResponseReturnValue:
    flash(words, "danger")
    return redirect(wanted_page(), 303)
