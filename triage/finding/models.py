"""The index over what is sealed, and what is to be indexed anew."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline.db import Base, Id, words


class Kind(enum.StrEnum):
    """What sort of row an entry stands for."""

    report = "report"
    case = "case"
    note = "note"
    person = "person"
    transcript = "transcript"


class Entry(Base):
    """The tokens of one row (`terms.keyed`). To which case or report it belongs now, the row itself says."""

    __tablename__ = "search_entries"

    kind: orm.Mapped[Kind] = orm.mapped_column(words(Kind), primary_key=True)
    row_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, primary_key=True)
    at: orm.Mapped[dt.datetime]
    """When the row came to be: it never changes, and its month is part of every token."""
    tokens: orm.Mapped[list[int]] = orm.mapped_column(postgresql.ARRAY(sa.BigInteger))

    __table_args__ = (
        # Written at once, not into a list of things to be written, which every look would have to read.
        sa.Index(
            "ix_search_entries_tokens",
            "tokens",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
        sa.Index("ix_search_entries_at", "at"),
    )


class Due(Base):
    """A row that has been written and is to be indexed. Triggers put it here in the transaction of the
    writing, whoever writes; lines are only added, so that no writer waits for the indexer."""

    __tablename__ = "search_due"

    id: orm.Mapped[Id]
    kind: orm.Mapped[Kind] = orm.mapped_column(words(Kind))
    row_id: orm.Mapped[int]
    due_at: orm.Mapped[dt.datetime] = orm.mapped_column(server_default=sa.func.now())

    __table_args__ = (sa.Index("ix_search_due_due_at", "due_at"),)
