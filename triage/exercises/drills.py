"""Drills 演练: an alert about nobody, by the very machinery of the real ones."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import orm

from hotline import audit
from triage.alerts import previews
from triage.alerts import service as alerts
from triage.alerts.models import Alert
from triage.alerts.previews import Preview
from triage.alerts.states import AlertStatus, Finding
from triage.intake.states import Situation

ENDED = "演练结束"


@dataclass(frozen=True, slots=True)
class Drill:
    """What a supervisor has thought up, and the code and time with which it was previewed."""

    agency_id: int
    situation: Situation
    place_id: int
    note: str
    code: str
    at: dt.datetime


def preview(session: orm.Session, drill: Drill) -> Preview:
    """The exact words and the way they would go."""
    return previews.of_exercise(
        session,
        drill.agency_id,
        drill.situation,
        drill.place_id,
        drill.note,
        drill.code,
        drill.at,
    )


def start(session: orm.Session, actor: audit.Actor, drill: Drill, text_seen: str) -> Alert:
    """Send it on its way.

    Raises:
        TextChanged: what was shown is no longer what would go out.
    """
    return alerts.raise_exercise(
        session,
        actor,
        drill.agency_id,
        drill.situation,
        drill.place_id,
        drill.note,
        code=drill.code,
        at=drill.at,
        text_seen=text_seen,
    )


def end(session: orm.Session, actor: audit.Actor, alert: Alert) -> None:
    """Whoever has had a message and not acknowledged is told that it is over; where it was acknowledged,
    nothing was found, and so no office is told.

    Raises:
        ValueError: it is no exercise.
    """
    if not alert.exercise:
        raise ValueError(f"alert {alert.number} is no exercise")
    if alert.status in (AlertStatus.acknowledged, AlertStatus.resolved):
        alerts.resolve(session, alert.id, actor, ENDED, Finding.unfounded)
    else:
        alerts.cancel(session, alert.id, actor, ENDED)
