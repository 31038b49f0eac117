"""What is filled in about recordings."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length


class HoldForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Why a report is held, or no longer."""

    reason = StringField(
        _("原因"),
        [DataRequired(_("请写明原因。")), Length(max=200, message=_("原因最多 200 个字。"))],
        render_kw={
            "autocomplete": "off",
            "maxlength": 200,
            "placeholder": _("例如：法院调取证据，文号……"),
        },
    )
