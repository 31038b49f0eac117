"""The server: the API, the side door and the page in one process, on the loopback interface."""

import logging
import signal
import threading
from types import FrameType
from typing import Self

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from hotline.simulator import control, page
from hotline.simulator.config import ConfigError, NetworkConfig
from hotline.simulator.courier import is_loopback
from hotline.simulator.exchange import Exchange
from hotline.simulator.rest import calls, messages, recordings

_MOST_BYTES = 32 * 1024 * 1024  # of an uploaded sound, in base64


def create_app(exchange: Exchange) -> Flask:
    """The web application of one network."""
    app = Flask(__name__)
    app.extensions["exchange"] = exchange
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the faults as they are declared
    app.config["MAX_CONTENT_LENGTH"] = _MOST_BYTES
    # A foreign name that resolves to this machine must not get at the side door.
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost", "[::1]"]
    for module in (messages, calls, recordings, control, page):
        app.register_blueprint(module.blueprint)
    return app


class _QuietHandler(WSGIRequestHandler):
    """The journal is the log."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


class Simulator:
    """A running network. `with Simulator("127.0.0.1", 0, config) as it: it.base_url`."""

    def __init__(self, host: str, port: int, config: NetworkConfig) -> None:
        """Raises ConfigError for a host that is not this machine, OSError for a busy port."""
        if not is_loopback(host):
            raise ConfigError(f"the pocket network serves the loopback interface only, not {host}")
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        self.exchange = Exchange(config)
        self._server: BaseWSGIServer = make_server(
            host, port, create_app(self.exchange), threaded=True, request_handler=_QuietHandler
        )
        name = f"[{host}]" if ":" in host else host
        self.base_url = self.exchange.archive.base_url = f"http://{name}:{self._server.port}"

    def serve(self) -> None:
        """Serve until `stop` is called from another thread."""
        self._server.serve_forever(poll_interval=0.02)
        self._server.server_close()

    def stop(self) -> None:
        """Hang up every call and stop serving."""
        self.exchange.stop()
        self._server.shutdown()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.join(5)


def serve(host: str, port: int, config: NetworkConfig) -> None:
    """Serve one network until SIGTERM or SIGINT.

    Raises ConfigError for a host that is not this machine.
    """
    with Simulator(host, port, config) as simulator:
        over = threading.Event()

        def end(_signal: int, _frame: FrameType | None) -> None:
            over.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        print(f"pocket telephone network: {simulator.base_url}/", flush=True)
        over.wait()
