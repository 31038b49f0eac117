"""An alert as a file for other systems."""

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from hotline import audit, db
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from triage.cap import service
from triage.cap.document import MEDIA_TYPE, document, identifier

blueprint = Blueprint("cap", __name__)


@blueprint.get("/alerts/<int:alert_id>/cap.xml")
@requires(Permission.see_report)
def cap(alert_id: int) -> ResponseReturnValue:
    """One message of an alert as CAP 1.2: the one of `?notice=`, the number of a notice or `ack`; without
    it, the latest. It holds the words of the alert, so it is for whoever may read the report."""
    with db.transaction() as session:
        thread = service.thread(session, alert_id) or abort(404)
        message = service.named(thread, request.args.get("notice")) or abort(404)
        name = identifier(thread.alert, message)
        audit.record(session, current_actor(), "export", "alert", alert_id, message=name)
        written = document(thread, message)
    headers = {"Content-Disposition": f"attachment; filename=alert-{name}.xml"}
    return Response(written, content_type=f"{MEDIA_TYPE}; charset=utf-8", headers=headers)
