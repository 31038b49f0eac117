"""What an officer fills in about a duty-bound reporter, and what makes an institution."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from hotline import clock, config
from triage.mandated.known import Known, on
from triage.mandated.models import Ground, InstitutionKind, Precision
from triage.mandated.queries import Duty
from triage.places import queries as places

_NAME = Length(max=80, message=_("最多 80 个字。"))


class DutyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Who reports by duty, why, since when they know, and what they were told."""

    institution = StringField(
        _("报告单位"),
        [DataRequired(_("请填写报告单位。")), _NAME],
        description=_("输入名称或编码，从列表中选择；没有登记的单位直接写全称。"),
        render_kw={"list": "institutions", "autocomplete": "off"},
    )
    kind = SelectField(
        _("单位类别"),
        choices=["", *map(str, InstitutionKind)],
        description=_("已登记的单位以登记的类别为准。"),
    )
    ground = SelectField(
        _("报告事由"), [InputRequired(_("请选择报告事由。"))], choices=["", *map(str, Ground)]
    )
    known_on = DateField(_("知悉日期"), [Optional()])
    known_time = TimeField(_("知悉时刻"), [Optional()], description=_("不清楚可以不填。"))
    known_before = BooleanField(_("只知道不晚于这一天"))
    reporter = StringField(_("报告人姓名"), [_NAME], render_kw={"autocomplete": "off"})
    post = StringField(_("报告人职务"), [_NAME], render_kw={"autocomplete": "off"})
    told_back = TextAreaField(
        _("答复报告人的内容"),
        [Length(max=1000, message=_("最多 1000 个字。"))],
        description=_("会印在回执上；不要写孩子的姓名。"),
        render_kw={"rows": 3},
    )

    def validate_known_on(self, field: DateField) -> None:
        """Nobody comes to know tomorrow."""
        if field.data and _moment(field.data, self.known_time.data) > clock.now():
            raise ValidationError(gettext("知悉时间不能晚于现在。"))

    @property
    def known(self) -> Known | None:
        """When they came to know, as exactly as it was filled in."""
        if not self.known_on.data:
            return None
        if self.known_before.data:
            return on(self.known_on.data, Precision.before)
        if self.known_time.data is None:
            return on(self.known_on.data)
        return Known(_moment(self.known_on.data, self.known_time.data), Precision.minute)


def _moment(day: dt.date, time: dt.time | None) -> dt.datetime:
    return dt.datetime.combine(day, time or dt.time(), config.current().zone)


def known(duty: Duty | None) -> dict[str, Any]:
    """What the keys or an earlier officer have said, as the form's data."""
    if duty is None:
        return {}
    listed, since = duty.institution, duty.known
    exact = since is not None and since.precision is Precision.minute
    return {
        "institution": f"{listed.code} {listed.name}" if listed else duty.unlisted_name,
        "kind": duty.kind or "",
        "ground": duty.ground or "",
        "known_on": since.day if since else None,
        "known_before": since is not None and since.precision is Precision.before,
        "known_time": since.at.astimezone(config.current().zone).time()
        if since and exact
        else None,
        "reporter": duty.reporter,
        "post": duty.post,
        "told_back": duty.told_back,
    }


class InstitutionForm(FlaskForm):  # type: ignore[misc]
    """A body that must report. Its code is made by the system."""

    name = StringField(_("单位名称"), [DataRequired(_("请填写单位名称。")), _NAME])
    kind = SelectField(
        _("单位类别"),
        [InputRequired(_("请选择单位类别。"))],
        choices=["", *map(str, InstitutionKind)],
    )
    place = StringField(
        _("所在地"),
        description=_("输入街道或社区名，从列表中选择；可以不填。"),
        render_kw={"list": "places", "autocomplete": "off"},
    )

    def __init__(self, paths: Mapping[int, str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.paths = dict(paths)
        self.place_id: int | None = None

    def validate_place(self, field: StringField) -> None:
        """Finds the place that is meant, and refuses what could be two or none."""
        typed = (field.data or "").strip()
        self.place_id = places.named(self.paths, typed)
        if typed and self.place_id is None:
            raise ValidationError(gettext("没有找到唯一的地点，请从列表中选择；不清楚请留空。"))
