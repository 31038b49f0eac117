"""Signing in and out, and the keeping of accounts. Services take the session and never commit."""

import datetime as dt
import hashlib
import re
import secrets
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, config
from hotline.accounts import passwords
from hotline.accounts.models import Account, SignIn
from hotline.accounts.permissions import PERMISSIONS, Permission, Role
from hotline.audit import Actor

TRIES = 5
FIRST_LOCK = dt.timedelta(minutes=15)
LONGEST_LOCK = dt.timedelta(hours=24)
LONGEST_SIGN_IN = dt.timedelta(hours=12)
"""However busy, a sign-in ends after this; a shift is no longer."""
LONGEST_OF_SCREEN = dt.timedelta(days=90)
"""A screen on a wall has nobody who could sign it in again at night; it shows nothing about anybody."""
SEEN_EVERY = dt.timedelta(minutes=1)
"""`last_seen_at` is written no more often than this, so that reading a page does not write."""
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")


class AccountFault(Exception):
    """An account cannot be made or changed as asked; the message says why."""


class NoSuchAccount(AccountFault):
    """There is no account of that name."""


@dataclass(frozen=True)
class Person:
    """Who is signed in, as this request found them."""

    account_id: int
    username: str
    name: str
    role: Role
    must_change: bool
    sign_in_id: int
    token: str = field(repr=False)

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What the browser's signed cookie holds (Flask-Login asks)."""
        return self.token

    def can(self, permission: Permission | str) -> bool:
        """Whether this person's role has `permission`."""
        return permission in PERMISSIONS[self.role]


def sign_in(session: orm.Session, username: str, password: str, address: str) -> str | None:
    """A token for the browser, or None: wrong, unknown, disabled and locked look the same outside.

    The caller commits either way: failures are counted and written to the audit log. After every
    `TRIES` wrong passwords the account is locked, each time for twice as long.
    """
    name = username.strip().lower()
    account = _locked_row(session, name)
    right = passwords.matches(account.password_hash if account else None, password)
    if account is None:
        # Not by the name typed: people type their password into the wrong field.
        _refused(session, Actor("unknown", None, address), "unknown account")
        return None
    actor = Actor(account.username, account.id, address)
    fault = _fault(account, right=right)
    if fault:
        _refused(session, actor, fault)
        return None
    return _granted(session, actor, account, password)


def _fault(account: Account, *, right: bool) -> str:
    if account.locked_until and account.locked_until > clock.now():
        return "locked"
    if not right:
        _count_failure(account)
        return "wrong password"
    return "" if account.active else "disabled"


def _locked_row(session: orm.Session, username: str) -> Account | None:
    # Locked, so that tries made at the same moment are all counted.
    return session.scalar(sa.select(Account).where(Account.username == username).with_for_update())


def _refused(session: orm.Session, actor: Actor, reason: str) -> None:
    audit.record(session, actor, "sign_in_refused", "account", actor.account_id, reason=reason)


def _count_failure(account: Account) -> None:
    account.failed_sign_ins += 1
    rounds, left = divmod(account.failed_sign_ins, TRIES)
    if left == 0:
        lock = min(FIRST_LOCK * 2 ** min(rounds - 1, 10), LONGEST_LOCK)
        account.locked_until = clock.now() + lock


def _granted(session: orm.Session, actor: Actor, account: Account, password: str) -> str:
    account.failed_sign_ins, account.locked_until = 0, None
    if passwords.is_outdated(account.password_hash):
        account.password_hash = passwords.hashed(password)
    token, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        SignIn(
            account_id=account.id,
            token_hash=_digest(token),
            created_at=now,
            last_seen_at=now,
            address=actor.address,
        )
    )
    audit.record(session, actor, "signed_in", "account", account.id)
    return token


def person_behind(session: orm.Session, token: str, *, present: bool) -> Person | None:
    """Who holds `token`, or None if that sign-in is over: ended, idle, too old, or disabled.

    `present`: a human being caused this request. Pages that refresh themselves do not keep a
    deserted desk signed in.
    """
    found = session.execute(
        sa.select(Account, SignIn)
        .join(SignIn, SignIn.account_id == Account.id)
        .where(SignIn.token_hash == _digest(token), SignIn.ended_at.is_(None), Account.active)
    ).one_or_none()
    if found is None:
        return None
    account, sign_in_ = found
    if _is_over(sign_in_, account.role):
        return None
    if present and clock.now() - sign_in_.last_seen_at >= SEEN_EVERY:
        sign_in_.last_seen_at = clock.now()
    return Person(
        account_id=account.id,
        username=account.username,
        name=account.name,
        role=account.role,
        must_change=account.must_change,
        sign_in_id=sign_in_.id,
        token=token,
    )


def _is_over(sign_in_: SignIn, role: Role) -> bool:
    idle = dt.timedelta(seconds=config.current().session_idle_seconds)
    now = clock.now()
    if role is Role.screen:
        return now - sign_in_.created_at >= LONGEST_OF_SCREEN
    return now - sign_in_.last_seen_at >= idle or now - sign_in_.created_at >= LONGEST_SIGN_IN


def sign_out(session: orm.Session, actor: Actor, person: Person) -> None:
    """End this one sign-in, at once."""
    session.execute(
        sa.update(SignIn).where(SignIn.id == person.sign_in_id).values(ended_at=clock.now())
    )
    audit.record(session, actor, "signed_out", "account", person.account_id)


def add(
    session: orm.Session,
    actor: Actor,
    *,
    username: str,
    name: str,
    role: Role,
    password: str,
    phone: str = "",
    must_change: bool = False,
) -> Account:
    """A new account. `must_change`: the owner must choose another password when first signing in.

    Raises:
        AccountFault: the user name is taken or malformed, or the password too short.
    """
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        raise AccountFault("a user name has 2 to 32 of a-z 0-9 . _ - and starts with a-z or 0-9")
    if _locked_row(session, username):
        raise AccountFault(f"the user name {username} is taken")
    account = Account(
        username=username,
        name=name.strip() or username,
        role=role,
        password_hash=_hash_of(password),
        must_change=must_change,
        phone=phone.strip() or None,
        created_at=clock.now(),
    )
    session.add(account)
    session.flush()
    audit.record(session, actor, "account_added", "account", account.id, role=str(role))
    return account


def disable(session: orm.Session, actor: Actor, username: str) -> Account:
    """Close an account and end its sign-ins, at once.

    Raises:
        NoSuchAccount: nobody has that user name.
    """
    account = _existing(session, username)
    account.active = False
    _end_sign_ins(session, account)
    audit.record(session, actor, "account_disabled", "account", account.id)
    return account


def reset(
    session: orm.Session, actor: Actor, username: str, password: str, *, must_change: bool = True
) -> Account:
    """Give an account a new password, unlock and reopen it, and end its sign-ins.

    Raises:
        NoSuchAccount: nobody has that user name.
        AccountFault: the password is too short.
    """
    account = _existing(session, username)
    account.password_hash = _hash_of(password)
    account.must_change = must_change
    account.active, account.failed_sign_ins, account.locked_until = True, 0, None
    _end_sign_ins(session, account)
    audit.record(session, actor, "password_reset", "account", account.id)
    return account


def change_password(session: orm.Session, actor: Actor, person: Person, old: str, new: str) -> None:
    """The owner chooses another password; sign-ins elsewhere end.

    Raises:
        AccountFault: the old password is wrong, or the new one too short.
    """
    account = _existing(session, person.username)
    if not passwords.matches(account.password_hash, old):
        raise AccountFault("the old password is wrong")
    account.password_hash, account.must_change = _hash_of(new), False
    _end_sign_ins(session, account, but=person.sign_in_id)
    audit.record(session, actor, "password_changed", "account", account.id)


def everyone(session: orm.Session) -> list[Account]:
    """Every account, those in use first, by user name."""
    order = (Account.active.desc(), Account.username)
    return list(session.scalars(sa.select(Account).order_by(*order)))


def _existing(session: orm.Session, username: str) -> Account:
    account = _locked_row(session, username.strip().lower())
    if account is None:
        raise NoSuchAccount(f"there is no account {username}")
    return account


def _end_sign_ins(session: orm.Session, account: Account, but: int = 0) -> None:
    session.execute(
        sa.update(SignIn)
        .where(SignIn.account_id == account.id, SignIn.ended_at.is_(None), SignIn.id != but)
        .values(ended_at=clock.now())
    )


def _hash_of(password: str) -> str:
    if not passwords.is_acceptable(password):
        raise AccountFault(f"a password has at least {passwords.SHORTEST} characters")
    return passwords.hashed(password)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
