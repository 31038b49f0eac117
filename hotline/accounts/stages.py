"""From stage to stage: the second factor after the password, and back to work after the lock."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock
from hotline.accounts import factors, guesses, own_password, passkeys, service, tokens
from hotline.accounts.models import Account, Guessed, Means, SignIn, Stage
from hotline.accounts.service import Person
from hotline.audit import Actor

SIGN_IN, SECOND_STEP, PROVING = "passkey_sign_in", "passkey_second", "passkey_proving"
"""What a passkey is asked for: alone at the door, after the password, or once more by who is in."""


def complete_by_code(
    session: orm.Session, actor: Actor, person: Person, code: str, held: Sequence[str] = ()
) -> str | None:
    """The second step with a code of an app, or a recovery code: a new token for the browser, so that the
    one from before this step is worth nothing. None: wrong, used already, or too many guesses.

    The caller commits either way: wrong codes count like wrong passwords.
    """
    account = _own(session, person)
    counter = guesses.counter(session, account, held)
    if guesses.are_over(counter):
        _note_refusal(session, actor, "locked")
        return None
    means = factors.used(session, account, code)
    if means is None:
        guesses.count_wrong(counter)
        _note_refusal(session, actor, "wrong code")
        return None
    return _completed(session, actor, account, person, means, counter)


def complete_by_passkey(
    session: orm.Session,
    actor: Actor,
    person: Person,
    token: str,
    answer: str,
    held: Sequence[str] = (),
) -> str | None:
    """The second step with a passkey. It cannot be guessed, and so counts for no lock."""
    factor = passkeys.used(session, SECOND_STEP, token, answer, alone=False)
    if factor is None or factor.account_id != person.account_id:
        _note_refusal(session, actor, "passkey refused")
        return None
    account = _own(session, person)
    counter = guesses.counter(session, account, held)
    return _completed(session, actor, account, person, Means.passkey, counter)


def sign_in_by_passkey(
    session: orm.Session,
    address: str,
    browser: str,
    held: Sequence[str],
    token: str,
    answer: str,
) -> str | None:
    """A passkey alone at the door: the device knows its owner, so that it is two factors in one."""
    factor = passkeys.used(session, SIGN_IN, token, answer)
    account = session.get(Account, factor.account_id) if factor else None
    if account is None or not account.active:
        _note_refusal(session, Actor("unknown", None, address), "passkey refused")
        return None
    actor = Actor(account.username, account.id, address)
    return service.granted(session, actor, account, browser, Means.passkey, held)


def _own(session: orm.Session, person: Person) -> Account:
    return service.existing(session, person.username)


def _note_refusal(session: orm.Session, actor: Actor, reason: str) -> None:
    audit.record(session, actor, "sign_in_refused", "account", actor.account_id, reason=reason)


def _completed(
    session: orm.Session,
    actor: Actor,
    account: Account,
    person: Person,
    means: Means,
    counter: Guessed,
) -> str | None:
    token, now = tokens.new(), clock.now()
    completed = session.scalar(
        sa.update(SignIn)
        .where(
            SignIn.id == person.sign_in_id, SignIn.stage == Stage.half, SignIn.ended_at.is_(None)
        )
        .values(
            token_hash=tokens.digest(token),
            stage=Stage.open,
            means=means,
            last_seen_at=now,
            proven_at=now,
        )
        .returning(SignIn.id)
    )
    if completed is None:
        # Ended, or completed by another request, since this one began.
        return None
    guesses.forget(counter)
    if means is Means.recovery_code:
        left = factors.codes_left(session, account.id)
        audit.record(session, actor, "recovery_code_used", "account", account.id, left=left)
    audit.record(session, actor, "signed_in", "account", account.id, means=str(means))
    return token


def prove_by_password(
    session: orm.Session, actor: Actor, person: Person, password: str, held: Sequence[str] = ()
) -> bool:
    """Whoever sits there says again who they are. The caller commits either way."""
    account = _own(session, person)
    if not own_password.is_right(session, actor, account, person, password, held):
        return False
    _proven(session, actor, person, Means.password)
    return True


def prove_by_passkey(
    session: orm.Session, actor: Actor, person: Person, token: str, answer: str
) -> bool:
    """The same with a passkey. The caller commits either way."""
    factor = passkeys.used(session, PROVING, token, answer)
    if factor is None or factor.account_id != person.account_id:
        audit.record(session, actor, "passkey_refused", "account", person.account_id)
        return False
    _proven(session, actor, person, Means.passkey)
    return True


def _proven(session: orm.Session, actor: Actor, person: Person, means: Means) -> None:
    now = clock.now()
    session.execute(
        sa.update(SignIn)
        .where(SignIn.id == person.sign_in_id)
        .values(stage=Stage.open, proven_at=now, last_seen_at=now)
    )
    deed = "unlocked" if person.stage is Stage.locked else "identity_confirmed"
    audit.record(session, actor, deed, "account", person.account_id, means=str(means))
