"""How often somebody may try something: counted in Redis, or here while Redis is away.

A whole office may share one address, and comes on duty, or back to its locked consoles, in the same minute.
So an address alone is given much, a name at it little, and who is signed in, or has been before in this
browser, counts for themselves.
"""

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user

from hotline import crypto
from hotline.accounts import cookies, tokens
from hotline.config import Settings


def by_browser() -> str:
    """A browser on which somebody has signed in before; else its address."""
    held = cookies.held()
    return f"browser {tokens.digest(held[0])}" if held else str(get_remote_address())


limiter = Limiter(by_browser, in_memory_fallback_enabled=True, key_prefix="hotline")


def by_name() -> str:
    """Whom the sign-in page is tried for, from where. Sealed: people type their password into the wrong
    field."""
    name = request.form.get("username", "").strip().lower()
    return f"{by_browser()} {crypto.blind_index('tried name', name)}"


def by_sign_in() -> str:
    """Who is signed in, if only half way; the browser of who is not, and is turned away later."""
    if current_user.is_authenticated:
        return f"sign-in {current_user.sign_in_id}"
    return by_browser()


def install(app: Flask, settings: Settings) -> None:
    """Give `app` its limits."""
    app.config["RATELIMIT_STORAGE_URI"] = _storage(settings.redis_url)
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {"socket_connect_timeout": 1, "socket_timeout": 1}
    limiter.init_app(app)


def _storage(redis_url: str) -> str:
    # The limits library spells a Unix socket differently from redis-py.
    return redis_url.replace("unix://", "redis+unix://", 1)
