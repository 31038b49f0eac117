"""What every word of triage is called on the screen, in Chinese and (by the catalogue) in English.

Members of different enums may have the same value, and then count as equal, so each enum has a table
of its own. A test holds that no member is missing.
"""

import enum
from collections.abc import Mapping

from flask import Flask
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from hotline.outbox import Channel, MessageStatus
from hotline.phones import Kind
from triage.alerts.policy import Who
from triage.alerts.states import MEASURES, Feedback, Finding, Measure
from triage.alerts.words import WORDS as ALERTS
from triage.alerts.words import detail, paging
from triage.alike.score import Reason
from triage.answers import ANSWER_ALARMS, ANSWER_QUESTIONS, GROUND, answered
from triage.callers.models import Answer
from triage.casefile.timeline import Group
from triage.cases.models import NoteKind, PersonRole, Safety
from triage.cases.states import AttachmentStatus, CaseEvent, CaseStatus, MergeStatus, TaskStatus
from triage.conversations.models import CallbackReason, LegKind, Outcome
from triage.conversations.states import CallbackStatus, LegStatus
from triage.exercises.states import ContactTestStatus
from triage.exercises.wording import RESULTS
from triage.intake.models import Disposition, ReporterKind, Sex
from triage.intake.states import CallStatus, RecordingStatus, ReportStatus, Situation, Urgency
from triage.mandated.models import Ground, InstitutionKind, Precision
from triage.places.models import AgencyKind, Level
from triage.queue.words import WORDS as QUEUE
from triage.recordings.states import Engine, TranscriptStatus, Voice
from triage.trace import TRACE_EVENTS, TRACE_NODES

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

CASE_FACTS: Mapping[str, LazyString] = {
    "urgency": _("紧急程度"),
    "situation": _("情形"),
    "child_name": _("孩子姓名"),
    "child_sex": _("性别"),
    "child_age": _("年龄"),
    "child_born": _("出生日期"),
    "child_id_number": _("身份号码"),
    "child_school": _("学校"),
    "place_id": _("所在地"),
    "address": _("详细地址"),
}
"""What a case and its reports may say differently (`triage.cases.facts`)."""

WORDS: dict[type[enum.StrEnum], Table] = {
    Urgency: URGENCY,
    Situation: SITUATION,
    **ALERTS,
    **QUEUE,
    Sex: {Sex.male: _("男"), Sex.female: _("女")},
    ReporterKind: {
        ReporterKind.child: _("孩子本人"),
        ReporterKind.parent: _("父母"),
        ReporterKind.relative: _("亲属"),
        ReporterKind.neighbour: _("邻居、群众"),
        ReporterKind.duty: _("强制报告主体"),
        ReporterKind.other: _("其他"),
        ReporterKind.anonymous: _("匿名"),
    },
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
        NoteKind.split_off: _("诉求分出"),
        NoteKind.merged: _("合并个案"),
        NoteKind.unmerged: _("撤销合并"),
        NoteKind.assigned: _("指派"),
        NoteKind.taken_over: _("采用诉求内容"),
        NoteKind.person: _("登记人员"),
        NoteKind.person_changed: _("更正人员"),
        NoteKind.person_removed: _("移除人员"),
        NoteKind.task: _("布置任务"),
        NoteKind.task_done: _("完成任务"),
        NoteKind.task_reopened: _("任务重新打开"),
        NoteKind.attached: _("添加文件"),
        NoteKind.infected: _("文件被隔离"),
        NoteKind.detached: _("删除文件"),
        NoteKind.confidential: _("设为保密"),
        NoteKind.opened_up: _("解除保密"),
        NoteKind.named: _("列入知情人"),
        NoteKind.unnamed: _("移出知情人"),
        NoteKind.looked_into: _("紧急查阅"),
    },
    Group: {
        Group.notes: _("记录"),
        Group.calls: _("来电"),
        Group.alerts: _("警情"),
        Group.changes: _("变动"),
        Group.tasks: _("任务"),
        Group.people: _("人员"),
        Group.files: _("文件"),
    },
    PersonRole: {
        PersonRole.guardian: _("监护人"),
        PersonRole.relative: _("亲属"),
        PersonRole.neighbour: _("邻居"),
        PersonRole.professional: _("专业人员"),
        PersonRole.suspected: _("涉嫌施害人"),
        PersonRole.other: _("其他人"),
    },
    Safety: {
        Safety.safe: _("可以联系"),
        Safety.unknown: _("是否安全不详"),
        Safety.unsafe: _("不可联系"),
    },
    TaskStatus: {TaskStatus.open: _("待办"), TaskStatus.done: _("已完成")},
    MergeStatus: {MergeStatus.standing: _("已合并"), MergeStatus.undone: _("已撤销")},
    AttachmentStatus: {
        AttachmentStatus.arriving: _("正在保存"),
        AttachmentStatus.unscanned: _("未扫描"),
        AttachmentStatus.clean: _("扫描未见异常"),
        AttachmentStatus.infected: _("已隔离"),
        AttachmentStatus.deleting: _("正在删除"),
        AttachmentStatus.deleted: _("已删除"),
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
        Reason.same_id_number: _("身份证号相同"),
        Reason.different_id_number: _("身份证号不同"),
        Reason.same_name: _("姓名相同"),
        Reason.same_sound: _("姓名同音"),
        Reason.near_sound: _("姓名读音相近"),
        Reason.same_given: _("名字相同，未说姓"),
        Reason.given_sound: _("名字同音，未说姓"),
        Reason.nickname: _("像是小名"),
        Reason.half_name: _("名字只有一个字对上"),
        Reason.other_family: _("名同姓不同"),
        Reason.different_name: _("姓名不同"),
        Reason.common_name: _("这个名字很常见"),
        Reason.same_birth: _("出生日期相同"),
        Reason.age_fits: _("年龄相符"),
        Reason.age_near: _("年龄相差不到一岁"),
        Reason.ages_apart: _("年龄对不上"),
        Reason.different_birth: _("出生日期不同"),
        Reason.same_sex: _("性别相同"),
        Reason.different_sex: _("性别不同"),
        Reason.same_door: _("同一户"),
        Reason.same_building: _("同一栋楼"),
        Reason.same_estate: _("同一小区或村"),
        Reason.different_address: _("住址不同"),
        Reason.same_school: _("同一学校"),
        Reason.different_school: _("学校不同"),
        Reason.same_place: _("同一辖区"),
        Reason.close_in_time: _("相隔不到两周"),
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


def word(member: enum.StrEnum) -> LazyString:
    """What `member` is called.

    Raises:
        KeyError: its enum, or it, has no word.
    """
    return WORDS[type(member)][member]


def install(app: Flask) -> None:
    """The words for `app`'s templates: `{{ report.status | word }}`."""
    app.jinja_env.filters["word"] = word
    app.jinja_env.filters["answered"] = answered
    app.jinja_env.filters["detail"] = detail
    app.jinja_env.globals.update(
        URGENCY_MEANING=URGENCY_MEANING,
        SITUATION_GROUPS=SITUATION_GROUPS,
        DISPOSITION_WORDS=WORDS[Disposition],
        REPORTER_WORDS=WORDS[ReporterKind],
        CASE_STATUS_WORDS=WORDS[CaseStatus],
        CASE_FACTS=CASE_FACTS,
        PERSON_ROLES=list(PersonRole),
        SAFETIES=[Safety.unknown, Safety.safe, Safety.unsafe],
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
