"""What pages read: recordings that do not come home, and reports under legal hold."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.accounts.models import Account
from triage.cases.access import reports_visible
from triage.intake.models import Call, Recording, Report
from triage.intake.states import RecordingStatus
from triage.recordings.models import Hold

PAGE = 100


def failing(session: orm.Session, account_id: int) -> list[sa.Row[Any]]:
    """Recordings that could not be brought home so far (`Recording`), each with the `number` of its
    report, the longest failing first; of reports that this account may see."""
    return list(
        session.execute(
            sa.select(Recording, Report.number)
            .join(Call, Call.call_sid == Recording.call_sid)
            .join(Report, Report.call_id == Call.id)
            .where(Recording.status == RecordingStatus.failed, Recording.next_fetch_at.is_not(None))
            .where(reports_visible(account_id))
            .order_by(Recording.announced_at)
            .limit(PAGE)
        )
    )


def holds(session: orm.Session, account_id: int) -> list[sa.Row[Any]]:
    """Every hold that stands (`Hold`), with who placed it (`placed_by`) and its report (`Report`), the
    oldest first; of reports that this account may see."""
    standing = _holds().where(Hold.lifted_at.is_(None), reports_visible(account_id))
    return list(session.execute(standing.order_by(Hold.placed_at, Hold.id)))


def holds_of(session: orm.Session, report_id: int) -> list[sa.Row[Any]]:
    """The holds on one report, lifted ones too (`lifted_by`), the newest first."""
    of_report = _holds().where(Hold.report_id == report_id)
    return list(session.execute(of_report.order_by(Hold.placed_at.desc(), Hold.id.desc())))


def _holds() -> sa.Select[*tuple[Any, ...]]:
    placer, lifter = orm.aliased(Account), orm.aliased(Account)
    return (
        sa.select(Hold, Report, placer.name.label("placed_by"), lifter.name.label("lifted_by"))
        .join(Report, Report.id == Hold.report_id)
        .join(placer, placer.id == Hold.placed_by)
        .join(lifter, lifter.id == Hold.lifted_by, isouter=True)
    )
