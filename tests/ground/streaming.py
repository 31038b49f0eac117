"""The web server with two threads and a stream for whoever asks: `python -m tests.ground.streaming PORT`."""

import os
import sys

from flask import Flask, Response, request

from hotline import config, server, streams
from hotline.config import Settings


class _Settings:
    redis_url = os.environ["REDIS_URL"]


def make(settings: Settings) -> Flask:
    """The bare application."""
    config.use(settings)
    app = Flask(__name__)

    @app.get("/live")
    def stream() -> Response:
        return Response(streams.stream(request.environ), mimetype="text/event-stream")

    @app.get("/")
    def here() -> str:
        return "here"

    return app


if __name__ == "__main__":
    server.PROCESSES, server.THREADS = 1, 2
    server.Server("127.0.0.1", int(sys.argv[1]), _Settings(), make).run()  # type: ignore[arg-type]
