"""What a report was made of: its recordings, and the caller's number. Both are written down each time."""

import itertools

import structlog
from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from hotline import audit, crypto, db, phones, storage
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from triage.intake import queries
from triage.intake.forms import UnmaskForm
from triage.intake.models import Recording

blueprint = Blueprint("intake", __name__, template_folder="templates")
blueprint.add_app_template_filter(phones.mask, "masked")
log = structlog.get_logger()


@blueprint.get("/recordings/<int:recording_id>")
@requires(Permission.hear_recording)
def recording(recording_id: int) -> ResponseReturnValue:
    """A recording's audio, opened as it is sent. Serves ranges, so that a player can jump."""
    with db.transaction() as session:
        found = queries.stored_recording(session, recording_id) or abort(404)
        audit.record(session, current_actor(), "read", "recording", recording_id)
    response = Response(_audio(found), mimetype=found.media_type)
    response.headers["Cache-Control"] = "no-store"
    return response.make_conditional(request, accept_ranges=True, complete_length=found.size)


def _audio(recording: Recording) -> "itertools.chain[bytes]":
    assert recording.storage_name is not None
    try:
        pieces = crypto.open_stream(storage.get(recording.storage_name))
        # The first piece now: what cannot be opened at all is an answer, not a broken stream.
        return itertools.chain([next(pieces)], pieces)
    except (storage.StorageError, crypto.Unreadable) as fault:
        log.error("recording_unreadable", recording=recording.id, error=str(fault))
        abort(503)


@blueprint.post("/reports/<number>/unmask")
@requires(Permission.unmask_number)
def unmask(number: str) -> ResponseReturnValue:
    """Show the caller's whole number, once, for a reason that is kept."""
    form = UnmaskForm()
    with db.transaction() as session:
        sheet = queries.sheet(session, number) or abort(404)
        if not form.validate():
            return render_template("intake/number.html", sheet=sheet, form=form), 422
        audit.record(
            session, current_actor(), "unmask", "report", sheet.report.id, reason=form.reason.data
        )
    return render_template("intake/number.html", sheet=sheet, form=None)
