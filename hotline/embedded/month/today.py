"""What waits on the queue when the month has been loaded: none of it an emergency, so that nothing rings."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from sqlalchemy import orm

from hotline import config
from hotline.embedded.month.calls import House, Told, begin, describe
from hotline.embedded.month.stories import Matter, Story, Teller, Way
from triage.conversations.models import Callback, CallbackReason
from triage.conversations.states import CallbackStatus
from triage.intake.models import Disposition, Report
from triage.intake.states import FIRST_ACTION_DUE, ReportStatus, Situation, Urgency


@dataclass(frozen=True, slots=True)
class Open:
    """A report on the queue: how old (minutes), how the caller came, what the officer has judged so far,
    which of the officers has it, and whether the caller is owed a call."""

    minutes: int
    way: Way
    urgency: Urgency | None = None
    situation: Situation | None = None
    claimed_by: int | None = None
    call_back: bool = False


QUEUE = (
    Open(3, Way.message, call_back=True),
    Open(8, Way.mandated),
    Open(13, Way.hung_up),
    Open(17, Way.talked, claimed_by=0),
    Open(31, Way.silent),
    Open(44, Way.talked, Urgency.urgent, Situation.domestic_violence, claimed_by=1),
    Open(58, Way.talked, Urgency.urgent, Situation.living_alone),
    Open(108, Way.mandated, Urgency.urgent, Situation.neglected),
    Open(150, Way.message, Urgency.standard, Situation.dropped_out, call_back=True),
    Open(290, Way.talked, Urgency.standard, Situation.guardian_unable, claimed_by=3),
    Open(540, Way.talked, Urgency.standard, Situation.neglected),
    Open(1230, Way.talked, Urgency.standard, Situation.guardian_unwilling),
    Open(1560, Way.message, Urgency.standard, Situation.living_alone),
    Open(2900, Way.talked, Urgency.consult, Situation.other),
    Open(5600, Way.talked, Urgency.consult, Situation.other, claimed_by=0),
)
"""By their age and urgency some are in time, some nearly late, and two are late."""


AT_WORK = dt.timedelta(minutes=96)
"""How long ago the emergency came in that the police are at work on."""


def emergency(now: dt.datetime, chance: Random) -> Story:
    """An emergency that has been dealt with on the line, and of which the police have not told the end."""
    story = Teller(chance).about(now - AT_WORK, Way.talked, Situation.domestic_violence)
    assert story.matter
    return replace(
        story,
        matter=_judged(story.matter, Urgency.emergency),
        handled_after=600,
        disposition=Disposition.case_opened,
        reason="",
    )


def write(session: orm.Session, house: House, now: dt.datetime, chance: Random) -> list[Told]:
    """The queue as it stands now."""
    teller = Teller(chance)
    stories = [
        teller.about(now - dt.timedelta(minutes=one.minutes), one.way, one.situation)
        for one in QUEUE
    ]
    told = begin(session, house, stories, chance)
    for one, waiting in zip(told, QUEUE, strict=True):
        _open(house, one, waiting, now)
    session.flush()
    session.add_all(_owed(told))
    return told


def _open(house: House, told: Told, waiting: Open, now: dt.datetime) -> None:
    report, matter = told.report, told.story.matter
    report.status, report.urgency = ReportStatus.waiting, waiting.urgency
    report.due_at = report.received_at + FIRST_ACTION_DUE[waiting.urgency]
    report.disposition = report.disposition_reason = None
    if matter and waiting.urgency:
        describe(report, _judged(matter, waiting.urgency), house)
    if waiting.claimed_by is not None:
        _claim(house, report, waiting.claimed_by, now)


def _judged(matter: Matter, urgency: Urgency) -> Matter:
    return replace(matter, urgency=urgency)


def _claim(house: House, report: Report, number: int, now: dt.datetime) -> None:
    report.status = ReportStatus.claimed
    report.claimed_by, report.claimed_at = house.officer(number).id, now
    report.lease_until = now + dt.timedelta(seconds=config.current().claim_lease_seconds)


def _owed(told: list[Told]) -> Iterator[Callback]:
    for one, waiting in zip(told, QUEUE, strict=True):
        if waiting.call_back:
            yield Callback(
                report_id=one.report.id,
                reason=CallbackReason.asked,
                status=CallbackStatus.open,
                next_try_at=one.call.ended_at,
                created_at=one.call.ended_at,
            )
