"""Who works on the line, what they may do, and how they sign in."""

from flask import Flask
from flask_wtf import CSRFProtect

from hotline.accounts import guard, limits, views
from hotline.accounts.forms import ROLE_NAMES
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
        SESSION_IDLE_SECONDS=settings.session_idle_seconds,
    )
    csrf.init_app(app)
    limits.install(app, settings)
    guard.install(app)
    app.jinja_env.globals["role_names"] = ROLE_NAMES
    app.register_blueprint(views.blueprint)
