"""Secrets that a browser or a person holds, and of which only a digest is kept here."""

import hashlib
import secrets


def new() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored: fit for long random texts only, which nobody can guess through."""
    return hashlib.sha256(token.encode()).hexdigest()
