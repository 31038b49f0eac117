"""Fields of the report's form that no library has: the child's identity, and the answers to the questions
of a situation."""

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import Field, Form, StringField, ValidationError
from wtforms.utils import unset_value

from hotline import clock, config, identity
from hotline.identity import Fault, Identity
from triage.facts import answers, questions
from triage.facts.questions import Question
from triage.intake.states import Situation

PREFIX = "fact-"
"""Before a question's key: the name of its field in the browser."""
OF_AGE = 18
WRONG_NUMBER = {
    Fault.length: lazy_gettext("身份证号应为 18 位，请核对；不清楚请留空。"),
    Fault.old: lazy_gettext(
        "这是 15 位的旧号码，已经停用，也没有校验码。请问 18 位的；问不到就填出生日期。"
    ),
    Fault.characters: lazy_gettext("前 17 位应为数字，最后一位是数字或 X，请核对。"),
    Fault.birth: lazy_gettext("第 7 至 14 位不是真实的出生日期，请核对。"),
    Fault.check: lazy_gettext("校验码不对：可能听错一位或颠倒两位，请再问一遍。"),
}


def today() -> dt.date:
    """The day on the line's clock."""
    return clock.now().astimezone(config.current().zone).date()


def age_of(born: dt.date) -> int:
    """In years, today."""
    now = today()
    return now.year - born.year - ((now.month, now.day) < (born.month, born.day))


def childs_number(typed: str) -> str:
    """The identity number in `typed`; empty if it is none, or that of an adult."""
    try:
        known = identity.parse(typed, today())
    except identity.Refused:
        return ""
    return known.number if age_of(known.born) < OF_AGE else ""


class BornField(StringField):  # type: ignore[misc]  # WTForms has no types
    """A child's date of birth, `YYYY-MM-DD`; `born` once it is found valid."""

    born: dt.date | None = None

    def pre_validate(self, form: Form) -> None:
        """A day that has come, of somebody under age."""
        self.born = None
        if not (typed := (self.data or "").strip()):
            return
        try:
            born = dt.date.fromisoformat(typed)
        except ValueError as fault:
            raise ValidationError(_("出生日期请按年-月-日填写；不清楚请留空。")) from fault
        if born > today():
            raise ValidationError(_("出生日期不能晚于今天。"))
        if age_of(born) >= OF_AGE:
            raise ValidationError(_("按这个日期已满 18 周岁，请核对；热线只受理未成年人的事。"))
        self.born = born


class IdentityField(StringField):  # type: ignore[misc]
    """A child's identity number (GB 11643). What is saved stands there masked, and means: as it is."""

    identity: Identity | None = None

    @property
    def is_kept(self) -> bool:
        """Whether it is what the report has already."""
        return identity.is_masked(self.data or "")

    def pre_validate(self, form: Form) -> None:
        """A valid number of somebody under age."""
        self.identity = None
        typed = (self.data or "").strip()
        if not typed or self.is_kept:
            return
        try:
            known = identity.parse(typed, today())
        except identity.Refused as refused:
            raise ValidationError(WRONG_NUMBER[refused.fault]) from refused
        if age_of(known.born) >= OF_AGE:
            raise ValidationError(_("按这个号码已满 18 周岁，可能是大人的号码，请核对。"))
        self.identity = known


class FactsField(Field):  # type: ignore[misc]
    """The answers to the questions, each in a field of its own in the browser; `faults` by question."""

    data: dict[str, str]
    faults: dict[str, str]

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """What was typed if the form was sent, else what is known."""
        self.faults = {}
        self.process_errors: list[str] = []
        if formdata is None:
            self.data = {} if data is unset_value else dict(data or {})
            return
        names = [name for name in formdata if name.startswith(PREFIX)]
        self.data = {name.removeprefix(PREFIX): formdata[name] for name in names}

    def pre_validate(self, form: Form) -> None:
        """Each answer fits its question."""
        asked = answers.asked(form.chosen_situation, self.data)
        known = questions.load().questions
        found = {key: answers.fault(known[key], answer) for key, answer in asked.items()}
        self.faults = {key: fault for key, fault in found.items() if fault}
        if self.faults:
            raise ValidationError(_("有的回答需要核对。"))

    def label_of(self, key: str) -> str:
        """The question itself."""
        return questions.load().questions[key].text

    def questions(self, situation: Situation | None) -> dict[str, Question]:
        """What the situation asks, after what is answered."""
        return questions.load().of(situation, self.data)

    def aside(self, situation: Situation | None) -> dict[str, str]:
        """Answers to what the situation does not ask: there again if an officer changes it back, and never
        saved with another."""
        asked = questions.load().asked(situation, self.data)
        known = questions.load().questions.keys() - asked.keys()
        return {key: answer for key, answer in self.data.items() if key in known and answer}
