"""Who may see which case. A confidential case 保密 exists for the people named on it and for nobody else:
not in lists, counts, searches or look-alikes, and under its own address it is a case that is not there.

Whoever shows or lists cases, or reports that belong to one, asks here.
"""

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock
from triage.cases.models import Case, CaseMember, UrgentAccess
from triage.intake.keeping import keep
from triage.intake.models import Report
from triage.intake.states import ReportStatus


def visible(account_id: int) -> sa.ColumnElement[bool]:
    """A condition on rows of `Case`: those this account may see. A case merged into another is seen by
    whoever may see that one."""
    # IN rather than EXISTS: few people are named, and each list is read once for the whole statement.
    case_id = sa.func.coalesce(Case.merged_into, Case.id)
    named = sa.select(CaseMember.case_id).where(CaseMember.account_id == account_id)
    looking = sa.select(UrgentAccess.case_id).where(
        UrgentAccess.account_id == account_id, UrgentAccess.until > clock.now()
    )
    return sa.or_(sa.not_(Case.confidential), case_id.in_(named), case_id.in_(looking))


@keep
def reports_visible(account_id: int) -> sa.ColumnElement[bool]:
    """A condition on rows of `Report`: those of no case, or of a case this account may see."""
    hidden = (
        sa.exists()
        .where(Case.id == Report.case_id, Case.confidential, sa.not_(visible(account_id)))
        .correlate(Report)
    )
    return sa.not_(hidden)


def is_theirs(session: orm.Session, case_id: int, account_id: int) -> bool:
    """Whether the case may become theirs, or anything in it: an urgent look ends, and is no way in for
    longer. So of a confidential case only who is named on it."""
    leads_to = sa.func.coalesce(Case.merged_into, Case.id)
    named = sa.select(CaseMember.case_id).where(CaseMember.account_id == account_id)
    wanted = sa.select(
        sa.exists().where(
            Case.id == case_id, sa.or_(sa.not_(Case.confidential), leads_to.in_(named))
        )
    )
    return session.scalar(wanted) is True


def hides(session: orm.Session, account_id: int, of_report: sa.ColumnElement[bool]) -> bool:
    """Whether the one report that `of_report` means is kept from this account. What is back on the queue
    is the duty's, whatever case it belongs to."""
    kept = sa.select(Report.id).where(
        of_report, Report.status == ReportStatus.triaged, sa.not_(reports_visible(account_id))
    )
    return session.scalar(sa.select(kept.exists())) is True
