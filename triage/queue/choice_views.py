"""What officers arrange for themselves on the queue (saved views, closing hang-ups at once), and what they
are skilled for."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from hotline import clock, db
from hotline.accounts.guard import current_actor, requires, wanted_page
from hotline.accounts.permissions import Permission
from triage.intake.models import Disposition
from triage.queue import bulk, saved_views, skills
from triage.queue.bulk import TooLate
from triage.queue.filters import Filters
from triage.queue.list_forms import BulkForm, ViewForm
from triage.queue.models import Skill
from triage.queue.saved_views import NameTaken, NoSuchView, TooMany

blueprint = Blueprint("choices", __name__, template_folder="templates")
EVERYTHING = "/?tab=all"


def _may_share() -> bool:
    return bool(current_user.can(Permission.share_view))


@blueprint.post("/queue/views")
@requires(Permission.see_queue)
def save() -> ResponseReturnValue:
    """Keep the filters of the page under a name."""
    form = ViewForm()
    if not form.validate():
        return _told(form.name.errors[0])
    query = Filters.parse(MultiDict(form.pairs())).query()
    with db.transaction() as session:
        number = saved_views.save(
            session,
            current_user.account_id,
            form.name.data.strip(),
            query,
            shared=form.shared.data and _may_share(),
        )
    flash(_("视图“%(name)s”已保存。", name=form.name.data.strip()), "success")
    return redirect(f"/?view={number}", 303)


@blueprint.post("/queue/views/<int:view>/rename")
@requires(Permission.see_queue)
def rename(view: int) -> ResponseReturnValue:
    """Call a view something else."""
    form = ViewForm()
    if not form.validate():
        return _told(form.name.errors[0])
    me, name = current_user.account_id, form.name.data.strip()
    with db.transaction() as session:
        saved_views.rename(session, view, me, name, may_share=_may_share())
    return redirect(f"/?view={view}", 303)


@blueprint.post("/queue/views/<int:view>/delete")
@requires(Permission.see_queue)
def delete(view: int) -> ResponseReturnValue:
    """Delete a view; the page that follows offers to have it back."""
    with db.transaction() as session:
        saved_views.delete(session, view, current_user.account_id, may_share=_may_share())
    return redirect(f"{EVERYTHING}&deleted={view}", 303)


@blueprint.post("/queue/views/<int:view>/restore")
@requires(Permission.see_queue)
def restore(view: int) -> ResponseReturnValue:
    """Have a deleted view back."""
    me = current_user.account_id
    with db.transaction() as session:
        name = saved_views.restore(session, view, me, may_share=_may_share())
    flash(_("视图“%(name)s”已恢复。", name=name), "success")
    return redirect(f"/?view={view}", 303)


@blueprint.post("/queue/views/default")
@requires(Permission.see_queue)
def begin_with() -> ResponseReturnValue:
    """Open the queue with this view from now on, or with everything again."""
    view = request.form.get("view", type=int)
    with db.transaction() as session:
        saved_views.set_default(session, view, current_user.account_id)
    return redirect(f"/?view={view}" if view else EVERYTHING, 303)


@blueprint.post("/queue/bulk")
@requires(Permission.dispose)
def close_many() -> ResponseReturnValue:
    """Close what was chosen, as far as that may be done unseen."""
    form = BulkForm()
    reports = request.form.getlist("report")
    if not form.validate() or not reports:
        faults = [fault for one in (form.disposition, form.reason) for fault in one.errors]
        return _outcome(fault=faults[0] if faults else _("请先选择诉求。")), 422
    disposition, reason = Disposition(form.disposition.data), form.reason.data.strip()
    with db.transaction() as session:
        result = bulk.close(session, reports, current_actor(), disposition, reason)
    return _outcome(result=result, disposition=disposition, until=clock.now() + bulk.UNDO)


@blueprint.post("/queue/bulk/<int:closing>/undo")
@requires(Permission.dispose)
def undo(closing: int) -> ResponseReturnValue:
    """Have back what one has just closed."""
    with db.transaction() as session:
        return _outcome(back=bulk.undo(session, closing, current_actor()))


def _outcome(**facts: object) -> str:
    return render_template("queue/bulk_outcome.html", **facts)


@blueprint.errorhandler(TooLate)
def _too_late(fault: TooLate) -> ResponseReturnValue:
    words = _("已经超过 30 秒，不能撤销了。需要时请带班领导逐件重新打开。")
    return _outcome(fault=words), 422


@blueprint.get("/skills")
@requires(Permission.manage_roster)
def skill_table() -> ResponseReturnValue:
    """Who is skilled for what."""
    with db.transaction() as session:
        return render_template(
            "queue/skills.html", officers=skills.of_everyone(session), skills=list(Skill)
        )


@blueprint.post("/skills/<int:account>")
@requires(Permission.manage_roster)
def set_skills(account: int) -> ResponseReturnValue:
    """Write down what one officer is skilled for."""
    chosen = [Skill(word) for word in request.form.getlist("skill") if word in set(Skill)]
    with db.transaction() as session:
        if account not in {one.id for one, _known in skills.of_everyone(session)}:
            abort(404)
        skills.set_skills(session, account, chosen, current_actor())
    flash(_("专长已保存。"), "success")
    return redirect("/skills", 303)


@blueprint.app_errorhandler(NoSuchView)
def _no_such_view(fault: NoSuchView) -> ResponseReturnValue:
    flash(_("这个视图已经不在了，或者不归您改。"), "danger")
    return redirect(EVERYTHING, 303)


@blueprint.errorhandler(NameTaken)
def _name_taken(fault: NameTaken) -> ResponseReturnValue:
    return _told(_("已经有一个同名的视图了。"))


@blueprint.errorhandler(TooMany)
def _too_many(fault: TooMany) -> ResponseReturnValue:
    return _told(_("已存视图太多，请先删掉不用的。"))


def _told(words: str) -> ResponseReturnValue:
    flash(words, "danger")
    return redirect(wanted_page(), 303)
