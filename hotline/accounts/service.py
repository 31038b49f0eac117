"""Signing in and out, and the keeping of accounts. Services take the session and never commit."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, config, crypto
from hotline.accounts import guesses, known, locks, passwords, tokens
from hotline.accounts.models import Account, Means, SecondFactor, SignIn, Stage
from hotline.accounts.permissions import PERMISSIONS, Permission, Role
from hotline.audit import Actor

LONGEST_SIGN_IN = dt.timedelta(hours=12)
"""However busy, a sign-in ends after this; a shift is no longer."""
LONGEST_OF_SCREEN = dt.timedelta(days=90)
"""A screen on a wall has nobody who could sign it in again at night; it shows nothing about anybody."""
LONGEST_HALF_WAY = dt.timedelta(minutes=10)
"""Between the password and the second factor."""
PROVEN_FOR = dt.timedelta(minutes=10)
"""How long giving the password or a passkey counts for what touches the account's own safety."""
LONGEST_BROWSER = 300
"""Characters kept of what a browser calls itself."""
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
    stage: Stage
    means: Means
    proven_at: dt.datetime
    has_factor: bool
    has_passkey: bool
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

    @property
    def lacks_factor(self) -> bool:
        """Whether this person must set up a second factor before anything else."""
        wanted = config.current().requires_second_factor and self.role is not Role.screen
        return wanted and not self.has_factor

    @property
    def is_proven(self) -> bool:
        """Whether whoever sits there has said again only just now who they are."""
        return clock.now() - self.proven_at < PROVEN_FOR


def sign_in(
    session: orm.Session,
    username: str,
    password: str,
    address: str,
    browser: str = "",
    held: Sequence[str] = (),
) -> str | None:
    """A token for the browser, or None: wrong, unknown, disabled and locked look the same outside. For an
    account with a second factor it is the token of a sign-in that is half way and opens nothing. `held`: the
    tokens by which the browser is known, here and in what follows.

    The caller commits either way: failures are counted and written to the audit log. After every
    `guesses.TRIES` wrong passwords guessing is over, each time for longer.
    """
    name = username.strip().lower()
    _one_by_one(session, name)
    account = _held(session, name)
    right = passwords.matches(account.password_hash if account else None, password)
    if account is None:
        # Not by the name typed: people type their password into the wrong field.
        _refused(session, Actor("unknown", None, address), "unknown account")
        return None
    actor = Actor(account.username, account.id, address)
    fault = guesses.fault(account, guesses.counter(session, account, held), right=right)
    if fault:
        _refused(session, actor, fault)
        return None
    if passwords.is_outdated(account.password_hash):
        account.password_hash = passwords.hashed(password)
    if _has_factor(session, account):
        audit.record(session, actor, "second_factor_asked", "account", account.id)
        return new_sign_in(session, actor, account, browser, stage=Stage.half)
    return granted(session, actor, account, browser, Means.password, held)


def _one_by_one(session: orm.Session, name: str) -> None:
    """Tries at one name wait for each other whether or not somebody has it: how long many of them take
    together tells no more than how long one takes."""
    lock = sa.func.pg_advisory_xact_lock(crypto.blind_index("tried name", name))
    session.execute(sa.select(lock))


def _held(session: orm.Session, username: str) -> Account | None:
    return guesses.held(session, Account.username == username)


def _has_factor(session: orm.Session, account: Account) -> bool:
    theirs = sa.exists().where(SecondFactor.account_id == account.id)
    return bool(session.scalar(sa.select(theirs)))


def _refused(session: orm.Session, actor: Actor, reason: str) -> None:
    audit.record(session, actor, "sign_in_refused", "account", actor.account_id, reason=reason)


def granted(
    session: orm.Session,
    actor: Actor,
    account: Account,
    browser: str,
    means: Means,
    held: Sequence[str],
) -> str:
    """Sign in whoever has proven by `means` to be the owner: the token for the browser."""
    guesses.forget(guesses.counter(session, account, held))
    audit.record(session, actor, "signed_in", "account", account.id, means=str(means))
    return new_sign_in(session, actor, account, browser, means=means)


def new_sign_in(
    session: orm.Session,
    actor: Actor,
    account: Account,
    browser: str,
    *,
    stage: Stage = Stage.open,
    means: Means = Means.password,
) -> str:
    """A sign-in from now on: the token for the browser."""
    token, now = tokens.new(), clock.now()
    session.add(
        SignIn(
            account_id=account.id,
            token_hash=tokens.digest(token),
            created_at=now,
            last_seen_at=now,
            proven_at=now,
            address=actor.address,
            browser=browser[:LONGEST_BROWSER],
            stage=stage,
            means=means,
        )
    )
    return token


def person_behind(session: orm.Session, token: str, *, present: bool) -> Person | None:
    """Who holds `token`, or None if that sign-in is over: ended, idle, too old, or disabled.

    `present`: a human being caused this request. Pages that refresh themselves do not keep a
    deserted desk signed in.
    """
    found = session.execute(
        sa.select(Account, SignIn, _PASSKEY)
        .join(SignIn, SignIn.account_id == Account.id)
        .where(SignIn.token_hash == tokens.digest(token), SignIn.ended_at.is_(None), Account.active)
    ).one_or_none()
    if found is None:
        return None
    account, sign_in_, passkey = found
    if locks.is_deserted(sign_in_, account.role):
        locks.lock(session, Actor(account.username, account.id), sign_in_.id, "left alone")
        session.refresh(sign_in_)
    if is_over(sign_in_, account.role):
        return None
    seen = present and sign_in_.stage is Stage.open
    if seen and clock.now() - sign_in_.last_seen_at >= locks.SEEN_EVERY:
        sign_in_.last_seen_at = clock.now()
    return Person(
        account_id=account.id,
        username=account.username,
        name=account.name,
        role=account.role,
        must_change=account.must_change,
        sign_in_id=sign_in_.id,
        stage=sign_in_.stage,
        means=sign_in_.means,
        proven_at=sign_in_.proven_at,
        has_factor=passkey is not None,
        has_passkey=bool(passkey),
        token=token,
    )


_PASSKEY = (
    sa.select(sa.func.bool_or(SecondFactor.kind == Means.passkey))
    .where(SecondFactor.account_id == Account.id)
    .scalar_subquery()
)
"""Whether one of the account's second factors is a passkey; null if it has none at all. In the statement
that every request makes, so that it stays one."""


def is_over(sign_in_: SignIn, role: Role) -> bool:
    """Whether a sign-in has run out, by its age or because nobody has been there."""
    age = clock.now() - sign_in_.created_at
    if role is Role.screen:
        return age >= LONGEST_OF_SCREEN
    if sign_in_.stage is Stage.half:
        return age >= LONGEST_HALF_WAY
    if locks.after():
        return age >= LONGEST_SIGN_IN
    idle = dt.timedelta(seconds=config.current().session_idle_seconds)
    return clock.now() - sign_in_.last_seen_at >= idle or age >= LONGEST_SIGN_IN


def sign_out(session: orm.Session, actor: Actor, person: Person) -> None:
    """End this one sign-in, at once."""
    session.execute(
        sa.update(SignIn).where(SignIn.id == person.sign_in_id).values(ended_at=clock.now())
    )
    audit.record(session, actor, "signed_out", "account", person.account_id)


def renewed(session: orm.Session, person: Person) -> str:
    """Another token for this sign-in: the one of before is worth nothing."""
    token = tokens.new()
    session.execute(
        sa.update(SignIn)
        .where(SignIn.id == person.sign_in_id)
        .values(token_hash=tokens.digest(token))
    )
    return token


def told_of_reset(session: orm.Session, person: Person) -> bool:
    """Whether a colleague has taken the owner's second factors away since the last sign-in; said once."""
    was_reset = session.scalar(
        sa.update(Account)
        .where(Account.id == person.account_id, Account.factors_reset_at.is_not(None))
        .values(factors_reset_at=None)
        .returning(Account.id)
    )
    return was_reset is not None


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
    if _held(session, username):
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
    account = existing(session, username)
    account.active = False
    end_sign_ins(session, account.id)
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
    account = existing(session, username)
    replace_password(account, password)
    account.must_change = must_change
    account.active = True
    guesses.forget(account)
    end_sign_ins(session, account.id)
    known.forget(session, account.id)
    audit.record(session, actor, "password_reset", "account", account.id)
    return account


def replace_password(account: Account, password: str) -> None:
    """Keep the hash of a new one, and that of the owner's last: none that was handed over is the owner's.

    Raises:
        AccountFault: it is too short.
    """
    changed = _hash_of(password)
    if not account.must_change:
        account.former_hash = account.password_hash
    account.password_hash = changed


def everyone(session: orm.Session) -> list[Account]:
    """Every account, those in use first, by user name."""
    order = (Account.active.desc(), Account.username)
    return list(session.scalars(sa.select(Account).order_by(*order)))


def existing(session: orm.Session, username: str) -> Account:
    """The account of that name, held until the end of the transaction.

    Raises:
        NoSuchAccount: nobody has that user name.
    """
    account = _held(session, username.strip().lower())
    if account is None:
        raise NoSuchAccount(f"there is no account {username}")
    return account


def end_sign_ins(session: orm.Session, account_id: int, but: int = 0) -> None:
    """End every sign-in of the account, at once, except the one numbered `but`."""
    session.execute(
        sa.update(SignIn)
        .where(SignIn.account_id == account_id, SignIn.ended_at.is_(None), SignIn.id != but)
        .values(ended_at=clock.now())
    )


def _hash_of(password: str) -> str:
    if not passwords.is_acceptable(password):
        raise AccountFault(f"a password has at least {passwords.SHORTEST} characters")
    return passwords.hashed(password)
