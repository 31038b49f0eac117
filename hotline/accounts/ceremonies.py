"""What a browser has been asked and must answer: kept on this side, answered once, within minutes."""

import datetime as dt
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock
from hotline.accounts import tokens
from hotline.accounts.models import Ceremony

LASTS = dt.timedelta(minutes=5)
SETTING_UP_LASTS = dt.timedelta(minutes=15)
"""An app has to be found, perhaps installed, and pointed at the picture."""


class Answerable(NamedTuple):
    """What had been asked, and of whom (None: of anybody)."""

    account_id: int | None
    secret: str


def begin(
    session: orm.Session,
    purpose: str,
    secret: str,
    account_id: int | None = None,
    lasts: dt.timedelta = LASTS,
) -> str:
    """Remember what is asked; the token by which the same browser answers."""
    session.execute(sa.delete(Ceremony).where(Ceremony.expires_at <= clock.now()))
    token = tokens.new()
    session.add(
        Ceremony(
            token_hash=tokens.digest(token),
            purpose=purpose,
            account_id=account_id,
            secret=secret,
            expires_at=clock.now() + lasts,
        )
    )
    return token


def take(session: orm.Session, purpose: str, token: str) -> Answerable | None:
    """What was asked, the first time it is answered: whatever comes of it, never again."""
    taken = session.execute(
        sa.delete(Ceremony)
        .where(
            Ceremony.token_hash == tokens.digest(token),
            Ceremony.purpose == purpose,
            Ceremony.expires_at > clock.now(),
        )
        .returning(Ceremony.account_id, Ceremony.secret)
    ).one_or_none()
    return Answerable(*taken) if taken else None


def peek(session: orm.Session, purpose: str, token: str) -> Answerable | None:
    """What was asked, left as it is: for a page that is shown again after a mistyped code."""
    found = session.execute(
        sa.select(Ceremony.account_id, Ceremony.secret).where(
            Ceremony.token_hash == tokens.digest(token),
            Ceremony.purpose == purpose,
            Ceremony.expires_at > clock.now(),
        )
    ).one_or_none()
    return Answerable(*found) if found else None
