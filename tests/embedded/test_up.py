"""`hotline up` as a newcomer lives it: everything comes up, says where it is, and goes away again."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import requests

from hotline.embedded import demo, machine, processes
from hotline.embedded.redis import Redis
from hotline.embedded.supervisor import MARK, Supervisor, end_left_behind
from hotline.embedded.up import look_after

UP = "import sys, pathlib; from hotline.embedded.up import up; sys.exit(up(pathlib.Path(sys.argv[1])))"

pytestmark = pytest.mark.timeout(240)


class Run:
    """One `hotline up` with its data in `folder`, on ports that were free a moment ago."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ports = {name: str(processes.free_port()) for name in ("PORT", "SIMULATOR_PORT")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", UP, folder],
            env=os.environ | ports,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""

    def says(self, awaited: str) -> str:
        """Read on until a line matches `awaited`: everything said so far."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if re.search(awaited, line):
                return self.said
        pytest.fail(f"ended without saying {awaited!r}:\n{self.said}")

    def ends(self, by: signal.Signals) -> str:
        """Send the signal `by` and wait: what it said from then on."""
        self.process.send_signal(by)
        rest, _ = self.process.communicate(timeout=60)
        return rest

    @property
    def console(self) -> str:
        found = re.search(r"Console +(\S+)", self.said)
        assert found
        return found[1]


@pytest.fixture
def start(reachable: Path) -> Iterator[Callable[[], Run]]:
    runs: list[Run] = []

    def run() -> Run:
        runs.append(Run(reachable / "var"))
        return runs[-1]

    yield run
    for one in runs:
        one.process.kill()
        one.process.communicate()
    end_left_behind(reachable / "var")
    for process in processes.working_in(reachable, {"postgres", "redis-server"}):
        processes.end(process)


def _left_of(folder: Path) -> list[psutil.Process]:
    servers = processes.working_in(folder, {"postgres", "redis-server"})
    others = [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get(MARK) == str(folder)
    ]
    return servers + others


def test_up_killed_up_again_and_away(start: Callable[[], Run]):
    run = start()
    welcome = run.says(r"Ctrl-C stops everything")
    for person in demo.SIGN_INS:
        assert person.username in welcome
        assert person.password in welcome
    assert requests.get(f"{run.console}/readyz", timeout=10).status_code == 200
    secrets = _secrets(run.folder)

    second = start()
    assert f"already running out of {run.folder} (process {run.process.pid})" in second.says("kill")
    assert second.process.wait(10) == 1

    run.ends(signal.SIGKILL)
    assert _left_of(run.folder)
    again = start()
    assert "an earlier run had left behind" in again.says(r"Ctrl-C stops everything")
    assert _secrets(run.folder) == secrets

    goodbye = again.ends(signal.SIGINT)
    steps = [
        goodbye.index(name) for name in ("the processes", "Redis", "PostgreSQL", "All stopped")
    ]
    assert steps == sorted(steps)
    assert again.process.returncode == 0
    assert _left_of(run.folder) == []


def _secrets(folder: Path) -> list[str]:
    settings = machine.read_settings(folder / "settings.env")
    return [settings[name] for name in machine.new_secrets()]


def test_told_to_stop_while_still_starting_it_stops(start: Callable[[], Run]):
    run = start()
    run.says(r"Starting web")
    assert "All stopped" in run.ends(signal.SIGTERM)
    assert _left_of(run.folder) == []


def test_a_server_that_does_not_come_up_is_tried_again_and_ends_nothing(tmp_path, monkeypatch):
    (tmp_path / "Procfile").write_text("idle: sleep 60\n")
    supervisor = Supervisor(tmp_path / "Procfile", tmp_path, os.environ)
    server = Redis(tmp_path / "redis", durable=False)
    starts, faults = server.start, [processes.CannotStart("no room")]
    said: list[str] = []

    def start() -> None:
        if faults:
            raise faults.pop()
        starts()

    monkeypatch.setattr(server, "start", start)
    try:
        look_after(supervisor, {"Redis": server}, said.append)
        assert "no room" in said[-1]
        look_after(supervisor, {"Redis": server}, said.append)
        assert len(said) == 3
        assert server.alive
        [idle] = supervisor.processes
        assert idle.child
        assert idle.child.poll() is None
    finally:
        supervisor.stop()
        server.stop()
