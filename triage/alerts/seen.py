"""Who has seen a row of the board that sounds: it is quiet then, on every console, until there is something
new about it or `QUIET_FOR` has passed."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import audit, clock, live
from hotline.db import Base, words

QUIET_FOR = dt.timedelta(minutes=10)
"""Nobody silences a row for ever: whoever has seen it may have been called away."""


class Kind(enum.StrEnum):
    """What a row of the board is about, and so of what `ref` is the number: a report, an alert, a notice,
    or again an alert whose police have something to say."""

    unclaimed = "unclaimed"
    alert = "alert"
    news = "news"
    feedback = "feedback"


class Seen(Base):
    """The last to have seen a row, and what was new about it then (`mark`, a word of the board's)."""

    __tablename__ = "alert_seen"

    kind: orm.Mapped[Kind] = orm.mapped_column(words(Kind), primary_key=True)
    ref: orm.Mapped[int] = orm.mapped_column(primary_key=True, autoincrement=False)
    mark: orm.Mapped[str]
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    at: orm.Mapped[dt.datetime]


def see(session: orm.Session, kind: Kind, ref: int, mark: str, actor: audit.Actor) -> None:
    """This person has seen the row as it was when it bore this mark."""
    now = {"mark": mark, "account_id": actor.account_id, "at": clock.now()}
    session.execute(
        postgresql.insert(Seen)
        .values(kind=kind, ref=ref, **now)
        .on_conflict_do_update(index_elements=["kind", "ref"], set_=now)
    )
    subject = "report" if kind is Kind.unclaimed else "notice" if kind is Kind.news else "alert"
    audit.record(session, actor, "seen", subject, ref, mark=mark)
    live.announce(session, "alert", None)
