"""The password of whoever is signed in: asked for once more, or changed for another."""

from collections.abc import Sequence

from sqlalchemy import orm

from hotline import audit
from hotline.accounts import guesses, known, passwords, service
from hotline.accounts.models import Account
from hotline.accounts.service import Person
from hotline.audit import Actor


class UsedBefore(Exception):
    """The new password is the one that is to go, or the owner's last one before that."""


def is_right(
    session: orm.Session,
    actor: Actor,
    account: Account,
    person: Person,
    password: str,
    held: Sequence[str],
) -> bool:
    """Whether `password` is the account's. Wrong ones count as at the door: whoever finds a console open
    must not try them out one by one. The caller holds `account`, and commits either way."""
    counter = guesses.counter(session, account, held)
    right = passwords.matches(account.password_hash, password)
    fault = guesses.fault(account, counter, right=right)
    if fault:
        audit.record(
            session,
            actor,
            "password_refused",
            "account",
            account.id,
            reason=fault,
            sign_in=person.sign_in_id,
        )
        return False
    guesses.forget(counter)
    return True


def change(
    session: orm.Session,
    actor: Actor,
    person: Person,
    old: str,
    new: str,
    held: Sequence[str] = (),
) -> str | None:
    """The owner chooses another password; sign-ins elsewhere end, and no browser is known any more. A new
    token for this one, so that nobody goes on with a copy of the old; None if the old password is wrong.

    Raises:
        UsedBefore: the new one is not new.
        AccountFault: it is too short.
    """
    account = service.existing(session, person.username)
    if not is_right(session, actor, account, person, old, held):
        return None
    if any(passwords.matches(one, new) for one in (account.password_hash, account.former_hash)):
        raise UsedBefore
    service.replace_password(account, new)
    account.must_change = False
    service.end_sign_ins(session, account.id, but=person.sign_in_id)
    known.forget(session, account.id)
    audit.record(session, actor, "password_changed", "account", account.id)
    return service.renewed(session, person)
