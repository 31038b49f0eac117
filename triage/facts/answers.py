"""Answers as they are typed, kept and shown again."""

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from hotline import clock, config
from triage.facts import questions
from triage.facts.questions import Answering, Facts, Question
from triage.intake.models import Report
from triage.intake.states import Situation

LONGEST = 200
MOST = 99


@dataclass(frozen=True, slots=True)
class Shown:
    """A question and its answer, in the language of whoever reads."""

    key: str
    question: str
    answer: str


def fault(question: Question, typed: str) -> str:
    """What is wrong with an answer and what to do about it; empty if nothing is."""
    return str(_fault(question, typed))


def _fault(question: Question, typed: str) -> Any:
    match question.kind:
        case Answering.text:
            return _("最多 %(most)s 个字。", most=LONGEST) if len(typed) > LONGEST else ""
        case Answering.number:
            if number(typed) is not None:
                return ""
            return _("请填 0 到 %(most)s 之间的整数，不清楚请留空。", most=MOST)
        case Answering.moment:
            return _fault_of_moment(typed)
        case _:
            return "" if typed in question.values else _("请从给出的答案中选择。")


def _fault_of_moment(typed: str) -> Any:
    at = moment(typed)
    if at is None:
        return _("请填写日期和时刻，大概也行；不清楚请留空。")
    return _("时间不能晚于现在。") if at > clock.now() else ""


def number(answer: str) -> int | None:
    """A whole number up to `MOST`; None if it is none."""
    return int(answer) if re.fullmatch("[0-9]{1,2}", answer) else None


def moment(answer: str) -> dt.datetime | None:
    """A moment as a browser's field gives it, in the line's zone; None if it is none."""
    try:
        at = dt.datetime.fromisoformat(answer)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=config.current().zone)


def asked(situation: Situation | None, typed: Mapping[str, str]) -> dict[str, str]:
    """Of what was typed, what answers a question that is asked; blanks left out."""
    wanted = questions.load().asked(situation, typed)
    return {key: typed[key].strip() for key in wanted if typed.get(key, "").strip()}


def sealed(facts: Facts) -> str | None:
    """Answers as a report keeps them; None if there are none."""
    return json.dumps(dict(facts), ensure_ascii=False) if facts else None


def of(report: Report) -> dict[str, str]:
    """The answers that a report keeps."""
    kept: dict[str, str] = json.loads(report.facts) if report.facts else {}
    return kept


def shown(report: Report) -> list[Shown]:
    """What was asked and answered, to read; in the order of the form. A question that is no longer asked
    is shown by its key."""
    book, facts = questions.load(), of(report)
    order = {**book.asked(report.situation, facts), **book.questions}
    known = [key for key in order if key in facts]
    return [
        *(_shown(key, book.questions[key], facts[key]) for key in known),
        *(Shown(key, key, facts[key]) for key in facts if key not in book.questions),
    ]


def _shown(key: str, question: Question, answer: str) -> Shown:
    return Shown(key, question.text, _in_words(question, answer))


def _in_words(question: Question, answer: str) -> str:
    match question.kind:
        case Answering.yes_no:
            known = {"yes": _("是"), "no": _("否"), "unknown": _("不清楚")}
            return str(known.get(answer, answer))
        case Answering.choice:
            named = {one.value: one.text for one in question.options}
            return named.get(answer, answer)
        case Answering.moment:
            return answer.replace("T", " ")
        case _:
            return answer
