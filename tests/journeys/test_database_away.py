"""The database is away: the call goes on by itself, and is filed, whole and once, when it is back."""

import datetime as dt
import json
import socket
import time

import pytest

from hotline import clock, config, crypto
from hotline.embedded.processes import free_port
from ivr import spool
from tests.journeys.looks import calls, holder, recordings, reports, stored_files
from tests.journeys.wire import incoming


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
    line.officers_phone.rings()
    database_away.goes(free_port())
    line.officers_phone.lets_it_ring()
    line.caller.hears("先说孩子在哪里").says(seconds=2).hangs_up()
    line.network.settles()
    database_away.comes_back()
    line.sweeps()
    line.works()

    [report] = reports()
    assert (report["status"], report["emergency"]) == ("waiting", True)
    assert [one["status"] for one in report["recordings"]] == ["stored"]


def test_the_answer_comes_within_five_seconds_even_from_a_database_that_hangs(
    line, wire, database_away
):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        database_away.goes(mute.getsockname()[1])
        began = time.monotonic()
        answer = wire.post("/ivr/voice", incoming())
        took = time.monotonic() - began
    assert answer.status_code == 200
    assert "儿童保护热线" in answer.text
    assert took < 5


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
