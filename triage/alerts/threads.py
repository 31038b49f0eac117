"""One child in danger is one thread with each agency: whatever else is learned is added to it."""

import dataclasses

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock
from triage.alerts import wording
from triage.alerts.models import Alert, AlertReport, Notice
from triage.alerts.states import AlertStatus, Finding, NoticeKind
from triage.alerts.wording import Facts
from triage.cases import service as cases
from triage.intake.models import Report
from triage.places import service as places

OPEN = (AlertStatus.raised, AlertStatus.unanswered, AlertStatus.acknowledged)
"""An alert that has not ended: what is learned now is news on it."""


def open_thread(session: orm.Session, report: Report, agency_id: int | None) -> Alert | None:
    """The alert that is open at this agency about the child of this report: raised for the report, joined by
    it, or raised for another report of the same case."""
    of_child = [Report.id == report.id]
    if report.case_id:
        of_child.append(Report.case_id == report.case_id)
    reports = sa.select(Report.id).where(sa.or_(*of_child))
    joined = sa.select(AlertReport.alert_id).where(AlertReport.report_id.in_(reports))
    return session.scalar(
        sa.select(Alert)
        .where(
            Alert.status.in_(OPEN),
            Alert.exercise.is_(False),
            Alert.parent_id.is_(None),
            Alert.agency_id.is_not_distinct_from(agency_id),
            sa.or_(Alert.report_id.in_(reports), Alert.id.in_(joined)),
        )
        .order_by(Alert.id.desc())
        .limit(1)
    )


def join(session: orm.Session, alert: Alert, report_id: int) -> None:
    """A further report belongs to this thread; its own, or one that has joined before, changes nothing."""
    if report_id != alert.report_id and session.get(AlertReport, (alert.id, report_id)) is None:
        session.add(AlertReport(alert_id=alert.id, report_id=report_id, at=clock.now()))


def known_there(session: orm.Session, alert: Alert, report_id: int, facts: Facts) -> bool:
    """Whether the last that was sent about this report said just this."""
    said = sa.select(Notice).where(
        Notice.alert_id == alert.id,
        Notice.report_id == report_id,
        Notice.kind.in_([NoticeKind.alert, NoticeKind.update]),
    )
    last = session.scalar(said.order_by(Notice.id.desc()).limit(1))
    if last is None:
        return False
    # Spoken too: what the text had no room for is cut there by another measure.
    now = wording.compose(last.kind, facts)
    return (now.text, now.situation) == (last.text, last.spoken)


def newest_notice(session: orm.Session, alert_id: int) -> Notice:
    """What was said last of an alert itself; a reminder says nothing of its own."""
    said = sa.select(Notice).where(Notice.alert_id == alert_id, Notice.kind != NoticeKind.reminder)
    return session.scalars(said.order_by(Notice.id.desc()).limit(1)).one()


def about(report_id: int) -> sa.ColumnElement[bool]:
    """Alerts of whose thread a report is part."""
    return sa.or_(Alert.report_id == report_id, _joined(report_id))


def facts(session: orm.Session, alert: Alert, *, note: str = "") -> Facts:
    """What may be said of an alert now, from its report as it stands; an exercise's own facts are in its
    first notice, so it says the place alone."""
    if alert.report_id is None:
        return Facts(
            code=alert.code,
            place=alert.place_name,
            received_at=alert.raised_at,
            verified=True,
            exercise=True,
            note=note,
            finding=_found(session, alert),
        )
    report = session.get_one(Report, alert.report_id)
    known = wording.facts_of(
        report,
        alert.place_name,
        alert.code,
        names=names_of(session, report),
        verified=alert.verified,
        note=note,
    )
    return dataclasses.replace(known, exercise=alert.exercise, finding=_found(session, alert))


def names_of(session: orm.Session, report: Report) -> list[str]:
    """What the child is called, as any report of the case has it: none of it leaves the house."""
    about = [Report.id == report.id]
    if report.case_id:
        about.append(Report.case_id == report.case_id)
    known = sa.select(Report.child_name).where(sa.or_(*about), Report.child_name.is_not(None))
    return [name for name in session.scalars(known) if name]


def _found(session: orm.Session, alert: Alert) -> Finding | None:
    """What the police found; of an office's alert, those of whose it is told."""
    police = session.get_one(Alert, alert.parent_id) if alert.parent_id else alert
    return police.finding


def place_name(session: orm.Session, place_id: int | None) -> str:
    """From the second level down: the police know which district they are in."""
    chain = places.chain(session, place_id) if place_id else []
    names = [place.name for place in reversed(chain)]
    return "".join(names[1:] or names)


def tell_case(session: orm.Session, alert: Alert, words: str) -> None:
    """A line in the timeline of the case, if the alert's report has one."""
    report = session.get(Report, alert.report_id) if alert.report_id else None
    if report and report.case_id:
        cases.tell(session, report.case_id, words)


def _joined(report_id: int) -> sa.ColumnElement[bool]:
    return Alert.id.in_(sa.select(AlertReport.alert_id).where(AlertReport.report_id == report_id))
