"""Cases put together and apart: a report taken off, a case merged into another and back."""

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import orm

from hotline import db
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from triage.cases import merging, queries, service
from triage.cases.forms import NumberedForm, fault
from triage.cases.merging import CannotMerge, CannotUndo
from triage.cases.pages import existing, to_case, told
from triage.queue import views as desk
from triage.queue.forms import ReasonForm

blueprint = Blueprint("case_joining", __name__)


@blueprint.post("/cases/<int:case_id>/reports/<number>/unlink")
@requires(Permission.write_case)
def unlink(case_id: int, number: str) -> ResponseReturnValue:
    """Take a report off the case; it goes back on the queue."""
    form = ReasonForm()
    if not form.validate():
        return told(fault(form))
    with db.transaction() as session:
        if (found := _linked(session, case_id, number)) is None:
            return _not_here(number)
        service.unlink(session, found, current_actor(), form.reason.data.strip())
    flash(_("诉求 %(number)s 已解除关联，回到队列。", number=number), "success")
    return to_case(case_id)


@blueprint.post("/cases/<int:case_id>/reports/<number>/split")
@requires(Permission.open_case)
def split(case_id: int, number: str) -> ResponseReturnValue:
    """Take a report off the case and open one of its own for it."""
    form = ReasonForm()
    if not form.validate():
        return told(fault(form))
    with db.transaction() as session:
        found = _linked(session, case_id, number)
        new = found and service.split(session, found, current_actor(), form.reason.data.strip())
        if not new:
            return _not_here(number)
    flash(_("诉求 %(report)s 已另立个案 %(number)s。", report=number, number=new.number), "success")
    return to_case(new.id)


@blueprint.post("/cases/<int:case_id>/merge")
@requires(Permission.write_case)
def merge(case_id: int) -> ResponseReturnValue:
    """Put this case into another."""
    form = NumberedForm()
    if not form.validate():
        return told(fault(form))
    with db.transaction() as session:
        source = existing(session, case_id)
        target = queries.case(session, form.wanted, current_user.account_id)
        if target is None:
            return told(_("没有这个编号的个案，请核对。"))
        merging.merge(session, source.id, target.id, current_actor(), form.reason.data.strip())
    flash(
        _("个案 %(source)s 已并入个案 %(number)s。", source=case_id, number=target.number),
        "success",
    )
    return to_case(target.id)


@blueprint.post("/cases/<int:case_id>/unmerge")
@requires(Permission.write_case)
def unmerge(case_id: int) -> ResponseReturnValue:
    """Take this case out of the one it was put into."""
    form = ReasonForm()
    if not form.validate():
        return told(fault(form))
    with db.transaction() as session:
        source = existing(session, case_id)
        merging.undo(session, source.id, current_actor(), form.reason.data.strip())
    flash(_("合并已撤销，个案 %(number)s 恢复。", number=case_id), "success")
    return to_case(case_id)


def _linked(session: orm.Session, case_id: int, number: str) -> int | None:
    case = existing(session, case_id)
    is_linked = queries.case_of(session, number) == case.id
    return desk.report_id(session, number) if is_linked else None


def _not_here(number: str) -> ResponseReturnValue:
    return told(_("诉求 %(number)s 已不在这个个案里。", number=number))


@blueprint.app_errorhandler(CannotMerge)
def _cannot_merge(error: CannotMerge) -> ResponseReturnValue:
    return told(
        _("这两个个案现在不能合并：不能并入自己，已合并过的要先撤销，已结案的不能再并入别的个案。")
    )


@blueprint.app_errorhandler(CannotUndo)
def _cannot_undo(error: CannotUndo) -> ResponseReturnValue:
    return told(_("它所在的个案后来又并入了个案 %(number)s，请先撤销那一次。", number=error.target))
