"""What an officer has typed and not saved 草稿: kept here and not in the browser, which others use, too.

One for each report and officer. Of two tabs of one officer the second that writes is told of the first: a
draft is replaced only by the tab that wrote it, or by one that has seen it.
"""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import clock, db
from hotline.audit import AuditEntry
from triage.intake.models import Draft, Report

KEPT = dt.timedelta(days=3)
"""How long a draft stays when its report is no longer its officer's: over a weekend. It is sealed, but may
name a child for whom nobody will ever look there."""
_TAB = "tab"
"""Beside the fields: which tab wrote them."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A page on which somebody types. `seen`: when the draft was kept that it shows, or has agreed to replace
    (ISO 8601); empty if there was none."""

    name: str
    seen: str = ""


class NewerDraft(Exception):
    """Another tab has kept a draft since, at `at` (UTC)."""

    def __init__(self, at: dt.datetime) -> None:
        super().__init__("kept by another tab since")
        self.at = at


def keep(
    session: orm.Session,
    report_id: int,
    account_id: int,
    body: dict[str, str],
    tab: Tab | None = None,
) -> dt.datetime:
    """Keep what has been typed so far; when it was kept (UTC). Without a tab whatever is there is replaced.

    Raises:
        NewerDraft: this tab has not seen what is there.
    """
    known = session.get(Draft, (report_id, account_id), with_for_update=True)
    if tab and known and not _may_replace(tab, known):
        raise NewerDraft(known.at)
    now = clock.now()
    written = {**body, _TAB: tab.name} if tab else body
    values = {"body": json.dumps(written, ensure_ascii=False), "at": now}
    session.execute(
        postgresql.insert(Draft)
        .values(report_id=report_id, account_id=account_id, **values)
        .on_conflict_do_update(index_elements=["report_id", "account_id"], set_=values)
    )
    return now


def _may_replace(tab: Tab, known: Draft) -> bool:
    return tab.seen == known.at.isoformat() or json.loads(known.body).get(_TAB) == tab.name


def of(
    session: orm.Session, report_id: int, account_id: int
) -> tuple[dict[str, Any], dt.datetime] | None:
    """What this officer had typed and not saved, and when (UTC)."""
    kept = session.get(Draft, (report_id, account_id), populate_existing=True)
    if kept is None:
        return None
    body = json.loads(kept.body)
    body.pop(_TAB, None)
    return body, kept.at


def is_overtaken(
    session: orm.Session, report_id: int, account_id: int, moment: dt.datetime
) -> bool:
    """Whether a colleague has saved a judgement since `moment` (UTC), which a draft of then would undo."""
    judged = sa.exists().where(
        AuditEntry.subject == "report",
        AuditEntry.subject_id == report_id,
        AuditEntry.action == "classify",
        AuditEntry.account_id != account_id,
        AuditEntry.at > moment,
    )
    return bool(session.scalar(sa.select(judged)))


def pass_on(
    session: orm.Session, report_id: int, from_id: int, to_id: int, body: dict[str, Any]
) -> None:
    """The draft of one officer becomes another's, who has none, and reads as in `body`."""
    session.execute(
        sa.update(Draft)
        .where(Draft.report_id == report_id, Draft.account_id == from_id)
        .values(account_id=to_id, body=json.dumps(body, ensure_ascii=False))
    )


def discard(session: orm.Session, report_id: int, account_id: int) -> None:
    """Throw away what this officer had typed and not saved."""
    session.execute(
        sa.delete(Draft).where(Draft.report_id == report_id, Draft.account_id == account_id)
    )


def sweep() -> int:
    """Throw away what has lain for `KEPT` and was typed into a report that is somebody else's by now,
    nobody's, or dealt with; how many. Nobody waits for these rows, so it is one statement."""
    left = sa.exists().where(
        Report.id == Draft.report_id, Report.claimed_by.is_distinct_from(Draft.account_id)
    )
    over = sa.delete(Draft).where(Draft.at <= clock.now() - KEPT, left)
    with db.transaction() as session:
        return len(session.scalars(over.returning(Draft.report_id)).all())
