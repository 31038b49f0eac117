"""Files of a case: taken in, handed out, taken off again."""

import os
from typing import Any

import structlog
from flask import Blueprint, Response, abort, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import orm

from hotline import audit, config, crypto, db, storage
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from triage.cases import attachments, sniffing
from triage.cases.forms import fault
from triage.cases.models import Attachment
from triage.cases.pages import existing, to_case, told
from triage.queue.forms import ReasonForm

blueprint = Blueprint("attachments", __name__)
MEGABYTE = 1024 * 1024
LOCKED_UP = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""Whatever a file holds, nothing in it runs or is fetched with the console's rights."""

log = structlog.get_logger()


@blueprint.url_value_preprocessor
def _may_be_large(endpoint: str | None, values: dict[str, Any] | None) -> None:
    # Before anybody reads the form: the check against forgery would find it too large. From whoever may
    # attach nothing no more is taken than anywhere else.
    if endpoint == "attachments.attach" and current_user.can(Permission.write_case):
        request.max_content_length = (config.current().attachment_max_megabytes + 1) * MEGABYTE


@blueprint.post("/cases/<int:case_id>/attachments")
@requires(Permission.write_case)
def attach(case_id: int) -> ResponseReturnValue:
    """Take a file in, if it is of a kind that belongs to a case."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return told(_("请选择文件。"))
    if sent.stream.seek(0, os.SEEK_END) > config.current().attachment_max_megabytes * MEGABYTE:
        return told(_too_large())
    try:
        media_type = sniffing.media_type(sent.stream)
    except sniffing.NotAccepted:
        return told(
            _("不能附上这种文件。可以附图片、PDF、录音和不带宏的 Office 文档；类型按内容判断。")
        )
    with db.transaction() as session:
        case, actor = existing(session, case_id), current_actor()
        announced = attachments.announce(
            session, case.id, actor, sent.filename, media_type, sent.stream
        )
    try:
        attachments.store(announced, sent.stream, actor)
    except storage.StorageError as fault_:
        log.error("attachment_not_stored", attachment=announced.id, error=str(fault_))
        return told(_("文件没有保存成功，请再试一次。"))
    flash(_("文件已加密保存。"), "success")
    return to_case(case_id, "attachments")


@blueprint.get("/cases/<int:case_id>/attachments/<int:attachment_id>")
@requires(Permission.see_case)
def attachment(case_id: int, attachment_id: int) -> ResponseReturnValue:
    """The file, to be saved; never shown as a page of ours."""
    with db.transaction() as session:
        found = _openable(session, case_id, attachment_id)
        audit.record(session, current_actor(), "read", "attachment", attachment_id, case=case_id)
    response = _sent(found)
    name = sniffing.saved_as(found.name, found.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@blueprint.get("/cases/<int:case_id>/attachments/<int:attachment_id>/picture")
@requires(Permission.see_case)
def picture(case_id: int, attachment_id: int) -> ResponseReturnValue:
    """A picture, to be shown on the case's page."""
    with db.transaction() as session:
        found = _openable(session, case_id, attachment_id)
        if found.media_type not in sniffing.PREVIEWED:
            abort(404)
        audit.look(session, current_actor(), "attachment", attachment_id)
    return _sent(found)


@blueprint.post("/cases/<int:case_id>/attachments/<int:attachment_id>/remove")
@requires(Permission.write_case)
def remove(case_id: int, attachment_id: int) -> ResponseReturnValue:
    """Delete a file, for a reason."""
    form = ReasonForm()
    if not form.validate():
        return told(fault(form))
    with db.transaction() as session:
        found = _found(session, case_id, attachment_id)
        attachments.remove(session, found, current_actor(), form.reason.data.strip())
    flash(_("文件已删除。"), "success")
    return to_case(case_id, "attachments")


def _too_large() -> str:
    most = config.current().attachment_max_megabytes
    return str(_("文件太大：每个文件最多 %(most)s MB。", most=most))


def _sent(found: Attachment) -> Response:
    try:
        response = Response(attachments.content(found), mimetype=found.media_type)
    except (storage.StorageError, crypto.Unreadable) as fault_:
        log.error("attachment_unreadable", attachment=found.id, error=str(fault_))
        abort(503)
    response.headers["Content-Security-Policy"] = LOCKED_UP
    response.headers["Cache-Control"] = "no-store"
    return response


def _openable(session: orm.Session, case_id: int, attachment_id: int) -> Attachment:
    found = _found(session, case_id, attachment_id)
    if not attachments.may_be_opened(found):
        abort(404)
    return found


def _found(session: orm.Session, case_id: int, attachment_id: int) -> Attachment:
    return attachments.find(session, existing(session, case_id).id, attachment_id) or abort(404)
