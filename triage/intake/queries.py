"""What pages read of a report: itself, its call, its trace and its recordings."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock
from hotline.accounts.models import Account
from triage.intake.models import Call, CallAnswer, CallerFlag, CallStep, Recording, Report
from triage.intake.states import RecordingStatus, ReportStatus

SILENT_QUESTIONS = ("who", "danger", "hurt", "police")
"""Whoever answered one of these by key cannot speak 不便说话."""
IS_SILENT = sa.or_(
    sa.exists().where(
        CallAnswer.call_id == Report.call_id, CallAnswer.question.in_(SILENT_QUESTIONS)
    ),
    sa.exists().where(
        CallStep.call_id == Report.call_id, CallStep.node.startswith("quiet_", autoescape=True)
    ),
)
"""Whether the caller chose the quiet way, also if they then answered nothing."""


def is_flagged() -> sa.ColumnElement[bool]:
    """Whether the caller of a report has a running nuisance flag."""
    return sa.exists().where(
        CallerFlag.caller_index == Report.caller_index,
        CallerFlag.lifted_at.is_(None),
        CallerFlag.expires_at > clock.now(),
    )


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report with its call, and the names of those who have had to do with it."""

    report: Report
    call: Call | None
    claimed_by: str | None
    answered_by: str | None
    triaged_by: str | None
    flagged: bool

    def is_held_by(self, account_id: int) -> bool:
        """Whether this officer may work on it now."""
        return (
            self.report.status is ReportStatus.claimed
            and self.report.claimed_by == account_id
            and self.report.lease_until is not None
            and self.report.lease_until > clock.now()
        )


def sheet(session: orm.Session, number: str) -> Sheet | None:
    """The report with this receipt number; None if there is none."""
    claimer, answerer, triager = (orm.aliased(Account) for _ in range(3))
    row = session.execute(
        sa.select(Report, Call, claimer.name, answerer.name, triager.name, is_flagged())
        .join(Call, Call.id == Report.call_id, isouter=True)
        .join(claimer, claimer.id == Report.claimed_by, isouter=True)
        .join(answerer, answerer.id == Call.answered_by, isouter=True)
        .join(triager, triager.id == Report.triaged_by, isouter=True)
        .where(Report.number == number)
    ).one_or_none()
    return Sheet(*row) if row else None


def report_id(session: orm.Session, number: str) -> int | None:
    """The row of a receipt number; None if nobody was ever given it."""
    return session.scalar(sa.select(Report.id).where(Report.number == number))


def trace(session: orm.Session, call: Call | None) -> list[CallStep]:
    """The way a caller took through the call."""
    if call is None:
        return []
    steps = sa.select(CallStep).where(CallStep.call_id == call.id).order_by(CallStep.step)
    return list(session.scalars(steps))


def answers(session: orm.Session, call: Call | None) -> dict[str, str]:
    """What the caller answered by key: question to value, in the order in which they answered."""
    if call is None:
        return {}
    given = sa.select(CallAnswer.question, CallAnswer.value).where(CallAnswer.call_id == call.id)
    rows = session.execute(given.order_by(CallAnswer.at, CallAnswer.question))
    return {row.question: row.value for row in rows}


def recordings(session: orm.Session, call: Call | None) -> list[Recording]:
    """The recordings of a call, the oldest first."""
    if call is None:
        return []
    of_call = sa.select(Recording).where(Recording.call_sid == call.call_sid)
    return list(session.scalars(of_call.order_by(Recording.announced_at, Recording.id)))


def stored_recording(session: orm.Session, recording_id: int) -> Recording | None:
    """A recording that can be heard; None if there is none, or it is not here yet."""
    return session.scalar(
        sa.select(Recording).where(
            Recording.id == recording_id, Recording.status == RecordingStatus.stored
        )
    )
