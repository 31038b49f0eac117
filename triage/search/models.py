"""What has been asked."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.crypto import EncryptedText
from hotline.db import Base, Id


class Question(Base):
    """What somebody searched for. The audit log names it by its row and the rows that were shown; the words,
    which may be a child's name, stand here, sealed."""

    __tablename__ = "search_questions"

    id: orm.Mapped[Id]
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    at: orm.Mapped[dt.datetime]
    asked: orm.Mapped[str] = orm.mapped_column(EncryptedText)

    __table_args__ = (sa.Index("ix_search_questions_at", "at"),)
