"""How often one address may try something: counted in Redis, or here while Redis is away."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from hotline.config import Settings

limiter = Limiter(get_remote_address, in_memory_fallback_enabled=True, key_prefix="hotline")


def install(app: Flask, settings: Settings) -> None:
    """Give `app` its limits."""
    app.config["RATELIMIT_STORAGE_URI"] = _storage(settings.redis_url)
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {"socket_connect_timeout": 1, "socket_timeout": 1}
    limiter.init_app(app)


def _storage(redis_url: str) -> str:
    # The limits library spells a Unix socket differently from redis-py.
    return redis_url.replace("unix://", "redis+unix://", 1)
