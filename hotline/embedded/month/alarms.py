"""Emergencies on their way to the police: who acknowledged, what was found, and that the office was told.

All of them are over, or are an office's, which is asked for nothing: nothing here may make a telephone ring.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
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
    Purpose,
)
from triage.intake.states import Situation, Urgency
from triage.places import service as places
from triage.places.models import Agency, Contact

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
JUST_NOW = dt.timedelta(minutes=4)


def write(
    session: orm.Session, house: House, told: list[Told], now: dt.datetime, chance: Random
) -> None:
    """An alert for most of the reports that were judged an emergency, and for the office one about it; one
    after the other, so that their numbers follow time."""
    grave = [one for one in told if one.report.urgency is Urgency.emergency]
    for one in grave:
        # The last of them is today's, and goes in any case.
        if chance.random() < FORWARDED or one is grave[-1]:
            _forward(session, house, one, now, chance)


def _forward(
    session: orm.Session, house: House, told: Told, now: dt.datetime, chance: Random
) -> None:
    alert = _to_police(session, house, told, now, chance)
    session.add(alert)
    session.flush()
    session.add_all(_said(alert, told, NoticeKind.alert))
    if alert.finding is Finding.unfounded:
        return
    to_office = _to_office(session, house, told, alert, chance)
    session.add(to_office)
    session.flush()
    session.add_all(_said(to_office, told, NoticeKind.office))
    session.add(_office_told(alert, to_office))


def _to_police(
    session: orm.Session, house: House, told: Told, now: dt.datetime, chance: Random
) -> Alert:
    agency = places.police_for(session, told.report.place_id, told.report.line_number)
    assert agency
    raised = told.story.at + dt.timedelta(seconds=chance.randrange(60, 360))
    alert = _alert(house, told, agency, raised, chance)
    _acknowledge(alert, _first_contact(session, agency), chance)
    _resolve(alert, told, now, chance)
    return alert


def _to_office(
    session: orm.Session, house: House, told: Told, alert: Alert, chance: Random
) -> Alert:
    """The town or street office is told what the police have found."""
    agency = places.office_for(session, told.report.place_id)
    assert agency
    assert alert.ended_at
    known = _alert(house, told, agency, alert.ended_at, chance, alert.finding)
    known.purpose, known.policy, known.parent_id = Purpose.office, "office", alert.id
    _acknowledge(known, _first_contact(session, agency), chance)
    known.feedback = known.feedback_at = None
    return known


def _office_told(alert: Alert, to_office: Alert) -> AlertLog:
    who = to_office.agency_name
    return _line(alert, LogKind.office_told, alert.ended_at, who, details=to_office.number)


def _alert(
    house: House,
    told: Told,
    agency: Agency,
    raised: dt.datetime,
    chance: Random,
    finding: Finding | None = None,
) -> Alert:
    place = house.names[told.report.place_id or 0]
    code = f"{chance.randrange(1000, 10_000)}"
    facts = wording.facts_of(told.report, place, code, names=(), verified=True)
    kind = NoticeKind.office if finding else NoticeKind.alert
    said = wording.compose(kind, replace(facts, finding=finding))
    return Alert(
        code=code,
        status=AlertStatus.acknowledged,
        report_id=told.report.id,
        place_id=told.report.place_id,
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


def _first_contact(session: orm.Session, agency: Agency) -> Contact:
    first = sa.select(Contact).where(Contact.agency_id == agency.id, Contact.position == 1)
    return session.scalars(first).one()


def _acknowledge(alert: Alert, contact: Contact, chance: Random) -> None:
    alert.acknowledged_by, alert.acknowledged_how = contact.name, chance.choice(HOW)
    alert.acknowledged_at = alert.raised_at + dt.timedelta(seconds=chance.randrange(18, 210))
    alert.acknowledged_contact_id = contact.id
    # Whoever has said that the child is safe is not asked again.
    alert.feedback = Feedback.safe
    alert.feedback_at = alert.acknowledged_at + dt.timedelta(minutes=chance.randrange(6, 25))


def _resolve(alert: Alert, told: Told, now: dt.datetime, chance: Random) -> None:
    assert told.story.matter
    assert alert.feedback_at
    matter = told.story.matter
    finding = FINDINGS.get(matter.situation, Finding.guardian_failing)
    if chance.random() < 0.1:
        finding = Finding.unfounded
    measures = MEASURES[finding]
    alert.status, alert.finding = AlertStatus.resolved, finding
    alert.measures = [str(one) for one in measures if chance.random() < 0.6]
    alert.outcome = chance.choice(words()["casework"]["resolved"]).format(kin=matter.child.kin)
    ended = alert.feedback_at + dt.timedelta(minutes=chance.randrange(25, 170))
    alert.ended_at = min(ended, now - JUST_NOW)


def _said(alert: Alert, told: Told, kind: NoticeKind) -> Iterator[Notice | AlertLog]:
    """What was said, and the lines of the log."""
    yield Notice(
        alert_id=alert.id,
        kind=kind,
        report_id=told.report.id,
        text=alert.text,
        spoken=alert.spoken,
        raised_by=told.officer.id,
        at=alert.raised_at,
    )
    by, heard = told.officer.username, alert.acknowledged_by or ""
    first, contact = alert.raised_at + dt.timedelta(seconds=1), alert.acknowledged_contact_id
    how = str(alert.acknowledged_how)
    yield _line(alert, LogKind.raised, alert.raised_at, by)
    yield _line(alert, LogKind.step, first, heard, contact_id=contact)
    yield _line(
        alert, LogKind.acknowledged, alert.acknowledged_at, heard, details=how, contact_id=contact
    )
    if alert.feedback:
        yield _line(alert, LogKind.feedback, alert.feedback_at, heard, details=str(alert.feedback))
    if alert.ended_at:
        yield _line(alert, LogKind.resolved, alert.ended_at, by, note=alert.outcome)


def _line(
    alert: Alert, kind: LogKind, at: dt.datetime | None, who: str, **further: object
) -> AlertLog:
    return AlertLog(alert_id=alert.id, kind=kind, at=at, step=1, who=who, **further)
