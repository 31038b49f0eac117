"""`hotline up`: everything on one bare machine, from an empty folder to a line that takes calls."""

import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import psutil
import requests
from sqlalchemy.exc import OperationalError

import migrations
from hotline import config
from hotline.embedded import demo, machine
from hotline.embedded.machine import Refused
from hotline.embedded.month import load as month
from hotline.embedded.postgres import Postgres
from hotline.embedded.processes import CannotStart
from hotline.embedded.redis import Redis
from hotline.embedded.supervisor import Supervisor, end_left_behind

ROOT = Path(__file__).parents[2]
DATABASE = "hotline"
READY_SECONDS = 60
UNREAL_NUMBER = "+8610000012355"
"""Nobody can have it: within an area (10 is Beijing) no subscriber's number begins with 0."""
LINES = {
    "12355": "12355",
    "12345": "12345",
    "+8610000012388": "district",
    "+8610000012399": "police_line",
}
"""Flows by the numbers that can be dialled here; the long ones are as unreal as the one above."""

Say = Callable[[str], None]


def up(folder: Path = ROOT / "var") -> int:
    """Run the line, with all its data in `folder`, until Ctrl-C or SIGTERM.

    Returns:
        The exit status: 0 stopped when asked to, 1 it could not run (and has said why).
    """
    for asked in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(asked) is not signal.SIG_IGN:  # as under nohup
            signal.signal(asked, signal.default_int_handler)
    say = _progress()
    try:
        with ExitStack() as running:
            _run(folder, say, running)
    except KeyboardInterrupt:
        say(f"All stopped. What was recorded stays in {folder}")
    except (Refused, CannotStart, config.BadSettings) as fault:
        print(f"\n{fault}", file=sys.stderr)
        return 1
    return 0


def _progress() -> Say:
    # From the start of the process: loading the code is part of the wait.
    begun = psutil.Process().create_time()

    def say(text: str) -> None:
        print(f"{time.time() - begun:6.1f} s  {text}", flush=True)

    return say


def _run(folder: Path, say: Say, running: ExitStack) -> None:
    machine.make_folder(folder)
    running.enter_context(machine.only_one(folder))
    if count := end_left_behind(folder):
        say(f"Ended {count} processes that an earlier run had left behind")
    ports = {"PORT": _port("PORT", 8000, say), "SIMULATOR_PORT": _port("SIMULATOR_PORT", 8010, say)}
    postgres, redis = Postgres(folder / "postgres"), Redis(folder / "redis")
    servers: dict[str, Postgres | Redis] = {"PostgreSQL": postgres, "Redis": redis}
    for name, server in servers.items():
        say(f"Starting {name} …")
        running.callback(_stop, name, server.stop, say)
        server.start()
    postgres.create_database(DATABASE)
    addresses = {"DATABASE_URL": postgres.url(DATABASE), "REDIS_URL": redis.url}
    _put_in_force(folder, addresses | ports)
    say("Bringing the database up to date …")
    migrations.upgrade()
    say("Loading the demo places and people …")
    demo.load()
    _load_month(say)
    processes = Supervisor(ROOT / "Procfile", folder, os.environ)
    say(f"Starting {', '.join(process.name for process in processes.processes)} …")
    running.callback(_stop, "the processes", processes.stop, say)
    _wait_until_ready(processes)
    say("Ready")
    print(_welcome(folder), flush=True)
    while True:
        look_after(processes, servers, say)


def _load_month(say: Say) -> None:
    """The line takes calls without it, too: on a machine that is too slow now the next start tries again."""
    try:
        if month.load():
            say("Loaded a month of invented calls")
    except OperationalError:
        say("The month of invented calls was not loaded; the next start tries again")


def look_after(processes: Supervisor, servers: Mapping[str, Postgres | Redis], say: Say) -> None:
    """Once round: start again whatever has ended. A server that does not come up is tried in the next
    round: what still runs takes calls meanwhile, and keeps them in its spool."""
    processes.tick()
    for name, server in servers.items():
        if server.alive:
            continue
        say(f"{name} ended by itself; starting it again")
        try:
            server.start()
        except CannotStart as fault:
            say(f"{name} did not come up: {fault}")


def _port(setting: str, usual: int, say: Say) -> str:
    port = machine.choose_port(setting, usual)
    if port != usual and setting not in os.environ:
        say(f"Port {usual} is busy; using {port} instead")
    return str(port)


def _put_in_force(folder: Path, found: Mapping[str, str]) -> None:
    """Make the settings of this run those of this process and its children, and keep them in a file.

    What this machine decides wins over the environment, so that demo people never get into a
    database that a shell happens to name; all else (the clocks) may be set in either.
    """
    path = folder / "settings.env"
    settings = {
        **machine.new_secrets(),
        **machine.read_settings(path),
        **found,
        "PUBLIC_URL": f"http://127.0.0.1:{found['PORT']}",
        "TWILIO_BASE_URL": f"http://127.0.0.1:{found['SIMULATOR_PORT']}",
        "RECORDINGS_URL": (folder / "recordings").as_uri(),
        "SPOOL_DIR": str(folder / "spool"),
        "HOTLINE_NUMBERS": ",".join(f"{number}={flow}" for number, flow in LINES.items()),
        "SMS_FROM": UNREAL_NUMBER,
        "CALLER_ID": UNREAL_NUMBER,
        "TECH_CONTACT_PHONE": demo.TECHNICIAN,
    }
    machine.keep_settings(path, settings)
    os.environ.update(settings)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    os.environ["PYTHONUNBUFFERED"] = "1"  # what a process says is shown when it says it
    config.use(config.from_environment())


def _wait_until_ready(processes: Supervisor) -> None:
    deadline = time.monotonic() + READY_SECONDS
    settings = config.current()
    addresses = [f"{settings.public_url}/readyz", settings.twilio_base_url]
    with requests.Session() as session:
        session.trust_env = False  # a proxy has no business on loopback
        while faults := [fault for url in addresses if (fault := _fault(session, url))]:
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"Not ready after {READY_SECONDS} s; what the processes said stands above.\n"
                    + "\n".join(faults)
                )
            processes.tick()


def _fault(session: requests.Session, url: str) -> str:
    try:
        answer = session.get(url, timeout=2)
    except requests.RequestException as fault:
        return f"{url}: {type(fault).__name__}"
    return "" if answer.ok else f"{url}: {answer.status_code} {answer.text[:400]}"


def _welcome(folder: Path) -> str:
    settings = config.current()
    rule, kept = "─" * 72, shlex.quote(str(folder / "settings.env"))
    lines = [
        rule,
        "  The line is up.",
        "",
        f"  Console      {settings.public_url}",
        f"  Telephones   {settings.twilio_base_url}",
        f"  Lines        {', '.join(number.removeprefix('+86') for number in LINES)}",
        "",
        f"  {'Sign in as':<15}{'user':<12}password",
        *(f"  {p.role:<15}{p.username:<12}{p.password}" for p in demo.SIGN_INS),
        "",
        f"  Other commands, in another window: set -a; . {kept}",
        "  Ctrl-C stops everything; what was recorded stays.",
        rule,
    ]
    return "\n".join(lines)


def _stop(name: str, stop: Callable[[], object], say: Say) -> None:
    # A second Ctrl-C must not leave half of it running: stopping takes seconds, and is bounded.
    for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(asked, signal.SIG_IGN)
    say(f"Stopping {name} …")
    stop()
