"""What the same caller has reported before, and what became of it."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.accounts.models import Account
from triage.cases import access
from triage.cases.models import Case
from triage.intake.models import CallAnswer, Report

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Earlier:
    """How many, the last of them, and whether this caller has ever said that calling back is unsafe."""

    count: int
    rows: list[sa.Row[Any]]
    unsafe: bool


def of(session: orm.Session, report: Report, account_id: int) -> Earlier:
    """The other reports of a report's caller, as far as this account may see them: each (`Report`) with
    its `officer` and the status of its case (`case_status`)."""
    if report.caller_index is None:
        return Earlier(0, [], unsafe=False)
    same = Report.caller_index == report.caller_index
    others = sa.and_(same, Report.id != report.id, access.reports_visible(account_id))
    count = session.scalar(sa.select(sa.func.count()).select_from(Report).where(others)) or 0
    rows = session.execute(_rows().where(others).order_by(Report.received_at.desc()).limit(SHOWN))
    return Earlier(count, list(rows), unsafe=_said_unsafe(session, same))


def _rows() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(Report, Account.name.label("officer"), Case.status.label("case_status"))
        .join(
            Account,
            Account.id == sa.func.coalesce(Report.triaged_by, Report.claimed_by),
            isouter=True,
        )
        .join(Case, Case.id == Report.case_id, isouter=True)
    )


def _said_unsafe(session: orm.Session, same: sa.ColumnElement[bool]) -> bool:
    # Of every report, also those that are hidden: a warning tells nothing about a child, and its want might.
    said = sa.and_(CallAnswer.question == "safe_to_call", CallAnswer.value == "no")
    theirs = sa.select(CallAnswer.call_id).join(Report, Report.call_id == CallAnswer.call_id)
    return session.scalar(theirs.where(same, said).limit(1)) is not None
