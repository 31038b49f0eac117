"""Everything that happened to a case, in one line of time: what its people wrote and did, the reports as they
came in, and each step of their alerts."""

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.accounts.models import Account
from triage.alerts import queries as alerts
from triage.cases.access import visible
from triage.cases.models import Case, CaseNote, NoteKind
from triage.intake.models import Call, Recording, Report


class Group(enum.StrEnum):
    """By what the line is filtered."""

    notes = "notes"
    calls = "calls"
    alerts = "alerts"
    changes = "changes"
    tasks = "tasks"
    people = "people"
    files = "files"


GROUPS: dict[NoteKind, Group] = {
    NoteKind.note: Group.notes,
    NoteKind.alert: Group.alerts,
    NoteKind.task: Group.tasks,
    NoteKind.task_done: Group.tasks,
    NoteKind.task_reopened: Group.tasks,
    NoteKind.person: Group.people,
    NoteKind.person_changed: Group.people,
    NoteKind.person_removed: Group.people,
    NoteKind.attached: Group.files,
    NoteKind.infected: Group.files,
    NoteKind.detached: Group.files,
}
"""Every other kind tells of a change of the case itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One point of the line. `anchor` is its place on the page, for links to it. `row` is what it tells of:
    a note (`CaseNote`), a report (`Report`), or a line of an alert's log with its alert (`Shown`)."""

    at: dt.datetime
    group: Group
    anchor: str
    row: sa.Row[Any]
    alert: alerts.Shown | None = None


def entries(
    session: orm.Session,
    case_id: int,
    account_id: int,
    group: Group | None = None,
    *,
    oldest_first: bool = False,
) -> list[Entry]:
    """The whole line, or one group of it; newest first unless asked otherwise."""
    steps = _steps(session, case_id)
    notes = _notes(session, case_id, account_id)
    if steps:
        # Their own log says the same, and more.
        notes = [one for one in notes if one.row.CaseNote.kind is not NoteKind.alert]
    everything = [*notes, *_calls(session, case_id), *steps]
    wanted = [one for one in everything if group in (None, one.group)]
    return sorted(wanted, key=lambda one: one.at, reverse=not oldest_first)


def _notes(session: orm.Session, case_id: int, account_id: int) -> list[Entry]:
    may_open = sa.select(Case.id).where(Case.id == CaseNote.other_id, visible(account_id))
    rows = session.execute(
        sa.select(
            CaseNote,
            Account.name.label("author"),
            Report.number.label("report"),
            may_open.correlate(CaseNote).scalar_subquery().label("other"),
        )
        .join(Account, Account.id == CaseNote.author_id, isouter=True)
        .join(Report, Report.id == CaseNote.report_id, isouter=True)
        .where(_of_case(case_id))
        .order_by(CaseNote.id)
    )
    return [
        Entry(
            row.CaseNote.at,
            GROUPS.get(row.CaseNote.kind, Group.changes),
            f"note-{row.CaseNote.id}",
            row,
        )
        for row in rows
    ]


def _of_case(case_id: int) -> sa.ColumnElement[bool]:
    """Its own notes; and what was told to a case in the very moment in which it was merged into this one
    (`service.tell`)."""
    both = sa.select(Case.id).where(sa.or_(Case.id == case_id, Case.merged_into == case_id))
    # As an array, which is worked out first: with OR alone every note there is would be looked at.
    known = CaseNote.case_id == sa.any_(sa.func.array(both.scalar_subquery()))
    return sa.and_(known, sa.or_(CaseNote.case_id == case_id, CaseNote.kind == NoteKind.alert))


def _calls(session: orm.Session, case_id: int) -> list[Entry]:
    recordings = sa.select(sa.func.count()).where(Recording.call_sid == Call.call_sid)
    rows = session.execute(
        sa.select(
            Report,
            Call,
            Account.name.label("officer"),
            recordings.correlate(Call).scalar_subquery().label("recordings"),
        )
        .join(Call, Call.id == Report.call_id, isouter=True)
        .join(
            Account,
            Account.id == sa.func.coalesce(Report.triaged_by, Report.claimed_by),
            isouter=True,
        )
        .where(Report.case_id == case_id)
        .order_by(Report.id)
    )
    return [
        Entry(row.Report.received_at, Group.calls, f"report-{row.Report.number}", row)
        for row in rows
    ]


def _steps(session: orm.Session, case_id: int) -> list[Entry]:
    return [
        Entry(row.AlertLog.at, Group.alerts, f"step-{row.AlertLog.id}", row, shown)
        for shown in alerts.of_case(session, case_id)
        for row in shown.lines
    ]
