"""Who works on the line, what they may do, and how they sign in."""

from flask import Flask
from flask_wtf import CSRFProtect

from hotline.accounts import (
    guard,
    limits,
    lock_views,
    locks,
    own_views,
    passkey_views,
    passkeys,
    views,
)
from hotline.accounts.forms import ROLE_NAMES
from hotline.accounts.service import LONGEST_SIGN_IN
from hotline.config import Settings

csrf = CSRFProtect()
"""Routes that a machine posts to, and that check a signature instead, are exempted from it."""


def install(app: Flask, settings: Settings) -> None:
    """Sign-in, forgery protection, limits and the guard before every request."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-hotline" if settings.secure_cookies else "hotline",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        # Lax, not Strict: a link to a report in a message must find the officer signed in.
        SESSION_COOKIE_SAMESITE="Lax",
        # A form stays good for as long as the sign-in it belongs to.
        WTF_CSRF_TIME_LIMIT=None,
        SESSION_IDLE_SECONDS=_idle_seconds(settings),
    )
    csrf.init_app(app)
    limits.install(app, settings)
    guard.install(app)
    app.jinja_env.globals.update(
        role_names=ROLE_NAMES, lock_after=locks.after, passkey_site=passkeys.origin
    )
    app.jinja_env.filters["safe_path"] = guard.safe_path
    for room in (views, passkey_views, own_views, lock_views):
        app.register_blueprint(room.blueprint)


def _idle_seconds(settings: Settings) -> int:
    """After how long a deserted page leaves by itself: not before the sign-in's own end if it is locked
    instead, for what was typed would go with it."""
    if settings.lock_minutes:
        return int(LONGEST_SIGN_IN.total_seconds())
    return settings.session_idle_seconds
