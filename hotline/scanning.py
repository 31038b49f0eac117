"""The virus scanner: ClamAV's daemon, told a file piece by piece (clamd(8), INSTREAM)."""

import socket
import struct
from collections.abc import Iterable
from urllib.parse import urlsplit

from hotline import config

PATIENCE_SECONDS = 60
MOST_ANSWERED = 4096
_LENGTH = struct.Struct("!I")


class ScannerError(Exception):
    """The scanner could not be reached, or did not say whether the file is clean."""


def is_configured() -> bool:
    """Whether there is a scanner at all."""
    return bool(config.current().clamav_socket)


def scan(pieces: Iterable[bytes]) -> str:
    """What the scanner found in this file, by its own name for it; empty if it found nothing.

    Raises:
        ScannerError: it gave no verdict; the file counts as not scanned.
    """
    try:
        with _connect(config.current().clamav_socket) as scanner:
            scanner.sendall(b"zINSTREAM\0")
            for piece in pieces:
                scanner.sendall(_LENGTH.pack(len(piece)) + piece)
            scanner.sendall(_LENGTH.pack(0))
            answer = _answer(scanner)
    except OSError as fault:
        raise ScannerError(f"the scanner does not answer: {type(fault).__name__}") from fault
    return _verdict(answer)


def _connect(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "tcp":
        return socket.create_connection((parts.hostname, parts.port), PATIENCE_SECONDS)
    scanner = socket.socket(socket.AF_UNIX)
    scanner.settimeout(PATIENCE_SECONDS)
    scanner.connect(parts.path)
    return scanner


def _answer(scanner: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < MOST_ANSWERED:
        piece = scanner.recv(MOST_ANSWERED)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0").decode(errors="replace").removeprefix("stream: ")


def _verdict(answer: str) -> str:
    if answer == "OK":
        return ""
    found, _, word = answer.rpartition(" ")
    if word == "FOUND" and found:
        return found
    raise ScannerError(f"the scanner said: {answer or 'nothing'}")
