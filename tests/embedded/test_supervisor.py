"""Side by side: one that dies is started again, and at the end nobody is left."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from hotline.embedded import supervisor
from hotline.embedded.supervisor import Supervisor, end_left_behind

# By itself and in another group, so that ending its parent does not end it.
WITH_A_CHILD = "import subprocess as s; s.Popen(['sleep', '60'], start_new_session=True).wait()"
SPEAKING = "import os, time; print('I am ' + os.environ['WHO']); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up'); time.sleep(60)"


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[[str], Supervisor]]:
    def make(procfile: str) -> Supervisor:
        (tmp_path / "Procfile").write_text(procfile)
        return Supervisor(
            tmp_path / "Procfile", tmp_path, {"WHO": "the line", "PYTHONUNBUFFERED": "1"}
        )

    yield make
    end_left_behind(tmp_path)


def _python(code: str) -> str:
    return f'{sys.executable} -c "{code}"'


def _tick_until(supervised: Supervisor, done: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        supervised.tick(0.05)


def _child(supervised: Supervisor, number: int = 0) -> psutil.Process | None:
    child = supervised.processes[number].child
    return None if child is None else psutil.Process(child.pid)


def _ours(folder: Path) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get(supervisor.MARK) == str(folder)
    ]


def test_what_processes_say_is_shown_with_their_names(
    supervise: Callable[[str], Supervisor], capfd: pytest.CaptureFixture[str]
):
    supervised = supervise(f"caller: {_python(SPEAKING)}\nworker: sleep 60\n")
    shown = ""

    def said() -> bool:
        nonlocal shown
        shown += capfd.readouterr().out
        return "caller | I am the line\n" in shown

    _tick_until(supervised, said)
    assert supervised.stop() == []


def test_one_that_dies_is_started_again_and_the_others_stay(
    supervise: Callable[[str], Supervisor],
    capfd: pytest.CaptureFixture[str],
):
    supervised = supervise("web: sleep 60\nworker: sleep 60\n")
    for process in supervised.processes:
        process.pause = 0.1
    supervised.tick()
    web, worker = _child(supervised, 0), _child(supervised, 1)
    assert web
    web.send_signal(signal.SIGKILL)
    _tick_until(supervised, lambda: _child(supervised) not in {web, None})
    assert _child(supervised, 1) == worker
    assert "web    | ended by itself (status -9); starting it again" in capfd.readouterr().out


def test_one_that_keeps_dying_is_given_ever_longer_pauses(supervise: Callable[[str], Supervisor]):
    supervised = supervise("web: false\n")
    (web,) = supervised.processes
    pauses = set()
    for _ in range(8):
        web.due = 0
        _tick_until(supervised, lambda: web.child is None and web.due > 0)
        pauses.add(web.pause)
    assert max(pauses) == supervisor.LONGEST_PAUSE_SECONDS
    assert len(pauses) > 2


def test_one_that_ran_long_begins_again_with_a_short_pause(supervise: Callable[[str], Supervisor]):
    supervised = supervise("web: sleep 60\n")
    (web,) = supervised.processes
    supervised.tick()
    web.pause, web.started = 30.0, web.started - supervisor.STEADY_SECONDS - 1
    assert web.child
    web.child.kill()
    _tick_until(supervised, lambda: web.child is None)
    assert web.due - time.monotonic() <= supervisor.FIRST_PAUSE_SECONDS


def test_the_stubborn_are_killed_and_named(
    supervise: Callable[[str], Supervisor],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
):
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)
    supervised = supervise(f"mule: {_python(STUBBORN)}\nsheep: sleep 60\n")
    shown = ""

    def said() -> bool:
        nonlocal shown
        shown += capfd.readouterr().out
        return "mule  | up" in shown

    _tick_until(supervised, said)
    assert supervised.stop() == ["mule"]
    assert _ours(tmp_path) == []


def test_what_a_killed_run_left_behind_is_found_and_ended(
    supervise: Callable[[str], Supervisor], tmp_path: Path
):
    supervised = supervise(f"web: {_python(WITH_A_CHILD)}\n")
    _tick_until(supervised, lambda: len(_ours(tmp_path)) == 2)
    assert end_left_behind(tmp_path / "another") == 0
    assert end_left_behind(tmp_path) == 2
    assert _ours(tmp_path) == []
