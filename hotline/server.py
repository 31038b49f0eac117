"""The web server: gunicorn with threads, configured here and not by options.

Threads, because an open console holds one for its live stream; `hotline.live` limits how many, so that
webhooks always find one free.
"""

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from hotline.config import Settings

PROCESSES = 2
THREADS = 64
KEEP_ALIVE_SECONDS = 75
"""Longer than the network and common proxies keep an idle connection, so that it is never we who close
one just as a webhook is sent on it."""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Serves what `make(settings)` gives, made anew in each process."""

    def __init__(self, host: str, port: int, settings: Settings, make: Any) -> None:
        self.host, self.port, self.settings, self.make = host, port, settings, make
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": f"{self.host}:{self.port}",
            "workers": PROCESSES,
            "worker_class": "gthread",
            "threads": THREADS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "graceful_timeout": 5,
            "accesslog": None,
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        app: Flask = self.make(self.settings)
        return app
