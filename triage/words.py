"""What every word of triage is called on the screen, in Chinese and (by the catalogue) in English.

Members of different enums may have the same value, and then count as equal, so each enum has a table
of its own. A test holds that no member is missing.
"""

import enum
from collections.abc import Mapping, Sequence

from flask import Flask
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from hotline import config
from hotline.outbox import Channel, MessageStatus
from hotline.phones import Kind
from triage.alerts.board import State
from triage.alerts.models import AlertLog, LogKind
from triage.alerts.policy import Who
from triage.alerts.states import (
    MEASURES,
    AcknowledgedHow,
    AlertStatus,
    Feedback,
    Finding,
    Measure,
    NoticeKind,
    Purpose,
)
from triage.answers import ANSWER_ALARMS, ANSWER_QUESTIONS, GROUND, answered
from triage.callers.models import Answer
from triage.cases.models import NoteKind
from triage.cases.states import CaseEvent, CaseStatus
from triage.conversations.models import CallbackReason, LegKind, Outcome
from triage.conversations.states import CallbackStatus, LegStatus
from triage.exercises.states import ContactTestStatus
from triage.exercises.wording import RESULTS
from triage.intake.models import Disposition, Sex
from triage.intake.states import CallStatus, RecordingStatus, ReportStatus, Situation, Urgency
from triage.mandated.models import Ground, InstitutionKind, Precision
from triage.places.models import AgencyKind, Level
from triage.queue.lookalikes import Reason
from triage.recordings.states import Engine, TranscriptStatus, Voice

Table = Mapping[enum.StrEnum, LazyString]

URGENCY: Table = {
    Urgency.emergency: _("紧急"),
    Urgency.urgent: _("急"),
    Urgency.standard: _("一般"),
    Urgency.consult: _("咨询"),
}
URGENCY_MEANING: Table = {
    Urgency.emergency: _("孩子此刻有生命或安全危险，立即处置"),
    Urgency.urgent: _("情况严重，2 小时内着手"),
    Urgency.standard: _("需要立个案，24 小时内着手"),
    Urgency.consult: _("询问政策或求助建议，7 天内答复"),
}
SITUATION: Table = {
    Situation.living_alone: _("脱离监护单独居住"),
    Situation.missing: _("失踪"),
    Situation.guardian_unable: _("监护人丧失监护能力"),
    Situation.guardian_unwilling: _("监护人不履行监护责任"),
    Situation.domestic_violence: _("疑似遭受家庭暴力"),
    Situation.accident: _("意外伤害"),
    Situation.unlawful_harm: _("不法侵害"),
    Situation.abandoned: _("遗弃"),
    Situation.neglected: _("忽视"),
    Situation.dropped_out: _("因贫辍学"),
    Situation.wandering: _("流浪乞讨"),
    Situation.trafficked: _("拐卖或非法雇佣"),
    Situation.other: _("其他"),
}
SITUATION_GROUPS: tuple[tuple[LazyString, tuple[Situation, ...]], ...] = (
    (
        _("人身安全"),
        (
            Situation.domestic_violence,
            Situation.unlawful_harm,
            Situation.accident,
            Situation.missing,
            Situation.trafficked,
        ),
    ),
    (
        _("监护与照料"),
        (
            Situation.living_alone,
            Situation.guardian_unable,
            Situation.guardian_unwilling,
            Situation.abandoned,
            Situation.neglected,
        ),
    ),
    (_("生活与就学"), (Situation.dropped_out, Situation.wandering)),
    (_("其他情形"), (Situation.other,)),
)

WORDS: dict[type[enum.StrEnum], Table] = {
    Urgency: URGENCY,
    Situation: SITUATION,
    Sex: {Sex.male: _("男"), Sex.female: _("女")},
    Kind: {
        Kind.mobile: _("手机"),
        Kind.landline: _("固定电话"),
        Kind.short_code: _("短号"),
        Kind.foreign: _("境外号码"),
        Kind.sip: _("网络电话"),
        Kind.withheld: _("未显示号码"),
        Kind.odd: _("异常号码"),
    },
    CallStatus: {
        CallStatus.in_progress: _("通话中"),
        CallStatus.completed: _("通话已结束"),
        CallStatus.abandoned: _("来电人提前挂机"),
        CallStatus.failed: _("通话中断"),
    },
    ReportStatus: {
        ReportStatus.incoming: _("正在来电"),
        ReportStatus.waiting: _("待领取"),
        ReportStatus.claimed: _("处理中"),
        ReportStatus.triaged: _("已处理"),
    },
    RecordingStatus: {
        RecordingStatus.announced: _("等待取回"),
        RecordingStatus.fetching: _("正在取回"),
        RecordingStatus.stored: _("已保存"),
        RecordingStatus.absent: _("没有录到声音"),
        RecordingStatus.failed: _("取回失败，系统会继续重试"),
        RecordingStatus.deleting: _("保存期限已到，正在删除"),
        RecordingStatus.deleted: _("已按保存期限删除"),
    },
    TranscriptStatus: {
        TranscriptStatus.pending: _("等待转写"),
        TranscriptStatus.working: _("正在转写"),
        TranscriptStatus.done: _("已转写"),
        TranscriptStatus.failed: _("未能转写"),
    },
    Engine: {Engine.network: _("电话网络"), Engine.local: _("本机")},
    Voice: {Voice.caller: _("来电人"), Voice.line: _("热线")},
    Disposition: {
        Disposition.case_opened: _("已立个案"),
        Disposition.case_linked: _("已关联个案"),
        Disposition.advice_given: _("已当场答复"),
        Disposition.transferred: _("已转其他部门"),
        Disposition.duplicate: _("重复诉求"),
        Disposition.no_content: _("没有内容"),
        Disposition.wrong_number: _("打错电话"),
        Disposition.nuisance: _("骚扰来电"),
        Disposition.enquiry: _("查询进度，已自动答复"),
    },
    CaseStatus: {
        CaseStatus.open: _("新立"),
        CaseStatus.assessing: _("评估中"),
        CaseStatus.helping: _("帮扶中"),
        CaseStatus.monitoring: _("跟踪中"),
        CaseStatus.closed: _("已结案"),
    },
    CaseEvent: {
        CaseEvent.assess: _("开始评估"),
        CaseEvent.help: _("开始帮扶"),
        CaseEvent.monitor: _("转为跟踪"),
        CaseEvent.close: _("结案"),
        CaseEvent.reopen: _("重新打开"),
    },
    NoteKind: {
        NoteKind.note: _("记录"),
        NoteKind.opened: _("立案"),
        NoteKind.linked: _("关联诉求"),
        NoteKind.unlinked: _("解除关联"),
        NoteKind.moved: _("阶段变更"),
        NoteKind.closed: _("结案"),
        NoteKind.reopened: _("重新打开"),
        NoteKind.alert: _("警情推送"),
    },
    AlertStatus: {
        AlertStatus.raised: _("等待签收"),
        AlertStatus.unanswered: _("无人签收"),
        AlertStatus.acknowledged: _("已签收"),
        AlertStatus.resolved: _("已办结"),
        AlertStatus.cancelled: _("已撤回"),
    },
    AcknowledgedHow: {
        AcknowledgedHow.keypress: _("接听后按键签收"),
        AcknowledgedHow.called_in: _("来电报代码签收"),
        AcknowledgedHow.sms: _("短信回复签收"),
        AcknowledgedHow.telephone: _("电话口头确认"),
    },
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
    Purpose: {Purpose.police: _("报公安"), Purpose.office: _("通报街道（镇）")},
    NoticeKind: {
        NoticeKind.alert: _("警情"),
        NoticeKind.update: _("更新"),
        NoticeKind.correction: _("更正"),
        NoticeKind.cancel: _("撤回"),
        NoticeKind.reminder: _("催问反馈"),
        NoticeKind.office: _("情况通报"),
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
    Channel: {
        Channel.sms: _("短信"),
        Channel.call: _("电话"),
        Channel.redirect: _("通话接转"),
        Channel.webhook: _("数据推送"),
    },
    MessageStatus: {
        MessageStatus.pending: _("待发出"),
        MessageStatus.sending: _("正在发出"),
        MessageStatus.sent: _("已发出"),
        MessageStatus.delivered: _("已送达"),
        MessageStatus.undelivered: _("未送达"),
        MessageStatus.failed: _("发送失败"),
    },
    LegKind: {
        LegKind.officer: _("值班员"),
        LegKind.transfer: _("转接的同事"),
        LegKind.police: _("公安"),
        LegKind.callback: _("回拨的值班员"),
        LegKind.caller: _("被回拨的来电人"),
    },
    LegStatus: {
        LegStatus.ringing: _("正在响铃"),
        LegStatus.joined: _("在通话中"),
        LegStatus.left: _("已离开"),
        LegStatus.missed: _("未接听"),
    },
    CallbackReason: {
        CallbackReason.asked: _("来电人要求回拨"),
        CallbackReason.missed: _("等候后无人接听"),
    },
    CallbackStatus: {
        CallbackStatus.open: _("等待回拨"),
        CallbackStatus.done: _("已完成"),
        CallbackStatus.given_up: _("多次未接通"),
    },
    Outcome: {
        Outcome.talked: _("已通话"),
        Outcome.no_answer: _("来电人未接听"),
        Outcome.officer_missed: _("值班员电话未接听"),
        Outcome.settled: _("人工办结"),
    },
    Reason: {
        Reason.same_caller: _("同一来电号码"),
        Reason.same_name: _("孩子姓名相同"),
        Reason.similar_name: _("孩子姓名相近"),
        Reason.same_place: _("同一地点"),
        Reason.similar_address: _("地址相近"),
    },
    Level: {
        Level.district: _("区"),
        Level.street: _("街道（镇）"),
        Level.community: _("社区（村）"),
    },
    InstitutionKind: {
        InstitutionKind.school: _("学校、幼儿园"),
        InstitutionKind.hospital: _("医疗机构"),
        InstitutionKind.street: _("街道、镇"),
        InstitutionKind.committee: _("居（村）委会"),
        InstitutionKind.social_work: _("社会工作服务机构"),
        InstitutionKind.rescue: _("救助管理、救助保护机构"),
        InstitutionKind.welfare: _("福利机构"),
    },
    Ground: GROUND,
    Precision: {
        Precision.minute: _("准确到分"),
        Precision.day: _("当天，时刻不详"),
        Precision.before: _("不晚于这一天"),
    },
    Answer: {
        Answer.wrong: _("编号或查询码不对"),
        Answer.locked: _("错误次数过多，暂停查询"),
        Answer.received: _("已受理"),
        Answer.handling: _("正在处理"),
        Answer.handed_over: _("已转交"),
        Answer.closed: _("已办结"),
    },
    ContactTestStatus: RESULTS,
    AgencyKind: {AgencyKind.police: _("派出所"), AgencyKind.street_office: _("街道办事处")},
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

# What a caller did (`ivr.session.Event`) and where that led (nodes of the flows in `ivr/flows`), for
# the trace of a call. A flow may have nodes of its own: those are shown by the name they have there.
TRACE_EVENTS: Mapping[str, LazyString] = {
    "start": _("来电接入"),
    "next": _("继续"),
    "speech": _("说话"),
    "timeout": _("没有按键"),
    "recorded": _("留言结束"),
    "empty": _("没有录到声音"),
    "answered": _("值班员已接听"),
    "over": _("通话结束"),
    "hangup": _("挂机"),
}
TRACE_NODES: Mapping[str, LazyString] = {
    "greeting": _("问候语"),
    "english": _("英语问候语"),
    "cantonese": _("粤语问候语"),
    "officer": _("等候值班员"),
    "talk": _("与值班员通话"),
    "talked": _("结束语"),
    "danger_talk": _("与值班员通话"),
    "danger_talked": _("结束语"),
    "statement": _("请来电人留言"),
    "closed": _("非服务时间：请来电人留言"),
    "callback_no_number": _("没有可回拨的号码，请其留言"),
    "callback_safe": _("询问回拨是否安全"),
    "callback_noted": _("登记回拨"),
    "callback_not": _("请来电人留言"),
    "danger": _("紧急：等候值班员"),
    "danger_statement": _("紧急：请来电人留言"),
    "quiet_who": _("不便说话：本人是孩子还是大人"),
    "quiet_danger": _("不便说话：现在是否有危险"),
    "quiet_hurt": _("不便说话：是否有人受伤"),
    "quiet_police": _("不便说话：是否要警察来"),
    "quiet_safe": _("不便说话：以后能否回拨"),
    "quiet_room": _("不便说话：保持通话并录音"),
    "quiet_alarmed_room": _("不便说话：保持通话并录音"),
    "quiet_done": _("结束语"),
    "quiet_late": _("紧急：结束语"),
    "mandated_code": _("强制报告：单位编码"),
    "mandated_ground": _("强制报告：报告情形"),
    "mandated_known": _("强制报告：何时知情"),
    "mandated_date": _("强制报告：知情日期"),
    "mandated_place": _("强制报告：辖区编码"),
    "mandated_statement": _("强制报告：请报告人留言"),
    "enquiry_number": _("查询：受理编号"),
    "enquiry_pin": _("查询：查询密码"),
    "enquiry_pin_again": _("查询：再输查询密码"),
    "enquiry_received": _("查询：已收到"),
    "enquiry_handling": _("查询：处理中"),
    "enquiry_handed_over": _("查询：已转办"),
    "enquiry_closed": _("查询：已办结"),
    "text_ask": _("询问是否短信告知编号"),
    "texted": _("短信告知编号"),
    "untexted": _("结束语"),
    "heard": _("结束语"),
    "unheard": _("结束语"),
    "goodbye": _("结束语"),
    "danger_heard": _("结束语"),
    "danger_unheard": _("结束语"),
}


def word(member: enum.StrEnum) -> LazyString:
    """What `member` is called.

    Raises:
        KeyError: its enum, or it, has no word.
    """
    return WORDS[type(member)][member]


def detail(line: AlertLog) -> LazyString | str:
    """What a line of an alert's log says beyond its kind; nothing if that is a channel, which its message
    shows."""
    kind = DETAILS.get(line.kind)
    return word(kind(line.details)) if kind and line.details in set(kind) else ""


def paging(step: int, *, goes_on: bool) -> LazyString:
    """What comes next for an emergency that nobody has claimed, or what has been done if nothing does.

    The last step is the forward by itself: where that is on, nothing follows only once the police have it.
    """
    following, done = PAGES[step]
    if goes_on:
        return following
    is_last = step == len(PAGES) - 1
    return FORWARDED if is_last and config.current().auto_forward_seconds else done


def install(app: Flask) -> None:
    """The words for `app`'s templates: `{{ report.status | word }}`."""
    app.jinja_env.filters["word"] = word
    app.jinja_env.filters["answered"] = answered
    app.jinja_env.filters["detail"] = detail
    app.jinja_env.globals.update(
        URGENCY_MEANING=URGENCY_MEANING,
        SITUATION_GROUPS=SITUATION_GROUPS,
        DISPOSITION_WORDS=WORDS[Disposition],
        CASE_STATUS_WORDS=WORDS[CaseStatus],
        CHANNEL_WORDS=WORDS[Channel],
        WHO_WORDS=WORDS[Who],
        FEEDBACK_WORDS=WORDS[Feedback],
        FINDING_WORDS=WORDS[Finding],
        MEASURES=MEASURES,
        MEASURE_WORDS=WORDS[Measure],
        paging=paging,
        INSTITUTION_KIND_WORDS=WORDS[InstitutionKind],
        GROUND_WORDS=GROUND,
        ANSWER_QUESTIONS=ANSWER_QUESTIONS,
        ANSWER_ALARMS=ANSWER_ALARMS,
        TRACE_EVENTS=TRACE_EVENTS,
        TRACE_NODES=TRACE_NODES,
    )
