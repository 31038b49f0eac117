"""Runs the processes of the Procfile side by side, shows what they say, and starts again any that
ends: one process that dies must not take the line down with it."""

import datetime as dt
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil
from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer
from honcho.process import Popen

MARK = "HOTLINE_UP"
"""In the environment of every process started here: the folder on whose behalf it runs."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 5.0
"""An alert takes its next step by the sweeper alone: however often that has died, it is missed for
seconds."""
STEADY_SECONDS = 30.0
"""Whoever ran for so long was not failing at its start: its pauses begin again at the shortest."""
STOP_SECONDS = 10.0


@dataclass
class Supervised:
    """One process of the Procfile. Moments are on the monotonic clock."""

    name: str
    command: str
    colour: str
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS


class Supervisor:
    """The processes of a Procfile: `tick()` again and again, `stop()` at the end.

    `folder` is on whose behalf they run, so that a later run can find what this one left behind.
    """

    def __init__(self, procfile: Path, folder: Path, environment: Mapping[str, str]) -> None:
        colours = get_colours()
        commands = parse_procfile(procfile.read_text()).processes
        self.processes = [
            Supervised(name, command, next(colours)) for name, command in commands.items()
        ]
        self._folder = folder
        self._home = procfile.parent
        self._environment = {**environment, MARK: str(folder)}
        self._said: queue.Queue[Message] = queue.Queue()
        self._printer = Printer(sys.stdout, width=max(map(len, commands)))

    def tick(self, seconds: float = 0.2) -> None:
        """Start what is due, and show what the processes say during the next `seconds`."""
        for process in self.processes:
            if process.child is None and time.monotonic() >= process.due:
                self._start(process)
        self._show(seconds)
        for process in self.processes:
            if process.child is not None and process.child.poll() is not None:
                self._ended(process, process.child.returncode)

    def stop(self) -> list[str]:
        """Ask all to end; after `STOP_SECONDS` kill those that have not: their names."""
        children = {p.name: p.child for p in self.processes if p.child is not None}
        for child in children.values():
            child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while _living(children) and time.monotonic() < deadline:
            self._show(0.1)
        stubborn = _living(children)
        for name in stubborn:
            children[name].kill()
        end_left_behind(self._folder)
        self._show(0.1)
        return stubborn

    def _start(self, process: Supervised) -> None:
        # `exec`: the process itself, and not a shell around it, is watched and told to stop.
        child = Popen(f"exec {process.command}", env=self._environment, cwd=self._home)
        process.child, process.started = child, time.monotonic()
        threading.Thread(target=self._listen, args=(process, child.stdout), daemon=True).start()

    def _listen(self, process: Supervised, output: IO[bytes]) -> None:
        for line in output:
            self._said.put(_message(process, line.decode(errors="replace")))

    def _show(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                self._printer.write(self._said.get(timeout=left))
            except queue.Empty:
                return

    def _ended(self, process: Supervised, status: int) -> None:
        now = time.monotonic()
        if now - process.started > STEADY_SECONDS:
            process.pause = FIRST_PAUSE_SECONDS
        text = f"ended by itself (status {status}); starting it again in {process.pause:.0f} s"
        self._printer.write(_message(process, text))
        process.child, process.due = None, now + process.pause
        process.pause = min(2 * process.pause, LONGEST_PAUSE_SECONDS)


def end_left_behind(folder: Path) -> int:
    """End every process that still runs on behalf of `folder`: how many there were."""
    left = [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get(MARK) == str(folder)
    ]
    for process in left:
        process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=STOP_SECONDS)
    for process in stubborn:
        process.kill()
    return len(left)


def _living(children: Mapping[str, subprocess.Popen[bytes]]) -> list[str]:
    return [name for name, child in children.items() if child.poll() is None]


def _message(process: Supervised, text: str) -> Message:
    now = dt.datetime.now(dt.UTC).astimezone()
    return Message("line", text, now, process.name, process.colour)
