"""Another system wants to know of alerts: it is posted every message of one, in order, signed."""

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hotline import config, signing
from tests.journeys.conftest import TheLine
from tests.journeys.looks import alerts
from tests.triage.cap_schema import faults

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
JUDGED = {"urgency": "emergency", "situation": "domestic_violence", "place": "杏花社区"}
EVERY_RETRY = 120
"""Seconds after which whatever was not taken is posted again."""


class Receiver(ThreadingHTTPServer):
    """Takes what is posted, if the signature is right; refuses as often as `refusals` says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.taken: list[str] = []
        self.ids: list[str] = []
        self.refusals = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/cap"

    @property
    def types(self) -> list[str]:
        """The `msgType` of each document taken."""
        return [text.split("<msgType>")[1].split("<")[0] for text in self.taken]


class _Desk(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self._judged(body))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _judged(self, body: bytes) -> int:
        name, moment = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        if self.headers["webhook-signature"] != signing.signature(SECRET, name, moment, body):
            return 401
        self.server.ids.append(name)
        if self.server.refusals:
            self.server.refusals -= 1
            return 500
        self.server.taken.append(body.decode())
        return 204

    def log_message(self, *arguments: object) -> None:
        return


@pytest.fixture
def receiver(line: TheLine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Somebody's own system, which the line's operator has named."""
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        settings = config.current().model_copy(
            update={"cap_webhook_url": server.url, "cap_webhook_secret": SECRET}
        )
        monkeypatch.setattr(config, "_current", settings)
        yield server
        server.shutdown()


def test_it_gets_alert_update_acknowledgement_and_cancellation_in_order(line, receiver):
    receiver.refusals = 1
    number = line.emergency()
    officer = line.officer().claims(number).classifies(number, **JUDGED)
    officer.forwards(number)
    line.waits(0)
    assert (receiver.types, len(receiver.ids)) == ([], 1)

    # What follows does not overtake the message that was refused.
    officer.classifies(number, **JUDGED, address="幸福里3号楼").forwards(number)
    line.waits(0)
    assert receiver.types == []
    line.waits(EVERY_RETRY)
    assert receiver.types[0] == "Alert"
    assert receiver.ids[0] == receiver.ids[1]

    line.police.rings().answers().presses("1").hears("已签收").hangs_up()
    line.network.settles()
    [alert] = alerts()
    path = f"/alerts/{alert['number']}"
    chief = line.officer("daiban").opens(path)
    chief.sends(f"{path}/words", kind="cancel", note="孩子已平安到家")
    shown = chief.value("text_seen")
    chief.opens(path).sends(f"{path}/cancel", note="孩子已平安到家", text_seen=shown)
    for _ in range(3):
        line.waits(0)
    assert receiver.types == ["Alert", "Update", "Ack", "Cancel"]
    assert [faults(text) for text in receiver.taken] == [[]] * 4
    assert "幸福里3号楼" in receiver.taken[1]
    assert "孩子已平安到家" in receiver.taken[3]
    assert "王建国" not in "".join(receiver.taken)
    assert len(receiver.ids) == 5
