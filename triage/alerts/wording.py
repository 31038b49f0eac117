"""What is said to the police and to offices. No child's name, no reporter, no address on the web: an SMS
may be read on an open screen (PIPL art. 28), and mainland carriers bar URLs (network fact).

Chinese only: it is for the police of the place, whatever language the console speaks.
"""

import datetime as dt
import math
from dataclasses import dataclass

from hotline import clock, config
from triage.alerts.states import Feedback, Finding, NoticeKind
from triage.intake.models import Report, Sex
from triage.intake.states import Situation

MOST_CHARACTERS = 134
"""Two UCS-2 segments of 67 (network fact: 70 alone, 67 each when joined)."""

HAPPENED: dict[Situation | None, str] = {
    Situation.living_alone: "独自居住无人照护",
    Situation.missing: "失踪",
    Situation.guardian_unable: "监护人丧失监护能力",
    Situation.guardian_unwilling: "监护人不履行监护责任",
    Situation.domestic_violence: "疑遭家庭暴力",
    Situation.accident: "遭意外伤害",
    Situation.unlawful_harm: "疑遭不法侵害",
    Situation.abandoned: "疑被遗弃",
    Situation.neglected: "疑被忽视照管",
    Situation.dropped_out: "失学且面临危险",
    Situation.wandering: "流浪乞讨",
    Situation.trafficked: "疑被拐卖或非法雇佣",
    Situation.other: "面临危险",
    None: "可能正面临危险",
}
SEX = {Sex.male: "男", Sex.female: "女", None: ""}


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


def length(text: str) -> int:
    """Length in UTF-16 units, as UCS-2 messages are counted."""
    return len(text.encode("utf-16-le")) // 2


def facts_of(report: Report, place: str, code: str, *, verified: bool, note: str = "") -> Facts:
    """What is known of a report, as far as it may be said; `verified`: an officer has judged it."""
    return Facts(
        code=code,
        place=place,
        received_at=report.received_at,
        situation=report.situation,
        sex=report.child_sex,
        age=report.child_age,
        address=report.address,
        verified=verified,
        note=note,
    )


def compose(kind: NoticeKind, facts: Facts) -> Words:
    """The words of a notice.

    Where they would be too long, the address is shortened, with a mark
    that it was; everything else is short by its nature."""
    situation = f"1名儿童{_child(facts)}{HAPPENED[facts.situation]}"
    where = facts.place or "地点待核实"
    received = facts.received_at.astimezone(config.current().zone)
    exercise = "【演练】" if facts.exercise else ""
    title = {
        NoticeKind.update: "警情更新",
        NoticeKind.correction: "警情更正",
        NoticeKind.cancel: "警情撤回",
        NoticeKind.reminder: "请反馈警情",
        NoticeKind.office: "情况通报",
    }.get(kind, "紧急警情")
    before = (
        f"{exercise}【儿童保护热线】{title}，代码{facts.code}。{where}：{situation}。{facts.note}"
    )
    after = (
        f"{received:%H:%M}接报，{'值班员已研判' if facts.verified else '未经核实'}。"
        f"请立即处警，并回电{callback()}报代码签收。"
    )
    room = MOST_CHARACTERS - length(before + after)
    text = before + _address(facts.address, room) + after
    return Words(text, where, situation + ("" if facts.verified else "，未经核实"))


def callback() -> str:
    """The number the police call back."""
    return config.current().caller_id


def _child(facts: Facts) -> str:
    known = [SEX[facts.sex], f"约{facts.age}岁" if facts.age is not None else ""]
    told = "，".join(part for part in known if part)
    return f"（{told}）" if told else ""


def _address(address: str | None, room: int) -> str:
    if not address:
        return ""
    whole = f"地址：{address}。"
    if length(whole) <= room:
        return whole
    kept = address[: max(0, room - length("地址：…。"))]
    while length(f"地址：{kept}…。") > room and kept:
        kept = kept[:-1]
    return f"地址：{kept}…。" if kept else ""


def unclaimed(report_number: str) -> str:
    """SMS to officers and supervisors: an emergency nobody has taken."""
    return f"【儿童保护热线】紧急报告{report_number}无人领取，请立即登录工作台处理。"


def unanswered(alert_number: str, agency: str) -> str:
    """SMS to supervisors: every way to the police was tried and nobody has acknowledged."""
    now = clock.now().astimezone(config.current().zone)
    return (
        f"【儿童保护热线】警情{alert_number}推送{agency or '公安'}后无人签收（{now:%H:%M}），"
        "请立即人工联系并登记。"
    )


def unheard(alert_number: str, agency: str) -> str:
    """SMS to the line's own: news on an alert has reached nobody of the agency."""
    return f"【儿童保护热线】警情{alert_number}的更新未能通知到{agency}，请立即人工联系并登记。"


def no_feedback(alert_number: str, agency: str) -> str:
    """SMS to the line's own: the police were asked again and again and have said nothing."""
    return f"【儿童保护热线】警情{alert_number}（{agency}）多次催问仍无反馈，请人工联系并登记。"


FEEDBACK: dict[Feedback, str] = {
    Feedback.on_the_way: "已出警，在途",
    Feedback.on_the_spot: "已到现场",
    Feedback.safe: "孩子已安全",
    Feedback.not_found: "未找到孩子",
    Feedback.needs_others: "需要其他部门协助",
}
