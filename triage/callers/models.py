"""Enquiries after a report, and the police's after an alert: every try, so that guessing ends."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.db import Base, Id, words


class Answer(enum.StrEnum):
    """What a caller who asks after a report is told. `wrong`: number and PIN do not belong together, or
    there is no such report; `locked`: too many wrong tries. The others never say what it is about."""

    wrong = "wrong"
    locked = "locked"
    received = "received"
    handling = "handling"
    handed_over = "handed_over"
    closed = "closed"


class EnquiryTry(Base):
    """One number and PIN, typed in one call. The same again in that call is no further guess, and a
    webhook that comes twice leaves one row."""

    __tablename__ = "enquiry_tries"

    id: orm.Mapped[Id]
    call_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("calls.id"))
    number: orm.Mapped[str]
    """The receipt number, or on the police line the code of an alert, as typed: it may be nobody's."""
    pin_index: orm.Mapped[int]
    """The PIN typed, keyed; an alert's code alone is one with an empty PIN."""
    caller_index: orm.Mapped[int | None]
    answer: orm.Mapped[Answer] = orm.mapped_column(words(Answer))
    at: orm.Mapped[dt.datetime]

    __table_args__ = (
        sa.UniqueConstraint("call_id", "number", "pin_index"),
        sa.Index("ix_enquiry_tries_wrong", "at", postgresql_where=sa.text("answer = 'wrong'")),
    )
