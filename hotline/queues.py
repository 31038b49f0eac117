"""RQ: queue names, the nudge after a commit, and the worker's entry.

The database is the truth and Redis only a nudge: whatever is enqueued here also stands as a row that
the sweeper finds when it falls due. So a nudge is sent by a thread of its own, nobody waits for it, and
a Redis that is away costs at most the sweeper's next round.
"""

import contextlib
import functools
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import redis
import rq
import structlog
from redis.client import Pipeline
from rq.serializers import JSONSerializer
from sqlalchemy import orm
from sqlalchemy.exc import OperationalError

from hotline import config, db

ALERTS = "alerts"
RINGS = "rings"
"""Telephones of officers who are rung for a caller, and callers who are moved: many in a busy minute, and
none of them may stand before an alert."""
DEFAULT = "default"
RECORDINGS = "recordings"
SPEECH = "speech"
ALL = (ALERTS, RINGS, DEFAULT, RECORDINGS, SPEECH)
"""In the order in which a worker looks."""

JOB_SECONDS = 120
SPEECH_SECONDS = 3600
"""Writing down an hour of speech takes many minutes: a line that does it gives it a worker of its own."""
MOST_WAITING = 10_000
MOST_AT_ONCE = 100
"""Errands in one round trip."""
REST_SECONDS = 0.02
"""After each: what comes meanwhile goes together."""
PATIENCE_SECONDS = 2
"""With a Redis that is there but says nothing."""

Errand = Callable[[Pipeline], object]

log = structlog.get_logger()


@functools.cache
def _connection(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=PATIENCE_SECONDS)


def connection() -> redis.Redis:
    """This process's connection pool to Redis."""
    return _connection(config.current().redis_url)


class _Nudger:
    """A daemon thread that does small best-effort errands towards Redis, in order: all that wait are one
    round trip, so that a busy line does not pay for each."""

    def __init__(self) -> None:
        self.errands: queue.Queue[Errand] = queue.Queue(MOST_WAITING)
        threading.Thread(target=self._work, name="nudger", daemon=True).start()

    def give(self, errand: Errand) -> None:
        try:
            self.errands.put_nowait(errand)
        except queue.Full:
            log.warning("nudge_dropped", reason="too many waiting")

    def _work(self) -> None:
        while True:
            errands = [self.errands.get(), *self._waiting()]
            try:
                _run(errands)
            # A nudge may fail in any way: the sweeper does the work then.
            except Exception as fault:  # noqa: BLE001
                log.warning("nudge_failed", error=type(fault).__name__, errands=len(errands))
            finally:
                for _ in errands:
                    self.errands.task_done()
            time.sleep(REST_SECONDS)

    def _waiting(self) -> Iterator[Errand]:
        with contextlib.suppress(queue.Empty):
            for _ in range(MOST_AT_ONCE - 1):
                yield self.errands.get_nowait()


def _run(errands: list[Errand]) -> None:
    with connection().pipeline(transaction=False) as commands:
        for errand in errands:
            try:
                errand(commands)
            except Exception as fault:  # noqa: BLE001 - the next one is somebody else's
                log.warning("nudge_failed", error=type(fault).__name__)
        for answer in commands.execute(raise_on_error=False):
            if isinstance(answer, Exception):
                log.warning("nudge_failed", error=type(answer).__name__)


@functools.cache
def _nudger() -> _Nudger:
    return _Nudger()


def nudge(errand: Errand) -> None:
    """Do a small best-effort errand soon, in another thread: it adds its commands to those of others."""
    _nudger().give(errand)


def flush() -> None:
    """Wait until every nudge given so far has been tried (for tests and for a clean stop)."""
    _nudger().errands.join()


def enqueue(session: orm.Session, name: str, function: str, *args: int | str) -> None:
    """After this transaction has committed, ask a worker to call `function` (a dotted path)."""
    db.after_commit(
        session, lambda: nudge(lambda commands: _enqueue(commands, name, function, *args))
    )


def _enqueue(commands: Pipeline, name: str, function: str, *args: int | str) -> None:
    longest = SPEECH_SECONDS if name == SPEECH else JOB_SECONDS
    job = rq.Queue.prepare_data(
        function, args=args, timeout=longest, result_ttl=0, failure_ttl=3600
    )
    # Not `enqueue`, which begins a transaction of its own and so would have to be alone.
    jobs = rq.Queue(name, connection=connection(), serializer=JSONSerializer)
    jobs.enqueue_many([job], pipeline=commands)


def try_each(numbers: Iterable[int], job: Callable[[int], None]) -> None:
    """Do a job for each row's number, without a queue. One that fails is logged and holds up no other:
    its row is still due. A database that is away ends it, rather than being waited for by each.

    Raises:
        OperationalError: the database is away.
    """
    for number in numbers:
        try:
            job(number)
        except OperationalError:
            raise
        except Exception as fault:  # noqa: BLE001 - the next row may be an emergency
            log.error("row_left", job=job.__qualname__, row=number, error=type(fault).__name__)


def row_by_row(
    find: Callable[[orm.Session], Sequence[int]], act: Callable[[orm.Session, int], None]
) -> int:
    """Find what is due and do each in a transaction of its own, so that a webhook never waits for more
    than the one row it shares; how many were due.

    Raises:
        OperationalError: the database is away.
    """

    @functools.wraps(act)
    def run(number: int) -> None:
        with db.transaction() as session:
            act(session, number)

    with db.transaction() as session:
        due = find(session)
    try_each(due, run)
    return len(due)


def try_at_once(numbers: Iterable[int], job: Callable[[int], None], threads: int) -> None:
    """Do a job for each row's number, so many at the same time: one that takes long holds up no other.

    Raises:
        OperationalError: the database is away; whatever was begun has ended by then.
    """
    with ThreadPoolExecutor(threads, job.__name__) as pool:
        done = [pool.submit(try_each, [number], job) for number in numbers]
    for one in done:
        one.result()


class Worker(rq.SimpleWorker):
    """A worker that does its jobs in its own process: a fork for each would cost more time than an
    alert may, and every job is a row that outlives the process."""


def work(names: tuple[str, ...]) -> None:
    """Serve the queues until told to stop (SIGTERM or SIGINT: after the job in hand)."""
    # A connection of its own: it waits long for the next job, which nudges must not.
    waiting = redis.Redis.from_url(config.current().redis_url, socket_connect_timeout=1)
    Worker(list(names), connection=waiting, serializer=JSONSerializer).work(
        logging_level="WARNING", with_scheduler=False
    )
