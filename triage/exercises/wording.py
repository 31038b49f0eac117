"""What is said about tests of contacts: in SMS, which are Chinese only like every message to the police, and
on the screen and in its file."""

import enum
from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from hotline import config
from triage.exercises.states import ContactTestStatus as S

RESULTS: Mapping[enum.StrEnum, LazyString] = {
    S.waiting: _("等待测试"),
    S.asked: _("正在联系"),
    S.answered: _("已应答"),
    S.reached: _("短信送达，未确认"),
    S.silent: _("未应答"),
    S.off_duty: _("不在岗，未测试"),
}


def call_back() -> str:
    """To a contact who takes no calls."""
    return (
        "【演练】【儿童保护热线】联系方式测试，没有真实警情。"
        f"收到请回电{config.current().caller_id}，告知单位和姓名。"
    )


def over(counts: Mapping[S, int]) -> str:
    """To the supervisors, when a run is over: how many there were, and how many of them did not answer."""
    told = [
        f"共{sum(counts.values())}个",
        f"{counts.get(S.answered, 0)}个应答",
        f"{counts.get(S.silent, 0)}个未应答",
        f"{counts.get(S.reached, 0)}个短信送达未确认",
        f"{counts.get(S.off_duty, 0)}个不在岗",
    ]
    return f"【演练】【儿童保护热线】联系人测试结束：{'，'.join(told)}。请登录工作台“演练”页核对。"
