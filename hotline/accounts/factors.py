"""What an owner has beside the password: authenticator apps (TOTP, RFC 6238) and codes for the day on which
everything else is lost. Passkeys are made in `passkeys`, and kept and counted here like the others."""

import hmac
import re

import pyotp
import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock
from hotline.accounts import known, passwords, service, tokens
from hotline.accounts.models import Account, Means, RecoveryCode, SecondFactor
from hotline.accounts.service import Person
from hotline.audit import Actor

STEP_SECONDS = 30
DRIFT = 1
"""Steps by which an owner's clock may be off, either way (RFC 6238, section 5.2)."""
CODES = 10
FEW = 3
"""So many recovery codes left, and the owner is told to make new ones."""
LONGEST_NAME = 40
ISSUER = "护童热线"
_TOTP = re.compile(r"\d{6}")
_GAPS = re.compile(r"[\s\-–—]")


def new_secret() -> str:
    """For a new app: 160 random bits, base32 (RFC 4226, section 4)."""
    return pyotp.random_base32()


def step_of_code(secret: str, code: str, after: int = -1) -> int | None:
    """The time step of which `code` is, if it is right now and none of that step or later has counted."""
    totp, now = pyotp.TOTP(secret), int(clock.now().timestamp()) // STEP_SECONDS
    steps = range(max(now - DRIFT, after + 1), now + DRIFT + 1)
    typed = _GAPS.sub("", code)
    return next((step for step in steps if _is_same(totp.generate_otp(step), typed)), None)


def _is_same(code: str, typed: str) -> bool:
    return hmac.compare_digest(code.encode(), typed.encode())


def address(secret: str, username: str) -> str:
    """What the picture tells an app: issuer, user name, secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def used(session: orm.Session, account: Account, code: str) -> Means | None:
    """What `code` is, if it is right: it counts now, and never again. `account` is held by the caller."""
    if _TOTP.fullmatch(_GAPS.sub("", code)):
        return _used_app(session, account, code)
    return _used_recovery_code(session, account, code)


def _used_app(session: orm.Session, account: Account, code: str) -> Means | None:
    apps = sa.select(SecondFactor).where(
        SecondFactor.account_id == account.id, SecondFactor.kind == Means.totp
    )
    for app in session.scalars(apps):
        assert app.secret is not None
        assert app.last_step is not None
        step = step_of_code(app.secret, code, after=app.last_step)
        if step is not None:
            app.last_step, app.last_used_at = step, clock.now()
            return Means.totp
    return None


def _used_recovery_code(session: orm.Session, account: Account, code: str) -> Means | None:
    found = session.execute(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account.id,
            RecoveryCode.code_hash == tokens.digest(_bare(code)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.id)
    ).first()
    return Means.recovery_code if found else None


def _bare(code: str) -> str:
    return _GAPS.sub("", code).lower()


def add(session: orm.Session, actor: Actor, person: Person, factor: SecondFactor) -> list[str]:
    """Keep a new second factor. With the first one come recovery codes, to be shown now and never again;
    and sign-ins elsewhere end, for they were made without it."""
    is_first = not person.has_factor
    factor.account_id, factor.created_at = person.account_id, clock.now()
    factor.name = factor.name.strip()[:LONGEST_NAME]
    session.add(factor)
    session.flush()
    audit.record(
        session, actor, "second_factor_added", "account", person.account_id, kind=str(factor.kind)
    )
    if not is_first:
        return []
    service.end_sign_ins(session, person.account_id, but=person.sign_in_id)
    return renew_codes(session, actor, person)


def renew_codes(session: orm.Session, actor: Actor, person: Person) -> list[str]:
    """New recovery codes, in clear for this once. The old ones are void."""
    codes = [passwords.invented() for _ in range(CODES)]
    _forget_codes(session, person.account_id)
    session.add_all(
        RecoveryCode(account_id=person.account_id, code_hash=tokens.digest(_bare(code)))
        for code in codes
    )
    audit.record(session, actor, "recovery_codes_made", "account", person.account_id)
    return codes


def _forget_codes(session: orm.Session, account_id: int) -> None:
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.account_id == account_id))


def codes_left(session: orm.Session, account_id: int) -> int:
    """How many recovery codes have not been used."""
    unused = sa.select(sa.func.count()).where(
        RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
    )
    return session.scalar(unused) or 0


def of(session: orm.Session, account_id: int) -> list[SecondFactor]:
    """An account's second factors, the oldest first."""
    theirs = sa.select(SecondFactor).where(SecondFactor.account_id == account_id)
    return list(session.scalars(theirs.order_by(SecondFactor.id)))


def owners(session: orm.Session) -> set[int]:
    """Who has a second factor: numbers of accounts."""
    return set(session.scalars(sa.select(SecondFactor.account_id).distinct()))


def rename(session: orm.Session, person: Person, factor_id: int, name: str) -> None:
    """Call one of one's own by another name. Nothing happens if it is not there any more, or nobody's."""
    session.execute(
        sa.update(SecondFactor)
        .where(SecondFactor.id == factor_id, SecondFactor.account_id == person.account_id)
        .values(name=name.strip()[:LONGEST_NAME])
    )


def remove(session: orm.Session, actor: Actor, person: Person, factor_id: int) -> None:
    """Give one of one's own up. With the last one the recovery codes go."""
    gone = session.scalar(
        sa.delete(SecondFactor)
        .where(SecondFactor.id == factor_id, SecondFactor.account_id == person.account_id)
        .returning(SecondFactor.kind)
    )
    if gone is None:
        return
    audit.record(
        session, actor, "second_factor_removed", "account", person.account_id, kind=str(gone)
    )
    if not of(session, person.account_id):
        _forget_codes(session, person.account_id)


def reset(session: orm.Session, actor: Actor, username: str, reason: str) -> Account:
    """Take away what a colleague has lost: they sign in with the password, and are told of it.

    Raises:
        NoSuchAccount: nobody has that user name.
    """
    account = service.existing(session, username)
    session.execute(sa.delete(SecondFactor).where(SecondFactor.account_id == account.id))
    _forget_codes(session, account.id)
    service.end_sign_ins(session, account.id)
    known.forget(session, account.id)
    account.factors_reset_at = clock.now()
    audit.record(session, actor, "second_factor_reset", "account", account.id, reason=reason)
    return account
