"""What the words of alerts are called on the screen; `triage.words` puts them with all others."""

import enum
from collections.abc import Mapping, Sequence

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from hotline import config
from triage.alerts.board import State
from triage.alerts.models import AlertLog, LogKind
from triage.alerts.policy import Who
from triage.alerts.states import (
    AcknowledgedHow,
    AlertStatus,
    Feedback,
    Finding,
    Measure,
    NoticeKind,
    Purpose,
)

WORDS: Mapping[type[enum.StrEnum], Mapping[enum.StrEnum, LazyString]] = {
    Purpose: {Purpose.police: _("报公安"), Purpose.office: _("通报街道（镇）")},
    State: {
        State.unclaimed: _("无人领取"),
        State.raised: _("等待签收"),
        State.unanswered: _("无人签收"),
        State.unheard: _("新情况尚未听取"),
        State.untold: _("新情况未能告知"),
        State.expected: _("等待反馈"),
        State.needs_others: _("需要其他部门"),
        State.silent: _("催问无反馈"),
    },
    AlertStatus: {
        AlertStatus.raised: _("等待签收"),
        AlertStatus.unanswered: _("无人签收"),
        AlertStatus.acknowledged: _("已签收"),
        AlertStatus.resolved: _("已办结"),
        AlertStatus.cancelled: _("已撤回"),
    },
    NoticeKind: {
        NoticeKind.alert: _("警情"),
        NoticeKind.update: _("更新"),
        NoticeKind.correction: _("更正"),
        NoticeKind.cancel: _("撤回"),
        NoticeKind.reminder: _("催问反馈"),
        NoticeKind.office: _("情况通报"),
    },
    AcknowledgedHow: {
        AcknowledgedHow.keypress: _("接听后按键签收"),
        AcknowledgedHow.called_in: _("来电报代码签收"),
        AcknowledgedHow.sms: _("短信回复签收"),
        AcknowledgedHow.telephone: _("电话口头确认"),
    },
    Feedback: {
        Feedback.on_the_way: _("已出警，在途"),
        Feedback.on_the_spot: _("已到现场"),
        Feedback.safe: _("孩子已安全"),
        Feedback.not_found: _("未找到孩子"),
        Feedback.needs_others: _("需要其他部门协助"),
    },
    Finding: {
        Finding.guardian_absent: _("未满 16 周岁独自居住，或年幼儿童无人看护"),
        Finding.guardian_failing: _("监护人不能或不履行监护职责"),
        Finding.parents_unreachable: _("联系不上父母"),
        Finding.missing: _("孩子失踪"),
        Finding.domestic_violence: _("家庭暴力"),
        Finding.other_harm: _("其他不法侵害或意外伤害"),
        Finding.unfounded: _("未发现孩子处于危险"),
    },
    Measure: {
        Measure.admonished: _("对监护人训诫"),
        Measure.ordered_to_mend: _("责令监护人改正"),
        Measure.entrusted: _("落实委托监护"),
        Measure.temporary_care: _("由救助保护机构临时监护照料"),
        Measure.to_relatives: _("护送至亲属处"),
        Measure.to_committee: _("护送至居（村）委会"),
        Measure.to_rescue: _("护送至救助保护机构"),
        Measure.to_welfare_home: _("护送至福利机构"),
        Measure.parents_told: _("通知父母返回或委托监护人"),
        Measure.rapid_search: _("启动失踪儿童快速查找"),
        Measure.violence_stopped: _("依法制止家庭暴力"),
        Measure.to_shelter: _("护送至庇护场所"),
        Measure.harm_stopped: _("制止侵害"),
        Measure.child_protected: _("已将孩子保护起来"),
        Measure.evidence_secured: _("固定证据"),
        Measure.medical_care: _("送医救治"),
        Measure.injury_certified: _("伤情鉴定"),
    },
    LogKind: {
        LogKind.raised: _("推送警情"),
        LogKind.step: _("联系"),
        LogKind.skipped: _("跳过"),
        LogKind.unanswered: _("所有联系人均未签收"),
        LogKind.alarm: _("提醒本热线带班领导"),
        LogKind.acknowledged: _("签收确认"),
        LogKind.acknowledged_again: _("再次确认"),
        LogKind.heard: _("带班领导已知悉"),
        LogKind.news: _("告知新情况"),
        LogKind.news_heard: _("已听取"),
        LogKind.feedback: _("公安反馈"),
        LogKind.feedback_asked: _("催问反馈"),
        LogKind.feedback_missing: _("多次催问没有反馈"),
        LogKind.office_told: _("通报街道（镇）"),
        LogKind.resolved: _("办结"),
        LogKind.cancelled: _("撤回"),
    },
    Who: {
        Who.acknowledger: _("签收人"),
        Who.first: _("第一联系人"),
        Who.second: _("第二联系人"),
        Who.third: _("第三联系人"),
        Who.superior: _("上级单位"),
        Who.officers: _("本热线值班员"),
        Who.supervisors: _("本热线带班领导"),
    },
}

DETAILS: Mapping[LogKind, type[enum.StrEnum]] = {
    LogKind.acknowledged: AcknowledgedHow,
    LogKind.acknowledged_again: AcknowledgedHow,
    LogKind.news: NoticeKind,
    LogKind.news_heard: AcknowledgedHow,
    LogKind.feedback: Feedback,
}
"""Of which enum the details of a line of an alert's log are."""

PAGES: Sequence[tuple[LazyString, LazyString]] = (
    (_("呼叫值班员"), _("尚未呼叫")),
    (_("呼叫带班领导"), _("已呼叫值班员")),
    (_("自动推送公安（未核实）"), _("已呼叫值班员和带班领导")),
)
"""By the steps of `triage.alerts.paging`: what comes next, and what has been done before it."""
FORWARDED = _("已推送公安")


def detail(line: AlertLog) -> LazyString | str:
    """What a line of an alert's log says beyond its kind; nothing if that is a channel, which its message
    shows."""
    kind = DETAILS.get(line.kind)
    return WORDS[kind][kind(line.details)] if kind and line.details in set(kind) else ""


def paging(step: int, *, goes_on: bool) -> LazyString:
    """What comes next for an emergency that nobody has claimed, or what has been done if nothing does.

    The last step is the forward by itself: where that is on, nothing follows only once the police have it.
    """
    following, done = PAGES[step]
    if goes_on:
        return following
    is_last = step == len(PAGES) - 1
    return FORWARDED if is_last and config.current().auto_forward_seconds else done
