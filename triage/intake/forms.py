"""What is asked before a caller's number is shown."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length


class UnmaskForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Why the whole number is needed (PIPL art. 28: a purpose for each access)."""

    reason = StringField(
        _("查看号码的原因"),
        [
            DataRequired(_("请写明查看号码的原因。")),
            Length(max=200, message=_("原因最多 200 个字。")),
        ],
        render_kw={"autocomplete": "off", "placeholder": _("例如：通话中断，需要回拨")},
    )
