"""What callers answer by key, in words: for the report's page, while the call goes on and after it."""

import enum
from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from triage.mandated.models import Ground
from triage.mandated.queries import GROUND_KEYS

GROUND: Mapping[enum.StrEnum, LazyString] = {
    Ground.private_parts: _("隐私部位受伤"),
    Ground.girl_under_14: _("不满十四岁女孩疑遭性侵、怀孕或流产"),
    Ground.girl_from_14: _("十四岁以上女孩因性侵怀孕或流产"),
    Ground.injured: _("多处受伤、严重营养不良、意识不清，疑遭暴力、欺凌、虐待或被下药"),
    Ground.unnatural: _("因自杀、自残、工伤、中毒等非正常原因伤残或死亡"),
    Ground.abandoned: _("被遗弃或长期无人照料"),
    Ground.unknown_origin: _("来历不明、失踪或疑被拐卖"),
    Ground.begging: _("被组织乞讨"),
    Ground.other: _("其他严重侵害，或正面临不法侵害的危险"),
}
"""The nine grounds of the ministries' opinion, in our own words and in the order of the keys."""

# What the flows ask and what a key means as an answer. A flow may ask more: that is shown by the name it
# has there.
ANSWER_QUESTIONS: Mapping[str, LazyString] = {
    "who": _("来电人"),
    "danger": _("现在有危险"),
    "hurt": _("有人受伤"),
    "police": _("需要警察"),
    "safe_to_call": _("回电是否安全"),
    "callback": _("要求回电"),
    "institution": _("单位编码"),
    "ground": _("报告事由"),
    "known": _("何时知悉"),
    "known_on": _("知悉日期"),
    "place_code": _("地点代码"),
    "enquiry_number": _("查询的编号"),
    "alert_code": _("警情编码"),
    "police_alert": _("公安来电所问警情"),
    "police_contact": _("来电联系人序号"),
    "police_agency": _("凭密码来电的单位序号"),
    "text_receipt": _("短信回执"),
    "language": _("语言"),
}
_YES_NO = {"yes": _("是"), "no": _("否")}
ANSWER_WORDS: Mapping[str, Mapping[str, LazyString]] = {
    "who": {"child": _("孩子本人"), "adult": _("成年人")},
    "danger": _YES_NO,
    "hurt": _YES_NO,
    "police": _YES_NO,
    "safe_to_call": {"yes": _("安全"), "no": _("不安全，请勿回电或发短信")},
    "callback": _YES_NO,
    "ground": {key: GROUND[ground] for key, ground in GROUND_KEYS.items()},
    "known": {
        "now": _("刚刚"),
        "today": _("今天"),
        "yesterday": _("昨天"),
        "earlier": _("更早"),
    },
    "text_receipt": {"yes": _("要"), "no": _("不要")},
    "language": {"zh": _("普通话"), "en": _("英语"), "yue": _("粤语")},
}
ANSWER_ALARMS = frozenset(
    {("danger", "yes"), ("hurt", "yes"), ("police", "yes"), ("safe_to_call", "no")}
)
"""Answers that nobody may overlook."""


def answered(value: str, question: str) -> LazyString | str:
    """What a caller's answer means; digits as they were pressed."""
    return ANSWER_WORDS.get(question, {}).get(value, value)
