"""Parts of the line are away, one after the other; the emergency still reaches the police."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from limits.storage.redis import RedisStorage

from hotline import carrier, clock
from hotline.embedded import processes
from tests import servers
from tests.journeys.looks import alerts, messages, reports


def test_redis_stopped_and_the_alert_still_leaves(own_redis, line):
    number = line.emergency()
    officer = line.officer().opens(f"/reports/{number}")
    own_redis.stop()

    text = officer.forwards(number)
    officer.opens("/").sees(number)
    assert [message.status for message in messages()] == ["pending"]
    line.waits_without_workers(2)
    assert line.district_police.receives_sms("紧急警情")["body"] == text
    line.network.settles()
    assert [message.status for message in messages()] == ["delivered"]


def test_a_whole_emergency_call_without_redis(own_redis, line):
    own_redis.stop()
    line.caller.dial("12355").hears("儿童保护热线").presses("1").hears("正在为你接通值班员")
    for _ in range(2):  # the sweeper finds whom to ring, and then rings
        line.waits_without_workers(3)
    line.officers_phone.rings().lets_it_ring()
    line.stays_to_the_recording(danger=True)
    line.caller.hears("先说孩子在哪里").says(seconds=2).stays_silent().hears("受理编号")
    line.network.settles()
    line.waits_without_workers(3)
    [report] = reports()
    assert report["emergency"]
    assert [one["status"] for one in report["recordings"]] == ["stored"]
    line.officer().opens("/").sees(report["number"])


@pytest.fixture
def redis_server(own_redis):
    """The process: suspended, its connections stay up, and nothing is answered."""
    [server] = processes.working_in(own_redis.folder, {"redis-server"})
    yield server
    server.resume()


def test_an_emergency_with_redis_frozen(redis_server, line, monkeypatch):
    redis_server.suspend()
    line.officer()  # signs in, and the limits on that notice that Redis is away
    time.sleep(1.1)  # then they look for it again, before requests that may be limited
    looked: list[RedisStorage] = []
    monkeypatch.setattr(RedisStorage, "check", looked.append)
    line.caller.dial("12355").hears("儿童保护热线").presses("1").hears("别怕")
    line.caller.hangs_up()
    line.network.settles()
    redis_server.resume()
    assert looked == []
    assert max(ms for _, ms in line.network.timings) < 5000
    [report] = reports()
    assert report["emergency"]


@pytest.fixture
def worker(line):
    """A worker of its own process, started when asked to, dead at the end."""
    started = []

    def start():
        command = [sys.executable, "-c", "from hotline.cli import main; main()", "worker"]
        process = subprocess.Popen(
            command,
            env=servers.environment(line.settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_worker_killed_between_claim_and_send_loses_no_alert(line, worker):
    number = line.emergency()
    line.network.faults(rest_hangs=1, rest_resource="Messages")
    process = worker()
    line.officer().forwards(number)
    _until(lambda: [message.status for message in messages()] == ["sending"])
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    line.network.heals()
    assert line.sweeps()["alert messages"] == 0

    line.waits_without_workers(31)
    line.district_police.receives_sms("紧急警情")
    line.network.settles()
    [sms] = messages()
    assert (sms.status, sms.attempts) == ("delivered", 2)
    assert len(line.district_police.messages) == 1


def _until(holds, limit=20.0):
    ends = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < ends, "it has not come true"
        time.sleep(0.05)


def test_a_network_in_trouble_is_asked_again_at_growing_distances(line, monkeypatch):
    monkeypatch.setattr(carrier, "SEND_SECONDS", 0.3)
    number = line.emergency()
    # Before it is sent again it is looked for there, which fails in the same way.
    line.network.faults(rest_hangs=1, rest_throttled=2, rest_errors=4, rest_resource="Messages")
    line.officer().forwards(number)
    line.works()

    waits, faults = [], []
    while messages()[0].status == "pending":
        [sms] = messages()
        waits.append(round((sms.next_attempt_at - _now()).total_seconds()))
        faults.append(sms.error_code)
        line.waits_without_workers(waits[-1] + 1.5)
    assert faults == ["time-out", "20429", "20503", "20503"]
    assert waits == sorted(set(waits))
    assert len(waits) == 4
    line.district_police.receives_sms("紧急警情")
    line.network.settles()
    [sms] = messages()
    assert (sms.status, sms.attempts) == ("delivered", 5)
    assert len(line.district_police.messages) == 1


def _now():
    return clock.now()


def test_an_answer_that_was_lost_makes_no_second_sms(line):
    number = line.emergency()
    line.network.faults(rest_answers_lost=1, rest_resource="Messages")
    line.officer().forwards(number)
    line.works()
    line.network.settles()
    line.waits(20)
    [sms] = messages()
    assert (sms.status, sms.attempts) == ("delivered", 1)
    assert len(line.district_police.messages) == 1


def test_two_sweepers_and_a_worker_send_one_sms(line):
    number = line.emergency()
    line.officer().forwards(number)
    sweepers = [threading.Thread(target=line.waits_without_workers, args=(2,)) for _ in range(2)]
    for sweeper in sweepers:
        sweeper.start()
    line.works()
    for sweeper in sweepers:
        sweeper.join()
    line.network.settles()
    assert len(messages()) == len(alerts()) == 1
    assert len(line.district_police.messages) == 1
