"""Passwords: the one rule, and their hashes (argon2id, RFC 9106's low-memory parameters)."""

import functools
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

SHORTEST = 10
# No letters or digits that are mistaken for each other when read out over the telephone.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"

_hasher = PasswordHasher()


@functools.cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_urlsafe())


def is_acceptable(password: str) -> bool:
    """Length only: rules about digits and capitals weaken passwords (NIST SP 800-63B 5.1.1)."""
    return len(password) >= SHORTEST


def hashed(password: str) -> str:
    """The hash to store."""
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the one hashed in `stored`. Takes as long when there is none to compare
    with, so that the time an answer takes does not tell which accounts exist."""
    try:
        return _hasher.verify(stored or _nobodys(), password) and stored is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether `stored` was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def invented() -> str:
    """A first password to hand over: 16 characters, about 79 bits, readable aloud."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))
