"""The triage queue: who has a report, what they judged, and what became of it.

Every act is one statement that both asks and moves, so that of two officers one wins and the other is
told who; the lease gives a report back if its officer has gone.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import audit, clock, config, live, outbox, queues
from hotline.accounts.models import Account
from triage import names
from triage.intake.models import Disposition, Draft, Report, Sex
from triage.intake.service import PAGE
from triage.intake.states import (
    FIRST_ACTION_DUE,
    REPORT_MOVES,
    ReportEvent,
    ReportStatus,
    Situation,
    Urgency,
)


class AlreadyClaimed(Exception):
    """Somebody else has the report: `name`, until `until` (UTC) unless they go on."""

    def __init__(self, name: str, until: dt.datetime | None) -> None:
        super().__init__(f"claimed by {name}")
        self.name, self.until = name, until


class NotYours(Exception):
    """The report is not claimed by the one who wants to work on it."""


@dataclass(frozen=True, slots=True)
class Classification:
    """An officer's judgement. Ages in years; texts as typed, empty for not known."""

    urgency: Urgency
    situation: Situation | None
    """None where there was no time to say; no case can be opened without."""
    child_name: str = ""
    child_age: int | None = None
    child_sex: Sex | None = None
    place_id: int | None = None
    address: str = ""
    summary: str = ""


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
            lease_until=_lease(now),
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
        .values(lease_until=_lease(clock.now()))
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


def classify(
    session: orm.Session, report_id: int, actor: audit.Actor, judged: Classification
) -> Report:
    """Write down the officer's judgement. The clock to the first action runs from receipt, whatever
    the urgency was before.

    Raises:
        NotYours: the report is not claimed by `actor`.
    """
    report = mine(session, report_id, actor)
    report.urgency = judged.urgency
    report.situation = judged.situation
    report.due_at = report.received_at + FIRST_ACTION_DUE[judged.urgency]
    report.child_name = judged.child_name or None
    report.child_age = judged.child_age
    report.child_sex = judged.child_sex
    report.child_tokens = names.tokens(judged.child_name)
    report.place_id = judged.place_id
    report.address = judged.address or None
    report.summary = judged.summary or None
    report.lease_until = _lease(clock.now())
    _drop_drafts(session, report_id, actor)
    audit.record(
        session,
        actor,
        "classify",
        "report",
        report_id,
        urgency=judged.urgency,
        situation=judged.situation,
        place=judged.place_id,
    )
    live.announce(session, "report", report_id)
    session.flush()
    return report


def dispose(
    session: orm.Session,
    report_id: int,
    actor: audit.Actor,
    disposition: Disposition,
    reason: str = "",
) -> Report:
    """Say what became of a report; it leaves the queue.

    Raises:
        NotYours: the report is not claimed by `actor`.
    """
    report = mine(session, report_id, actor)
    report.status = REPORT_MOVES.after(report.status, ReportEvent.dispose)
    report.disposition = disposition
    report.disposition_reason = reason or None
    report.triaged_by, report.triaged_at = actor.account_id, clock.now()
    report.claimed_by = report.claimed_at = report.lease_until = report.next_page_at = None
    _drop_drafts(session, report_id, actor)
    audit.record(session, actor, "dispose", "report", report_id, disposition=disposition)
    live.announce(session, "report", report_id)
    return report


def reopen(session: orm.Session, report_id: int, actor: audit.Actor, reason: str) -> Report:
    """Put a report that had been dealt with back on the queue. Its case, if any, stays linked.

    Raises:
        IllegalTransition: it is on the queue already.
    """
    report = session.get_one(Report, report_id, with_for_update=True)
    report.status = REPORT_MOVES.after(report.status, ReportEvent.reopen)
    report.disposition = report.disposition_reason = None
    report.triaged_by = report.triaged_at = None
    _page_again(report)
    audit.record(session, actor, "reopen", "report", report_id, reason=reason)
    live.announce(session, "report", report_id)
    return report


def keep_draft(
    session: orm.Session, report_id: int, account_id: int, body: dict[str, Any]
) -> dt.datetime:
    """Keep what has been typed so far; when it was kept (UTC)."""
    now = clock.now()
    values = {"body": json.dumps(body, ensure_ascii=False), "at": now}
    session.execute(
        postgresql.insert(Draft)
        .values(report_id=report_id, account_id=account_id, **values)
        .on_conflict_do_update(index_elements=["report_id", "account_id"], set_=values)
    )
    return now


def draft(
    session: orm.Session, report_id: int, account_id: int
) -> tuple[dict[str, Any], dt.datetime] | None:
    """What this officer had typed and not saved, and when (UTC)."""
    kept = session.get(Draft, (report_id, account_id))
    return (json.loads(kept.body), kept.at) if kept else None


def discard_draft(session: orm.Session, report_id: int, account_id: int) -> None:
    """Throw away what this officer had typed and not saved."""
    session.execute(
        sa.delete(Draft).where(Draft.report_id == report_id, Draft.account_id == account_id)
    )


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
    _page_again(report)


def _page_again(report: Report) -> None:
    report.page_step = 0
    report.next_page_at = clock.now() if report.urgency is Urgency.emergency else None


def _drop_drafts(session: orm.Session, report_id: int, actor: audit.Actor) -> None:
    assert actor.account_id is not None
    discard_draft(session, report_id, actor.account_id)


def _lease(now: dt.datetime) -> dt.datetime:
    return now + dt.timedelta(seconds=config.current().claim_lease_seconds)
