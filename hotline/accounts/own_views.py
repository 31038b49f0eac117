"""One's own account 我的账号: second factors, recovery codes, and where one is signed in."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import segno
from flask import Blueprint, flash, redirect, render_template, request
from flask import session as browser
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_user
from markupsafe import Markup

from hotline import db
from hotline.accounts import browsers, ceremonies, cookies, factors, passkeys, service, stages
from hotline.accounts.asking import asked, is_asked
from hotline.accounts.forms import AppForm, NewPasskeyForm, ProofForm
from hotline.accounts.guard import (
    CONFIRM,
    FACTORS,
    NEW_FACTOR,
    SIGN_IN,
    current_actor,
    current_person,
    safe_path,
    signed_in,
    wanted_page,
)
from hotline.accounts.limits import by_sign_in, limiter
from hotline.accounts.models import Means, SecondFactor
from hotline.accounts.permissions import HOME

blueprint = Blueprint("own_account", __name__, template_folder="templates")
SETTING_UP = "app_setting_up"
View = Callable[..., ResponseReturnValue]


def proven(view: View) -> View:
    """Marks a view that touches the account's own safety: whoever asks must have given the password or a
    passkey just now, and not only have found the console open."""

    @functools.wraps(view)
    def asked_again(*args: Any, **named: Any) -> ResponseReturnValue:
        if current_person().is_proven:
            return view(*args, **named)
        return redirect(f"{CONFIRM}?{urlencode({'next': wanted_page()})}", 303)

    return asked_again


@blueprint.get("/me")
@signed_in
def account() -> ResponseReturnValue:
    """The page."""
    person = current_person()
    with db.transaction() as session:
        theirs = factors.of(session, person.account_id)
        left = factors.codes_left(session, person.account_id)
        sign_ins = browsers.signed_in(session, person)
    return render_template(
        "accounts/account.html",
        factors=theirs,
        codes_left=left,
        few=factors.FEW,
        sign_ins=sign_ins,
        in_words=browsers.in_words,
    )


@blueprint.route(NEW_FACTOR, methods=["GET", "POST"])
@limiter.limit("10 per minute", methods=["POST"], key_func=by_sign_in)
@signed_in
@proven
def new_factor() -> ResponseReturnValue:
    """An app's secret as a picture and as text, and its first code in return; or a passkey."""
    form = AppForm()
    if form.validate_on_submit():
        codes = _app_added(form)
        if codes is not None:
            return _added(codes)
        form.code.errors = [_("验证码不对。请看一看手机的时间准不准，再输入新的一个。")]
    page = _new_factor_page(form, _secret() or _new_secret())
    return page, 422 if form.errors else 200


def _secret() -> str | None:
    """What an app is being set up with in this browser."""
    if request.method == "GET":
        return None
    with db.transaction() as session:
        waiting = ceremonies.peek(session, SETTING_UP, asked(SETTING_UP))
    mine = waiting and waiting.account_id == current_person().account_id
    return waiting.secret if waiting and mine else None


def _new_secret() -> str:
    secret = factors.new_secret()
    with db.transaction() as session:
        token = ceremonies.begin(
            session,
            SETTING_UP,
            secret,
            current_person().account_id,
            ceremonies.SETTING_UP_LASTS,
        )
    is_asked(SETTING_UP, token)
    return secret


def _app_added(form: AppForm) -> list[str] | None:
    secret = _secret()
    step = factors.step_of_code(secret, form.code.data) if secret else None
    if step is None:
        return None
    app = SecondFactor(
        kind=Means.totp, name=form.name.data or _("验证器应用"), secret=secret, last_step=step
    )
    with db.transaction() as session:
        if ceremonies.take(session, SETTING_UP, asked(SETTING_UP)) is None:
            return None
        return factors.add(session, current_actor(), current_person(), app)


def _new_factor_page(form: AppForm, secret: str) -> str:
    picture = segno.make(factors.address(secret, current_person().username), error="m")
    return render_template(
        "accounts/new_factor.html",
        form=form,
        passkey_form=NewPasskeyForm(formdata=None),
        secret=secret,
        # Drawn by attributes alone: the page allows no style of its own.
        picture=Markup(picture.svg_inline(omitsize=True, border=3, dark="#000", light="#fff")),  # noqa: S704
        site=passkeys.origin(),
    )


@blueprint.post(f"{FACTORS}/passkey")
@signed_in
@proven
def add_passkey() -> ResponseReturnValue:
    """A passkey that the browser has just made."""
    form, person = NewPasskeyForm(), current_person()
    with db.transaction() as session:
        token, answer = asked(passkeys.SETTING_UP), form.credential.data or ""
        passkey = passkeys.made(session, person, token, answer) if form.validate() else None
        if passkey:
            known_as = browsers.in_words(request.user_agent.string)
            passkey.name = form.name.data or known_as or _("通行密钥")
            codes = factors.add(session, current_actor(), person, passkey)
    if passkey is None:
        flash(_("通行密钥没有添加成功，请再试一次。"), "danger")
        return redirect(NEW_FACTOR, 303)
    return _added(codes)


def _added(codes: list[str]) -> ResponseReturnValue:
    if codes:
        _take_new_token()
        flash(_("第二重验证已启用。其他地方的登录已退出。"), "success")
        return _show_codes(codes)
    flash(_("已添加。"), "success")
    return redirect("/me", 303)


def _take_new_token() -> None:
    """Who has a copy of the old one has given no second factor."""
    person = current_person()
    with db.transaction() as session:
        token = service.renewed(session, person)
    login_user(replace(person, token=token))


def _show_codes(codes: list[str]) -> str:
    # Answered at once and never stored: neither a cookie nor a link may carry them.
    person = current_person()
    return render_template("accounts/codes.html", codes=codes, home=HOME[person.role])


@blueprint.post(f"{FACTORS}/<int:factor_id>/rename")
@signed_in
def rename_factor(factor_id: int) -> ResponseReturnValue:
    """Call it by another name."""
    name = request.form.get("name", "").strip()
    if name:
        with db.transaction() as session:
            factors.rename(session, current_person(), factor_id, name)
    return redirect("/me", 303)


@blueprint.post(f"{FACTORS}/<int:factor_id>/remove")
@signed_in
@proven
def remove_factor(factor_id: int) -> ResponseReturnValue:
    """Give it up."""
    with db.transaction() as session:
        factors.remove(session, current_actor(), current_person(), factor_id)
    flash(_("已移除。"), "success")
    return redirect("/me", 303)


@blueprint.post("/me/recovery-codes")
@signed_in
@proven
def renew_codes() -> ResponseReturnValue:
    """New recovery codes; the old ones are void."""
    person = current_person()
    if not person.has_factor:
        return redirect(NEW_FACTOR, 303)
    with db.transaction() as session:
        codes = factors.renew_codes(session, current_actor(), person)
    return _show_codes(codes)


@blueprint.post("/me/sign-ins/<int:sign_in_id>/end")
@signed_in
def end_sign_in(sign_in_id: int) -> ResponseReturnValue:
    """Sign one browser out."""
    with db.transaction() as session:
        browsers.end(session, current_actor(), current_person(), sign_in_id)
    flash(_("那里的登录已退出。"), "success")
    return redirect("/me", 303)


@blueprint.post("/me/sign-ins/end-all")
@signed_in
def end_all_sign_ins() -> ResponseReturnValue:
    """Sign out everywhere 全部退出, here as well."""
    with db.transaction() as session:
        browsers.end_all(session, current_actor(), current_person())
    browser.clear()
    flash(_("您已在所有地方退出。"), "success")
    return redirect(SIGN_IN, 303)


@blueprint.route(CONFIRM, methods=["GET", "POST"])
@limiter.limit("10 per minute", methods=["POST"], key_func=by_sign_in)
@signed_in
def confirm() -> ResponseReturnValue:
    """Say again who you are, before a step that touches the account's own safety."""
    form = ProofForm()
    if form.validate_on_submit():
        if is_proven(form):
            return redirect(safe_path(request.args.get("next", "/me")), 303)
        form.password.errors = [_("没有通过：密码不对，或者试得太多，账号已锁定。")]
    page = render_template("accounts/confirm.html", form=form, site=passkeys.origin())
    return page, 422 if form.errors else 200


def is_proven(form: ProofForm) -> bool:
    """Whether the form's passkey, or its password, is that of whoever is signed in. It counts, either way."""
    actor, person = current_actor(), current_person()
    with db.transaction() as session:
        if form.credential.data:
            token, answer = asked(stages.PROVING), form.credential.data
            return stages.prove_by_passkey(session, actor, person, token, answer)
        return stages.prove_by_password(
            session, actor, person, form.password.data or "", cookies.held()
        )
