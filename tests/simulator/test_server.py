"""The process: where it listens, how it ends, how it is told what to be; and many calls at once."""

import json
import signal
import subprocess
import sys

import pytest

from hotline.simulator.config import ConfigError, Line, NetworkConfig, Phone, load_plan
from hotline.simulator.driver import Network
from hotline.simulator.server import Simulator

CONFIG = NetworkConfig("AC" + "1" * 32, "token")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", ""])  # noqa: S104
def test_it_serves_this_machine_only(host):
    with pytest.raises(ConfigError, match="loopback"):
        Simulator(host, 0, CONFIG)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_process_starts_and_stops_cleanly(tmp_path, ending):
    plan = tmp_path / "numbers.json"
    plan.write_text(json.dumps({"lines": {"12355": {}}, "phones": [{"number": "13800000001"}]}))
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "hotline.simulator",
            "--port",
            "0",
            "--account-sid",
            "ACx",
            "--auth-token",
            "t",
            "--numbers",
            str(plan),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().rpartition(" ")[2].strip()
        assert Network(address).phone("13800000001").state == "idle"
        process.send_signal(ending)
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_plan_in_toml(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(
        '[lines.12355]\nvoice_url = "http://127.0.0.1/v"\n'
        '[[phones]]\nnumber = "110"\nlabel = "派出所"\nkind = "landline"\n',
        encoding="utf-8",
    )
    lines, phones = load_plan(path)
    assert lines == {"12355": Line("http://127.0.0.1/v")}
    assert phones == (Phone("110", "派出所", "landline"),)


@pytest.mark.parametrize(
    "text", ["{", '{"lines": {"1": {"voice": "x"}}}', '{"phones": [{"number": "1", "kind": "x"}]}']
)
def test_a_plan_that_cannot_be_used(tmp_path, text):
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(ConfigError):
        load_plan(path)


def test_the_account_must_be_complete():
    with pytest.raises(ConfigError, match="token"):
        NetworkConfig("AC1", "")


def test_two_hundred_calls_at_once(application, network):
    application.pages |= {
        "/voice": '<Gather numDigits="1" action="/key"/>',
        "/key": '<Record action="/done"/>',
    }
    steps = [{"presses": "1"}, {"says": {"tone": 2}}, {"hangs_up": True}]
    network.load("12355", steps, calls=200, at_once=200)
    network.settles(30)
    assert len(application.at("/done")) == 200
    assert len({form["CallSid"] for form in application.at("/done")}) == 200
    assert {form["Digits"] for form in application.at("/done")} == {"hangup"}
    assert sum(kind == "record" for kind, _ in network.timings) == 200
    assert network.errors == []


def test_a_load_has_settled_only_after_its_last_call(application, network):
    application.pages["/voice"] = "<Hangup/>"
    network.load("12355", [], calls=6, at_once=1, per_second=20)
    network.settles()
    assert len(application.at("/voice")) == 6


def test_a_telephone_that_answers_by_itself(application, network, client):
    application.pages |= {"/alert": '<Gather numDigits="1" action="/ack"/>', "/ack": "<Hangup/>"}
    network.phone("13800000003").answers_by_itself([{"presses": "1"}])
    client.calls.create(to="13800000003", from_="12355", url=f"{application.base}/alert")
    network.settles()
    assert application.at("/ack")[0]["Digits"] == "1"
