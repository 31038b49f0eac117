"""The web server: gunicorn with threads, configured here and not by options.

A thread for each request that is being worked on; the consoles' live streams hold none (`hotline.streams`).
"""

import resource
import selectors
import time
from functools import partial
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import TConn, ThreadWorker

from hotline.config import Settings

PROCESSES = 2
THREADS = 64
KEEP_ALIVE_SECONDS = 75
"""Longer than the network and common proxies keep an idle connection, so that it is never we who close
one just as a webhook is sent on it."""
CONNECTIONS = 2000
"""Open ones of one process, the consoles' streams not counted."""
FILES = 4096
"""Of one process: a file for each console and each connection, and some for everything else."""


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A connection gets a thread when it has said something, and not before: browsers open some that they may
    never use, and as many of those as there are threads would keep every webhook waiting."""

    def enqueue_req(self, conn: TConn) -> None:
        """Called for a connection that is new, and again when there is something to read."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + KEEP_ALIVE_SECONDS
        self.pending_conns.append(conn)
        said = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, said)


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Serves what `make(settings)` gives, made anew in each process."""

    def __init__(self, host: str, port: int, settings: Settings, make: Any) -> None:
        self.host, self.port, self.settings, self.make = host, port, settings, make
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": f"{self.host}:{self.port}",
            "workers": PROCESSES,
            "worker_class": Worker,
            "threads": THREADS,
            "worker_connections": CONNECTIONS,
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
