"""What an officer fills in about a report."""

import enum
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from triage.intake.models import Disposition, Report, Sex
from triage.intake.states import Situation, Urgency
from triage.places import queries as places
from triage.queue.judging import Classification

AGE = r"^\s*([0-9]|1[0-7])\s*$"
"""A minor is under eighteen (law on the protection of minors, art. 2)."""

WITHOUT_JUDGEMENT = (
    Disposition.no_content,
    Disposition.wrong_number,
    Disposition.nuisance,
    Disposition.duplicate,
)
"""What a report can be closed as without anybody having said how urgent it is."""
WITH_JUDGEMENT = (Disposition.advice_given, Disposition.transferred)


def _values(*members: enum.StrEnum) -> list[str]:
    # Templates put the words to them: `triage.words` knows every room, and so stands above all.
    return [str(member) for member in members]


class ClassificationForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """The judgement: urgency, situation, child, place, and what was said."""

    urgency = RadioField(
        _("紧急程度"),
        [InputRequired(_("请选择紧急程度。"))],
        choices=_values(*Urgency),
    )
    situation = SelectField(
        _("情形"),
        [InputRequired(_("请选择情形。"))],
        choices=["", *_values(*Situation)],
    )
    child_name = StringField(
        _("孩子姓名"),
        [Length(max=64, message=_("姓名最多 64 个字。"))],
        render_kw={"autocomplete": "off", "placeholder": _("小名、绰号也有用")},
    )
    child_age = StringField(
        _("年龄"),
        [Optional(), Regexp(AGE, message=_("年龄请填 0 到 17 之间的整数，不确定可以不填。"))],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    child_sex = RadioField(
        _("性别"),
        choices=["", *_values(*Sex)],
        default="",
    )
    place = StringField(
        _("所在地"),
        description=_("输入街道或社区名，从列表中选择；决定推送到哪个派出所。"),
        render_kw={"list": "places", "autocomplete": "off", "placeholder": _("输入几个字查找")},
    )
    address = StringField(
        _("详细地址"),
        [Length(max=200, message=_("地址最多 200 个字。"))],
        render_kw={"autocomplete": "off", "placeholder": _("小区、楼门、学校、路口、明显标志")},
    )
    summary = TextAreaField(
        _("情况摘要"),
        [Length(max=4000, message=_("摘要最多 4000 个字。"))],
        render_kw={"rows": 5, "placeholder": _("谁、什么时候、发生了什么、孩子现在怎样")},
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

    def fill(self, **values: str) -> None:
        """Choose what was left open; what was chosen stays."""
        for name, value in values.items():
            field = self[name]
            if not field.data:
                field.data = str(value)
                field.raw_data = [str(value)]

    def judged(self) -> Classification:
        """What the form says, if it is valid or lacks nothing but the situation."""
        return Classification(
            urgency=Urgency(self.urgency.data),
            situation=Situation(self.situation.data) if self.situation.data else None,
            child_name=(self.child_name.data or "").strip(),
            child_age=int(self.child_age.data) if self.child_age.data else None,
            child_sex=Sex(self.child_sex.data) if self.child_sex.data else None,
            place_id=self.place_id,
            address=(self.address.data or "").strip(),
            summary=(self.summary.data or "").strip(),
        )

    def typed(self) -> dict[str, str]:
        """Every field as it stands in the browser, faults and all: what a draft keeps."""
        return {field.name: field.raw_data[0] for field in self if _is_typed(field)}

    def differs_from(self, draft: Mapping[str, str]) -> bool:
        """Whether a draft holds anything else than this form shows."""
        shown = {field.name: str(field.data or "") for field in self if field.name != "csrf_token"}
        return any(shown.get(name, "") != typed.strip() for name, typed in draft.items())


def _is_typed(field: Any) -> bool:
    return field.name != "csrf_token" and bool(field.raw_data)


def known(report: Report, paths: Mapping[int, str]) -> dict[str, Any]:
    """What the report says already, as the form's data."""
    return {
        "urgency": report.urgency,
        "situation": report.situation,
        "child_name": report.child_name,
        "child_age": "" if report.child_age is None else str(report.child_age),
        "child_sex": report.child_sex or "",
        "place": paths.get(report.place_id or 0),
        "address": report.address,
        "summary": report.summary,
    }


class DispositionForm(FlaskForm):  # type: ignore[misc]
    """What became of a report that needs no case."""

    disposition = RadioField(
        _("处理结果"),
        [InputRequired(_("请选择处理结果。"))],
        choices=_values(*WITH_JUDGEMENT, *WITHOUT_JUDGEMENT),
    )
    reason = TextAreaField(
        _("说明"),
        [
            DataRequired(_("请写明原因或答复内容。")),
            Length(max=1000, message=_("说明最多 1000 个字。")),
        ],
        render_kw={"rows": 3, "placeholder": _("答复了什么、转给了谁、为什么关闭")},
    )

    @property
    def needs_judgement(self) -> bool:
        """Whether the report has to be classified before it may be closed as chosen."""
        return self.disposition.data in WITH_JUDGEMENT


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """Why something is done that others will ask about."""

    reason = StringField(
        _("原因"),
        [
            DataRequired(_("请写明原因。")),
            Length(max=200, message=_("原因最多 200 个字。")),
        ],
        render_kw={"autocomplete": "off"},
    )
