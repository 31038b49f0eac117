"""What is filled in about contacts and shifts."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from pydantic import ValidationError as NoHours
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    SelectField,
    StringField,
    TimeField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length

from hotline import clock, config, phones
from hotline.accounts.models import Account
from triage.places import contacts
from triage.places.contacts import Entry
from triage.places.models import ALL_DAY, Contact, hours

FARTHEST = dt.timedelta(days=3660)
"""No roster is made or looked up beyond, and no absence: the calendar itself ends somewhere."""
_SAME = str.maketrans(
    {"，": ",", "、": ",", "；": ",", "：": ":", "～": "-", "—": "-", "－": "-", "至": "-"}
)
"""What people type for what is meant."""
_SHORT_HOUR = re.compile(r"(?<!\d)(\d):")


def tidy_hours(written: str | None) -> str:
    """Hours as people write them (8：30－12：00，14:00-18:00) in the form in which they are kept."""
    plain = re.sub(r"\s+", "", (written or "").translate(_SAME))
    return _SHORT_HOUR.sub(r"0\1:", plain).strip(",")


class ContactForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A desk or person at an agency. `seen` brings back which state of the contact was shown."""

    name = StringField(
        _("岗位和姓名"),
        [DataRequired(_("请填写岗位和姓名。")), Length(max=40, message=_("最多 40 个字。"))],
        description=_("例如：值班民警 王建国"),
        render_kw={"autocomplete": "off"},
    )
    number = StringField(
        _("电话号码"),
        [DataRequired(_("请填写电话号码。"))],
        description=_("手机或带区号的固定电话。固定电话收不到短信，只用来打电话。"),
        render_kw={"autocomplete": "off", "inputmode": "tel"},
    )
    takes_calls = BooleanField(_("打电话"), default=True)
    takes_sms = BooleanField(_("发短信"), default=True)
    workdays = StringField(
        _("工作日在岗时间"),
        default=ALL_DAY,
        description=_(
            "例如 08:30-12:00,14:00-18:00；跨夜写成 00:00-08:00,18:00-24:00；不在岗留空。"
        ),
        render_kw={"autocomplete": "off"},
    )
    weekends = StringField(
        _("休息日和节假日在岗时间"), default=ALL_DAY, render_kw={"autocomplete": "off"}
    )
    substitute = SelectField(
        _("替班人"),
        coerce=int,
        description=_("不在岗或休假时改联系此人；没有替班人时直接联系下一位。"),
    )
    seen = HiddenField()

    def __init__(self, others: Iterable[tuple[Contact, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(other.id, f"{agency} {other.name}") for other, agency in others]
        self.substitute.choices = [(0, gettext("没有")), *named]

    def validate_number(self, field: StringField) -> None:
        """It is one that can be rung."""
        if not phones.normalise(field.data).can_be_called:
            raise ValidationError(gettext("这不是可以拨打的号码。"))

    def validate_takes_calls(self, field: BooleanField) -> None:
        """At least one way leads to them."""
        if not field.data and not (self.takes_sms.data and self.can_take_sms):
            raise ValidationError(gettext("电话和短信至少要有一种；固定电话只能打电话。"))

    def validate_workdays(self, field: StringField) -> None:
        """It can be read as hours."""
        _check_hours(field)

    def validate_weekends(self, field: StringField) -> None:
        """The same; and there is some time at which they can be reached."""
        _check_hours(field)
        if not tidy_hours(field.data) and not tidy_hours(self.workdays.data):
            raise ValidationError(
                gettext("工作日和休息日不能都留空：长期不在岗请登记休假，不再使用请移除。")
            )

    @property
    def can_take_sms(self) -> bool:
        """Whether SMS to the number that was filled in can arrive."""
        return contacts.can_take_sms(self.number.data or "")

    @property
    def entry(self) -> Entry:
        """What was filled in, once it is valid."""
        return Entry(
            name=self.name.data.strip(),
            number=phones.normalise(self.number.data).text,
            takes_sms=self.takes_sms.data and self.can_take_sms,
            takes_calls=self.takes_calls.data,
            workdays=tidy_hours(self.workdays.data),
            weekends=tidy_hours(self.weekends.data),
            substitute_id=self.substitute.data or None,
        )


def _check_day(form: FlaskForm, field: DateField) -> None:
    """No year was mistyped."""
    if field.data and abs(field.data - clock.now().date()) > FARTHEST:
        raise ValidationError(gettext("日期太远，请核对年份。"))


def _check_hours(field: StringField) -> None:
    try:
        hours(tidy_hours(field.data), "")
    except NoHours:
        raise ValidationError(
            gettext(
                "请按 08:30-12:00,14:00-18:00 的格式填写：从早到晚，不重叠，一天到 24:00 为止。"
            )
        ) from None


class AbsenceForm(FlaskForm):  # type: ignore[misc]
    """Days on which a contact is away."""

    first = DateField(_("第一天"), [InputRequired(_("请选择日期。")), _check_day])
    last = DateField(_("最后一天"), [InputRequired(_("请选择日期。")), _check_day])

    def validate_last(self, field: DateField) -> None:
        """Not before the first."""
        if field.data and self.first.data and field.data < self.first.data:
            raise ValidationError(gettext("最后一天不能早于第一天。"))


class ShiftForm(FlaskForm):  # type: ignore[misc]
    """Somebody's time on duty; one that ends at or before its beginning ends the day after."""

    account = SelectField(_("人员"), [InputRequired(_("请选择人员。"))], coerce=int)
    day = DateField(_("日期"), [InputRequired(_("请选择日期。")), _check_day])
    begins = TimeField(_("开始"), [InputRequired(_("请填写时间。"))], default=dt.time(8))
    ends = TimeField(
        _("结束"),
        [InputRequired(_("请填写时间。"))],
        default=dt.time(20),
        description=_("不晚于开始时间的，算到第二天。"),
    )

    def __init__(self, people: Iterable[Account], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account.choices = [(person.id, person.name) for person in people]

    @property
    def starts_at(self) -> dt.datetime:
        """The first moment of it."""
        return dt.datetime.combine(self.day.data, self.begins.data, config.current().zone)

    @property
    def ends_at(self) -> dt.datetime:
        """The first moment that no longer belongs to it."""
        over_night = self.ends.data <= self.begins.data
        day = self.day.data + dt.timedelta(days=1 if over_night else 0)
        return dt.datetime.combine(day, self.ends.data, config.current().zone)
