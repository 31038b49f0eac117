"""What is filled in about a conversation."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, Length, Optional


class CallBackForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Calling back; why, where the caller said that it is not safe."""

    reason = StringField(
        _("仍需回拨的原因"), [Length(max=200, message=_("原因最多 200 个字。"))], default=""
    )


class TransferForm(FlaskForm):  # type: ignore[misc]
    """Which colleague."""

    account = IntegerField(_("同事"), [InputRequired(_("请选择一位同事。"))])


class PoliceForm(FlaskForm):  # type: ignore[misc]
    """Which desk of the police; none for 110."""

    contact = IntegerField(_("公安联系人"), [Optional()])
