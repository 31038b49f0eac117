"""Emergencies on their way to the police: who acknowledged, what was found, and that the office was told.

All of them are over or acknowledged: nothing here may make a telephone ring.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from random import Random

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.embedded.month.calls import House, Told
from hotline.embedded.month.stories import words
from triage.alerts import wording
from triage.alerts.models import Alert, AlertLog, LogKind, Notice
from triage.alerts.states import (
    MEASURES,
    AcknowledgedHow,
    AlertStatus,
    Feedback,
    Finding,
    NoticeKind,
)
from triage.intake.states import Situation, Urgency
from triage.places import service as places
from triage.places.models import Contact

FINDINGS: Mapping[Situation, Finding] = {
    Situation.domestic_violence: Finding.domestic_violence,
    Situation.missing: Finding.missing,
    Situation.unlawful_harm: Finding.other_harm,
    Situation.accident: Finding.other_harm,
    Situation.living_alone: Finding.guardian_absent,
}
HOW = (
    AcknowledgedHow.keypress,
    AcknowledgedHow.keypress,
    AcknowledgedHow.sms,
    AcknowledgedHow.called_in,
    AcknowledgedHow.telephone,
)
FORWARDED = 0.85
"""The share of emergencies that go to the police; the others were no longer any when they were judged."""
STILL_OPEN = dt.timedelta(hours=5)
"""What was raised later the police are still at work on."""


def write(
    session: orm.Session, house: House, told: list[Told], now: dt.datetime, chance: Random
) -> None:
    """An alert for most of the reports that were judged an emergency."""
    for one in told:
        at_work = one.story.at > now - STILL_OPEN
        if one.report.urgency is Urgency.emergency and (at_work or chance.random() < FORWARDED):
            _write(session, one, house.names[one.report.place_id or 0], now, chance)


def _write(session: orm.Session, told: Told, place: str, now: dt.datetime, chance: Random) -> None:
    report = told.report
    agency = places.police_for(session, report.place_id, report.line_number)
    assert agency
    raised = told.story.at + dt.timedelta(seconds=chance.randrange(60, 360))
    code = f"{chance.randrange(1000, 10_000)}"
    facts = wording.facts_of(report, place, code, names=(), verified=True)
    said = wording.compose(NoticeKind.alert, facts)
    alert = Alert(
        code=code,
        status=AlertStatus.acknowledged,
        report_id=report.id,
        place_id=report.place_id,
        agency_id=agency.id,
        agency_name=agency.name,
        place_name=place,
        text=said.text,
        spoken=said.situation,
        verified=True,
        raised_by=told.officer.id,
        raised_at=raised,
        policy="police",
        step=1,
    )
    first = sa.select(Contact).where(Contact.agency_id == agency.id, Contact.position == 1)
    contact = session.scalars(first).one()
    _acknowledge(alert, contact, chance)
    if raised < now - STILL_OPEN:
        _resolve(alert, told, chance)
    session.add(alert)
    session.flush()
    session.add(_notice(alert, told))
    session.add_all(_log(alert, contact, told))


def _acknowledge(alert: Alert, contact: Contact, chance: Random) -> None:
    alert.acknowledged_by, alert.acknowledged_how = contact.name, chance.choice(HOW)
    alert.acknowledged_at = alert.raised_at + dt.timedelta(seconds=chance.randrange(18, 210))
    alert.acknowledged_contact_id = contact.id
    alert.feedback = Feedback.on_the_spot
    alert.feedback_at = alert.acknowledged_at + dt.timedelta(minutes=chance.randrange(6, 25))


def _resolve(alert: Alert, told: Told, chance: Random) -> None:
    assert told.story.matter
    assert alert.feedback_at
    matter = told.story.matter
    finding = FINDINGS.get(matter.situation, Finding.guardian_failing)
    if chance.random() < 0.1:
        finding = Finding.unfounded
    measures = MEASURES[finding]
    alert.status, alert.finding = AlertStatus.resolved, finding
    alert.measures = [str(one) for one in measures if chance.random() < 0.6]
    alert.feedback = Feedback.safe
    alert.outcome = chance.choice(words()["casework"]["resolved"]).format(kin=matter.child.kin)
    alert.ended_at = alert.feedback_at + dt.timedelta(minutes=chance.randrange(25, 170))


def _notice(alert: Alert, told: Told) -> Notice:
    return Notice(
        alert_id=alert.id,
        kind=NoticeKind.alert,
        report_id=told.report.id,
        text=alert.text,
        spoken=alert.spoken,
        raised_by=told.officer.id,
        at=alert.raised_at,
    )


def _log(alert: Alert, contact: Contact, told: Told) -> Iterator[AlertLog]:
    by, heard = told.officer.username, alert.acknowledged_by or ""
    first = alert.raised_at + dt.timedelta(seconds=1)
    yield _line(alert, LogKind.raised, alert.raised_at, by)
    yield _line(alert, LogKind.step, first, contact.name, contact_id=contact.id)
    yield _line(
        alert,
        LogKind.acknowledged,
        alert.acknowledged_at,
        heard,
        details=str(alert.acknowledged_how),
        contact_id=contact.id,
    )
    yield _line(alert, LogKind.feedback, alert.feedback_at, heard, details=str(alert.feedback))
    if alert.ended_at:
        yield _line(alert, LogKind.resolved, alert.ended_at, by, note=alert.outcome)


def _line(
    alert: Alert, kind: LogKind, at: dt.datetime | None, who: str, **further: object
) -> AlertLog:
    return AlertLog(alert_id=alert.id, kind=kind, at=at, step=1, who=who, **further)
