"""How often somebody may guess: passwords and codes count together, in the database, for each account.

Whoever knows a user name can close that account to guesses at the door. Consoles that are signed in have a
count of their own: no stranger keeps an officer from unlocking one.
"""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock
from hotline.accounts.models import Account

TRIES = 5
FIRST_LOCK = dt.timedelta(minutes=15)
LONGEST_LOCK = dt.timedelta(hours=1)
"""120 guesses a day lead nowhere; a longer lock would serve whoever wants the officers kept out."""
REFUSED, WRONG = "password_refused", "wrong password"
"""How a wrong password at a console that is signed in stands in the audit log, which is where those are
counted."""


def held(session: orm.Session, which: sa.ColumnElement[bool]) -> Account | None:
    """The account, held until the end of the transaction: tries made at the same moment are all counted,
    and a code that is tried twice at the same moment counts once."""
    return session.scalar(sa.select(Account).where(which).with_for_update())


def are_over(account: Account) -> bool:
    """Whether there were too many wrong guesses just now."""
    return account.locked_until is not None and account.locked_until > clock.now()


def are_over_inside(
    session: orm.Session, account: Account, sign_in_id: int, since: dt.datetime
) -> bool:
    """Whether there were too many at this one console just now: `TRIES` within `FIRST_LOCK`, and after
    `since`, when somebody there was last right."""
    wrong = sa.select(sa.func.count()).where(
        audit.AuditEntry.subject == "account",
        audit.AuditEntry.subject_id == account.id,
        audit.AuditEntry.action == REFUSED,
        audit.AuditEntry.reason == WRONG,
        audit.AuditEntry.details["sign_in"].as_integer() == sign_in_id,
        audit.AuditEntry.at > max(since, clock.now() - FIRST_LOCK),
    )
    return (session.scalar(wrong) or 0) >= TRIES


def count_wrong(account: Account) -> None:
    """One more. Every `TRIES` of them close the account to guesses, each time for twice as long, to
    `LONGEST_LOCK`."""
    account.failed_sign_ins += 1
    rounds, left = divmod(account.failed_sign_ins, TRIES)
    if left == 0:
        lock = min(FIRST_LOCK * 2 ** min(rounds - 1, 10), LONGEST_LOCK)
        account.locked_until = clock.now() + lock


def forget(account: Account) -> None:
    """It was the owner after all."""
    account.failed_sign_ins, account.locked_until = 0, None
