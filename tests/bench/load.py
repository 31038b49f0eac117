"""A cheap load client: raw keep-alive sockets and ready-made requests in one thread, so that on a small
machine it is the server that is measured."""

import heapq
import math
import select
import socket
import time
from collections import defaultdict, deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

PATIENCE_SECONDS = 30
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Failed(Exception):
    """A measurement could not be made; says why."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, sent `after` seconds after the last answer. Times are gathered by `name`."""

    name: str
    request: bytes
    after: float = 0.0


Talk = Generator[Ask, bytes, None]
"""What one client says: yields requests, is sent the body of each answer."""


@dataclass
class Outcome:
    """What came of it. Seconds; `waited` from when a request was due to its whole answer."""

    seconds: float = 0.0
    talks: int = 0
    waited: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def rate(self) -> float:
        """Answers a second."""
        return sum(map(len, self.waited.values())) / self.seconds


class _Connection:
    """A keep-alive connection, and the talk that has it for its whole length."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.talk: Talk | None = None
        self.ask = Ask("", b"")
        self.due = 0.0
        self._got = b""

    def send(self) -> None:
        self.socket.sendall(self.ask.request)

    def receive(self) -> bytes | None:
        """The body of the answer, once it is all there."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise Failed(f"{self.ask.name}: the server closed the connection")
        self._got += piece
        head, end, body = self._got.partition(_HEAD_END)
        if not end or len(body) < _length(head, self.ask.name):
            return None
        self._got = b""
        return body


def _length(head: bytes, name: str) -> int:
    status = head[9:12]
    if status not in {b"200", b"204"}:
        raise Failed(f"{name}: the server answered {head.decode(errors='replace')}")
    found = head.lower().partition(_LENGTH)[2]
    return int(found.partition(b"\r")[0]) if found else 0


def run(
    port: int,
    talks: Iterable[Talk],
    *,
    connections: int | None = None,
    every: float = 0.0,
    at_most: float = math.inf,
) -> Outcome:
    """Hold the `talks`, so many at a time as there are `connections`; one begins `every` so many seconds,
    or as soon as a connection is free. Without a number each talk opens a connection of its own, as the
    network does for each call. On a slow machine those that have not begun after `at_most` seconds are
    left out.

    Raises:
        Failed: an answer other than 200, or none.
    """
    return _Run(port, talks, connections, every, at_most).to_the_end()


class _Run:
    def __init__(
        self,
        port: int,
        talks: Iterable[Talk],
        connections: int | None,
        every: float,
        at_most: float,
    ) -> None:
        self.port = port
        self.poll = select.epoll()
        self.open: dict[int, _Connection] = {}
        self.are_kept = connections is not None
        self.free = [self._opened() for _ in range(connections or 0)]
        self.outcome = Outcome()
        self.begun = time.perf_counter()
        self.end = self.begun + at_most
        self.coming = deque((self.begun + n * every, talk) for n, talk in enumerate(talks))
        self.due: list[tuple[float, int]] = []

    def to_the_end(self) -> Outcome:
        try:
            while self.coming or len(self.free) < len(self.open):
                self._begin_what_is_due()
                self._send_what_is_due()
                self._take_answers()
        finally:
            self.poll.close()
            for connection in self.open.values():
                connection.socket.close()
        self.outcome.seconds = time.perf_counter() - self.begun
        return self.outcome

    def _opened(self) -> _Connection:
        connection = _Connection(self.port)
        number = connection.socket.fileno()
        self.open[number] = connection
        self.poll.register(number, select.EPOLLIN)
        return connection

    def _let_go(self, connection: _Connection) -> None:
        if self.are_kept:
            self.free.append(connection)
            return
        del self.open[connection.socket.fileno()]
        connection.socket.close()

    def _may_begin(self) -> bool:
        return bool(self.coming) and (bool(self.free) or not self.are_kept)

    def _begin_what_is_due(self) -> None:
        now = time.perf_counter()
        if now > self.end:
            self.coming.clear()
        while self._may_begin() and self.coming[0][0] <= now:
            at, talk = self.coming.popleft()
            self.outcome.talks += 1
            connection = self.free.pop() if self.are_kept else self._opened()
            connection.talk = talk
            self._plan(connection, next(talk), at)

    def _plan(self, connection: _Connection, ask: Ask, at: float) -> None:
        connection.ask, connection.due = ask, at + ask.after
        heapq.heappush(self.due, (connection.due, connection.socket.fileno()))

    def _send_what_is_due(self) -> None:
        now = time.perf_counter()
        while self.due and self.due[0][0] <= now:
            connection = self.open[heapq.heappop(self.due)[1]]
            connection.send()

    def _take_answers(self) -> None:
        moments = [self.due[0][0]] if self.due else []
        if self._may_begin():
            moments.append(self.coming[0][0])
        patience = max(0.0, min(moments) - time.perf_counter()) if moments else PATIENCE_SECONDS
        ready = self.poll.poll(patience)
        if not ready and not moments:
            raise Failed(f"no answer within {PATIENCE_SECONDS} s")
        for number, _ in ready:
            self._take(self.open[number])

    def _take(self, connection: _Connection) -> None:
        body = connection.receive()
        if body is None:
            return
        now = time.perf_counter()
        self.outcome.waited[connection.ask.name].append(now - connection.due)
        assert connection.talk is not None
        try:
            self._plan(connection, connection.talk.send(body), now)
        except StopIteration:
            connection.talk = None
            self._let_go(connection)
