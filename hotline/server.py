"""The web server: gunicorn with threads, configured here and not by options.

A thread for each request that is being worked on; the consoles' live streams hold none (`hotline.streams`).
"""

import resource
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from hotline.config import Settings

PROCESSES = 2
THREADS = 64
KEEP_ALIVE_SECONDS = 75
"""Longer than the network and common proxies keep an idle connection, so that it is never we who close
one just as a webhook is sent on it."""
FILES = 4096
"""Of one process: a file for each console that is connected, and some for everything else."""


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
        _may_open(FILES)
        app: Flask = self.make(self.settings)
        return app


def _may_open(files: int) -> None:
    """As far as the system lets us: shells often allow a thousand."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = files if hard == resource.RLIM_INFINITY else min(files, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, limit), hard))
