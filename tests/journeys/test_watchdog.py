"""A part of the line fails: every console says so, `/readyz` names it, and the technician is told by a way
that does not need what has failed."""

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest
import requests

import migrations
from hotline import checkup, clock, config, db, health, watchdog
from hotline.embedded import processes
from hotline.embedded.postgres import Postgres
from tests import servers
from tests.postbox import postbox

A_ROUND = dt.timedelta(seconds=checkup.ROUND_SECONDS)
REMEDY = "处理办法见运行手册。"


class Machine:
    """The machine on which the line runs: its processes live, except those that have died."""

    def __init__(self, line):
        self.line = line
        self.dead = set()
        self.watchdog = watchdog.over_everything()

    def runs(self, seconds):
        """So much time passes, the watchdog going its rounds."""
        for _ in range(seconds // checkup.ROUND_SECONDS):
            clock.shift(A_ROUND)
            self.beats()
            self.watchdog.round()

    def beats(self):
        for name in set(health.PROCESSES) - self.dead:
            health.beat(name)

    def banner(self):
        return requests.get(f"{self.line.settings.public_url}/banner", timeout=20).text

    def readyz(self):
        """The status, and what is said of the parts that are not well."""
        answer = requests.get(f"{self.line.settings.public_url}/readyz", timeout=20)
        faults = {name: told for name, told in answer.json().items() if told != "ok"}
        return answer.status_code, faults


@pytest.fixture
def mailbox(line, monkeypatch):
    """Who is told, by SMS and by e-mail; the mailbox."""
    with postbox() as box:
        told = {
            "tech_contact_phone": "+8610000000901",
            "tech_contact_email": "jishu@example.org",
            "smtp_url": box.url,
        }
        monkeypatch.setattr(config, "_current", config.current().model_copy(update=told))
        yield box


@pytest.fixture
def technician(line, mailbox):
    return line.network.phone("10000000901", kind="mobile")


@pytest.fixture
def machine(line, technician):
    machine = Machine(line)
    machine.beats()
    machine.watchdog.round()
    assert machine.readyz() == (200, {})
    return machine


def test_the_sweeper_dies(machine, technician):
    machine.dead.add("sweeper")
    machine.runs(15)
    status, faults = machine.readyz()
    assert (status, list(faults)) == (503, ["sweeper"])
    assert "定时处理停止" in machine.banner()
    assert "到时打电话给派出所" in machine.banner()

    machine.runs(15)
    text = technician.receives_sms("定时处理停止")["body"]
    assert text.endswith(REMEDY)
    machine.runs(600)
    assert len(technician.messages) == 1

    machine.dead.clear()
    machine.runs(70)
    assert machine.readyz() == (200, {})
    assert machine.banner().strip() == ""
    assert "定时处理停止" in technician.receives_sms("已恢复")["body"]


def test_an_officers_open_page_asks_for_it(machine, line):
    page = line.officer().opens("/").page
    assert 'hx-get="/banner" hx-trigger="load, every 10s"' in page
    assert "连接中断" in page


def test_the_watchdog_itself_dies_and_the_sweeper_says_so(machine, line, technician):
    machine.dead.add("watchdog")
    line.sweeps()
    for _ in range(6):
        clock.shift(A_ROUND)
        machine.beats()
        line.sweeps()
    technician.receives_sms("故障监视停止")
    status, faults = machine.readyz()
    assert (status, list(faults)) == (200, ["watchdog"])
    assert "故障监视停止" in machine.banner()
    assert len(technician.messages) == 1


def test_redis_is_gone(own_redis, machine, technician):
    own_redis.stop()
    machine.runs(30)
    assert "Redis 无响应（" in technician.receives_sms(REMEDY)["body"]
    status, faults = machine.readyz()
    assert (status, list(faults)) == (503, ["redis"])
    assert "Redis 无响应" in machine.banner()


def test_the_network_is_gone_and_the_technician_has_mail(machine, line, technician, mailbox):
    line.network.faults(rest_errors=999)
    machine.runs(90)
    [letter] = mailbox.letters
    assert "短信电话网络不通" in letter["Subject"]
    assert technician.messages == []
    assert machine.readyz()[0] == 503
    assert "请用自己的电话联系派出所" in machine.banner()
    line.network.heals()


def test_everything_is_gone_and_it_goes_on_trying(machine, line, technician, mailbox):
    mailbox.closed = True
    line.network.faults(rest_errors=999)
    machine.runs(120)
    assert (technician.messages, mailbox.letters) == ([], [])
    mailbox.closed = False
    machine.runs(35)
    assert len(mailbox.letters) == 1
    line.network.heals()


# The database


@pytest.fixture
def postgres(line, monkeypatch):
    """A PostgreSQL of this test's own, which may be frozen without stopping everybody else's."""
    folder = Path(tempfile.mkdtemp(prefix=f"{servers.PREFIX}{os.getpid()}-")).resolve()
    server = Postgres(folder / "own", durable=False)
    server.start()
    server.create_database("own")
    mine = config.current().model_copy(update={"database_url": server.url("own")})
    monkeypatch.setattr(config, "_current", mine)
    migrations.upgrade()
    yield server
    db._engine(mine.database_url).dispose()
    server.stop()
    shutil.rmtree(folder)


def test_the_database_freezes_and_the_sms_goes_all_the_same(postgres, machine, technician):
    [postmaster] = processes.working_in(postgres.data, {"postgres"})
    everything = [postmaster, *postmaster.children()]
    for process in everything:
        process.suspend()
    try:
        for _ in range(4):
            clock.shift(A_ROUND)
            began = time.monotonic()
            machine.watchdog.round()
            assert time.monotonic() - began < checkup.LIMIT_SECONDS + 2
        text = technician.receives_sms("数据库无响应")["body"]
        assert text.startswith("【儿童保护热线】系统故障：数据库无响应（")
        assert text.count("（") == 1  # and not of the others, of which nothing is known
        status, faults = machine.readyz()
        assert status == 503
        assert faults["sweeper"] == checkup.UNKNOWN
        assert "紧急情况请直接打电话给派出所" in machine.banner()
    finally:
        for process in everything:
            process.resume()


# Real processes and real time


@pytest.fixture
def started(technician):
    """Starts commands; whatever of them still runs is killed at the end."""
    running = []

    def start(*command):
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", "from hotline.cli import main; main()", *command],
                env=servers.environment(config.current()),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        return psutil.Process(running[-1].pid)

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.timeout(150)
def test_a_sweeper_that_is_killed(line, technician, started):
    stop = threading.Event()
    for name in ("worker", "alerts"):
        health.keep_beating(name, stop)
    sweeper = started("sweeper")
    started("watchdog")
    _until(lambda: [health.checks()[name] for name in health.PROCESSES] == [""] * 4)
    sweeper.send_signal(signal.SIGKILL)
    technician.receives_sms("定时处理停止", within=45)
    stop.set()


def _until(holds, limit=60.0):
    ends = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < ends, "it has not come true"
        time.sleep(0.3)
