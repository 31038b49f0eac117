"""A console that is left alone is locked: the server decides, and refuses all content meanwhile."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, config
from hotline.accounts.models import SignIn, Stage
from hotline.accounts.permissions import Role
from hotline.audit import Actor

SEEN_EVERY = dt.timedelta(minutes=1)
"""`last_seen_at` is written no more often than this, so that reading a page does not write."""
SLACK = 2 * SEEN_EVERY
"""A browser tells of its owner once a minute, and covers itself on time; this side follows later, so
that nobody is locked out while at work."""


def after() -> dt.timedelta | None:
    """How long a console may be left alone; None: it is never locked."""
    minutes = config.current().lock_minutes
    return dt.timedelta(minutes=minutes) if minutes else None


def is_deserted(sign_in: SignIn, role: Role) -> bool:
    """Whether nobody has been at this desk for too long. A screen on a wall has nobody to miss."""
    limit = after()
    if limit is None or role is Role.screen or sign_in.stage is not Stage.open:
        return False
    return clock.now() - sign_in.last_seen_at >= limit + SLACK


def lock(session: orm.Session, actor: Actor, sign_in_id: int, reason: str) -> None:
    """Lock one sign-in. Requests that find it out at the same moment write it down once."""
    locked = session.execute(
        sa.update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.stage == Stage.open)
        .values(stage=Stage.locked)
        .returning(SignIn.id)
    ).first()
    if locked:
        audit.record(session, actor, "locked", "account", actor.account_id, reason=reason)
