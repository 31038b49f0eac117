"""Documents to whoever wants to know: signed after Standard Webhooks, over real HTTP on loopback."""

import base64
import hashlib
import hmac
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import sqlalchemy as sa

from hotline import clock, config, db, live, queues, relay, signing
from hotline.networks import NetworkState
from hotline.outbox import Channel, Lane, MessageStatus
from tests.ground.people import put, row

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
DOCUMENT = "<alert>紧急</alert>"


class Receiver:
    """Answers with `status`, and keeps what came: headers and body."""

    def __init__(self) -> None:
        self.status, self.location = 200, ""
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                names = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append((names, body))
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/cap"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def receiver(database, monkeypatch):
    """Somebody who wants to know of alerts."""
    monkeypatch.setattr(queues, "_enqueue", print)
    monkeypatch.setattr(live, "_publish", print)
    changed = database.model_copy(update={"cap_webhook_secret": SECRET})
    monkeypatch.setattr(config, "_current", changed)
    one = Receiver()
    yield one
    one.server.shutdown()
    one.server.server_close()
    queues.flush()


def send(url: str) -> int:
    number = put(url, key="cap:1:raised", lane=Lane.other, channel=Channel.webhook, body=DOCUMENT)
    relay.deliver(number)
    return number


def test_a_document_arrives_signed(receiver):
    message = row(send(receiver.url))
    [(headers, body)] = receiver.got
    assert body == DOCUMENT.encode()
    assert headers["content-type"] == "application/cap+xml"
    assert headers["webhook-id"] == "cap:1:raised"
    moment = headers["webhook-timestamp"]
    assert abs(int(moment) - clock.now().timestamp()) < 5
    digest = hmac.new(KEY, b"cap:1:raised." + moment.encode() + b"." + body, hashlib.sha256)
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest.digest()).decode()
    assert message.status is MessageStatus.delivered
    assert message.settled_at is not None
    assert (message.carrier_sid, message.network) == (None, "")


def test_the_standards_own_example():
    """From the reference implementation's tests."""
    signed = signing.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("status", [500, 404, 302, 429])
def test_what_was_not_taken_is_posted_again_under_the_same_name(receiver, status):
    receiver.status, receiver.location = status, receiver.url
    number = send(receiver.url)
    message = row(number)
    assert (message.status, message.error_code) == (MessageStatus.pending, str(status))
    assert len(receiver.got) == 1
    receiver.status = 204
    clock.shift(message.next_attempt_at - clock.now())
    relay.deliver(number)
    assert row(number).status is MessageStatus.delivered
    first, second = (headers["webhook-id"] for headers, _ in receiver.got)
    assert first == second


def test_a_receiver_that_is_gone_is_left_alone(receiver):
    receiver.status = 410
    message = row(send(receiver.url))
    assert (message.status, message.error_code) == (MessageStatus.failed, "410")


def test_nobody_there(receiver):
    message = row(send("http://127.0.0.1:9/cap"))
    assert (message.status, message.error_code) == (MessageStatus.pending, "unreachable")


def test_nothing_leaves_the_machine_unsealed(receiver):
    message = row(send("http://cap.example.org/"))
    assert (message.status, message.error_code) == (MessageStatus.failed, "not https")


def test_a_receiver_in_trouble_is_no_trouble_of_a_network(receiver):
    receiver.status = 500
    send(receiver.url)
    with db.transaction() as session:
        assert session.scalars(sa.select(NetworkState)).all() == []
