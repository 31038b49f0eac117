"""The database is away: the call goes on by itself, and is filed, whole and once, when it is back."""

import datetime as dt
import json
import os
import shutil
import socket
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import requests
import sqlalchemy as sa

import migrations
from hotline import clock, config, crypto, db
from hotline.embedded import processes
from hotline.embedded.postgres import Postgres
from hotline.embedded.processes import free_port
from ivr import spool
from tests import servers
from tests.journeys.looks import calls, holder, recordings, reports, stored_files
from tests.journeys.wire import CALL, incoming
from triage.intake.models import CallStep


class _Away:
    """Takes the database away from the running line, and gives it back."""

    def __init__(self, line, monkeypatch):
        self.line, self.monkeypatch = line, monkeypatch

    def goes(self, port):
        url = f"postgresql+psycopg://nobody@127.0.0.1:{port}/gone"
        away = self.line.settings.model_copy(update={"database_url": url})
        self.monkeypatch.setattr(config, "_current", away)

    def comes_back(self):
        self.monkeypatch.setattr(config, "_current", self.line.settings)


@pytest.fixture
def database_away(line, monkeypatch):
    """Something by which the database can be taken away."""
    return _Away(line, monkeypatch)


def _spool(line):
    return sorted(line.settings.spool_dir.glob("*.hook"))


def _calls_without_database(line):
    line.caller.dial("12355").hears("儿童保护热线").presses("1")
    line.caller.hears("先说孩子在哪里").says(seconds=2).stays_silent()
    line.caller.hears("紧急情况处理").is_hung_up_on()
    line.network.settles()


def test_the_caller_records_and_the_report_is_filed_afterwards(line, database_away):
    rang = clock.now()
    database_away.goes(free_port())
    _calls_without_database(line)
    kept = [json.loads(crypto.decrypt(path.read_bytes()))["route"] for path in _spool(line)]
    assert kept[:2] == ["voice", "step"]
    assert {"recording", "status"} <= set(kept)

    clock.shift(dt.timedelta(minutes=20))
    database_away.comes_back()
    assert reports() == []
    line.sweeps()
    line.works()
    [report] = reports()
    assert (report["status"], report["emergency"]) == ("waiting", True)
    assert [one["status"] for one in report["recordings"]] == ["stored"]
    [call] = calls()
    assert (call.caller, call.status) == ("+8610000000001", "completed")
    assert abs(call.started_at - rang) < dt.timedelta(seconds=30)
    assert dt.datetime.fromisoformat(report["created_at"]) == call.started_at
    assert (len(recordings()), len(stored_files()), _spool(line)) == (1, 1, [])

    line.sweeps()
    assert len(reports()) == len(recordings()) == 1
    line.officer().opens("/").sees(report["number"], "紧急")
    assert holder(report["number"]) is None


def test_it_goes_away_in_the_middle_of_a_call(line, database_away):
    line.caller.dial("12355").hears("儿童保护热线").presses("1").hears("别怕")
    line.officers_ring()
    database_away.goes(free_port())
    line.officers_phone.lets_it_ring()
    line.caller.stays_silent()
    line.caller.hears("先说孩子在哪里").says(seconds=2).hangs_up()
    line.network.settles()
    database_away.comes_back()
    line.sweeps()
    line.works()

    [report] = reports()
    assert (report["status"], report["emergency"]) == ("waiting", True)
    assert [one["status"] for one in report["recordings"]] == ["stored"]


def _redirect_in(wire, answer):
    """The path of the document's last redirect."""
    address = ET.fromstring(answer).findtext("Redirect", "").partition("#")[0]
    return address.removeprefix(wire.settings.public_url)


def test_the_answer_comes_within_five_seconds_even_from_a_database_that_hangs(
    line, wire, database_away
):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        database_away.goes(mute.getsockname()[1])
        address, took, answers = "/ivr/voice", [], []
        for _ in range(3):
            began = time.monotonic()
            answers.append(wire.post(address, incoming()).text)
            took.append(time.monotonic() - began)
            address = _redirect_in(wire, answers[-1])
    assert max(took) < 5
    assert ["请稍等" in answer for answer in answers] == [True, True, False]
    assert "儿童保护热线" in answers[2]
    database_away.comes_back()
    line.sweeps()
    assert [call.call_sid for call in calls()].count(CALL) == 1


def test_what_is_spooled_can_be_read_by_nobody_else(line, wire, database_away):
    database_away.goes(free_port())
    wire.post("/ivr/sms", incoming(Body="孩子在杏花社区"))
    [kept] = _spool(line)
    assert "杏花社区".encode() not in kept.read_bytes()
    assert b"10000000001" not in kept.read_bytes()


def test_a_damaged_file_is_set_aside_and_the_others_are_filed(line, wire, database_away):
    database_away.goes(free_port())
    wire.post("/ivr/voice", incoming())
    [whole] = _spool(line)
    whole.with_name("00000000T000000-0.hook").write_bytes(b"torn")
    whole.with_name("00000000T000001-0.hook").write_bytes(whole.read_bytes()[:-9])
    whole.with_name("00000000T000002-0.hook").write_bytes(crypto.encrypt("[]"))
    database_away.comes_back()
    line.sweeps()

    assert len(reports()) == 1
    assert _spool(line) == []
    assert len(list(line.settings.spool_dir.glob("*.bad"))) == 3


def test_nothing_is_filed_out_of_order_while_it_is_still_away(line, wire, database_away):
    database_away.goes(free_port())
    wire.post("/ivr/voice", incoming())
    wire.post("/ivr/status", incoming(CallStatus="completed"))
    kept = _spool(line)
    assert spool.replay() == 0
    assert _spool(line) == kept


OWN = "a_database_of_its_own"
FOR_EVER = 60


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL of these tests' own, which may be frozen without stopping everybody else's."""
    folder = Path(tempfile.mkdtemp(prefix=f"{servers.PREFIX}{os.getpid()}-")).resolve()
    server = Postgres(folder / "own", durable=False)
    server.start()
    server.create_database(OWN)
    with pytest.MonkeyPatch.context() as patch:
        mine = servers.settings(folder, server.url(OWN), "redis://127.0.0.1:9")
        patch.setattr(config, "_current", mine)
        migrations.upgrade()
    yield server
    server.stop()
    shutil.rmtree(folder)


class _Freezer:
    """Stops all of a server's processes where they stand: connections stay up, nothing is answered."""

    def __init__(self, server):
        self.server = server
        self.thaw = threading.Timer(0, self._wakes)

    def freezes(self, seconds):
        """For so long."""
        for process in self._processes():
            process.suspend()
        self.thaw = threading.Timer(seconds, self._wakes)
        self.thaw.start()

    def thaws(self):
        """At once, if it has not yet."""
        self.thaw.cancel()
        self._wakes()

    def _wakes(self):
        for process in self._processes():
            process.resume()

    def _processes(self):
        [postmaster] = processes.working_in(self.server.data, {"postgres"})
        return [postmaster, *postmaster.children()]


@pytest.fixture
def freezer(server, settings, monkeypatch):
    """The line's database, ready to be frozen."""
    mine = settings.model_copy(update={"database_url": server.url(OWN)})
    monkeypatch.setattr(config, "_current", mine)
    freezer = _Freezer(server)
    yield freezer
    freezer.thaws()
    db._engine(mine.database_url).dispose()
    servers.empty(mine.database_url)


def _slowest(line):
    """Seconds that the network waited for one answer, at most."""
    return max(ms for _, ms in line.network.timings) / 1000


def _keys():
    """The keys that were pressed, as they stand in the calls' traces."""
    keys = sa.select(CallStep.value).where(CallStep.event == "digits").order_by(CallStep.step)
    with db.transaction() as session:
        return list(session.scalars(keys))


def test_a_database_frozen_for_twenty_seconds_does_not_lose_the_caller(freezer, line):
    line.caller.dial("12355").hears("儿童保护热线")
    freezer.freezes(20)
    line.caller.presses("1").hears("请稍等")
    line.caller.hears("先说孩子在哪里", within=15).says(seconds=2).stays_silent()
    line.caller.hears("紧急情况处理").is_hung_up_on()
    freezer.thaw.join()
    line.network.settles()
    assert _slowest(line) < 5

    line.sweeps()
    line.works()
    [report] = reports()
    assert (report["status"], report["emergency"]) == ("waiting", True)
    assert [one["status"] for one in report["recordings"]] == ["stored"]
    assert _keys() == ["1"]
    assert [call.status for call in calls()] == ["completed"]


def test_a_database_that_is_back_in_a_moment_costs_the_caller_one_sentence(freezer, line):
    line.caller.dial("12355").hears("儿童保护热线")
    freezer.freezes(4.5)
    line.caller.presses("1").hears("请稍等").hears("正在为你接通值班员")
    line.officers_ring().lets_it_ring()
    line.caller.hangs_up()
    line.settles()
    assert _slowest(line) < 5
    [report] = reports()
    assert report["emergency"]
    line.sweeps()
    assert _keys() == ["1"]
    assert len(reports()) == 1


def test_a_frozen_database_holds_up_no_page_for_ever(freezer, line):
    officer = line.officer().opens("/")
    freezer.freezes(FOR_EVER)
    began = time.monotonic()
    assert requests.get(f"{line.settings.public_url}/readyz", timeout=30).status_code == 503
    assert time.monotonic() - began < 15
    freezer.thaws()
    officer.opens("/").sees("值守台")


@contextmanager
def _blocked(tables):
    """Somebody holds these tables and does not let go."""
    with db.engine().connect() as connection, connection.begin():
        connection.execute(sa.text(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"))
        connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = '60s'"))
        yield


def test_a_table_blocked_for_twenty_seconds_does_not_lose_the_caller(line):
    began = time.monotonic()
    with _blocked("calls, reports"):
        line.caller.dial("12355").hears("请稍等").hears("儿童保护热线", within=15).presses("1")
        line.caller.hears("先说孩子在哪里", within=15).says(seconds=2).stays_silent()
        line.caller.hears("紧急情况处理", within=15).is_hung_up_on()
        time.sleep(max(0, 20 - (time.monotonic() - began)))
    line.network.settles()
    assert _slowest(line) < 5

    line.sweeps()
    line.works()
    [report] = reports()
    assert (report["status"], report["emergency"]) == ("waiting", True)
    assert [one["status"] for one in report["recordings"]] == ["stored"]
    assert _keys() == ["1"]


def test_a_pool_that_is_used_up_costs_the_caller_one_sentence(line):
    pool = db.engine().pool
    taken = [pool.connect() for _ in range(32)]
    line.caller.dial("12355").hears("请稍等")
    for connection in taken:
        connection.close()
    line.caller.hears("儿童保护热线").hangs_up()
    line.network.settles()
    assert _slowest(line) < 5
    assert len(reports()) == 1


def test_a_transaction_left_open_by_somebody_stuck_is_ended_by_the_server(line):
    with db.transaction() as session:
        shown = session.scalar(sa.text("SHOW idle_in_transaction_session_timeout"))
    assert shown == "30s"
