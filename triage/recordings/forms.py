"""What is filled in about recordings."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange


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


class NoteForm(FlaskForm):  # type: ignore[misc]
    """What was heard at a moment of a recording."""

    seconds = IntegerField(validators=[InputRequired(), NumberRange(min=0)])
    body = StringField(
        validators=[
            DataRequired(_("请写下听到的内容。")),
            Length(max=500, message=_("最多 500 个字。")),
        ]
    )
