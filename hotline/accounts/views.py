"""Pages of signing in and out, of one's own password, and of the accounts."""

from flask import Blueprint, current_app, flash, redirect, render_template, request
from flask import session as browser
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user
from werkzeug.exceptions import NotFound

from hotline import db, phones
from hotline.accounts import passwords, service
from hotline.accounts.forms import ROLE_NAMES, AccountForm, PasswordForm, SignInForm
from hotline.accounts.guard import (
    CHANGE_PASSWORD,
    SIGN_IN,
    current_actor,
    current_person,
    public,
    requires,
    safe_path,
    signed_in,
)
from hotline.accounts.limits import limiter
from hotline.accounts.permissions import HOME, Permission, Role

blueprint = Blueprint("accounts", __name__, template_folder="templates")


@blueprint.route(SIGN_IN, methods=["GET", "POST"])
@limiter.limit("10 per minute", methods=["POST"])
@public("the way in")
def sign_in() -> ResponseReturnValue:
    """The sign-in page."""
    form = SignInForm()
    if form.validate_on_submit():
        person = _signed_in(form)
        if person is not None:
            return redirect(_first_page(person), 303)
        form.password.errors = [_("用户名或密码不对，或者账号已停用、已锁定。")]
    return render_template("accounts/sign_in.html", form=form), 422 if form.errors else 200


def _signed_in(form: SignInForm) -> service.Person | None:
    with db.transaction() as session:
        token = service.sign_in(
            session, form.username.data, form.password.data, request.remote_addr or ""
        )
        person = token and service.person_behind(session, token, present=True)
    if not person:
        return None
    # A cookie from before must not become a signed-in one.
    browser.clear()
    login_user(person)
    return person


def _first_page(person: service.Person) -> str:
    wanted = safe_path(request.args.get("next", "/"))
    return HOME[person.role] if wanted == "/" else wanted


@blueprint.post("/sign-out")
@public("does nothing for who is not signed in")
def sign_out() -> ResponseReturnValue:
    """End this sign-in."""
    if current_user.is_authenticated:
        with db.transaction() as session:
            service.sign_out(session, current_actor(), current_person())
    browser.clear()
    flash(_("您已退出。"), "success")
    return redirect(SIGN_IN, 303)


@blueprint.post("/present")
@signed_in
def present() -> ResponseReturnValue:
    """Somebody is at the desk (moved the mouse, read on): keeps the sign-in from idling out."""
    return "", 204


@blueprint.route(CHANGE_PASSWORD, methods=["GET", "POST"])
@limiter.limit("10 per minute", methods=["POST"])
@signed_in
def change_password() -> ResponseReturnValue:
    """One's own password."""
    form = PasswordForm()
    if form.validate_on_submit() and _password_changed(form):
        flash(_("密码已修改。其他地方的登录已退出。"), "success")
        return redirect(HOME[current_user.role], 303)
    return render_template("accounts/password.html", form=form), 422 if form.errors else 200


def _password_changed(form: PasswordForm) -> bool:
    try:
        with db.transaction() as session:
            service.change_password(
                session,
                current_actor(),
                current_person(),
                form.old.data,
                form.new.data,
            )
    except service.AccountFault:
        form.old.errors = [_("现在的密码不对。")]
        return False
    return True


@blueprint.route("/officers", methods=["GET", "POST"])
@requires(Permission.manage_officers)
def officers() -> ResponseReturnValue:
    """Every account, and the form to add one."""
    form = AccountForm()
    if form.validate_on_submit():
        try:
            return _show_first_password(*_added(form))
        except service.AccountFault:
            form.username.errors = [_("这个用户名已经有人用了。")]
    return _officers_page(form), 422 if form.errors else 200


def _added(form: AccountForm) -> tuple[str, str]:
    password = passwords.invented()
    with db.transaction() as session:
        account = service.add(
            session,
            current_actor(),
            username=form.username.data,
            name=form.name.data,
            role=Role(form.role.data),
            password=password,
            phone=phones.normalise(form.phone.data).text,
            must_change=True,
        )
    return account.name, password


@blueprint.post("/officers/<username>/reset")
@requires(Permission.manage_officers)
def reset(username: str) -> ResponseReturnValue:
    """A new first password: also unlocks, and opens a disabled account again."""
    password = passwords.invented()
    with db.transaction() as session:
        account = service.reset(session, current_actor(), username, password)
    return _show_first_password(account.name, password)


@blueprint.post("/officers/<username>/disable")
@requires(Permission.manage_officers)
def disable(username: str) -> ResponseReturnValue:
    """Close an account, at once."""
    if username == current_user.username:
        flash(_("不能停用您自己的账号。"), "danger")
        return redirect("/officers", 303)
    with db.transaction() as session:
        account = service.disable(session, current_actor(), username)
    flash(_("%(name)s的账号已停用，正在进行的登录已退出。", name=account.name), "success")
    return redirect("/officers", 303)


@blueprint.errorhandler(service.NoSuchAccount)
def _no_such_account(fault: service.NoSuchAccount) -> ResponseReturnValue:
    return current_app.handle_http_exception(NotFound())


def _show_first_password(name: str, password: str) -> ResponseReturnValue:
    # Answered at once and never stored: neither a cookie nor a link may carry it.
    return _officers_page(AccountForm(formdata=None), first_password=(name, password))


def _officers_page(form: AccountForm, first_password: tuple[str, str] | None = None) -> str:
    with db.transaction() as session:
        accounts = service.everyone(session)
    return render_template(
        "accounts/officers.html",
        form=form,
        accounts=accounts,
        role_names=ROLE_NAMES,
        first_password=first_password,
    )
