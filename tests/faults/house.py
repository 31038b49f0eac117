"""The line as it runs on one bare machine, under its own supervisor; and somebody who kills its processes."""

import contextlib
import datetime as dt
import random
import re
import shlex
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import psutil
import requests

import migrations
from hotline import config
from hotline.config import Settings
from hotline.embedded import demo, processes
from hotline.embedded.postgres import Postgres
from hotline.embedded.redis import Redis
from hotline.embedded.supervisor import Supervisor
from hotline.embedded.up import look_after
from tests import servers
from tests.bench.line import HOTLINE, ROOT

KINDS = {
    "web": 2,
    "worker": 2,
    "alerts": 3,
    "alerts2": 3,
    "sweeper": 4,
    "Redis": 3,
    "PostgreSQL": 2,
}
"""What is killed, and how often beside each other."""
SECONDS_BETWEEN = (2.0, 6.0)
DATABASE = "faults"
LOG = ROOT / "build" / "faults.log"
"""What the processes said in the last run."""
_NOT_OURS = re.compile(r"^simulator:.*\n?", re.MULTILINE)


@dataclass
class House:
    """Everything that runs. `killed` counts by kind."""

    settings: Settings
    supervisor: Supervisor
    servers: dict[str, Postgres | Redis]
    said: TextIO
    killed: Counter[str] = field(default_factory=Counter)

    def ready(self) -> bool:
        """Whether every part of the line is well, in its own words."""
        with requests.Session() as browser:
            browser.trust_env = False
            try:
                return browser.get(f"{self.settings.public_url}/readyz", timeout=2).ok
            except requests.RequestException:
                return False

    def watched(self, over: threading.Event) -> None:
        """What `hotline up` does all day long."""
        while not over.is_set():
            look_after(self.supervisor, self.servers, self._says)

    def killing(self, over: threading.Event, dice: random.Random) -> None:
        """`kill -9` at random, again and again."""
        while not over.wait(dice.uniform(*SECONDS_BETWEEN)):
            [kind] = dice.choices(list(KINDS), list(KINDS.values()))
            if process := self._process(kind):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
                    self.killed[kind] += 1
                    self._says(f"{kind} was killed")

    def _process(self, kind: str) -> psutil.Process | None:
        if kind in self.servers:
            name = "postgres" if kind == "PostgreSQL" else "redis-server"
            found = processes.working_in(self.servers[kind].folder, {name})
            return found[0] if len(found) == 1 else None
        for one in self.supervisor.processes:
            if one.name == kind and one.child is not None and one.child.poll() is None:
                return psutil.Process(one.child.pid)
        return None

    def _says(self, text: str) -> None:
        self.said.write(f"{dt.datetime.now(dt.UTC):%H:%M:%S} {text}\n")


@contextlib.contextmanager
def standing(folder: Path, clocks: Mapping[str, int]) -> Iterator[House]:
    """PostgreSQL, Redis and every process of the Procfile but the telephones, which are the caller's."""
    with contextlib.ExitStack() as stack:
        postgres, redis = Postgres(folder / "postgres"), Redis(folder / "redis")
        for server in (postgres, redis):
            stack.callback(server.stop)
            server.start()
        postgres.create_database(DATABASE)
        known = servers.settings(folder, postgres.url(DATABASE), redis.url)
        settings = known.model_copy(update={**_addresses(), **clocks})
        config.use(settings)
        migrations.upgrade()
        demo.load()
        LOG.parent.mkdir(exist_ok=True)
        said = stack.enter_context(LOG.open("w", buffering=1))
        with contextlib.redirect_stdout(said):
            supervisor = _supervisor(folder, settings)
        house = House(settings, supervisor, {"PostgreSQL": postgres, "Redis": redis}, said)
        stack.enter_context(_watched(house))
        yield house


@contextlib.contextmanager
def _watched(house: House) -> Iterator[None]:
    over = threading.Event()
    watching = threading.Thread(target=house.watched, args=(over,))
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
        house.supervisor.stop()


def _addresses() -> dict[str, str]:
    return {
        "public_url": f"http://127.0.0.1:{processes.free_port()}",
        "twilio_base_url": f"http://127.0.0.1:{processes.free_port()}",
    }


def _supervisor(folder: Path, settings: Settings) -> Supervisor:
    procfile = folder / "Procfile"
    as_here = shlex.join([sys.executable, *HOTLINE])
    lines = _NOT_OURS.sub("", (ROOT / "Procfile").read_text())
    procfile.write_text(lines.replace(": hotline ", f": {as_here} "))
    environment = servers.environment(settings)
    environment["PYTHONPATH"] = str(ROOT)
    environment["PORT"] = settings.public_url.rpartition(":")[2]
    environment["PYTHONUNBUFFERED"] = "1"
    return Supervisor(procfile, folder, environment)


def until_told() -> None:
    """SIGTERM ends the run as Ctrl-C does, so that nothing is left running."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
