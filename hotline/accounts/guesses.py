"""How often somebody may guess: passwords and codes count together, in the database.

Each browser that an owner has signed in on before has a count of its own for that account, at its door and at
its lock; all others have one together. So whoever knows a user name can close that account to strangers, and
never to its owner at a desk of theirs.
"""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock
from hotline.accounts import known
from hotline.accounts.models import Account, Guessed

TRIES = 5
FIRST_LOCK = dt.timedelta(minutes=15)
LONGEST_LOCK = dt.timedelta(hours=1)
"""120 guesses a day lead nowhere; a longer lock would serve whoever wants the officers kept out."""


def held(session: orm.Session, which: sa.ColumnElement[bool]) -> Account | None:
    """The account, held until the end of the transaction: tries made at the same moment are all counted,
    and a code that is tried twice at the same moment counts once."""
    return session.scalar(sa.select(Account).where(which).with_for_update())


def counter(session: orm.Session, account: Account, browser: Sequence[str]) -> Guessed:
    """Where guesses count from a browser that holds these tokens. `account` is held by the caller."""
    return known.find(session, account.id, browser) or account


def are_over(counter: Guessed) -> bool:
    """Whether there were too many wrong guesses just now."""
    return counter.locked_until is not None and counter.locked_until > clock.now()


def fault(account: Account, counter: Guessed, *, right: bool) -> str:
    """Why a try with a `right` or wrong password is refused, which counts; empty: it is not."""
    if are_over(counter):
        return "locked"
    if not right:
        count_wrong(counter)
        return "wrong password"
    return "" if account.active else "disabled"


def count_wrong(counter: Guessed) -> None:
    """One more. Every `TRIES` of them end the guessing, each time for twice as long, to `LONGEST_LOCK`."""
    counter.failed_sign_ins += 1
    rounds, left = divmod(counter.failed_sign_ins, TRIES)
    if left == 0:
        lock = min(FIRST_LOCK * 2 ** min(rounds - 1, 10), LONGEST_LOCK)
        counter.locked_until = clock.now() + lock


def forget(counter: Guessed) -> None:
    """It was the owner after all."""
    counter.failed_sign_ins, counter.locked_until = 0, None
