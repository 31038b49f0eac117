"""How often somebody may guess: passwords and codes count together, in the database, for each account."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock
from hotline.accounts.models import Account

TRIES = 5
FIRST_LOCK = dt.timedelta(minutes=15)
LONGEST_LOCK = dt.timedelta(hours=24)


def held(session: orm.Session, which: sa.ColumnElement[bool]) -> Account | None:
    """The account, held until the end of the transaction: tries made at the same moment are all counted,
    and a code that is tried twice at the same moment counts once."""
    return session.scalar(sa.select(Account).where(which).with_for_update())


def are_over(account: Account) -> bool:
    """Whether there were too many wrong guesses just now."""
    return account.locked_until is not None and account.locked_until > clock.now()


def count_wrong(account: Account) -> None:
    """One more. Every `TRIES` of them close the account to guesses, each time for twice as long."""
    account.failed_sign_ins += 1
    rounds, left = divmod(account.failed_sign_ins, TRIES)
    if left == 0:
        lock = min(FIRST_LOCK * 2 ** min(rounds - 1, 10), LONGEST_LOCK)
        account.locked_until = clock.now() + lock


def forget(account: Account) -> None:
    """It was the owner after all."""
    account.failed_sign_ins, account.locked_until = 0, None
