"""Browsers on which an owner has signed in before 认识的浏览器: guesses made there count for themselves, so
that strangers who guess close the door to strangers only (OWASP, "Slow Down Online Guessing Attacks with
Device Cookies")."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock
from hotline.accounts import tokens
from hotline.accounts.models import KnownBrowser

KNOWN_FOR = dt.timedelta(days=90)
"""Since the last complete sign-in there."""
MOST = 8
"""Accounts that one browser is known to: officers of several shifts share a desk."""


def find(session: orm.Session, account_id: int, held: Sequence[str]) -> KnownBrowser | None:
    """The browser that holds these tokens, if it is known to this account; None: a stranger's."""
    known = sa.select(KnownBrowser).where(
        KnownBrowser.account_id == account_id,
        KnownBrowser.token_hash.in_([tokens.digest(token) for token in held]),
        KnownBrowser.last_used_at > clock.now() - KNOWN_FOR,
    )
    return session.scalars(known).first()


def remember(session: orm.Session, account_id: int, held: Sequence[str]) -> list[str]:
    """The owner is in: what this browser is to hold from now on. Its token for this account is a new one,
    so that a copy of the old one is a stranger's."""
    token, known = tokens.new(), find(session, account_id, held)
    if known is None:
        _forget(session, KnownBrowser.last_used_at <= clock.now() - KNOWN_FOR)
        known = KnownBrowser(account_id=account_id)
        session.add(known)
    others = [one for one in held if tokens.digest(one) != known.token_hash]
    known.token_hash, known.last_used_at = tokens.digest(token), clock.now()
    return [token, *others][:MOST]


def forget(session: orm.Session, account_id: int) -> None:
    """Every browser is a stranger's to this account again."""
    _forget(session, KnownBrowser.account_id == account_id)


def _forget(session: orm.Session, which: sa.ColumnElement[bool]) -> None:
    session.execute(sa.delete(KnownBrowser).where(which))
