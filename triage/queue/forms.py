"""What an officer fills in about a report."""

import datetime as dt
import enum
import re
from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from hotline import identity
from triage.facts import answers
from triage.intake.models import Disposition, Report, ReporterKind, Sex
from triage.intake.states import Situation, Urgency
from triage.queue.fields import PREFIX, BornField, FactsField, IdentityField, age_of
from triage.queue.judging import Classification

_OTHERWISE = ("csrf_token", "facts")
FindPlace = Callable[[str], int | None]
"""From what is typed to the one place that is meant."""
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
    child_born = BornField(_("出生日期"), render_kw={"type": "date"})
    child_id_number = IdentityField(
        _("身份证号"),
        render_kw={"autocomplete": "off", "spellcheck": "false", "inputmode": "text"},
    )
    child_school = StringField(
        _("学校、幼儿园"),
        [Length(max=80, message=_("学校最多 80 个字。"))],
        render_kw={"autocomplete": "off", "placeholder": _("几年级几班也写上")},
    )
    reporter_kind = SelectField(_("报告人"), choices=["", *_values(*ReporterKind)], default="")
    reporter_hidden = BooleanField(_("不愿让处置单位知道身份（保密）"))
    facts = FactsField(_("问到的情况"))
    place = StringField(_("所在地"), render_kw={"autocomplete": "off"})
    address = StringField(
        _("详细地址"),
        [Length(max=200, message=_("地址最多 200 个字。"))],
        render_kw={"autocomplete": "off", "placeholder": _("小区、楼门、学校、路口、明显标志")},
    )
    summary = TextAreaField(
        _("情况摘要"),
        [Length(max=4000, message=_("摘要最多 4000 个字。"))],
        render_kw={"rows": 3, "placeholder": _("谁、什么时候、发生了什么、孩子现在怎样")},
    )

    def __init__(self, find_place: FindPlace, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.find_place = find_place
        self.place_id: int | None = None

    @property
    def chosen_situation(self) -> Situation | None:
        """The situation as it is chosen now."""
        chosen = self.situation.data
        return Situation(chosen) if chosen in set(Situation) else None

    def validate_place(self, field: StringField) -> None:
        """Finds the place that is meant, and refuses what could be two or none."""
        typed = (field.data or "").strip()
        self.place_id = self.find_place(typed) if typed else None
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
            situation=self.chosen_situation,
            child_name=_text(self.child_name),
            child_age=self.age,
            child_sex=self.sex,
            child_born=self.born,
            child_id_number=None if self.child_id_number.is_kept else self._number(),
            child_school=_text(self.child_school),
            place_id=self.place_id,
            address=_text(self.address),
            summary=_text(self.summary),
            reporter_kind=self.reporter,
            reporter_hidden=bool(self.reporter_hidden.data),
            facts=answers.asked(self.chosen_situation, self.facts.data),
        )

    @property
    def born(self) -> dt.date | None:
        """As typed, else as the identity number says."""
        known = self.child_id_number.identity
        return self.child_born.born or (known.born if known else None)

    @property
    def age(self) -> int | None:
        """As typed, else by the date of birth. None, too, if what is typed is no age."""
        typed = _text(self.child_age)
        if re.fullmatch(AGE, typed):
            return int(typed)
        return age_of(self.born) if self.born and not typed else None

    @property
    def sex(self) -> Sex | None:
        """As chosen, else as the identity number says."""
        if self.child_sex.data in set(Sex):
            return Sex(self.child_sex.data)
        known = self.child_id_number.identity
        return (Sex.male if known.is_male else Sex.female) if known else None

    @property
    def reporter(self) -> ReporterKind | None:
        """Who reports, if it is said."""
        chosen = self.reporter_kind.data
        return ReporterKind(chosen) if chosen in set(ReporterKind) else None

    def _number(self) -> str:
        known = self.child_id_number.identity
        return known.number if known else ""

    def conflicts(self) -> list[str]:
        """Where what is typed and what follows from it do not agree. Said, never mended: it is for the
        officer to ask again which of the two is wrong."""
        known, born = self.child_id_number.identity, self.child_born.born
        found = []
        if known and born and known.born != born:
            found.append(gettext("身份证号中的出生日期是 %(day)s，与填写的不同。", day=known.born))
        if known and self.sex and (self.sex is Sex.male) != known.is_male:
            found.append(gettext("身份证号中的性别与选择的不同。"))
        if self.born and self.age is not None and self.age != age_of(self.born):
            found.append(
                gettext("按出生日期是 %(age)s 岁，与填写的年龄不同。", age=age_of(self.born))
            )
        return found

    def keep_quiet_about_blanks(self) -> None:
        """Forget the faults of fields in which nothing stands yet: somebody is still typing."""
        for field in self:
            if not field.data:
                field.errors = []

    def typed(self) -> dict[str, str]:
        """Every field as it stands in the browser, faults and all: what a draft keeps."""
        plain = {field.name: field.raw_data[0] for field in self if _is_typed(field)}
        facts = {PREFIX + key: answer for key, answer in self.facts.data.items()}
        return {**plain, **facts, "reporter_hidden": "y" if self.reporter_hidden.data else ""}

    def shown(self) -> dict[str, str]:
        """Every field in which something stands, as the page shows it."""
        plain = {
            field.name: str(field.data or "") for field in self if field.name not in _OTHERWISE
        }
        facts = {PREFIX + key: answer for key, answer in self.facts.data.items()}
        hidden = "y" if self.reporter_hidden.data else ""
        told = {**plain, **facts, "reporter_hidden": hidden}
        return {name: words for name, words in told.items() if words}

    def differs_from(self, draft: Mapping[str, str]) -> bool:
        """Whether a draft holds anything else than this form shows."""
        shown = self.shown()
        return any(shown.get(name, "") != typed.strip() for name, typed in draft.items())


def _is_typed(field: Any) -> bool:
    return field.name != "csrf_token" and bool(field.raw_data)


def _text(field: Any) -> str:
    return (field.data or "").strip()


def known(report: Report, path: str | None) -> dict[str, Any]:
    """What the report says already, as the form's data; `path` is its place's."""
    return {
        "urgency": report.urgency,
        "situation": report.situation,
        "child_name": report.child_name,
        "child_age": "" if report.child_age is None else str(report.child_age),
        "child_sex": report.child_sex or "",
        "child_born": report.child_born,
        "child_id_number": identity.mask(report.child_id_number) if report.child_id_number else "",
        "child_school": report.child_school,
        "place": path,
        "address": report.address,
        "summary": report.summary,
        "reporter_kind": report.reporter_kind or "",
        "reporter_hidden": report.reporter_hidden,
        "facts": answers.of(report),
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
