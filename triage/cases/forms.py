"""What is filled in about a case."""

import enum
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from hotline.accounts.models import Account
from triage.cases.models import PersonRole, Safety
from triage.cases.people import Described
from triage.cases.states import CaseEvent

MOVES = (CaseEvent.assess, CaseEvent.help, CaseEvent.monitor)
"""Moves that need no reason; closing and reopening do, and have forms of their own."""

NUMBER = r"^\s*\d{1,18}\s*$"
OFF = {"autocomplete": "off"}


def fault(form: FlaskForm) -> str:
    """What is wrong with a form, in one sentence."""
    return str(next(error for errors in form.errors.values() for error in errors))


def _words(*members: enum.StrEnum) -> list[str]:
    # Templates put the words to them: `triage.words` knows every room, and so stands above all.
    return [str(member) for member in members]


class NoteForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A line for the timeline."""

    body = TextAreaField(
        _("新的记录"),
        [
            DataRequired(_("请写下要记录的内容。")),
            Length(max=4000, message=_("记录最多 4000 个字。")),
        ],
        render_kw={
            "rows": 3,
            "placeholder": _("做了什么、见到什么、约定了什么；写 @姓名 提醒同事"),
        },
    )


class MoveForm(FlaskForm):  # type: ignore[misc]
    """The next stage."""

    event = SelectField(
        _("下一阶段"),
        [InputRequired(_("请选择下一阶段。"))],
        choices=[str(event) for event in MOVES],
    )


class EvaluationForm(FlaskForm):  # type: ignore[misc]
    """The closing evaluation (paper 004 五(四))."""

    reason = TextAreaField(
        _("结案评估"),
        [
            DataRequired(_("请写明结案评估。")),
            Length(max=4000, message=_("结案评估最多 4000 个字。")),
        ],
        render_kw={"rows": 4, "placeholder": _("孩子现在的安全、监护和身心状况；为什么可以结案")},
    )


class LinkForm(FlaskForm):  # type: ignore[misc]
    """The case that a report is about: one that was suggested, else the number typed in."""

    suggested = StringField(validators=[Optional(), Regexp(NUMBER)])
    case = StringField(validators=[Optional(), Regexp(NUMBER)])

    @property
    def wanted(self) -> int | None:
        """The case's number; None if there is none in the form, or what is there is not a number."""
        typed = self.suggested.data or self.case.data
        return int(typed) if typed and self.validate() else None


class NumberedForm(FlaskForm):  # type: ignore[misc]
    """Another case, by its number, and why."""

    case = StringField(
        _("个案编号"),
        [DataRequired(_("请填写个案编号。")), Regexp(NUMBER, message=_("个案编号只有数字。"))],
        render_kw={**OFF, "inputmode": "numeric"},
    )
    reason = StringField(
        _("原因"),
        [DataRequired(_("请写明原因。")), Length(max=200, message=_("原因最多 200 个字。"))],
        render_kw=OFF,
    )

    @property
    def wanted(self) -> int:
        """The number."""
        return int(self.case.data)


class PersonForm(FlaskForm):  # type: ignore[misc]
    """Somebody around the child."""

    role = SelectField(_("身份"), choices=_words(*PersonRole))
    name = StringField(
        _("姓名"),
        [
            DataRequired(_("请填写姓名；不知道姓名时写称呼。")),
            Length(max=64, message=_("姓名最多 64 个字。")),
        ],
        render_kw=OFF,
    )
    relation = StringField(
        _("与孩子的关系"),
        [Length(max=64, message=_("关系最多 64 个字。"))],
        render_kw={**OFF, "placeholder": _("外婆、班主任、楼下邻居")},
    )
    phone = StringField(
        _("电话"),
        [Length(max=32, message=_("电话最多 32 个字。"))],
        render_kw={**OFF, "inputmode": "tel"},
    )
    without_phone = BooleanField(_("删除登记的电话"))
    safety = SelectField(_("能否联系"), choices=_words(Safety.unknown, Safety.safe, Safety.unsafe))
    note = StringField(
        _("说明"), [Length(max=400, message=_("说明最多 400 个字。"))], render_kw=OFF
    )

    def described(self) -> Described:
        """What the form says."""
        texts = {
            name: (self[name].data or "").strip() for name in ("name", "relation", "phone", "note")
        }
        return Described(
            PersonRole(self.role.data),
            safety=Safety(self.safety.data),
            without_phone=self.without_phone.data,
            **texts,
        )


class ColleagueForm(FlaskForm):  # type: ignore[misc]
    """One of those who work on cases, or nobody."""

    account = SelectField(_("同事"), coerce=int)

    def __init__(self, people: list[Account], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {one.id: one for one in people}
        self.account.choices = [(0, "—"), *((one.id, one.name) for one in people)]

    @property
    def chosen(self) -> Account | None:
        """Who was chosen; None: nobody."""
        return self.people.get(self.account.data)


class TaskForm(ColleagueForm):
    """Something to be done."""

    title = StringField(
        _("任务"),
        [DataRequired(_("请写明要做什么。")), Length(max=200, message=_("任务最多 200 个字。"))],
        render_kw={**OFF, "placeholder": _("例如：家访，确认孩子住处")},
    )
    due_on = DateField(_("期限"), [InputRequired(_("请选择期限。"))])


class ReviewForm(FlaskForm):  # type: ignore[misc]
    """What a supervisor thinks of an urgent look."""

    review = StringField(
        _("复核意见"), [Length(max=400, message=_("意见最多 400 个字。"))], render_kw=OFF
    )
