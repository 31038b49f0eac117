"""What a supervisor fills in to start a drill."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from hotline import clock
from triage.exercises.drills import Drill
from triage.intake.states import Situation
from triage.places import queries as places
from triage.places.models import Agency

LONGEST_NOTE = 24
"""Characters, so that the message keeps to two SMS."""
OLDEST_PREVIEW = dt.timedelta(hours=12)
"""As long as a sign-in lasts."""
INCOMPLETE = _("页面不完整，请重新填写。")


class DrillForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Where it is said to happen, what, and who is to answer. `code`, `at` and `text_seen` bring back what
    was shown."""

    agency = SelectField(_("参加演练的单位"), [InputRequired(_("请选择单位。"))], coerce=int)
    situation = SelectField(
        _("情形"), [InputRequired(_("请选择情形。"))], choices=["", *map(str, Situation)]
    )
    place = StringField(
        _("假定地点"),
        [DataRequired(_("请填写假定地点。"))],
        description=_("输入街道或社区名，从列表中选择。"),
        render_kw={"list": "places", "autocomplete": "off"},
    )
    note = StringField(
        _("补充说明"),
        [Length(max=LONGEST_NOTE, message=_("最多 %(max)d 个字。"))],
        description=_("会原样写进短信，可以不填；不要写任何真实的人。"),
        render_kw={"autocomplete": "off"},
    )
    code = HiddenField(validators=[Optional(), Regexp(r"^\d{4}$", message=INCOMPLETE)])
    at = HiddenField()
    text_seen = HiddenField()

    def __init__(
        self, stations: Iterable[Agency], paths: Mapping[int, str], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.agency.choices = [(station.id, station.name) for station in stations]
        self.paths = dict(paths)
        self.place_id = 0

    def validate_place(self, field: StringField) -> None:
        """Finds the place that is meant, and refuses what could be two or none."""
        found = places.named(self.paths, (field.data or "").strip())
        if found is None:
            raise ValidationError(gettext("没有找到唯一的地点，请从列表中选择。"))
        self.place_id = found

    def validate_at(self, field: HiddenField) -> None:
        """It comes back as it was given out."""
        try:
            moment = dt.datetime.fromisoformat(field.data) if field.data else clock.now()
        except ValueError:
            raise ValidationError(gettext("页面不完整，请重新填写。")) from None
        if moment.tzinfo is None or abs(moment - clock.now()) > OLDEST_PREVIEW:
            raise ValidationError(gettext("页面不完整，请重新填写。"))

    def drill(self, code: str) -> Drill:
        """What was filled in, once it is valid; `code` for one that has none yet."""
        return Drill(
            agency_id=self.agency.data,
            situation=Situation(self.situation.data),
            place_id=self.place_id,
            note=(self.note.data or "").strip(),
            code=self.code.data or code,
            at=dt.datetime.fromisoformat(self.at.data) if self.at.data else clock.now(),
        )

    @property
    def seen(self) -> str:
        """The text as it was shown; browsers send line ends in a form of their own."""
        return str(self.text_seen.data).replace("\r\n", "\n")
