"""The triage queue: who has a report.

Every act is one statement that both asks and moves, so that of two officers one wins and the other is
told who; the lease gives a report back if its officer has gone.
"""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, config, live, outbox, queues
from hotline.accounts.models import Account
from triage.intake.models import Report
from triage.intake.service import PAGE
from triage.intake.states import REPORT_MOVES, ReportEvent, ReportStatus, Urgency


class AlreadyClaimed(Exception):
    """Somebody else has the report: `name`, until `until` (UTC) unless they go on."""

    def __init__(self, name: str, until: dt.datetime | None) -> None:
        super().__init__(f"claimed by {name}")
        self.name, self.until = name, until


class NotYours(Exception):
    """The report is not claimed by the one who wants to work on it."""


def claim(session: orm.Session, report_id: int, actor: audit.Actor) -> Report:
    """Take a report off the queue to work on it; taking one's own again renews the lease.

    Raises:
        AlreadyClaimed: somebody else has it, or it has been dealt with.
    """
    now = clock.now()
    free = sa.or_(
        Report.status.in_([ReportStatus.incoming, ReportStatus.waiting]),
        sa.and_(
            Report.status == ReportStatus.claimed,
            sa.or_(Report.claimed_by == actor.account_id, Report.lease_until <= now),
        ),
    )
    taken = session.scalar(
        sa.update(Report)
        .where(Report.id == report_id, free)
        .values(
            status=ReportStatus.claimed,
            claimed_by=actor.account_id,
            claimed_at=now,
            lease_until=lease(now),
            next_page_at=None,
        )
        .returning(Report.id)
    )
    if taken is None:
        raise _held_by(session, report_id)
    outbox.withdraw(session, [PAGE], report_id)
    audit.record(session, actor, "claim", "report", report_id)
    live.announce(session, "report", report_id)
    return session.get_one(Report, report_id, populate_existing=True)


def renew(session: orm.Session, report_id: int, actor: audit.Actor) -> None:
    """Keep a claimed report for another lease; called while its officer types.

    Raises:
        NotYours: the lease ran out and the report is no longer theirs.
    """
    kept = session.scalar(
        sa.update(Report)
        .where(Report.id == report_id, Report.claimed_by == actor.account_id)
        .values(lease_until=lease(clock.now()))
        .returning(Report.id)
    )
    if kept is None:
        raise NotYours


def release(session: orm.Session, report_id: int, actor: audit.Actor) -> None:
    """Give a report back to the queue; an emergency calls for somebody else at once.

    Raises:
        NotYours: it is not claimed by `actor`.
    """
    report = mine(session, report_id, actor)
    _give_back(report, ReportEvent.release)
    audit.record(session, actor, "release", "report", report_id)
    live.announce(session, "report", report_id)


def release_overdue() -> int:
    """Give back every report whose officer has let the lease run out, row by row; how many."""
    return queues.row_by_row(_overdue, _release_overdue)


def _overdue(session: orm.Session) -> Sequence[int]:
    return session.scalars(sa.select(Report.id).where(_is_overdue()).limit(100)).all()


def _release_overdue(session: orm.Session, number: int) -> None:
    """Unless the officer is just saving it."""
    found = sa.select(Report).where(Report.id == number, _is_overdue())
    if report := session.scalar(found.with_for_update(skip_locked=True)):
        was = report.claimed_by
        audit.record(session, audit.SWEEPER, "lease_ran_out", "report", number, was=was)
        _give_back(report, ReportEvent.lease_ran_out)
        live.announce(session, "report", number)


def _is_overdue() -> sa.ColumnElement[bool]:
    return sa.and_(Report.status == ReportStatus.claimed, Report.lease_until <= clock.now())


def mine(session: orm.Session, report_id: int, actor: audit.Actor) -> Report:
    """The report, locked, if `actor` has claimed it.

    Raises:
        NotYours: `actor` has not.
    """
    report = session.get_one(Report, report_id, with_for_update=True)
    if report.claimed_by is None or report.claimed_by != actor.account_id:
        raise NotYours
    return report


def _held_by(session: orm.Session, report_id: int) -> AlreadyClaimed:
    holder = sa.func.coalesce(Report.claimed_by, Report.triaged_by)
    row = session.execute(
        sa.select(Account.name, Report.lease_until)
        .join(Account, Account.id == holder)
        .where(Report.id == report_id)
    ).one_or_none()
    return AlreadyClaimed(row.name, row.lease_until) if row else AlreadyClaimed("", None)


def _give_back(report: Report, event: ReportEvent) -> None:
    report.status = REPORT_MOVES.after(report.status, event)
    report.claimed_by = report.claimed_at = report.lease_until = None
    page_again(report)


def page_again(report: Report) -> None:
    """Back on the queue: an emergency calls for somebody from the first step on."""
    report.page_step = 0
    report.next_page_at = clock.now() if report.urgency is Urgency.emergency else None


def lease(now: dt.datetime) -> dt.datetime:
    """Until when a report stays with its officer if they do nothing more."""
    return now + dt.timedelta(seconds=config.current().claim_lease_seconds)
