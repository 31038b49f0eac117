"""Accounts of the people who work on the line, their second factors, and their sign-ins."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.accounts.permissions import Role
from hotline.crypto import EncryptedText
from hotline.db import Base, Id, words


class Guessed:
    """At which wrong guesses are counted (`guesses`)."""

    failed_sign_ins: orm.Mapped[int] = orm.mapped_column(default=0)
    """Wrong passwords and codes since the last complete sign-in."""
    locked_until: orm.Mapped[dt.datetime | None]


class Account(Guessed, Base):
    """One person. Never deleted: the audit log names it for as long as the log is kept."""

    __tablename__ = "accounts"

    id: orm.Mapped[Id]
    username: orm.Mapped[str] = orm.mapped_column(unique=True)
    name: orm.Mapped[str]
    role: orm.Mapped[Role] = orm.mapped_column(words(Role))
    password_hash: orm.Mapped[str]
    former_hash: orm.Mapped[str | None]
    """Of the owner's last password before this one: it is not chosen again."""
    must_change: orm.Mapped[bool] = orm.mapped_column(default=False)
    """Somebody else set the password: the owner chooses a new one before anything else."""
    phone: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    active: orm.Mapped[bool] = orm.mapped_column(default=True)
    factors_reset_at: orm.Mapped[dt.datetime | None]
    """A colleague took the second factors away; the owner has not been told yet."""
    created_at: orm.Mapped[dt.datetime]


class KnownBrowser(Guessed, Base):
    """A browser on which the owner has signed in before, known by the digest of a token that it holds
    (`known`)."""

    __tablename__ = "known_browsers"

    id: orm.Mapped[Id]
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"), index=True)
    token_hash: orm.Mapped[str] = orm.mapped_column(unique=True)
    last_used_at: orm.Mapped[dt.datetime]


class Stage(enum.StrEnum):
    """How far a sign-in has come."""

    half = "half"
    """The password was right; the second factor is still to come."""
    open = "open"
    locked = "locked"
    """The desk was left alone: whoever comes back says again who they are."""


class Means(enum.StrEnum):
    """By what somebody has proven who they are."""

    password = "password"  # noqa: S105 (a word)
    totp = "totp"
    passkey = "passkey"
    recovery_code = "recovery_code"


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
    browser: orm.Mapped[str] = orm.mapped_column(default="")
    """As it called itself (User-Agent), cut short."""
    stage: orm.Mapped[Stage] = orm.mapped_column(words(Stage), default=Stage.open)
    means: orm.Mapped[Means] = orm.mapped_column(words(Means), default=Means.password)
    """What completed it."""
    proven_at: orm.Mapped[dt.datetime]
    """When whoever sits there last gave the password or a passkey."""
    ended_at: orm.Mapped[dt.datetime | None]


class SecondFactor(Base):
    """What an owner has beside the password: an authenticator app's secret, or a passkey."""

    __tablename__ = "second_factors"

    id: orm.Mapped[Id]
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"), index=True)
    kind: orm.Mapped[Means] = orm.mapped_column(words(Means))
    name: orm.Mapped[str]
    """As the owner calls it."""
    secret: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    """Of an app: base32."""
    last_step: orm.Mapped[int | None]
    """Of an app: the time step of the last code that counted. No code of it or before counts again."""
    credential_id: orm.Mapped[bytes | None] = orm.mapped_column(unique=True)
    public_key: orm.Mapped[bytes | None]
    """Of a passkey: COSE."""
    sign_count: orm.Mapped[int | None]
    created_at: orm.Mapped[dt.datetime]
    last_used_at: orm.Mapped[dt.datetime | None]

    __table_args__ = (
        sa.CheckConstraint(
            "kind = 'totp' AND secret IS NOT NULL AND last_step IS NOT NULL"
            " OR kind = 'passkey' AND credential_id IS NOT NULL"
            " AND public_key IS NOT NULL AND sign_count IS NOT NULL",
            name="whole",
        ),
    )


class RecoveryCode(Base):
    """One of the codes for the day on which the second factor is lost. Its digest alone is kept: the codes
    are long and random, and nothing is gained by a slow hash."""

    __tablename__ = "recovery_codes"

    id: orm.Mapped[Id]
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"), index=True)
    code_hash: orm.Mapped[str] = orm.mapped_column(unique=True)
    used_at: orm.Mapped[dt.datetime | None]


class Ceremony(Base):
    """What we have asked a browser and wait to be answered: a passkey's challenge, or the secret of an app
    that is being set up. Answered once, and soon."""

    __tablename__ = "ceremonies"

    id: orm.Mapped[Id]
    token_hash: orm.Mapped[str] = orm.mapped_column(unique=True)
    purpose: orm.Mapped[str]
    account_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts.id"), index=True)
    """Whose answer it must be; None where anybody may sign in."""
    secret: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    expires_at: orm.Mapped[dt.datetime] = orm.mapped_column(index=True)
