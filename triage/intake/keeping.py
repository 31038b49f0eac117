"""Which reports are kept from whom. Rooms above say so, for intake knows of no cases: here they leave their
condition, and whoever lists reports that have left the queue asks for it."""

from collections.abc import Callable

import sqlalchemy as sa

from triage.intake.models import Report
from triage.intake.states import ReportStatus

Condition = Callable[[int], sa.ColumnElement[bool]]

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
