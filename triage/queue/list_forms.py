"""Forms of the list: a saved view, many reports closed at once, a report offered to a colleague."""

from urllib.parse import parse_qsl

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, Length, Regexp

from triage.queue import bulk, saved_views


class ViewForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """The name of a view, and the filters it stands for."""

    name = StringField(
        _("视图名称"),
        [
            DataRequired(_("请给视图起个名字。")),
            Length(max=saved_views.LONGEST_NAME, message=_("名字最多 24 个字。")),
        ],
    )
    query = HiddenField()
    shared = BooleanField(_("所有同事可见"))

    def pairs(self) -> list[tuple[str, str]]:
        """The filters, as the address has them."""
        return parse_qsl(self.query.data or "")


class BulkForm(FlaskForm):  # type: ignore[misc]
    """As what they are closed, and why."""

    disposition = StringField(
        validators=[AnyOf([str(one) for one in bulk.DISPOSITIONS], message=_("请选择处理结果。"))]
    )
    reason = StringField(
        _("原因"),
        [
            DataRequired(_("请写明原因。")),
            Length(max=200, message=_("原因最多 200 个字。")),
        ],
    )


class HandoverForm(FlaskForm):  # type: ignore[misc]
    """To whom a report goes, and what they must know."""

    to = StringField(_("交给"), [Regexp(r"^\d{1,18}$", message=_("请选择一位同事。"))])
    note = TextAreaField(
        _("交接说明"),
        [
            DataRequired(_("请写明进展和下一步。")),
            Length(max=1000, message=_("说明最多 1000 个字。")),
        ],
        render_kw={"rows": 4, "placeholder": _("做到哪一步、下一步做什么、要注意什么")},
    )
