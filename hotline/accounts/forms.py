"""The forms of signing in and of keeping accounts."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    PasswordField,
    SelectChoice,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, EqualTo, Length, Regexp

from hotline import phones
from hotline.accounts import factors, passwords, service
from hotline.accounts.permissions import Role

ROLE_NAMES = {
    Role.officer: _("值班员"),
    Role.supervisor: _("带班领导"),
    Role.admin: _("系统管理员"),
    Role.auditor: _("审计员"),
    Role.screen: _("大屏（墙上显示屏）"),
}


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """User name and password."""

    username = StringField(
        _("用户名"),
        [DataRequired(_("请输入用户名。")), Length(max=64)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "autofocus": True},
    )
    password = PasswordField(
        _("密码"),
        [DataRequired(_("请输入密码。")), Length(max=256)],
        render_kw={"autocomplete": "current-password"},
    )


LONGEST_ANSWER = 20_000
"""Characters of what a browser says of a passkey."""


class PasskeyForm(FlaskForm):  # type: ignore[misc]
    """What the browser answers when asked for a passkey, as JSON (`passkey.js` fills it in)."""

    credential = HiddenField(validators=[Length(max=LONGEST_ANSWER)])


class CodeForm(PasskeyForm):
    """The second step: a code of an app, a recovery code, or a passkey."""

    code = StringField(_("验证码"), [Length(max=64)])


class ProofForm(PasskeyForm):
    """Who sits there says again who they are: the password, or a passkey."""

    password = PasswordField(
        _("密码"), [Length(max=256)], render_kw={"autocomplete": "current-password"}
    )


class AppForm(FlaskForm):  # type: ignore[misc]
    """The first code of an app that is being set up."""

    code = StringField(
        _("应用显示的 6 位验证码"),
        [DataRequired(_("请输入应用里显示的验证码。")), Length(max=16)],
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code"},
    )
    name = StringField(
        _("名称"),
        [Length(max=factors.LONGEST_NAME)],
        description=_("方便以后认出来，例如“我的手机”。可以不填。"),
        render_kw={"autocomplete": "off"},
    )


class NewPasskeyForm(PasskeyForm):
    """A passkey that the browser has just made, and what to call it."""

    name = StringField(
        _("名称"),
        [Length(max=factors.LONGEST_NAME)],
        description=_("例如“值班室电脑”或“蓝色 U 盾”。可以不填。"),
        render_kw={"autocomplete": "off"},
    )


class FactorResetForm(FlaskForm):  # type: ignore[misc]
    """Why a colleague's second factors are taken away."""

    reason = StringField(
        _("原因"),
        [DataRequired(_("请写明原因。")), Length(max=200)],
        description=_("例如“手机丢失，已当面核实本人”。会记入审计日志。"),
        render_kw={"autocomplete": "off"},
    )


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """The owner chooses another password."""

    old = PasswordField(
        _("现在的密码"),
        [DataRequired(_("请输入现在的密码。")), Length(max=256)],
        render_kw={"autocomplete": "current-password", "autofocus": True},
    )
    new = PasswordField(
        _("新密码"),
        [Length(min=passwords.SHORTEST, max=256, message=_("密码至少 10 个字符。"))],
        description=_("至少 10 个字符。几个不相干的词连起来，好记又难猜。"),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _("再输入一次新密码"),
        [EqualTo("new", _("两次输入的新密码不一样。"))],
        render_kw={"autocomplete": "new-password"},
    )


class AccountForm(FlaskForm):  # type: ignore[misc]
    """A new account. Its first password is invented and shown once."""

    name = StringField(_("姓名"), [DataRequired(_("请输入姓名。")), Length(max=64)])
    username = StringField(
        _("用户名"),
        [
            DataRequired(_("请输入用户名。")),
            Regexp(
                f"^{service.USERNAME.pattern}$",
                message=_("2 到 32 个小写字母、数字或 . _ -，以字母或数字开头。"),
            ),
        ],
        description=_("小写字母、数字，例如 wangmin。"),
        render_kw={"autocapitalize": "none", "autocomplete": "off"},
    )
    role = SelectField(
        _("角色"), choices=[SelectChoice(str(role), name) for role, name in ROLE_NAMES.items()]
    )
    phone = StringField(
        _("电话"),
        [Length(max=32)],
        description=_("值班时用来接听来电和接收提醒；可以以后再填。"),
        render_kw={"type": "tel", "autocomplete": "off"},
    )

    def validate_phone(self, field: StringField) -> None:
        """Refuses what can never be rung."""
        if field.data and not phones.normalise(field.data).can_be_called:
            raise ValidationError(gettext("这不像一个能拨通的电话号码。"))
