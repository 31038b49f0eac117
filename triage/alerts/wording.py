"""What is said to the police and to offices. No child's name, no reporter, no address on the web: an SMS
may be read on an open screen (PIPL art. 28), and mainland carriers bar URLs (network fact).

A text depends on nothing but its facts, so that what was shown is what goes out.
"""

import datetime as dt
import math
from collections.abc import Collection
from dataclasses import dataclass

from hotline import clock, config
from triage.alerts import fitting
from triage.alerts.fitting import CUT, clean, length
from triage.alerts.states import Feedback, Finding, NoticeKind
from triage.alerts.texts import (
    EXERCISE,
    EXERCISE_SPOKEN,
    FEEDBACK_KEYS,
    FOUND,
    HAPPENED,
    SEX,
    SIGNATURE,
    TEMPLATES,
    UNVERIFIED,
    Part,
)
from triage.intake.models import Report, Sex
from triage.intake.states import Situation

MOST_CHARACTERS = 134
"""Two UCS-2 segments of 67 (network fact: 70 alone, 67 each when joined)."""
AGENCY_KEPT = 40
"""Of an agency's name, in what the line's own people are told."""
NOTE_SPOKEN = 40
"""Of a note, what a call says: whoever wants the rest has it in writing, or asks."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a notice may say, typed. Whatever is not here cannot be said."""

    code: str
    place: str
    received_at: dt.datetime
    situation: Situation | None = None
    sex: Sex | None = None
    age: int | None = None
    address: str | None = None
    verified: bool = False
    exercise: bool = False
    note: str = ""
    """What is new, wrong or called off and why, in an officer's words."""
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """The SMS, and the two sentences a call says: the place, and what has happened."""

    text: str
    place: str
    situation: str

    @property
    def characters(self) -> int:
        """Length as the network counts it, in UTF-16 units."""
        return length(self.text)

    @property
    def segments(self) -> int:
        """How many SMS it is charged and sent as."""
        return 1 if self.characters <= 70 else math.ceil(self.characters / 67)


def facts_of(
    report: Report,
    place: str,
    code: str,
    *,
    names: Collection[str],
    verified: bool,
    note: str = "",
) -> Facts:
    """What is known of a report, as far as it may be said: without `names`, the child's; `verified`: an
    officer has judged it."""
    return Facts(
        code=code,
        place=place,
        received_at=report.received_at,
        situation=report.situation,
        sex=report.child_sex,
        age=report.child_age,
        address=fitting.without_names(report.address or "", names),
        verified=verified,
        note=fitting.without_names(note, names),
    )


def compose(kind: NoticeKind, facts: Facts) -> Words:
    """The words of a notice: two segments at most. What is too long is shortened part by part, in the order
    of its template, each cut with a mark; the code, the place's end and the call-back number never are."""
    parts = {
        Part.address: clean(facts.address or ""),
        Part.note: clean(facts.note),
        Part.child: _child(facts),
        Part.place: clean(facts.place) or "地点待核实",
    }
    place, situation = parts[Part.place], _spoken(kind, facts, parts)
    text = _written(kind, facts, parts)
    for part in TEMPLATES[kind].yields:
        over = length(text) - MOST_CHARACTERS
        if over > 0:
            parts[part] = _shortened(part, parts[part], length(parts[part]) - over)
            text = _written(kind, facts, parts)
    return Words(text, place, situation)


def asking(kind: NoticeKind, situation: Situation | None, *, exercise: bool) -> str:
    """The sentence that says what is to be done; in an exercise, that nobody is to be sent."""
    template = TEMPLATES[kind]
    keys = "，".join(f"{key}{word}" for key, word in enumerate(FEEDBACK_KEYS.values(), 1))
    return (template.drill if exercise else template.ask).format(
        asked=HAPPENED[situation].asked, callback=callback(), keys=keys
    )


def callback() -> str:
    """The number the police call back."""
    return config.current().police_number


def _written(kind: NoticeKind, facts: Facts, parts: dict[Part, str]) -> str:
    template = TEMPLATES[kind]
    received = facts.received_at.astimezone(config.current().zone)
    return template.text.format(
        mark=EXERCISE if facts.exercise else "",
        title=template.title,
        code=facts.code,
        place=parts[Part.place],
        what=_what(facts, parts[Part.child]),
        address=_sentence("地址", parts[Part.address]),
        note=_sentence(template.label, parts[Part.note]),
        # With the day: it may be forwarded long after it came, and a text knows nothing of "today".
        received=f"{received.day}日{received:%H:%M}接报",
        verified="值班员已研判" if facts.verified else UNVERIFIED,
        found=FOUND[facts.finding],
        ask=asking(kind, facts.situation, exercise=facts.exercise),
    )


def _spoken(kind: NoticeKind, facts: Facts, parts: dict[Part, str]) -> str:
    template = TEMPLATES[kind]
    note = fitting.head(parts[Part.note], NOTE_SPOKEN)
    return template.spoken.format(
        mark=EXERCISE_SPOKEN if facts.exercise else "",
        what=_what(facts, parts[Part.child]),
        unverified="" if facts.verified else f"，{UNVERIFIED}",
        note=note and f"。{template.label}：{note}",
        found=FOUND[facts.finding],
    )


def _what(facts: Facts, child: str) -> str:
    told = f"（{child}）" if child else ""
    return f"1名儿童{told}{HAPPENED[facts.situation].said}"


def _child(facts: Facts) -> str:
    known = [SEX[facts.sex], f"约{facts.age}岁" if facts.age is not None else ""]
    return "，".join(part for part in known if part)


def _sentence(label: str, words: str) -> str:
    return words and f"{label}：{words}。"


def _shortened(part: Part, words: str, room: int) -> str:
    match part:
        case Part.child:
            return words and CUT
        case Part.place:
            # The lowest level stands at the end. Twenty units are left for it at the least: a test holds it.
            return fitting.tail(words, room)
        case _:
            return words and fitting.head(words, max(room, length(CUT)))


def unclaimed(report_number: str) -> str:
    """SMS to officers and supervisors: an emergency nobody has taken."""
    return f"{SIGNATURE}紧急报告{report_number}无人领取，请立即登录工作台处理。"


def unanswered(alert_number: str, agency: str, *, exercise: bool = False) -> str:
    """SMS to supervisors: every way to the agency was tried and nobody has acknowledged."""
    now = clock.now().astimezone(config.current().zone)
    to = _agency(agency)
    return _ours(f"警情{alert_number}推送{to}后无人签收（{now:%H:%M}）", exercise=exercise)


def unheard(alert_number: str, agency: str, *, exercise: bool = False) -> str:
    """SMS to the line's own: news on an alert has reached nobody of the agency."""
    return _ours(f"警情{alert_number}的更新未能通知到{_agency(agency)}", exercise=exercise)


def no_feedback(alert_number: str, agency: str, *, exercise: bool = False) -> str:
    """SMS to the line's own: the police were asked again and again and have said nothing."""
    return _ours(f"警情{alert_number}（{_agency(agency)}）多次催问仍无反馈", exercise=exercise)


def _ours(what: str, *, exercise: bool) -> str:
    if exercise:
        return f"{EXERCISE}{SIGNATURE}演练{what}。演练，请按流程人工联系并登记。"
    return f"{SIGNATURE}{what}，请立即人工联系并登记。"


def _agency(name: str) -> str:
    return fitting.head(clean(name) or "公安", AGENCY_KEPT)


FEEDBACK: dict[Feedback, str] = {
    Feedback.on_the_way: "已出警，在途",
    Feedback.on_the_spot: "已到现场",
    Feedback.safe: "孩子已安全",
    Feedback.not_found: "未找到孩子",
    Feedback.needs_others: "需要其他部门协助",
}
