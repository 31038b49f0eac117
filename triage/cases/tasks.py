"""What is to be done for a case, by when and by whom."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, config, live
from hotline.accounts.models import Account
from triage.cases.access import is_theirs, visible
from triage.cases.models import Case, CaseNote, Mention, NoteKind, Task
from triage.cases.service import NotForThem
from triage.cases.states import TASK_MOVES, TaskEvent, TaskStatus
from triage.cases.writing import line, standing

MOST_SHOWN = 200
IS_OPEN = Task.status == TaskStatus.open


def today() -> dt.date:
    """The day it is in the line's zone."""
    return clock.now().astimezone(config.current().zone).date()


def is_overdue() -> sa.ColumnElement[bool]:
    """A condition on rows of `Task`: its last day is over and it is not done."""
    return sa.and_(IS_OPEN, Task.due_on < today())


def of_case(session: orm.Session, case_id: int) -> list[sa.Row[Any]]:
    """The tasks of a case (`Task`) with who is to do them: open ones first, by the day."""
    wanted = (
        sa.select(Task, Account.name.label("assignee"))
        .join(Account, Account.id == Task.assignee_id)
        .where(Task.case_id == case_id)
        .order_by(Task.status.desc(), Task.due_on, Task.id)
    )
    return list(session.execute(wanted))


def mine(session: orm.Session, account_id: int) -> list[sa.Row[Any]]:
    """What this officer has to do (`Task`, `Case`), by the day, in cases they may see."""
    wanted = (
        sa.select(Task, Case)
        .join(Case, Case.id == Task.case_id)
        .where(IS_OPEN, Task.assignee_id == account_id, visible(account_id))
        .order_by(Task.due_on, Task.id)
        .limit(MOST_SHOWN)
    )
    return list(session.execute(wanted))


def mentions(session: orm.Session, account_id: int) -> list[sa.Row[Any]]:
    """Where this officer is mentioned and has not looked yet (`CaseNote`, its author), newest first."""
    wanted = (
        sa.select(CaseNote, Account.name.label("author"))
        .join(Mention, Mention.note_id == CaseNote.id)
        .join(Case, Case.id == CaseNote.case_id)
        .join(Account, Account.id == CaseNote.author_id)
        .where(Mention.account_id == account_id, Mention.read_at.is_(None), visible(account_id))
        .order_by(CaseNote.id.desc())
        .limit(MOST_SHOWN)
    )
    return list(session.execute(wanted))


def counts(session: orm.Session, account_id: int) -> sa.Row[Any]:
    """How many tasks this officer has open (`open`), how many of them are overdue (`overdue`) or for today
    (`due`), and in how many notes they are mentioned that they have not looked at (`mentions`)."""
    theirs = (IS_OPEN, Task.assignee_id == account_id, visible(account_id))
    open_ones = (
        sa.select(
            sa.func.count().label("open"),
            sa.func.count().filter(Task.due_on < today()).label("overdue"),
            sa.func.count().filter(Task.due_on == today()).label("due"),
        )
        .join_from(Task, Case, Case.id == Task.case_id)
        .where(*theirs)
        .subquery()
    )
    unread = (
        sa.select(sa.func.count())
        .select_from(Mention)
        .join(CaseNote, CaseNote.id == Mention.note_id)
        .join(Case, Case.id == CaseNote.case_id)
        .where(Mention.account_id == account_id, Mention.read_at.is_(None), visible(account_id))
    )
    return session.execute(sa.select(open_ones, unread.scalar_subquery().label("mentions"))).one()


def find(session: orm.Session, case_id: int, task_id: int) -> Task | None:
    """One task of a case; None if it is not there."""
    return session.scalar(sa.select(Task).where(Task.id == task_id, Task.case_id == case_id))


def add(
    session: orm.Session,
    case_id: int,
    actor: audit.Actor,
    title: str,
    due_on: dt.date,
    assignee: Account,
) -> Task:
    """Give somebody (perhaps oneself) something to do.

    Raises:
        NotForThem: the case is confidential, and they are not named on it.
    """
    case = standing(session, case_id)
    if not is_theirs(session, case.id, assignee.id):
        raise NotForThem(assignee.name)
    task = Task(
        case_id=case.id,
        title=title,
        due_on=due_on,
        assignee_id=assignee.id,
        status=TaskStatus.open,
        created_by=actor.account_id,
        created_at=clock.now(),
    )
    session.add(task)
    session.flush()
    _tell(session, task, NoteKind.task, actor, f"{title}（{assignee.name}，{due_on}）")
    return task


def finish(session: orm.Session, task: Task, actor: audit.Actor) -> None:
    """It is done; done once, whoever says so again."""
    if _moved(session, task, TaskEvent.finish):
        task.done_by, task.done_at = actor.account_id, clock.now()
        _tell(session, task, NoteKind.task_done, actor, task.title)


def reopen(session: orm.Session, task: Task, actor: audit.Actor) -> None:
    """It is to be done after all."""
    if _moved(session, task, TaskEvent.reopen):
        task.done_by = task.done_at = None
        _tell(session, task, NoteKind.task_reopened, actor, task.title)


def _moved(session: orm.Session, task: Task, event: TaskEvent) -> bool:
    standing(session, task.case_id)
    session.refresh(task)
    before, task.status = task.status, TASK_MOVES.after(task.status, event)
    return task.status is not before


def _tell(session: orm.Session, task: Task, kind: NoteKind, actor: audit.Actor, words: str) -> None:
    line(session, task.case_id, kind, actor, words)
    live.announce(session, "casework")
    audit.record(
        session, actor, kind, "case", task.case_id, task=task.id, assignee=task.assignee_id
    )
