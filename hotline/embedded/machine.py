"""What one machine keeps for the line between two runs, and what it has free: folder, ports, secrets."""

import errno
import fcntl
import os
import secrets
import shlex
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

PORTS_TRIED = 20


class Refused(Exception):
    """The line cannot be started here; the message says why and what to do about it."""


def make_folder(folder: Path) -> None:
    """Make `folder`, and make sure that it can be written to.

    Raises:
        Refused: it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as fault:
        raise Refused(
            f"Cannot write to {folder}: {fault.strerror}.\n"
            "Copy the project to a folder of your own (or make this one writable) and start it there."
        ) from fault


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process alone; the system lets go of it even if the process is killed.

    Raises:
        Refused: another process holds it.
    """
    # Opened for appending, so that asking does not wipe out the number of the one who holds it.
    with (folder / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            lock.seek(0)
            holder = lock.read().strip()
            raise Refused(
                f"The line is already running out of {folder} (process {holder}).\n"
                f"Use that one, or stop it first: Ctrl-C in its window, or: kill {holder}"
            ) from fault
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def choose_port(setting: str, usual: int) -> int:
    """The port asked for in the environment variable `setting`, or the first free one from `usual` on.

    Raises:
        Refused: the one asked for is busy or no port at all, or nothing near `usual` is free.
    """
    asked = os.environ.get(setting)
    if asked:
        if not asked.isdecimal() or not 0 < int(asked) < 1 << 16:
            raise Refused(f"{setting}={asked} is not a port: give a number from 1 to 65535.")
        if not _is_free(int(asked)):
            raise Refused(
                f"Port {asked} is busy: something else listens there.\n"
                f"Stop that, or choose another port: make up {setting}={int(asked) + 1}"
            )
        return int(asked)
    for port in range(usual, usual + PORTS_TRIED):
        if _is_free(port):
            return port
    raise Refused(
        f"Ports {usual} to {usual + PORTS_TRIED - 1} are all busy.\n"
        f"Choose a free one: make up {setting}=NUMBER"
    )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the web server does; otherwise connections of a minute ago would count as busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as fault:
            if fault.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
        return True


def read_settings(path: Path) -> dict[str, str]:
    """The settings kept in the file `path`: lines `NAME=value`, quoted as for a shell."""
    words = shlex.split(path.read_text(), comments=True) if path.exists() else []
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def keep_settings(path: Path, settings: Mapping[str, str]) -> None:
    """Write `settings` to the file `path`, for this account's eyes only, replacing it as a whole."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in settings.items()]
    fresh.write_text("# Kept by hotline up; holds secrets.\n" + "".join(lines))
    fresh.replace(path)


def new_secrets() -> dict[str, str]:
    """Secrets for a line that has none yet; the account is one of the simulated network."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "DATA_KEYS": Fernet.generate_key().decode(),
        "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
    }
