"""The templates of what is said to the police and to offices, one for each kind of notice.

Chinese only: it is for the police of the place, whatever language the console speaks.
"""

import enum
from dataclasses import dataclass

from triage.alerts.states import Feedback, Finding, NoticeKind
from triage.intake.models import Sex
from triage.intake.states import Situation

SIGNATURE = "【儿童保护热线】"
EXERCISE = "【演练】"
UNVERIFIED = "未经核实"
EXERCISE_SPOKEN = "这是演练，请勿出警。"


class Part(enum.StrEnum):
    """What is shortened when a text would be too long; the code, the call-back number, the situation and
    the place's lowest level never are."""

    address = "address"
    note = "note"
    child = "child"
    place = "place"


@dataclass(frozen=True, slots=True)
class Happening:
    """What is said to have happened to a child, and what the police are asked to do at once."""

    said: str
    asked: str = "请立即处警"


@dataclass(frozen=True, slots=True)
class Template:
    """The SMS of one kind of notice and the sentence a call says instead; `ask` ends the SMS, `drill` takes
    its place in an exercise, `label` stands before the note."""

    title: str
    text: str
    spoken: str
    ask: str
    drill: str
    label: str = "补充"
    yields: tuple[Part, ...] = (Part.address, Part.note, Part.child, Part.place)
    """What is shortened first, second …"""


HAPPENED: dict[Situation | None, Happening] = {
    Situation.living_alone: Happening("独自居住无人照护", "请立即上门查看"),
    Situation.missing: Happening("失踪", "请立即查找"),
    Situation.guardian_unable: Happening("监护人丧失监护能力", "请立即上门查看"),
    Situation.guardian_unwilling: Happening("监护人不履行监护责任", "请立即上门查看"),
    Situation.domestic_violence: Happening("疑遭家庭暴力", "请立即出警制止"),
    Situation.accident: Happening("遭意外伤害", "请立即出警救助"),
    Situation.unlawful_harm: Happening("疑遭不法侵害", "请立即出警制止"),
    Situation.abandoned: Happening("疑被遗弃", "请立即到场救助"),
    Situation.neglected: Happening("疑被忽视照管", "请立即上门查看"),
    Situation.dropped_out: Happening("失学且面临危险", "请立即上门查看"),
    Situation.wandering: Happening("流浪乞讨", "请立即到场救助"),
    Situation.trafficked: Happening("疑被拐卖或非法雇佣", "请立即出警解救"),
    Situation.other: Happening("面临危险"),
    None: Happening("可能正面临危险"),
}
SEX = {Sex.male: "男", Sex.female: "女", None: ""}
FOUND: dict[Finding | None, str] = {
    Finding.guardian_absent: "孩子无人照护",
    Finding.guardian_failing: "监护人不能履行监护职责",
    Finding.parents_unreachable: "联系不上父母",
    Finding.missing: "孩子失踪，正在查找",
    Finding.domestic_violence: "存在家庭暴力",
    Finding.other_harm: "孩子遭侵害或意外伤害",
    Finding.unfounded: "未发现孩子遇险",
    None: "已处置",
}
FEEDBACK_KEYS: dict[Feedback, str] = {
    Feedback.on_the_way: "在途",
    Feedback.on_the_spot: "到场",
    Feedback.safe: "安全",
    Feedback.not_found: "未找到",
    Feedback.needs_others: "需协助",
}
"""In the order of the keys on a telephone, from 1."""

_BEFORE = "{mark}" + SIGNATURE + "{title}，代码{code}。"
_POLICE_DRILL = "演练，请勿出警，请按流程回电{callback}报代码签收。"
TEMPLATES: dict[NoticeKind, Template] = {
    NoticeKind.alert: Template(
        title="紧急警情",
        text=_BEFORE + "{place}：{what}。{address}{note}{received}，{verified}。{ask}",
        spoken="{mark}{what}{unverified}{note}",
        ask="{asked}，并回电{callback}报代码签收。",
        drill=_POLICE_DRILL,
        # Whoever drives there needs the address more than the rest.
        yields=(Part.note, Part.address, Part.child, Part.place),
    ),
    NoticeKind.update: Template(
        title="警情更新",
        text=_BEFORE + "{place}：{what}。{note}{address}{received}，{verified}。{ask}",
        spoken="{mark}{what}{unverified}{note}",
        ask="请知悉并按新情况处置，回电{callback}报代码确认。",
        drill=_POLICE_DRILL,
        label="新情况",
    ),
    NoticeKind.correction: Template(
        title="警情更正",
        text=_BEFORE + "{note}{place}：{what}。{address}{received}，{verified}。{ask}",
        spoken="{mark}{what}{unverified}{note}",
        ask="请按更正后的情况处置，回电{callback}报代码确认。",
        drill=_POLICE_DRILL,
        label="更正",
    ),
    NoticeKind.cancel: Template(
        title="警情撤回",
        text=_BEFORE + "{place}：{what}，{received}。{note}{ask}",
        spoken="{mark}请停止处警{note}",
        ask="请停止处警，并回电{callback}报代码确认。",
        drill="演练，请勿出警，请按流程回电{callback}报代码确认。",
        label="原因",
    ),
    NoticeKind.reminder: Template(
        title="请反馈警情",
        text=_BEFORE + "{place}：{what}，{received}。{ask}",
        spoken="{mark}{what}",
        ask="请回电{callback}报代码反馈：{keys}。",
        drill="演练，请勿出警，请按流程回电{callback}报代码反馈：{keys}。",
    ),
    NoticeKind.office: Template(
        title="情况通报",
        text=_BEFORE + "{place}：{what}。{address}公安反馈：{found}。{ask}",
        spoken="{mark}{what}。公安反馈：{found}。请跟进评估和帮扶",
        ask="请跟进评估、帮扶，并回电{callback}报代码签收。",
        drill="演练，请勿上门，请按流程回电{callback}报代码签收。",
    ),
}
