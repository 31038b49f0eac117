"""Accounts of the people who work on the line, and their sign-ins."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.accounts.permissions import Role
from hotline.crypto import EncryptedText
from hotline.db import Base, Id, words


class Account(Base):
    """One person. Never deleted: the audit log names it for as long as the log is kept."""

    __tablename__ = "accounts"

    id: orm.Mapped[Id]
    username: orm.Mapped[str] = orm.mapped_column(unique=True)
    name: orm.Mapped[str]
    role: orm.Mapped[Role] = orm.mapped_column(words(Role))
    password_hash: orm.Mapped[str]
    must_change: orm.Mapped[bool] = orm.mapped_column(default=False)
    """Somebody else set the password: the owner chooses a new one before anything else."""
    phone: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    active: orm.Mapped[bool] = orm.mapped_column(default=True)
    failed_sign_ins: orm.Mapped[int] = orm.mapped_column(default=0)
    """Wrong passwords since the last right one."""
    locked_until: orm.Mapped[dt.datetime | None]
    created_at: orm.Mapped[dt.datetime]


class SignIn(Base):
    """One browser signed in, known by the digest of its token: the row alone gives no entry.

    Kept on this side, so that time-out, disabling and signing out take effect at the next request.
    """

    __tablename__ = "sign_ins"

    id: orm.Mapped[Id]
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"), index=True)
    token_hash: orm.Mapped[str] = orm.mapped_column(unique=True)
    created_at: orm.Mapped[dt.datetime]
    last_seen_at: orm.Mapped[dt.datetime]
    address: orm.Mapped[str]
    ended_at: orm.Mapped[dt.datetime | None]
