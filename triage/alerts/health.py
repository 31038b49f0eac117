"""Does every alert go on? For those who watch over the line."""

import datetime as dt

import sqlalchemy as sa
from flask_babel import lazy_gettext as _
from sqlalchemy import orm

from hotline import clock
from hotline.checkup import Part
from triage.alerts import policy
from triage.alerts.models import Alert, Notice

OVERDUE = dt.timedelta(seconds=15)
"""A step is taken within a second or two of its time; after so long nobody is taking it."""


def overdue_steps(session: orm.Session) -> int:
    """How many alerts, and news of alerts, have a step whose time passed more than `OVERDUE` ago."""
    late = clock.now() - OVERDUE
    return sum(
        session.scalars(sa.select(sa.func.count()).where(model.next_step_at < late)).one()
        for model in (Alert, Notice)
    )


def _steps(session: orm.Session) -> str:
    count = overdue_steps(session)
    return f"{count} steps are overdue" if count else ""


def _policy() -> str:
    try:
        policy.load()
    except policy.UNUSABLE as fault:
        return f"ALERT_POLICY cannot be used ({type(fault).__name__}): the line's own is followed"
    return ""


PART = Part(
    name="alert_steps",
    words=_("警情升级延误"),
    advice=_("有警情到时没有升级：请打开警情推送页，没有签收的打电话给派出所。"),
    fatal=True,
    grace=5,
    ask=_steps,
)
POLICY = Part(
    name="alert_policy",
    words=_("推送规则文件无法使用"),
    advice=_("警情暂按系统自带规则推送：请技术人员检查推送规则文件。"),
    fatal=False,
    grace=5,
    look=_policy,
)
