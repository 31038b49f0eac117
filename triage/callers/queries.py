"""What pages read of marked callers."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock
from hotline.accounts.models import Account
from triage.intake.models import Call, CallerFlag, Report

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Flags, newest first, and the number below which the next page begins, if there is one."""

    rows: list[sa.Row[Any]]
    next: int | None


def running_flag(session: orm.Session, report: Report) -> sa.Row[Any] | None:
    """The running flag of a report's caller; None if there is none."""
    if report.caller_index is None:
        return None
    wanted = _flags().where(
        CallerFlag.caller_index == report.caller_index,
        CallerFlag.lifted_at.is_(None),
        CallerFlag.expires_at > clock.now(),
    )
    return session.execute(wanted.order_by(CallerFlag.id.desc()).limit(1)).one_or_none()


def flags(session: orm.Session, before: int | None = None) -> Page:
    """Every flag there is or was."""
    wanted = _flags().order_by(CallerFlag.id.desc()).limit(PAGE + 1)
    if before is not None:
        wanted = wanted.where(CallerFlag.id < before)
    rows = list(session.execute(wanted))
    return Page(rows[:PAGE], rows[PAGE - 1].CallerFlag.id if len(rows) > PAGE else None)


def _flags() -> sa.Select[*tuple[Any, ...]]:
    lifter = orm.aliased(Account)
    return (
        sa.select(
            CallerFlag,
            Report.number.label("report"),
            Call.caller,
            Call.caller_kind,
            Account.name.label("set_by"),
            lifter.name.label("lifted_by"),
        )
        .join(Report, Report.id == CallerFlag.report_id)
        .join(Call, Call.id == Report.call_id, isouter=True)
        .join(Account, Account.id == CallerFlag.set_by)
        .join(lifter, lifter.id == CallerFlag.lifted_by, isouter=True)
    )
