"""What tests of the ground may ask for besides."""

import socketserver
import threading

import pytest

from hotline import config, live, lost, networks, queues, relay
from hotline.network import FIRST, SECOND
from tests.ground.relaying import Network


@pytest.fixture
def impostor():
    """Starts a server that answers every request with the given bytes; its address."""
    servers = []

    def start(answer: bytes) -> str:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.recv(65536)
                self.request.sendall(answer)

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def both(monkeypatch):
    """Two networks that take what they are given, or fail as told; only the first is set up."""
    every = {FIRST: Network(), SECOND: Network("-2-")}
    for room in (relay, lost, networks):
        monkeypatch.setattr(room, "carrier", lambda name: every[name])
    monkeypatch.setattr(queues, "_enqueue", print)
    monkeypatch.setattr(live, "_publish", print)
    yield every[FIRST], every[SECOND]
    queues.flush()


@pytest.fixture
def network(both):
    """The only network."""
    return both[0]


@pytest.fixture
def two(database, both, monkeypatch):
    """Both of them, set up."""
    second = {
        "twilio_second_account_sid": "AC2",
        "twilio_second_auth_token": "t2",
        "twilio_second_base_url": "http://127.0.0.1:8",
        "second_sms_from": "+8610000012345",
        "second_caller_id": "+8610000012345",
    }
    monkeypatch.setattr(config, "_current", database.model_copy(update=second))
    return both
