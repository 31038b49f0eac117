"""The whole line for a measurement: PostgreSQL that does not lose commits, Redis, and every process of the
Procfile as a process of its own, all under one temporary folder and all stopped at the end."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
import redis
import requests

import migrations
from hotline import config
from hotline.config import Settings
from hotline.embedded import demo, processes
from hotline.embedded.postgres import Postgres
from hotline.embedded.redis import Redis as RedisServer
from tests import servers

ROOT = Path(__file__).parents[2]
HOTLINE = ("-c", "from hotline.cli import main; main()")
PROCESSES = {
    "worker": ("worker",),
    "alerts": ("worker", "--queue", "alerts", "--queue", "rings"),
    "alerts2": ("worker", "--queue", "alerts", "--queue", "rings"),
    "sweeper": ("sweeper",),
}
"""As in the Procfile. Their work is measured, so they are started one by one."""
BEATING = {"worker", "alerts", "sweeper"}
READY_SECONDS = 30
_NUMBER = re.compile(r"[0-9a-f-]{32,36}")
NEVER = 36_000
"""Clocks of escalation, in seconds: hundreds of emergencies that nobody claims are not to page anybody."""


BUSY = 0.5
"""Load for each core from which figures are not to be trusted."""


def machine() -> str:
    """What the measurement is made on, and whether anything else is at work there."""
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    state = "busy: trust ratios only" if load / cores > BUSY else "quiet"
    return f"{cores} cores, load {load:.1f} before the start ({state})"


@dataclass
class Line:
    """Where everything is."""

    folder: Path
    settings: Settings
    port: int
    ceiling_port: int
    running: ExitStack
    processes: dict[str, psutil.Process] = field(default_factory=dict)

    def start_the_others(self) -> None:
        """All of `PROCESSES`, at work: while they start they take the processor from what is measured."""
        for name, arguments in PROCESSES.items():
            self._process(name, *HOTLINE, *arguments)
        deadline = time.monotonic() + READY_SECONDS
        while BEATING - {name for (name,) in self.query("SELECT name FROM heartbeats")}:
            if time.monotonic() > deadline:
                raise processes.CannotStart("workers or sweeper do not come to work")
            time.sleep(0.1)
        # Two of them beat by one name.
        time.sleep(1)

    def query(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """What the database says, in a transaction of its own."""
        with psycopg.connect(_plain(self.settings), autocommit=True) as connection:
            return connection.execute(statement, values).fetchall()

    def far_end(self) -> dict[str, Any]:
        """What has reached the network."""
        with _browser() as browser:
            answer = browser.get(f"{self.settings.twilio_base_url}/seen", timeout=5)
            seen: dict[str, Any] = answer.json()
            return seen

    def empties(self) -> None:
        """Nothing but the demo people in the database, and nothing for workers to do."""
        servers.empty(self.settings.database_url)
        redis.Redis.from_url(self.settings.redis_url).flushdb()
        demo.load()

    def _process(self, name: str, *arguments: str) -> None:
        environment = servers.environment(self.settings)
        child = _child(self.folder / f"{name}.log", arguments, environment)
        self.processes[name] = self.running.enter_context(child)

    def worked(self) -> dict[str, float]:
        """Processor seconds that each process has used so far, its children with it."""
        return {name: _worked(process) for name, process in self.processes.items()}

    def memory(self) -> dict[str, float]:
        """Megabytes that each process holds in memory (RSS), its children with it."""
        return {name: _held(process) for name, process in self.processes.items()}

    def troubles(self) -> str:
        """What the processes have complained of, loudly: event and how often."""
        lines = (self.folder / f"{name}.log" for name in self.processes)
        told = [path.read_text(errors="replace") for path in lines if path.exists()]
        events = Counter(event for text in told for event in _complaints(text))
        return ", ".join(f"{event} {count}" for event, count in events.most_common())

    def says(self, *arguments: str) -> str:
        """What a command of the line prints."""
        done = subprocess.run(
            [sys.executable, *HOTLINE, *arguments],
            cwd=ROOT,
            env=servers.environment(self.settings),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def start_far_ends(self) -> None:
        """The far end of a network, and the ceiling."""
        far_end = self.settings.twilio_base_url.rpartition(":")[2]
        self._process("network", "-m", "tests.bench.network", far_end)
        self._process("ceiling", "-m", "tests.bench.ceiling", str(self.ceiling_port))
        self._wait_for(f"{self.settings.twilio_base_url}/seen")
        self._wait_for(f"http://127.0.0.1:{self.ceiling_port}/")

    def start_web(self) -> None:
        """The web process, answering."""
        self._process("web", *HOTLINE, "web", "--port", str(self.port))
        self._wait_for(f"{self.settings.public_url}/healthz")

    def _wait_for(self, url: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(url):
            if time.monotonic() > deadline:
                raise processes.CannotStart(f"nobody answers at {url}")
            time.sleep(0.05)


@contextmanager
def standing() -> Iterator[Line]:
    """The line's own PostgreSQL and Redis, with the demo people; processes are started when wanted."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-bench-")))
        postgres, queue = Postgres(folder / "postgres"), RedisServer(folder / "redis")
        for server in (postgres, queue):
            stack.callback(server.stop)
            server.start()
        postgres.create_database("bench")
        settings = _settings(folder, postgres.url("bench"), queue.url)
        config.use(settings)
        migrations.upgrade()
        demo.load()
        port = int(settings.public_url.rpartition(":")[2])
        line = Line(folder, settings, port, processes.free_port(), stack)
        line.processes["PostgreSQL"] = _server_in(folder / "postgres", "postgres")
        line.processes["Redis"] = _server_in(folder / "redis", "redis-server")
        yield line


def _settings(folder: Path, database_url: str, redis_url: str) -> Settings:
    chosen = {
        "public_url": f"http://127.0.0.1:{processes.free_port()}",
        "twilio_base_url": f"http://127.0.0.1:{processes.free_port()}",
        "alert_ack_seconds": NEVER,
        "page_officers_seconds": NEVER,
        "page_supervisors_seconds": NEVER,
        "auto_forward_seconds": 0,
    }
    return servers.settings(folder, database_url, redis_url).model_copy(update=chosen)


@contextmanager
def _child(log: Path, arguments: tuple[str, ...], environment: Mapping[str, str]) -> Iterator[None]:
    with log.open("ab") as said:
        child = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=said, stderr=said
        )
    process = psutil.Process(child.pid)
    try:
        yield process
    finally:
        processes.end(process)
        child.wait()


def _complaints(log: str) -> Iterator[str]:
    """Events of a log that are errors: the first line of each, without the numbers of worker and job."""
    for line in log.splitlines():
        entry = json.loads(line) if line.startswith("{") else {"level": "error", "event": line}
        if entry["level"] in {"error", "critical"}:
            event = _NUMBER.sub("…", entry["event"].splitlines()[0])
            yield f"{event} ({entry['error']})" if "error" in entry else event


def _held(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(one.memory_info().rss for one in family) / 1024**2


def _worked(process: psutil.Process) -> float:
    return sum(_seconds(one) for one in [process, *process.children(recursive=True)])


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # ended between being named and being asked
        return 0.0
    return float(times.user + times.system)


def _server_in(folder: Path, name: str) -> psutil.Process:
    [server] = processes.working_in(folder, {name})
    return server


def _answers(url: str) -> bool:
    with _browser() as browser:
        try:
            browser.get(url, timeout=2)
        except requests.ConnectionError:
            return False
        return True


def _browser() -> requests.Session:
    browser = requests.Session()
    browser.trust_env = False
    return browser


def _plain(settings: Settings) -> str:
    return settings.database_url.replace("+psycopg", "")
