"""Pages of signing in and out, of one's own password, and of the accounts."""

from dataclasses import replace
from urllib.parse import urlencode

from flask import Blueprint, current_app, flash, redirect, render_template, request
from flask import session as browser
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms import StringField

from hotline import db, phones
from hotline.accounts import (
    cookies,
    factors,
    known,
    own_password,
    passkeys,
    passwords,
    service,
    stages,
)
from hotline.accounts.asking import asked
from hotline.accounts.forms import (
    ROLE_NAMES,
    AccountForm,
    CodeForm,
    FactorResetForm,
    PasskeyForm,
    PasswordForm,
    SignInForm,
)
from hotline.accounts.guard import (
    CHANGE_PASSWORD,
    SECOND_STEP,
    SIGN_IN,
    current_actor,
    current_person,
    during,
    public,
    requires,
    safe_path,
    signed_in,
)
from hotline.accounts.limits import by_name, by_sign_in, limiter
from hotline.accounts.models import Means, Stage
from hotline.accounts.own_views import proven
from hotline.accounts.permissions import HOME, Permission, Role

blueprint = Blueprint("accounts", __name__, template_folder="templates")


@blueprint.route(SIGN_IN, methods=["GET", "POST"])
@limiter.limit("60 per minute", methods=["POST"])
@limiter.limit("10 per minute", methods=["POST"], key_func=by_name)
@public("the way in")
def sign_in() -> ResponseReturnValue:
    """The sign-in page."""
    form = SignInForm()
    if form.validate_on_submit():
        with db.transaction() as session:
            token = service.sign_in(session, form.username.data, form.password.data, *_from_where())
        if token:
            return _let_in(token)
        form.password.errors = [_("用户名或密码不对，或者账号已停用、已锁定。")]
        _focus(form.password, instead_of=form.username)
    page = render_template("accounts/sign_in.html", form=form, site=passkeys.origin())
    return page, 422 if form.errors else 200


def _focus(field: StringField, *, instead_of: StringField) -> None:
    for one in (field, instead_of):
        one.render_kw = {**one.render_kw, "autofocus": one is field}


@blueprint.post(f"{SIGN_IN}/passkey")
@limiter.limit("60 per minute")
@public("the way in")
def sign_in_by_passkey() -> ResponseReturnValue:
    """A passkey alone."""
    form = PasskeyForm()
    if form.validate():
        with db.transaction() as session:
            token = stages.sign_in_by_passkey(
                session, *_from_where(), asked(stages.SIGN_IN), form.credential.data
            )
        if token:
            return _let_in(token)
    flash(_("这个通行密钥不能登录。请用密码登录，或找系统管理员。"), "danger")
    return redirect(_with_next(SIGN_IN), 303)


def _from_where() -> tuple[str, str, list[str]]:
    return request.remote_addr or "", request.user_agent.string, cookies.held()


def _let_in(token: str) -> ResponseReturnValue:
    """From now on this browser holds `token`: on to the page asked for, or to the second step."""
    with db.transaction() as session:
        person = service.person_behind(session, token, present=True)
        assert person is not None
    _take_over(person)
    if person.stage is Stage.half:
        return redirect(_with_next(SECOND_STEP), 303)
    return _welcomed(person)


def _take_over(person: service.Person) -> None:
    """Who was signed in here is not any more, and a cookie from before does not become a signed-in one."""
    if current_user.is_authenticated and current_user.sign_in_id != person.sign_in_id:
        with db.transaction() as session:
            service.sign_out(session, current_actor(), current_person())
    browser.clear()
    login_user(person)


def _welcomed(person: service.Person) -> Response:
    """The sign-in is complete: what there is to be told, and where it goes on."""
    with db.transaction() as session:
        was_reset = service.told_of_reset(session, person)
        codes_left = factors.codes_left(session, person.account_id)
        held = known.remember(session, person.account_id, cookies.held())
    if was_reset:
        flash(_("系统管理员已重置您的第二重验证。如果您没有要求过，请马上联系他。"), "danger")
    used_up = person.means is Means.recovery_code
    if used_up:
        flash(_("您用掉了一个恢复码，还剩 %(count)s 个。", count=codes_left), "danger")
    answer = redirect("/me" if used_up else _first_page(person), 303)
    cookies.hold(answer, held)
    return answer


def _first_page(person: service.Person) -> str:
    wanted = safe_path(request.args.get("next", "/"))
    return HOME[person.role] if wanted == "/" or wanted.startswith(SIGN_IN) else wanted


def _with_next(path: str) -> str:
    wanted = safe_path(request.args.get("next", "/"))
    return path if wanted == "/" else f"{path}?{urlencode({'next': wanted})}"


@blueprint.route(SECOND_STEP, methods=["GET", "POST"])
@limiter.limit("10 per minute", methods=["POST"], key_func=by_sign_in)
@during(Stage.half)
def second_step() -> ResponseReturnValue:
    """After the password: a code, or a passkey."""
    form = CodeForm()
    if form.validate_on_submit():
        token = _second_step(form)
        if token:
            return _let_in(token)
        form.code.errors = [_("没有通过：不对、已经用过，或者试得太多，账号已锁定。")]
    page = render_template(
        "accounts/second_step.html",
        form=form,
        site=passkeys.origin(),
        by_recovery_code="recovery" in request.args,
    )
    return page, 422 if form.errors else 200


def _second_step(form: CodeForm) -> str | None:
    actor, person = current_actor(), current_person()
    with db.transaction() as session:
        if form.credential.data:
            token, answer = asked(stages.SECOND_STEP), form.credential.data
            return stages.complete_by_passkey(session, actor, person, token, answer, cookies.held())
        return stages.complete_by_code(session, actor, person, form.code.data, cookies.held())


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
@during(Stage.open)
def present() -> ResponseReturnValue:
    """Somebody is at the desk (moved the mouse, read on): keeps the sign-in from idling out."""
    return "", 204


@blueprint.route(CHANGE_PASSWORD, methods=["GET", "POST"])
@limiter.limit("10 per minute", methods=["POST"], key_func=by_sign_in)
@signed_in
def change_password() -> ResponseReturnValue:
    """One's own password."""
    form = PasswordForm()
    token = _password_changed(form) if form.validate_on_submit() else None
    if token is None:
        page = render_template("accounts/password.html", form=form)
        return page, 422 if form.errors else 200
    login_user(replace(current_person(), token=token))
    flash(_("密码已修改。其他地方的登录已退出。"), "success")
    answer = redirect(HOME[current_user.role], 303)
    # No browser is known any more; this one is again.
    with db.transaction() as session:
        cookies.hold(answer, known.remember(session, current_user.account_id, cookies.held()))
    return answer


def _password_changed(form: PasswordForm) -> str | None:
    actor, person, held = current_actor(), current_person(), cookies.held()
    token = None
    try:
        with db.transaction() as session:
            token = own_password.change(session, actor, person, form.old.data, form.new.data, held)
        if token is None:
            form.old.errors = [_("现在的密码不对，或者试得太多。")]
    except own_password.UsedBefore:
        form.new.errors = [_("这个密码用过了。请换一个和现在的、上一个都不同的。")]
    return token


@blueprint.get("/officers")
@requires(Permission.manage_officers)
def officers() -> ResponseReturnValue:
    """Every account, and the form to add one."""
    return _officers_page(AccountForm())


@blueprint.post("/officers")
@requires(Permission.manage_officers)
@proven
def add_officer() -> ResponseReturnValue:
    """A new account: whoever finds a console open must not make themselves one."""
    form = AccountForm()
    if form.validate():
        try:
            return _show_first_password(*_added(form))
        except service.AccountFault:
            form.username.errors = [_("这个用户名已经有人用了。")]
    return _officers_page(form), 422


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
@proven
def reset(username: str) -> ResponseReturnValue:
    """A new first password: also unlocks, and opens a disabled account again. Second factors stay, so that
    who knows that password is not in yet; they go, too, if somebody else may have made one of them."""
    password = passwords.invented()
    with db.transaction() as session:
        account = service.reset(session, current_actor(), username, password)
        if "compromised" in request.form:
            factors.reset(session, current_actor(), username, "account may be compromised")
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


@blueprint.post("/officers/<username>/second-factor")
@requires(Permission.manage_officers)
@proven
def reset_second_factor(username: str) -> ResponseReturnValue:
    """Take away the second factors that a colleague has lost. One's own are given up on one's own page,
    where that is asked to be proven."""
    form = FactorResetForm()
    if username == current_user.username or not form.validate():
        flash(_("没有重置：请写明原因；自己的第二重验证在“我的账号”里管理。"), "danger")
        return redirect("/officers", 303)
    with db.transaction() as session:
        account = factors.reset(session, current_actor(), username, form.reason.data)
    flash(_("%(name)s的第二重验证已重置，下次登录时会看到提示。", name=account.name), "success")
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
        with_factor = factors.owners(session)
    return render_template(
        "accounts/officers.html",
        form=form,
        reset_form=FactorResetForm(formdata=None),
        accounts=accounts,
        with_factor=with_factor,
        role_names=ROLE_NAMES,
        first_password=first_password,
    )
