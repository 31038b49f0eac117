"""What a supervisor fills in to mark a caller, and to take the mark away."""

import datetime as dt

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, StringField
from wtforms.validators import DataRequired, Length

_REASON = [
    DataRequired(_("请写明原因。")),
    Length(max=200, message=_("原因最多 200 个字。")),
]


class FlagForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Why a caller is marked as a nuisance, and for how long."""

    flag_reason = StringField(
        _("标记原因"),
        _REASON,
        render_kw={"autocomplete": "off", "placeholder": _("例如：一天来电三十次，只骂人")},
    )
    days = RadioField(
        _("标记期限"),
        choices=[
            SelectChoice("7", _("7 天")),
            SelectChoice("30", _("30 天")),
            SelectChoice("90", _("90 天")),
        ],
        default="7",
    )

    @property
    def lasts(self) -> dt.timedelta:
        """For how long."""
        return dt.timedelta(days=int(self.days.data))


class LiftForm(FlaskForm):  # type: ignore[misc]
    """Why a mark is taken away before its time."""

    lift_reason = StringField(_("解除原因"), _REASON, render_kw={"autocomplete": "off"})
