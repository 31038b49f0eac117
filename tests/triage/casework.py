"""Cases as tests begin with them."""

from typing import Any

import sqlalchemy as sa

from hotline import db
from hotline.accounts.models import Account
from tests.triage.people import claimed, do, officer
from triage.cases import service as cases
from triage.cases.access import visible
from triage.cases.models import Case, CaseNote, NoteKind


def opened(sid: str = "CA1", **judged: Any) -> tuple[int, int]:
    """A report and the case opened on it, by zhiban."""
    number = claimed(sid, **{"child_name": "李小雨", "child_age": 8, **judged})
    return number, do(cases.open_case, number, officer()).id


def linked(sid: str, case_id: int, **judged: Any) -> int:
    """A further report, linked to a case."""
    number = claimed(sid, **judged)
    do(cases.link, number, case_id, officer())
    return number


def case(case_id: int) -> Case:
    """How a case stands."""
    with db.transaction() as session:
        return session.get_one(Case, case_id)


def may_see(case_id: int, account_id: int | None) -> bool:
    """Whether a case is there at all for this account."""
    assert account_id is not None, "a case is seen by a person"
    theirs = sa.select(Case.id).where(Case.id == case_id, visible(account_id))
    with db.transaction() as session:
        return session.scalar(theirs) is not None


def kinds(case_id: int) -> list[NoteKind]:
    """What stands in a case's timeline, the oldest first."""
    of_case = sa.select(CaseNote.kind).where(CaseNote.case_id == case_id)
    with db.transaction() as session:
        return list(session.scalars(of_case.order_by(CaseNote.id)))


def plan(asked: sa.Select[int]) -> str:
    """How PostgreSQL would find this, were the tables large."""
    sql = asked.compile(db.engine(), compile_kwargs={"literal_binds": True})
    with db.transaction() as session:
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        return "\n".join(session.scalars(sa.text(f"EXPLAIN {sql}")))


def account(username: str) -> Account:
    """One of the demo people."""
    with db.transaction() as session:
        return session.scalars(sa.select(Account).where(Account.username == username)).one()
