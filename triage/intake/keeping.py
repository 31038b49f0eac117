"""Which reports are kept from whom. Rooms above say so, for intake knows of no cases: here they leave their
condition, and whoever lists reports that have left the queue asks for it."""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import orm

from triage.intake.models import Report
from triage.intake.states import ReportStatus

Condition = Callable[[int], sa.ColumnElement[bool]]
NOBODY = 0
"""An account that nobody has: open to it is what is kept from no one."""

_conditions: list[Condition] = []


def keep(condition: Condition) -> Condition:
    """From now on only reports for which this holds are open to an account. Also a decorator."""
    _conditions.append(condition)
    return condition


def open_to(account_id: int) -> sa.ColumnElement[bool]:
    """A condition on rows of `Report`: those that this account may see."""
    return sa.and_(sa.true(), *(condition(account_id) for condition in _conditions))


def at_hand(account_id: int) -> sa.ColumnElement[bool]:
    """The same; and whatever is on the queue is the whole duty's."""
    return sa.or_(Report.status != ReportStatus.triaged, open_to(account_id))


def case_of(session: orm.Session, report: Report, account_id: int) -> int | None:
    """The case of a report, for an account that may know of it. What is back on the queue is the duty's,
    its case need not be."""
    theirs = sa.select(Report.case_id).where(Report.id == report.id, open_to(account_id))
    return session.scalar(theirs) if report.case_id else None
