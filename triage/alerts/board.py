"""The board: everything about which somebody is still waited for, in one order, each on one line.

Four statements, however much there is: nothing is asked row by row.
"""

import datetime as dt
import enum
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock
from hotline.accounts.models import Account
from triage.alerts import policy
from triage.alerts.models import Alert, AlertLog, LogKind, Notice
from triage.alerts.policy import Alarm, Asking, Step
from triage.alerts.seen import QUIET_FOR, Kind, Seen
from triage.alerts.states import NEWS, RUNNING, AlertStatus, Feedback, Purpose
from triage.intake.models import Report
from triage.intake.states import ReportStatus, Situation
from triage.places.models import Place

FAR = dt.datetime.max.replace(tzinfo=dt.UTC)


class State(enum.StrEnum):
    """Why a row is on the board."""

    unclaimed = "unclaimed"
    raised = "raised"
    unanswered = "unanswered"
    unheard = "unheard"
    untold = "untold"
    """Everybody was called and nobody has heard the news."""
    expected = "expected"
    """Acknowledged; the police are expected to say what came of it."""
    needs_others = "needs_others"
    silent = "silent"
    """Asked again and again, and the police have said nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `number` is the alert's, of an unclaimed report its receipt number."""

    kind: Kind
    ref: int
    state: State
    number: str
    where: str
    situation: Situation | None
    since: dt.datetime
    """When it began."""
    due_at: dt.datetime | None
    """When the next step comes by itself; empty: none does."""
    late_since: dt.datetime | None = None
    """From when a person should have acted, if so."""
    mark: str = ""
    """What is new about a row that sounds; empty on one that does not."""
    whom: str = ""
    """The agency that is waited for."""
    next: Step | Alarm | None = None
    office: bool = False
    exercise: bool = False
    feedback: Feedback | None = None
    page_step: int = 0
    asked: int = 0
    seen_by: str = ""
    seen_at: dt.datetime | None = None

    @property
    def loud(self) -> bool:
        """Whether it sounds: nobody has seen it. An exercise never does: it must not wear people out."""
        return bool(self.mark) and not (self.exercise or self.seen_at)


@dataclass(frozen=True, slots=True)
class Board:
    """What is real, what is practice, and how many real rows there are in each state."""

    rows: list[Row]
    exercises: list[Row]
    counts: Counter[State]

    @property
    def is_loud(self) -> bool:
        """Whether anything sounds."""
        return any(row.loud for row in self.rows)


def board(session: orm.Session) -> Board:
    """Everything, the longest overdue first, then what is due next."""
    found = [*_unclaimed(session), *_alerts(session), *_news(session)]
    rows = sorted(_with_seen(session, found), key=_order)
    real = [row for row in rows if not row.exercise]
    return Board(real, [row for row in rows if row.exercise], Counter(row.state for row in real))


def _order(row: Row) -> tuple[bool, dt.datetime]:
    overdue = row.due_at if row.due_at and row.due_at < clock.now() else None
    late = row.late_since or overdue
    return late is None, late or row.due_at or FAR


def _with_seen(session: orm.Session, rows: list[Row]) -> list[Row]:
    recent = (
        sa.select(Seen.kind, Seen.ref, Seen.mark, Seen.at, Account.name)
        .join(Account, Account.id == Seen.account_id)
        .where(Seen.at > clock.now() - QUIET_FOR)
    )
    seen = {(one.kind, one.ref, one.mark): one for one in session.execute(recent)}
    return [
        replace(row, seen_by=one.name, seen_at=one.at)
        if (one := seen.get((row.kind, row.ref, row.mark)))
        else row
        for row in rows
    ]


def _unclaimed(session: orm.Session) -> list[Row]:
    wanted = (
        sa.select(
            Report.id,
            Report.number,
            Report.situation,
            Report.received_at,
            Report.page_step,
            Report.next_page_at,
            Place.name.label("place"),
        )
        .join(Place, Place.id == Report.place_id, isouter=True)
        .where(Report.status.in_([ReportStatus.incoming, ReportStatus.waiting]), Report.emergency)
    )
    return [_of_report(found) for found in session.execute(wanted)]


def _of_report(found: Any) -> Row:
    # Nobody is to be called and nobody was: the police have it, or somebody is talking to the caller.
    in_hand = found.next_page_at is None and found.page_step == 0
    return Row(
        kind=Kind.unclaimed,
        ref=found.id,
        state=State.unclaimed,
        number=found.number,
        where=found.place or "",
        situation=found.situation,
        since=found.received_at,
        due_at=found.next_page_at,
        late_since=found.received_at,
        mark="" if in_hand else f"{found.page_step} {found.next_page_at}",
        page_step=found.page_step,
    )


def _alerts(session: orm.Session) -> list[Row]:
    given_up = (
        sa.select(sa.func.min(AlertLog.at))
        .where(AlertLog.alert_id == Alert.id, AlertLog.kind == LogKind.unanswered)
        .scalar_subquery()
    )
    open_with_police = sa.and_(
        Alert.status == AlertStatus.acknowledged, Alert.purpose == Purpose.police
    )
    wanted = (
        sa.select(
            *_COLUMNS,
            Alert.step,
            Alert.next_step_at,
            Alert.acknowledged_at,
            Alert.feedback,
            Alert.feedback_at,
            Alert.feedback_due_at,
            Alert.feedback_asked,
            given_up.label("given_up_at"),
        )
        .join(Report, Report.id == Alert.report_id, isouter=True)
        .where(sa.or_(Alert.status.in_(RUNNING), open_with_police))
    )
    return [
        _running(found) if found.status in RUNNING else _acknowledged(found)
        for found in session.execute(wanted)
    ]


def _running(found: Any) -> Row:
    plan = policy.named(found.policy, found.purpose)
    given_up = found.status is AlertStatus.unanswered
    to_come = plan.attempts[found.step :]
    return Row(
        kind=Kind.alert,
        ref=found.alert,
        state=State.unanswered if given_up else State.raised,
        **_common(found),
        since=found.raised_at,
        due_at=found.next_step_at,
        late_since=(found.given_up_at or found.raised_at) if given_up else None,
        mark="unanswered" if given_up else "",
        next=plan.alarm if given_up or not to_come else to_come[0],
    )


def _acknowledged(found: Any) -> Row:
    row = Row(
        kind=Kind.feedback,
        ref=found.alert,
        state=State.expected,
        **_common(found),
        since=found.acknowledged_at,
        due_at=found.feedback_due_at,
        feedback=found.feedback,
        asked=found.feedback_asked,
    )
    asking = policy.named(found.policy, found.purpose).asking
    said_at = found.feedback_at
    if asking and found.feedback_due_at is None:
        late = _due(found, asking)
        return replace(row, state=State.silent, late_since=late, mark=f"silent {late}")
    if found.feedback is Feedback.needs_others:
        mark = f"needs others {said_at}"
        return replace(row, state=State.needs_others, late_since=said_at, mark=mark)
    return row


def _due(found: Any, asking: Asking) -> dt.datetime:
    """When the police should have said something."""
    said_at: dt.datetime | None = found.feedback_at
    if said_at:
        return said_at + dt.timedelta(seconds=asking.again)
    acknowledged_at: dt.datetime = found.acknowledged_at
    return acknowledged_at + dt.timedelta(seconds=asking.first)


def _news(session: orm.Session) -> Iterator[Row]:
    """While the alert itself is running its own steps say the newest words: it has a row already."""
    wanted = (
        sa.select(*_COLUMNS, Notice.id, Notice.at, Notice.step, Notice.next_step_at)
        .join(Alert, Alert.id == Notice.alert_id)
        .join(Report, Report.id == Alert.report_id, isouter=True)
        .where(Notice.kind.in_(NEWS), Notice.heard_at.is_(None), Alert.status.not_in(RUNNING))
    )
    for found in session.execute(wanted):
        plan = policy.named(found.policy, found.purpose)
        to_come = plan.news_attempts[found.step :]
        in_vain = found.step > len(plan.news_attempts)
        yield Row(
            kind=Kind.news,
            ref=found.id,
            state=State.untold if in_vain else State.unheard,
            **_common(found),
            since=found.at,
            due_at=found.next_step_at,
            late_since=found.at if in_vain else None,
            mark="untold" if in_vain else "",
            next=to_come[0] if to_come else plan.alarm,
        )


_COLUMNS = (
    Alert.id.label("alert"),
    Alert.status,
    Alert.purpose,
    Alert.exercise,
    Alert.policy,
    Alert.agency_name,
    Alert.place_name,
    Alert.raised_at,
    Report.situation,
)


def _common(found: Any) -> dict[str, Any]:
    return {
        "number": str(found.alert),
        "where": found.place_name,
        "situation": found.situation,
        "whom": found.agency_name,
        "office": found.purpose is Purpose.office,
        "exercise": found.exercise,
    }
