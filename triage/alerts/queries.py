"""What pages read of alerts."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.accounts.models import Account
from hotline.outbox import Channel, OutboxMessage
from triage.alerts import policy, threads
from triage.alerts.models import Alert, AlertLog, AlertReport, LogKind, Notice
from triage.alerts.policy import Step
from triage.alerts.previews import Preview
from triage.alerts.sending import targets
from triage.alerts.states import NEWS, RUNNING, AlertStatus, Purpose
from triage.intake.models import Report

PAGE = 30
BY_OFFICERS = (LogKind.raised, LogKind.news, LogKind.resolved, LogKind.cancelled)
"""Lines whose `who` is a sign-in name. In all others it is what somebody typed or a contact is called, and
must not turn into an officer's name because it reads like a sign-in."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert as pages show it. `lines` are rows of `AlertLog` with the name of the `person` in it and
    with the message each one sent."""

    alert: Alert
    report: str | None
    """The receipt number of its first report; an exercise has none."""
    raised_by: str | None
    lines: list[sa.Row[Any]]


@dataclass(frozen=True, slots=True)
class Planned:
    """One message that would follow: to whom, how, and how long after the first if nobody acknowledges.
    `number` is empty for the line's own people."""

    who: str
    number: str
    channel: Channel
    after: dt.timedelta


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything on an alert's own page. `steps` are those to come if nobody acknowledges, `told` the alerts
    by which offices are told of it, `further` the receipt numbers of reports that joined it."""

    shown: Shown
    notices: list[Notice]
    steps: list[Planned]
    told: list[Alert]
    further: list[str]

    @property
    def alert(self) -> Alert:
        """The alert itself."""
        return self.shown.alert

    @property
    def unheard(self) -> list[Notice]:
        """News that nobody has heard."""
        return [one for one in self.notices if one.kind in NEWS and one.heard_at is None]

    @property
    def asks(self) -> bool:
        """Whether the police are asked for feedback."""
        return policy.named(self.alert.policy, self.alert.purpose).asking is not None


@dataclass(frozen=True, slots=True)
class Page:
    """Ended alerts, newest first, and the number below which the next page begins, if there is one."""

    rows: list[Shown]
    next: int | None


def running(session: orm.Session) -> list[Shown]:
    """Every alert that nobody has acknowledged: the unanswered first, then the longest on its way."""
    urgent_first = ((Alert.status == AlertStatus.unanswered).desc(), Alert.raised_at)
    return _shown(session, _alerts().where(Alert.status.in_(RUNNING)).order_by(*urgent_first))


def ended(session: orm.Session, before: int | None = None) -> Page:
    """Alerts that were acknowledged or have ended."""
    wanted = _alerts().where(Alert.status.not_in(RUNNING)).order_by(Alert.id.desc()).limit(PAGE + 1)
    if before is not None:
        wanted = wanted.where(Alert.id < before)
    rows = _shown(session, wanted)
    return Page(rows[:PAGE], rows[PAGE - 1].alert.id if len(rows) > PAGE else None)


def of_report(session: orm.Session, report_id: int) -> list[Shown]:
    """The alerts raised for a report, newest first."""
    wanted = _alerts().where(threads.about(report_id)).order_by(Alert.id.desc())
    return _shown(session, wanted)


def of_case(session: orm.Session, case_id: int) -> list[Shown]:
    """The alerts raised for any report of a case, newest first."""
    wanted = _alerts().where(Report.case_id == case_id).order_by(Alert.id.desc())
    return _shown(session, wanted)


def alert(session: orm.Session, alert_id: int) -> Shown | None:
    """One alert; None if there is none."""
    found = _shown(session, _alerts().where(Alert.id == alert_id))
    return found[0] if found else None


def sheet(session: orm.Session, alert_id: int) -> Sheet | None:
    """One alert with everything about it; None if there is none."""
    shown = alert(session, alert_id)
    if shown is None:
        return None
    notices = sa.select(Notice).where(Notice.alert_id == alert_id).order_by(Notice.id)
    told = sa.select(Alert).where(Alert.parent_id == alert_id).order_by(Alert.id)
    further = (
        sa.select(Report.number)
        .join(AlertReport, AlertReport.report_id == Report.id)
        .where(AlertReport.alert_id == alert_id)
        .order_by(AlertReport.at)
    )
    return Sheet(
        shown=shown,
        notices=list(session.scalars(notices)),
        steps=to_come(session, shown.alert) if shown.alert.status is AlertStatus.raised else [],
        told=list(session.scalars(told)),
        further=list(session.scalars(further)),
    )


def planned(session: orm.Session, preview: Preview) -> list[Planned]:
    """The policy's steps as they would go out now; steps for nobody are passed over."""
    shell = Alert(agency_id=preview.agency.id if preview.agency else None)
    return _messages(session, shell, policy.named(preview.policy, Purpose.police).attempts)


def to_come(session: orm.Session, alert: Alert) -> list[Planned]:
    """The steps that follow if nobody acknowledges, as they would go out now, counted from the next;
    without the alarm that repeats after the last."""
    plan = policy.named(alert.policy, alert.purpose)
    return _messages(session, alert, plan.attempts[alert.step :])


def _messages(session: orm.Session, alert: Alert, steps: tuple[Step, ...]) -> list[Planned]:
    after = dt.timedelta(0)
    found: list[Planned] = []
    for step in steps:
        reached = targets(session, alert, step.contact, step.channels)
        found += [
            Planned(t.name, t.number if t.contact_id else "", t.channel, after) for t in reached
        ]
        if reached:
            after += dt.timedelta(seconds=step.patience)
    return found


def _alerts() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(Alert, Report.number.label("report"), Account.name.label("raised_by"))
        .join(Report, Report.id == Alert.report_id, isouter=True)
        .join(Account, Account.id == Alert.raised_by, isouter=True)
    )


def _shown(session: orm.Session, wanted: sa.Select[*tuple[Any, ...]]) -> list[Shown]:
    found = list(session.execute(wanted))
    lines = _lines(session, [row.Alert.id for row in found])
    return [Shown(row.Alert, row.report, row.raised_by, lines[row.Alert.id]) for row in found]


def _lines(session: orm.Session, alert_ids: Iterable[int]) -> dict[int, list[sa.Row[Any]]]:
    lines: dict[int, list[sa.Row[Any]]] = {number: [] for number in alert_ids}
    if not lines:
        return lines
    for row in session.execute(_lines_with_messages().where(AlertLog.alert_id.in_(lines))):
        lines[row.AlertLog.alert_id].append(row)
    return lines


def _lines_with_messages() -> sa.Select[*tuple[Any, ...]]:
    by_officer = sa.and_(Account.username == AlertLog.who, AlertLog.kind.in_(BY_OFFICERS))
    # Column by column: the message's words need not be opened to say what became of it.
    return (
        sa.select(
            AlertLog,
            sa.func.coalesce(Account.name, AlertLog.who).label("person"),
            OutboxMessage.channel,
            OutboxMessage.to,
            OutboxMessage.status,
            OutboxMessage.attempts,
            OutboxMessage.sent_at,
            OutboxMessage.settled_at,
            OutboxMessage.network_status,
            OutboxMessage.error_code,
            OutboxMessage.network,
        )
        .join(OutboxMessage, OutboxMessage.id == AlertLog.message_id, isouter=True)
        .join(Account, by_officer, isouter=True)
        .order_by(AlertLog.id)
    )
