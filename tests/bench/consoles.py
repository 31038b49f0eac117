"""Hundreds of consoles with the queue open, cheaply: one process, one event loop, no browser. It does what
`hotline/web/static/live.js` does: listens, waits its turn, asks for the rows, asks later when sent away.

A process of its own: `python -m tests.bench.consoles PORT SECONDS`, a cookie a line on standard input; says
`ready` when every console hears, and in the end what they met as JSON.
"""

import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field

PROBE = "probe"
"""The topic of notices whose way is timed; their number is that of the probe."""
ASKED_FOR = {"report", "recording", "leg"}
ROWS = "/queue/rows"
POLLS = {"/banner": 10.0, "/recordings/alarm": 60.0}
"""What every open page asks for by itself, and how often (seconds)."""
AGAIN_SECONDS = 2.0


@dataclass
class Met:
    """What all consoles together have met. Moments are on the monotonic clock, which processes share."""

    heard: list[tuple[int, float]] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    sent_away: int = 0
    bytes: int = 0
    lost: int = 0
    errors: list[str] = field(default_factory=list)


class Stream(asyncio.Protocol):
    """A console's live stream."""

    def __init__(self, console: "Console") -> None:
        self.console = console
        self.rest = b""
        self.kind = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self.console.request("/live", "Accept: text/event-stream"))

    def data_received(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            name, _, value = line.decode().partition(": ")
            if name == "event":
                self.kind = value
            elif name == "id":
                self.console.version = value
            elif name == "data":
                self.console.hears(self.kind, value)

    def connection_lost(self, fault: Exception | None) -> None:
        self.console.met.lost += 1


class Console:
    """One open queue page."""

    def __init__(self, port: int, cookie: str, met: Met) -> None:
        self.port, self.cookie, self.met = port, cookie, met
        self.live = asyncio.Event()
        self.told = asyncio.Event()
        self.pace = 0.0
        self.version = "0"
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    def request(self, path: str, *headers: str) -> bytes:
        """A request of this console, ready to be sent."""
        head = (f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {self.cookie}", *headers)
        return "\r\n".join([*head, "", ""]).encode()

    def hears(self, kind: str, value: str) -> None:
        """A notice."""
        if kind == "state":
            state, pace = value.split()
            self.pace = int(pace) / 1000
            if state == "live":
                self.live.set()
        elif kind == PROBE:
            now = time.monotonic()
            self.met.heard += [(int(number), now) for number in value.split()]
        elif kind in ASKED_FOR:
            self.told.set()

    async def opens(self) -> None:
        """Connect twice, as a browser does: for the stream, and to ask."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: Stream(self), "127.0.0.1", self.port)
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        await self.live.wait()

    async def looks(self) -> None:
        """Until it is ended: after a notice wait, then ask; and poll what is polled."""
        due = {path: time.monotonic() + random.uniform(0, every) for path, every in POLLS.items()}
        while True:
            wait = max(0.0, min(due.values()) - time.monotonic())
            try:
                # Not `wait_for`, which in Python 3.11 may swallow the end of a task that is told just then.
                async with asyncio.timeout(wait):
                    await self.told.wait()
            except TimeoutError:
                path = min(due, key=lambda one: due[one])
                due[path] += POLLS[path]
                await self._ask(path, self.met.polls)
            else:
                await asyncio.sleep(random.uniform(0, self.pace))
                self.told.clear()
                if not await self._ask(ROWS, self.met.rows, f"X-Live: {self.version}"):
                    self.told.set()
                    await asyncio.sleep(max(self.pace, AGAIN_SECONDS))
                await asyncio.sleep(self.pace / 2)

    async def _ask(self, path: str, waited: list[float], *headers: str) -> bool:
        begun = time.monotonic()
        self.writer.write(self.request(path, "X-Background: 1", *headers))
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0] or 0)
        await self.reader.readexactly(length)
        status = head[9:12]
        self.met.bytes += length
        if status == b"503":
            self.met.sent_away += 1
            return False
        if status != b"200":
            self.met.errors.append(f"{path} {status.decode()}")
        waited.append(time.monotonic() - begun)
        return True


async def main(port: int, seconds: float) -> None:
    """All of them, for so long."""
    met = Met()
    consoles = [Console(port, cookie.strip(), met) for cookie in sys.stdin if cookie.strip()]
    for some in range(0, len(consoles), 20):
        await asyncio.gather(*(console.opens() for console in consoles[some : some + 20]))
    print("ready", flush=True)
    looking = [asyncio.create_task(console.looks()) for console in consoles]
    await asyncio.sleep(seconds)
    for task in looking:
        task.cancel()
    ended = await asyncio.gather(*looking, return_exceptions=True)
    met.errors += [repr(one) for one in ended if isinstance(one, Exception)]
    print(json.dumps(asdict(met)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
