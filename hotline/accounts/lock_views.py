"""Locking a console that is left alone, and unlocking it where it stands. Browsers without scripts are led
to a page; `lock.js` covers the page that is open, and asks without leaving it."""

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from hotline import db
from hotline.accounts import locks
from hotline.accounts.forms import ProofForm
from hotline.accounts.guard import LOCKED, current_actor, current_person, during, safe_path
from hotline.accounts.limits import by_sign_in, limiter
from hotline.accounts.models import Stage
from hotline.accounts.own_views import is_proven
from hotline.accounts.permissions import Role

blueprint = Blueprint("lock", __name__, template_folder="templates")


@blueprint.get("/lock")
@during(Stage.open, Stage.locked)
def state() -> ResponseReturnValue:
    """Whether this console is locked (423), and whose it is: another tab may have unlocked it, or signed
    in as somebody else."""
    person = current_person()
    return str(person.sign_in_id), 423 if person.stage is Stage.locked else 200


@blueprint.post("/lock")
@during(Stage.open, Stage.locked)
def lock() -> ResponseReturnValue:
    """Lock this console now, in all its tabs."""
    person = current_person()
    if person.role is not Role.screen:
        with db.transaction() as session:
            reason = "by hand" if "by_hand" in request.form else "left alone"
            locks.lock(session, current_actor(), person.sign_in_id, reason)
    return redirect(LOCKED, 303) if _is_page() else ("", 204)


@blueprint.get(LOCKED)
@during(Stage.open, Stage.locked)
def locked() -> ResponseReturnValue:
    """The cover alone."""
    if current_person().stage is Stage.open:
        return redirect(_wanted(), 303)
    return render_template("accounts/locked.html", cover_form=ProofForm(formdata=None))


@blueprint.post("/unlock")
@limiter.limit("10 per minute", key_func=by_sign_in)
@during(Stage.open, Stage.locked)
def unlock() -> ResponseReturnValue:
    """Back to work. Refused (409) if meanwhile this browser belongs to another sign-in: what stands below
    the cover is then none of theirs."""
    form, person = ProofForm(), current_person()
    if request.form.get("sign_in") != str(person.sign_in_id):
        abort(409)
    # Asked even if it is open here: the page's word that it is to be locked may not have arrived.
    if form.validate() and is_proven(form):
        return redirect(_wanted(), 303) if _is_page() else ("", 204)
    fault = _("没有通过：密码不对，或者试得太多，账号已锁定。")
    form.password.errors = [fault]
    return (render_template("accounts/locked.html", cover_form=form) if _is_page() else fault), 422


def _is_page() -> bool:
    return "text/html" in request.accept_mimetypes.values()


def _wanted() -> str:
    return safe_path(request.values.get("next", "/"))
