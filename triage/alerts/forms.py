"""What is filled in about an alert."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length


class SendForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """The second click: brings back the very text that was shown."""

    text_seen = HiddenField(validators=[DataRequired(_("页面不完整，请重新打开推送窗口。"))])

    @property
    def seen(self) -> str:
        """The text as it was shown; browsers send line ends in a form of their own."""
        return str(self.text_seen.data).replace("\r\n", "\n")


class AcknowledgeForm(FlaskForm):  # type: ignore[misc]
    """Somebody of the police has confirmed by telephone."""

    who = StringField(
        _("对方姓名（警号）"),
        [
            DataRequired(_("请填写确认人的姓名或警号：签收必须落实到人。")),
            Length(max=64, message=_("最多 64 个字。")),
        ],
        render_kw={"autocomplete": "off"},
    )
    note = StringField(
        _("备注"),
        [Length(max=200, message=_("备注最多 200 个字。"))],
        render_kw={"autocomplete": "off", "placeholder": _("例如：已派出警力，10 分钟到场")},
    )


class OutcomeForm(FlaskForm):  # type: ignore[misc]
    """What the police found and did (paper 000 五(二)3)."""

    outcome = TextAreaField(
        _("处警结果"),
        [
            DataRequired(_("请写明处警结果。")),
            Length(max=2000, message=_("处警结果最多 2000 个字。")),
        ],
        render_kw={"rows": 3, "placeholder": _("孩子现在在哪里、是否安全；公安采取了什么措施")},
    )
