"""A mail server on loopback that takes whatever it is given, and keeps it."""

import email.message
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

OK = b"250 OK\r\n"


class Postbox(socketserver.ThreadingTCPServer):
    """`letters` are what has come in, `url` is what SMTP_URL names. With `closed` it takes nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.letters: list[email.message.EmailMessage] = []
        self.closed = False

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Session(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        self.wfile.write(b"220 postbox\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"QUIT":
                return
            self.wfile.write(self._data() if verb == b"DATA" else OK)

    def _data(self) -> bytes:
        if self.server.closed:
            return b"451 not now\r\n"
        self.wfile.write(b"354 go on\r\n")
        lines = iter(self.rfile.readline, b".\r\n")
        letter = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        self.server.letters.append(letter)
        return OK


@contextmanager
def postbox() -> Iterator[Postbox]:
    """A running one."""
    with Postbox() as box:
        threading.Thread(target=box.serve_forever, args=(0.05,), daemon=True).start()
        yield box
        box.shutdown()
