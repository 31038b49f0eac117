"""Small tools for the servers we start ourselves: addresses they can listen on, ending them, and
finding what an earlier run left behind."""

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

LONGEST_SOCKET_PATH = 103
"""Bytes in the path of a Unix socket: Linux allows 107, macOS 103 (`sun_path`)."""
PATIENCE_SECONDS = 20


class CannotStart(Exception):
    """A server did not come up; the message says why, in the server's own last words."""


def free_port() -> int:
    """A TCP port on loopback that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def socket_fits(path: Path) -> bool:
    """Whether a Unix socket can be bound at `path`: deep or Chinese folder names soon make it too long."""
    return len(str(path).encode()) <= LONGEST_SOCKET_PATH


def working_in(folder: Path, names: set[str]) -> list[psutil.Process]:
    """Running processes with one of these `names` whose working folder is `folder` or below it, without
    the children of those.

    Both servers move into their data folder, so this finds one that outlived whoever started it, with
    no pid file that could be stale or point at a stranger.
    """
    found = {
        process.pid: process
        for process in psutil.process_iter(["name", "cwd", "ppid"])
        if process.info["name"] in names
        and process.info["cwd"]
        and Path(process.info["cwd"]).is_relative_to(folder)
    }
    return [process for process in found.values() if process.info["ppid"] not in found]


def end(process: psutil.Process, by: signal.Signals = signal.SIGTERM) -> None:
    """Ask `process` to end with the signal `by`; kill it if it has not within `PATIENCE_SECONDS`."""
    try:
        process.send_signal(by)
        process.wait(PATIENCE_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(PATIENCE_SECONDS)
    except psutil.NoSuchProcess:
        return


def wait_until(
    ready: Callable[[], bool], server: subprocess.Popen[bytes], log: Path, seconds: float = 60
) -> None:
    """Wait until `ready()`, or for as long as `server` lives and `seconds` allow.

    Raises:
        CannotStart: it ended or took too long; with the end of its `log`.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if server.poll() is not None:
            raise CannotStart(f"the server ended at once:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise CannotStart(f"the server was not ready after {seconds:.0f} s:\n{_tail(log)}")
        time.sleep(0.02)


def _tail(log: Path, lines: int = 8) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
