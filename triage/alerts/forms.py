"""What is filled in about an alert."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length

from triage.alerts.fitting import Unfit
from triage.alerts.forwarding import Station
from triage.alerts.seen import Kind
from triage.alerts.states import MEASURES, Feedback, Finding, Measure, NoticeKind

ONE_LINE = {"autocomplete": "off"}
UNFIT = {
    Unfit.holds_name: _("不能写孩子的姓名。"),
    Unfit.holds_number: _("不能写电话号码或证件号码。"),
    Unfit.holds_link: _("不能写网址或邮箱，运营商会拦截。"),
}
"""Why a note may not go out by SMS."""
CROSSING = "跨辖区，同时推送"
"""Why a further station is told, on the record, if nobody says more."""
NOTE_LENGTH = Length(max=60, message=_("最多 60 个字，短信放不下更多。"))


def _plain(text: str | None) -> str:
    # Browsers send line ends in a form of their own.
    return (text or "").replace("\r\n", "\n")


def _number(value: str | None) -> int | None:
    return int(value) if value else None


class SendForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """The second click: to whom, why there, what is new; and the very texts that were shown."""

    text_seen = HiddenField(validators=[DataRequired(_("页面不完整，请重新打开推送窗口。"))])
    agency = SelectField(_("推送到"), coerce=_number)
    because = StringField(
        _("改推原因"),
        [Length(max=100, message=_("原因最多 100 个字。"))],
        render_kw=ONE_LINE | {"placeholder": _("例如：孩子此刻在另一辖区")},
    )
    also = SelectMultipleField(_("同时推送其他辖区"), coerce=int)
    note = StringField(
        _("新情况"),
        [NOTE_LENGTH],
        render_kw=ONE_LINE | {"placeholder": _("例如：孩子已转移到邻居家")},
    )

    def __init__(self, stations: Sequence[Station], **more: Any) -> None:
        super().__init__(**more)
        groups: dict[str, list[tuple[int, str]]] = {}
        for one in stations:
            groups.setdefault(one.above, []).append((one.id, f"{one.name}（{one.place}）"))
        self.agency.choices = [
            SelectChoice("", gettext("按地点推荐")),
            *(
                SelectChoice(number, label, optgroup=group)
                for group, members in groups.items()
                for number, label in members
            ),
        ]
        self.also.choices = [(one.id, one.name) for one in stations]

    def seen(self, agency_id: int | None) -> str:
        """The text as it was shown for a station; one that shares the first one's words has none of its
        own."""
        return _plain(request.form.get(f"text_seen_{agency_id}") or self.text_seen.data)

    def chosen(self, suggested: int | None) -> dict[int | None, str]:
        """Each station and why it is told; the suggested one (None) needs no reason."""
        first = None if self.agency.data == suggested else self.agency.data
        because = (self.because.data or "").strip()
        others = (number for number in self.also.data or () if number not in (first, suggested))
        also: dict[int | None, str] = dict.fromkeys(others, because or CROSSING)
        if first is not None and suggested in (self.also.data or ()):
            also[None] = ""
        return {first: because if first else "", **also}

    def lacks_reason(self, suggested: int | None) -> bool:
        """Whether another station was chosen and nobody says why; then the field says so."""
        other = self.agency.data not in (None, suggested)
        if other and not (self.because.data or "").strip():
            self.because.errors = [gettext("改推到其他派出所时，请写明原因。")]
            return True
        return False


class AcknowledgeForm(FlaskForm):  # type: ignore[misc]
    """Somebody of the police has confirmed by telephone."""

    who = StringField(
        _("对方姓名（警号）"),
        [
            DataRequired(_("请填写确认人的姓名或警号：签收必须落实到人。")),
            Length(max=64, message=_("最多 64 个字。")),
        ],
        render_kw=ONE_LINE,
    )
    note = StringField(
        _("备注"),
        [Length(max=200, message=_("备注最多 200 个字。"))],
        render_kw=ONE_LINE | {"placeholder": _("例如：已派出警力，10 分钟到场")},
    )


class HeardForm(FlaskForm):  # type: ignore[misc]
    """Somebody has been told of the news by telephone."""

    who = StringField(
        _("对方姓名（警号）"),
        [
            DataRequired(_("请填写是谁听取的：必须落实到人。")),
            Length(max=64, message=_("最多 64 个字。")),
        ],
        render_kw=ONE_LINE,
    )


class FeedbackForm(FlaskForm):  # type: ignore[misc]
    """What the police say while they act."""

    feedback = RadioField(
        _("反馈"),
        [InputRequired(_("请选择公安反馈了什么。"))],
        choices=[one.value for one in Feedback],
    )
    who = StringField(
        _("反馈人"),
        [DataRequired(_("请填写是谁反馈的。")), Length(max=64, message=_("最多 64 个字。"))],
        render_kw=ONE_LINE,
    )
    note = StringField(
        _("备注"), [Length(max=200, message=_("备注最多 200 个字。"))], render_kw=ONE_LINE
    )


class NewsForm(FlaskForm):  # type: ignore[misc]
    """What was wrong, or why an alert is called off; the words go out, as they were shown."""

    note = StringField(
        _("内容"), [DataRequired(_("请写明原因。")), NOTE_LENGTH], render_kw=ONE_LINE
    )
    text_seen = HiddenField()

    @property
    def seen(self) -> str:
        """The text as it was shown."""
        return _plain(self.text_seen.data)


class WordsForm(FlaskForm):  # type: ignore[misc]
    """What is being typed, to be shown as it would go out."""

    kind = SelectField(choices=[NoticeKind.correction.value, NoticeKind.cancel.value])
    note = StringField()


class OutcomeForm(FlaskForm):  # type: ignore[misc]
    """What the police found and did (paper 000 五(二)3). Each finding has a list of measures of its own."""

    finding = RadioField(
        _("公安发现的情形"),
        [InputRequired(_("请选择公安发现的情形。"))],
        choices=[one.value for one in Finding],
    )
    outcome = TextAreaField(
        _("处警结果"),
        [
            DataRequired(_("请写明处警结果。")),
            Length(max=2000, message=_("处警结果最多 2000 个字。")),
        ],
        render_kw={"rows": 3, "placeholder": _("孩子现在在哪里、是否安全；公安采取了什么措施")},
    )

    @property
    def found(self) -> Finding:
        """What was found."""
        return Finding(self.finding.data)

    @property
    def ticked(self) -> list[str]:
        """The measures ticked for the chosen finding, as they were sent."""
        return request.form.getlist(f"measures_{self.finding.data}")

    def validate(self, extra_validators: Any = None) -> bool:
        """As the fields ask, and no measure that cannot follow from the finding."""
        if not super().validate(extra_validators):
            return False
        if set(self.ticked) <= {str(one) for one in MEASURES[self.found]}:
            return True
        self.finding.errors = [gettext("所选措施与情形不符，请重新选择。")]
        return False

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures taken, in the papers' order."""
        return tuple(one for one in MEASURES[self.found] if one in self.ticked)


class OfficeOutcomeForm(FlaskForm):  # type: ignore[misc]
    """What the town or street office says it does."""

    outcome = TextAreaField(
        _("办理情况"),
        [
            DataRequired(_("请写明办理情况。")),
            Length(max=2000, message=_("办理情况最多 2000 个字。")),
        ],
        render_kw={"rows": 3, "placeholder": _("谁负责、何时上门、如何安置")},
    )


class SeenForm(FlaskForm):  # type: ignore[misc]
    """Somebody has seen a row of the board."""

    kind = SelectField(choices=[one.value for one in Kind])
    ref = StringField(validators=[InputRequired()])
    mark = StringField(validators=[InputRequired(), Length(max=100)])


def why_unfit(faults: Iterable[Unfit]) -> list[str]:
    """The same in words."""
    return [str(UNFIT[fault]) for fault in faults]
