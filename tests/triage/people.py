"""What tests of triage begin from: the demo district, officers, and reports on the queue."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, db
from hotline.accounts.models import Account
from triage.intake import service as intake
from triage.intake.models import Report
from triage.intake.states import Situation, Urgency
from triage.places.models import Place
from triage.queue import judging
from triage.queue import service as queue
from triage.queue.judging import Classification

Outcome = TypeVar("Outcome")
CALLER = "+8610000000001"


def officer(username: str = "zhiban") -> audit.Actor:
    """One of the demo people, as who acts."""
    with db.transaction() as session:
        number = session.scalars(sa.select(Account.id).where(Account.username == username)).one()
    return audit.Actor(username, number)


def arrival(sid: str = "CA1", caller: str = CALLER, line: str = "12355") -> intake.Arrival:
    """What the network says when it rings."""
    return intake.Arrival(sid, caller, line, "12355", clock.now())


def report(sid: str = "CA1", caller: str = CALLER, *, emergency: bool = False) -> int:
    """A report on the queue; its row."""
    with db.transaction() as session:
        number = intake.file_report(session, arrival(sid, caller))
        if emergency:
            intake.mark_emergency(session, sid)
        return session.scalars(sa.select(Report.id).where(Report.number == number)).one()


def answered(session: orm.Session, sid: str, question: str, value: str) -> None:
    """What the caller of a call answers by key, at no step in particular."""
    number = sum(question.encode()) + 1000
    step = intake.Step(number, "greeting", "digits", value, answer=(question, value))
    intake.note_step(session, sid, step)


def claimed(sid: str = "CA1", by: str = "zhiban", **judged: Any) -> int:
    """A report that this officer has claimed, and judged if `judged` says how."""
    number = report(sid)
    with db.transaction() as session:
        queue.claim(session, number, officer(by))
        if judged:
            judging.classify(session, number, officer(by), judgement(**judged))
    return number


def judgement(**more: Any) -> Classification:
    """An officer's judgement, as far as it is not said otherwise."""
    usual: dict[str, Any] = {
        "urgency": Urgency.emergency,
        "situation": Situation.domestic_violence,
    }
    return Classification(**{**usual, **more})


def place(code: str) -> int:
    """The row of a place."""
    with db.transaction() as session:
        return session.scalars(sa.select(Place.id).where(Place.code == code)).one()


def row(number: int) -> Report:
    """How that report stands."""
    with db.transaction() as session:
        return session.get_one(Report, number)


def seconds(number: float) -> None:
    """Time passes."""
    clock.shift(dt.timedelta(seconds=number))


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act gave, or raised, when all began at the same moment."""
    gate = threading.Barrier(len(acts))
    outcomes: list[Any] = [None] * len(acts)

    def run(index: int) -> None:
        gate.wait()
        try:
            outcomes[index] = acts[index]()
        except Exception as fault:  # noqa: BLE001 - it is looked at by the test
            outcomes[index] = fault

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def do(act: Callable[..., Outcome], *what: Any, **more: Any) -> Outcome:
    """One act in a transaction of its own."""
    with db.transaction() as session:
        return act(session, *what, **more)
