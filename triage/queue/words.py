"""What the words of working together on the queue are called on the screen."""

import enum
from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from triage.queue.bulk import Kept
from triage.queue.filters import Clock, Reporter
from triage.queue.models import Skill
from triage.queue.states import HandoverStatus

WORDS: dict[type[enum.StrEnum], Mapping[enum.StrEnum, LazyString]] = {
    Clock: {
        Clock.overdue: _("已超时"),
        Clock.soon: _("即将到时"),
        Clock.in_time: _("时限内"),
    },
    Reporter: {
        Reporter.mandated: _("强制报告单位"),
        Reporter.child: _("孩子本人"),
        Reporter.adult: _("其他成年人"),
        Reporter.unknown: _("尚不清楚"),
    },
    Skill: {
        Skill.english: _("英语"),
        Skill.cantonese: _("粤语"),
        Skill.children: _("与孩子沟通"),
        Skill.sexual_harm: _("性侵害"),
        Skill.violence: _("家庭暴力与伤害"),
        Skill.self_harm: _("自伤与危机干预"),
        Skill.guardianship: _("监护问题"),
        Skill.missing: _("失踪与拐卖"),
        Skill.institutions: _("强制报告"),
    },
    HandoverStatus: {
        HandoverStatus.offered: _("等待接手"),
        HandoverStatus.accepted: _("已接手"),
        HandoverStatus.declined: _("没有接手"),
        HandoverStatus.withdrawn: _("已撤回"),
        HandoverStatus.lapsed: _("过时未答复"),
    },
    Kept: {
        Kept.busy: _("同事正在操作"),
        Kept.dealt_with: _("已经处理过"),
        Kept.emergency: _("是紧急诉求"),
        Kept.claimed: _("同事正在处理"),
        Kept.calling: _("来电还没有结束"),
        Kept.silent: _("来电人可能不便说话"),
        Kept.alarm: _("按键回答中有危险、求警或回电要求"),
        Kept.mandated: _("是强制报告"),
        Kept.child: _("来电的是孩子本人"),
        Kept.text: _("有文字内容"),
        Kept.judged: _("已有研判"),
        Kept.not_fetched: _("录音还没有取回"),
        Kept.unheard: _("有您没有听过的录音"),
        Kept.waited: _("来电人等过人工接听或通过话"),
        Kept.known_caller: _("来电人另有紧急诉求或个案"),
        Kept.calls_again: _("同一号码一天内多次来电"),
    },
}
