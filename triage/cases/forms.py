"""What is filled in about a case."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from triage.cases.states import CaseEvent

MOVES = (CaseEvent.assess, CaseEvent.help, CaseEvent.monitor)
"""Moves that need no reason; closing and reopening do, and have forms of their own."""

NUMBER = r"^\s*\d{1,18}\s*$"


class NoteForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A line for the timeline."""

    body = TextAreaField(
        _("新的记录"),
        [
            DataRequired(_("请写下要记录的内容。")),
            Length(max=4000, message=_("记录最多 4000 个字。")),
        ],
        render_kw={"rows": 3, "placeholder": _("做了什么、见到什么、约定了什么")},
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
