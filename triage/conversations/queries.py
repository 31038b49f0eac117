"""What pages read of conversations and of the calls that callers are owed."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock, config
from hotline.accounts.models import Account
from hotline.accounts.permissions import Role
from triage.conversations import callbacks, desk
from triage.conversations.callbacks import Obstacle
from triage.conversations.models import CALLABLE, Callback, Leg, LegKind
from triage.conversations.states import ACTIVE, CallbackStatus, LegStatus
from triage.intake import keeping
from triage.intake import queries as intake
from triage.intake.models import Call, CallStep, Report
from triage.intake.statements import said_safe
from triage.intake.states import CallStatus
from triage.places import service as places
from triage.places.models import Contact

MOST_LEGS = 20
MOST_ENDED = 30
MOST_OPEN = 200
JUST_NOW = dt.timedelta(seconds=15)
"""How long after somebody has accepted a call their console still opens its report by itself."""


@dataclass(frozen=True, slots=True)
class Panel:
    """The conversation of a report, as its page shows it."""

    report: Report
    call: Call
    legs: list[Leg]
    keys: list[CallStep]
    """The keys that the caller has pressed."""
    colleagues: list[Account]
    """On duty, and with a telephone that is free."""
    police: list[tuple[Contact, str]]
    emergency_number: bool
    danger: Obstacle | None
    """What stands against calling back."""
    said_safe: bool
    """Whether the caller said that calling back is safe."""
    callback: Callback | None

    @property
    def alive(self) -> bool:
        """Whether the caller's own call, or a call back to them, is going on."""
        return self.call.status is CallStatus.in_progress or any(
            leg.status in ACTIVE for leg in self.legs
        )

    @property
    def accompanied(self) -> bool:
        """Whether somebody of the line, or of the police, is in the conversation."""
        return any(
            leg.status is LegStatus.joined and leg.kind is not LegKind.caller for leg in self.legs
        )

    @property
    def waits(self) -> bool:
        """Whether the caller waits and nobody is there."""
        in_progress = self.call.status is CallStatus.in_progress
        return in_progress and self.call.waiting_at is not None and not self.accompanied


@dataclass(frozen=True, slots=True)
class Tasks:
    """The calls that are owed, the most due first (and emergencies before all that are due), and those
    that were, newest first. Rows are
    `Callback` with the report's `number`, the caller's number and kind, whether they said it is safe
    (`safe`), and who ended it (`person`)."""

    open: list[sa.Row[Any]]
    ended: list[sa.Row[Any]]

    @property
    def due(self) -> int:
        """How many are worth a try now."""
        now = clock.now()
        return sum(row.Callback.next_try_at <= now for row in self.open)


def panel(session: orm.Session, report_id: int) -> Panel | None:
    """The conversation of a report; None if the report was no call."""
    report = session.get_one(Report, report_id)
    call = session.get(Call, report.call_id) if report.call_id else None
    if call is None:
        return None
    known = _legs(session, call.id)
    return Panel(
        report=report,
        call=call,
        legs=known,
        keys=[step for step in intake.trace(session, call) if step.event == "digits"],
        colleagues=_colleagues(session),
        police=desk.police_contacts(session, report),
        emergency_number=bool(config.current().police_local_number),
        danger=callbacks.danger(session, call),
        said_safe=callbacks.said_safe(session, call) == "yes",
        callback=_newest(session, report_id),
    )


def tasks(session: orm.Session, account_id: int) -> Tasks:
    """Every call that a caller is owed, and the last that were, of reports open to this account."""
    is_open = Callback.status == CallbackStatus.open
    due = Callback.next_try_at <= clock.now()
    order = (due.desc(), sa.and_(due, Report.emergency).desc(), Callback.next_try_at, Callback.id)
    by_due = _tasks(account_id).where(is_open).order_by(*order).limit(MOST_OPEN)
    newest = (
        _tasks(account_id)
        .where(sa.not_(is_open))
        .order_by(Callback.done_at.desc())
        .limit(MOST_ENDED)
    )
    return Tasks(list(session.execute(by_due)), list(session.execute(newest)))


def callback(session: orm.Session, callback_id: int, account_id: int) -> Callback | None:
    """A call that is or was owed, unless its report is kept from this account."""
    of_report = sa.select(Callback).join(Report, Report.id == Callback.report_id)
    return session.scalar(of_report.where(Callback.id == callback_id, keeping.at_hand(account_id)))


def leg_of(session: orm.Session, report_id: int, leg_id: int) -> Leg | None:
    """A leg of the conversation of this report."""
    of_report = sa.select(Leg).join(Report, Report.call_id == Leg.call_id)
    return session.scalar(of_report.where(Report.id == report_id, Leg.id == leg_id))


def just_accepted(session: orm.Session, account_id: int) -> str | None:
    """The report of the call that somebody has accepted by telephone a moment ago."""
    accepted = sa.select(Report.number).join(Leg, Leg.call_id == Report.call_id)
    return session.scalar(
        accepted.where(
            Leg.account_id == account_id,
            Leg.status == LegStatus.joined,
            Leg.joined_at > clock.now() - JUST_NOW,
        )
        .order_by(Leg.id.desc())
        .limit(1)
    )


def _legs(session: orm.Session, call_id: int) -> list[Leg]:
    newest = sa.select(Leg).where(Leg.call_id == call_id).order_by(Leg.id.desc()).limit(MOST_LEGS)
    return list(session.scalars(newest))[::-1]


def _colleagues(session: orm.Session) -> list[Account]:
    people = places.on_duty(session, Role.officer) + places.on_duty(session, Role.supervisor)
    busy = sa.select(Leg.account_id).where(Leg.status.in_(ACTIVE), Leg.account_id.is_not(None))
    taken = set(session.scalars(busy))
    return [one for one in people if one.id not in taken]


def _newest(session: orm.Session, report_id: int) -> Callback | None:
    of_report = sa.select(Callback).where(Callback.report_id == report_id)
    return session.scalar(of_report.order_by(Callback.id.desc()).limit(1))


def _tasks(account_id: int) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Callback,
            Report.number,
            Report.emergency,
            Report.urgency,
            Call.caller,
            Call.caller_kind,
            Call.caller_kind.in_(CALLABLE).label("callable"),
            said_safe(Report.call_id, Report.caller_index).label("safe"),
            Account.name.label("person"),
        )
        .join(Report, Report.id == Callback.report_id)
        .join(Call, Call.id == Report.call_id)
        .join(Account, Account.id == Callback.done_by, isouter=True)
        .where(keeping.at_hand(account_id))
    )
