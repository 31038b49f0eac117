"""The clock process: no duty holds up another, and a stuck one is seen."""

import threading
import time

import pytest

from hotline import app, health, relay, sweeper
from hotline.sweeper import Duty


@pytest.fixture
def sweeping(monkeypatch):
    """Runs a sweeper over duties; `well` is what its heart asks before each beat."""
    asked = []
    stop = threading.Event()

    def keep_beating(name, stop, well) -> None:
        asked.append((name, well))

    monkeypatch.setattr(health, "keep_beating", keep_beating)
    threads = []

    def start(*duties: Duty):
        thread = threading.Thread(target=sweeper.run, args=(list(duties), stop))
        thread.start()
        threads.append(thread)
        wait_for(lambda: asked)
        [(name, well)] = asked
        assert name == "sweeper"
        return well

    yield start
    stop.set()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


def wait_for(met) -> None:
    until = time.monotonic() + 5
    while not met():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_a_duty_that_raises_comes_again_and_stops_no_other(sweeping):
    done: list[str] = []

    def bad() -> int:
        done.append("bad")
        raise LookupError

    def good() -> int:
        done.append("good")
        return 1

    well = sweeping(Duty("bad", bad, every=0.01), Duty("good", good, every=0.01))
    wait_for(lambda: done.count("bad") > 2 and done.count("good") > 2)
    assert well()


def test_a_duty_that_waits_holds_up_no_other_and_is_seen(sweeping, monkeypatch):
    monkeypatch.setattr(sweeper, "LONGEST_SILENCE", 0.2)
    free, done = threading.Event(), []

    def stuck() -> int:
        free.wait()
        return 0

    def good() -> int:
        done.append(1)
        return 1

    well = sweeping(Duty("stuck", stuck, every=0.01), Duty("good", good, every=0.01))
    assert well()
    wait_for(lambda: not well())
    seen = len(done)
    wait_for(lambda: len(done) > seen)
    free.set()
    wait_for(well)


def test_a_duty_that_comes_seldom_is_not_stuck(sweeping, monkeypatch):
    monkeypatch.setattr(sweeper, "LONGEST_SILENCE", 0.1)
    done: list[int] = []

    def once() -> int:
        done.append(1)
        return 0

    well = sweeping(Duty("seldom", once, every=600))
    wait_for(lambda: done)
    time.sleep(0.3)
    assert well()


def test_one_round_of_the_real_duties_on_an_empty_line(database, redis):
    # Some ask the network, and here nobody answers for it.
    ours = [duty for duty in app.duties() if duty.name not in ("reconcile", "networks")]
    assert {name: rows for name, rows in sweeper.sweep_once(ours).items() if rows} == {}


def test_every_duty_has_a_name_of_its_own(settings):
    names = [duty.name for duty in app.duties()]
    assert len(names) == len(set(names))


def test_alerts_do_not_wait_for_receipts(settings):
    """Each duty runs in a thread of its own, and neither sends what is the other's."""
    runs = {duty.name: duty.run for duty in app.duties()}
    assert runs["alert messages"] is relay.sweep_urgent
    assert runs["outbox"] is relay.sweep_others
