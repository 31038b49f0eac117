"""The nudge: best effort, in a thread of its own; and every queue and job has somebody behind it."""

import shlex
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest
import rq
from redis.client import Pipeline
from rq.serializers import JSONSerializer
from rq.utils import import_attribute
from sqlalchemy.exc import OperationalError

from hotline import cli, db, outbox, queues
from triage.intake import service as intake

ROOT = Path(cli.__file__).parents[1]


def jobs(name: str) -> list[tuple[Any, ...]]:
    queue = rq.Queue(name, connection=queues.connection(), serializer=JSONSerializer)
    return [(job.func_name, tuple(job.args)) for job in queue.jobs]


def enqueue(name: str, *args: int) -> None:
    with db.transaction() as session:
        queues.enqueue(session, name, outbox.DELIVER, *args)
        assert jobs(name) == []
    queues.flush()


def test_a_job_is_asked_for_after_the_commit(database, redis):
    enqueue(queues.ALERTS, 5)
    assert jobs(queues.ALERTS) == [("hotline.relay.deliver", (5,))]


def test_nothing_is_asked_for_what_was_undone(database, redis):
    def fact() -> None:
        with db.transaction() as session:
            queues.enqueue(session, queues.ALERTS, outbox.DELIVER, 5)
            raise LookupError

    with pytest.raises(LookupError):
        fact()
    queues.flush()
    assert jobs(queues.ALERTS) == []


def test_a_redis_that_is_away_costs_the_request_nothing(database, own_redis):
    own_redis.stop()
    began = time.monotonic()
    with db.transaction() as session:
        for number in range(50):
            queues.enqueue(session, queues.ALERTS, outbox.DELIVER, number)
    assert time.monotonic() - began < 0.5
    queues.flush()
    own_redis.start()
    enqueue(queues.ALERTS, 51)
    assert jobs(queues.ALERTS) == [("hotline.relay.deliver", (51,))]


def _append(done: list[int], number: int, commands: Pipeline) -> None:
    done.append(number)


def _push(number: int, commands: Pipeline) -> None:
    commands.rpush("busy", number)


def _held_up(nudger: queues._Nudger) -> threading.Event:
    """It has an errand in hand until this is set."""
    begun, free = threading.Event(), threading.Event()

    def errand(commands: Pipeline) -> None:
        begun.set()
        free.wait(5)

    nudger.give(errand)
    assert begun.wait(5)
    return free


def test_more_nudges_than_fit_are_dropped_and_do_not_block(redis, monkeypatch):
    monkeypatch.setattr(queues, "MOST_WAITING", 3)
    nudger = queues._Nudger()
    done: list[int] = []
    free = _held_up(nudger)
    for number in range(10):
        nudger.give(partial(_append, done, number))
    free.set()
    nudger.errands.join()
    assert done == [0, 1, 2]


def test_an_errand_that_fails_does_not_end_the_errands(redis):
    done = []

    def fails(commands: Pipeline) -> None:
        raise LookupError

    def after(commands: Pipeline) -> None:
        done.append("after")

    queues.nudge(fails)
    queues.nudge(after)
    queues.flush()
    assert done == ["after"]


def test_errands_of_a_busy_moment_are_one_round_trip(redis, monkeypatch):
    trips, run = [], queues._run

    def counted(errands: list[queues.Errand]) -> None:
        trips.append(len(errands))
        run(errands)

    monkeypatch.setattr(queues, "_run", counted)
    nudger = queues._Nudger()
    free = _held_up(nudger)
    for number in range(20):
        nudger.give(partial(_push, number))
    free.set()
    nudger.errands.join()
    assert redis.lrange("busy", 0, -1) == [b"%d" % number for number in range(20)]
    assert trips == [1, 20]


def test_each_is_tried_whatever_befell_the_one_before():
    done = []

    def job(number: int) -> None:
        done.append(number)
        if number == 2:
            raise LookupError

    queues.try_each([1, 2, 3], job)
    assert done == [1, 2, 3]


def test_a_database_that_is_away_is_not_waited_for_by_each():
    done = []

    def job(number: int) -> None:
        done.append(number)
        raise OperationalError("select", {}, Exception())

    with pytest.raises(OperationalError):
        queues.try_each([1, 2, 3], job)
    assert done == [1]


def test_one_that_takes_long_holds_up_no_other():
    done, free = [], threading.Event()

    def job(number: int) -> None:
        if number == 0:
            assert free.wait(5)
        done.append(number)
        if number == 9:
            free.set()
        if number == 3:
            raise LookupError

    queues.try_at_once(range(10), job, 2)
    assert done == [*range(1, 10), 0]


def test_a_database_that_is_away_is_told_by_whoever_does_many_at_once():
    def job(number: int) -> None:
        raise OperationalError("select", {}, Exception())

    with pytest.raises(OperationalError):
        queues.try_at_once([1, 2], job, 2)


def test_a_request_that_hangs_does_not_hold_the_lane_of_alerts():
    """Two processes at least serve alerts first, then the ringing of telephones, and nothing slow."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    served = [line.split(":", 1)[1].split() for line in lines]
    alone = ["hotline", "worker", "--queue", queues.ALERTS, "--queue", queues.RINGS]
    assert served.count(alone) >= 2


def test_every_queue_has_a_worker_in_the_procfile():
    served: set[str] = set()
    for line in (ROOT / "Procfile").read_text().splitlines():
        words = shlex.split(line.split(":", 1)[1])
        if words[:2] == ["hotline", "worker"]:
            context = cli.worker.make_context("worker", words[2:])
            served.update(context.params["names"] or queues.ALL)
    assert served == set(queues.ALL)
    assert isinstance(cli.worker, click.Command)
    named = {
        value for name, value in vars(queues).items() if name.isupper() and value in queues.ALL
    }
    assert named == set(queues.ALL)


@pytest.mark.parametrize("path", [outbox.DELIVER, intake.FETCH])
def test_every_job_that_is_asked_for_is_there(path):
    job = import_attribute(path)
    assert callable(job)
    assert f"{job.__module__}.{job.__name__}" == path
