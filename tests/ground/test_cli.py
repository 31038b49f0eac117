"""The commands, as an operator types them."""

import datetime as dt
import json
import os
import shutil
from pathlib import Path

import chinese_calendar
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from click.testing import CliRunner
from cryptography.fernet import Fernet

from hotline import audit, cli, clock, config, db, doctor, health
from hotline.accounts import passwords
from hotline.accounts.models import Account
from hotline.embedded import demo
from hotline.simulator.config import Line
from hotline.simulator.driver import pocket_network
from hotline.web import logs
from ivr import flow, spool
from ivr.calls import Hook
from triage.alerts.models import Alert
from triage.intake import service as intake
from triage.intake.models import Call
from triage.places.models import Contact

REPORT = """number call_sid channel status emergency urgency situation caller recordings case
created_at due_at"""
ALERT = "number status exercise report case acknowledged_by raised_at acknowledged_at messages"


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr(logs, "configure", dict)
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", cheap)


def hotline(*words: str, code: int = 0, typed: str = "") -> str:
    """What `hotline …` prints."""
    done = CliRunner().invoke(cli.main, list(words), input=typed)
    assert done.exit_code == code, done.output
    return done.output


def file(call_sid: str = "CA1", caller: str = "+8613800138000") -> str:
    arrival = intake.Arrival(call_sid, caller, "12355", "12355", clock.now())
    with db.transaction() as session:
        return intake.file_report(session, arrival)


@pytest.mark.parametrize(
    "command", [("web",), ("doctor",), ("worker",), ("sweeper",), ("watchdog",), ("migrate",)]
)
def test_bad_settings_refuse_to_start_with_a_line_each(monkeypatch, command):
    monkeypatch.setattr(config, "_current", None)
    for name in config.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("SECRET_KEY", "weak")
    lines = hotline(*command, code=2).splitlines()
    assert "DATABASE_URL is not set" in lines
    assert [line for line in lines if line.startswith("SECRET_KEY: is too weak")]
    assert len(lines) == 10


@pytest.mark.parametrize(
    "command",
    [
        ("officers", "list"),
        ("officers", "disable", "xiaolan"),
        ("reports", "--json"),
        ("alerts", "--json"),
        ("alerts", "raise", "--report", "1"),
        ("migrate",),
        ("demo",),
        ("keys", "rotate"),
        ("audit", "verify"),
    ],
)
def test_a_database_away_is_a_line_with_a_remedy(settings, monkeypatch, command):
    away = settings.model_copy(update={"database_url": "postgresql+psycopg://nobody@127.0.0.1:9/x"})
    monkeypatch.setattr(config, "_current", away)
    [line] = hotline(*command, code=1).splitlines()
    assert line.startswith("Error: the database did not answer (")
    assert "DATABASE_URL" in line
    assert "hotline doctor" in line


def test_officers_come_and_go(database):
    hotline("officers", "add", "xiaolan", "--name", "林晓岚", "--phone", "13800138000",
            "--password", "green-lantern-42")  # fmt: skip
    with db.transaction() as session:
        [account] = session.scalars(sa.select(Account))
    assert account.must_change
    assert "xiaolan" in hotline("officers", "list")
    assert "disabled" not in hotline("officers", "list")
    before = account.password_hash
    hotline("officers", "reset", "xiaolan", "--password", "green-lantern-43")
    with db.transaction() as session:
        assert session.scalars(sa.select(Account)).one().password_hash != before
    hotline("officers", "reset", "xiaolan", "--second-factor", "phone lost")
    with db.transaction() as session:
        told = session.scalars(
            sa.select(audit.AuditEntry).where(audit.AuditEntry.action == "second_factor_reset")
        ).one()
        assert told.reason == "phone lost"
    hotline("officers", "disable", "xiaolan")
    assert "(disabled)" in hotline("officers", "list")


@pytest.mark.parametrize(
    "words",
    [
        ("add", "xiaolan", "--name", "x", "--password", "short"),
        ("add", "Not A Name!", "--name", "x", "--password", "green-lantern-42"),
        ("disable", "nobody"),
        ("reset", "nobody", "--password", "green-lantern-42"),
    ],
)
def test_what_cannot_be_done_with_officers_is_a_sentence(database, words):
    told = hotline("officers", *words, code=1)
    assert told.startswith("Error: ")
    assert "Traceback" not in told


def test_reports_as_lines_of_json(database):
    number = file()
    [line] = hotline("reports", "--json").splitlines()
    report = json.loads(line)
    assert list(report) == REPORT.split()
    assert (report["number"], report["call_sid"], report["status"]) == (number, "CA1", "incoming")
    assert report["caller"] == "+86138****8000"
    assert report["recordings"] == []


def test_an_alert_raised_when_the_console_is_out_of_reach(database):
    demo.load()
    number = file()
    assert "云溪公安分局指挥中心" in hotline("alerts", "raise", "--report", number)
    assert "is running" in hotline("alerts", "raise", "--report", number, code=1)
    assert "no report 123" in hotline("alerts", "raise", "--report", "123", code=1)
    [line] = hotline("alerts", "--json").splitlines()
    alert = json.loads(line)
    assert list(alert) == ALERT.split()
    assert (alert["status"], alert["report"]) == ("raised", number)
    [message] = alert["messages"]
    assert set(message) == {"channel", "to", "status", "network", "attempts", "sid", "at"}
    assert (message["channel"], message["to"]) == ("sms", "+86100****0311")
    with db.transaction() as session:
        assert session.scalars(sa.select(Alert)).one().raised_by is None


def test_alerts_wants_to_be_told_what(database):
    assert "say --json" in hotline("alerts", code=2)


def test_a_new_key_is_a_key():
    assert Fernet(hotline("keys", "new").strip())


def test_keys_rotate_and_the_old_one_can_be_taken_out(database, monkeypatch):
    demo.load()
    file()
    old, new = database.data_keys, Fernet.generate_key().decode()
    use = database.model_copy
    monkeypatch.setattr(config, "_current", use(update={"data_keys": f"{new},{old}"}))
    told = hotline("keys", "rotate")
    assert "calls.caller: 1" in told
    with db.transaction() as session:
        contacts = session.scalar(sa.select(sa.func.count()).select_from(Contact))
    assert f"contacts.number: {contacts}" in told
    monkeypatch.setattr(config, "_current", use(update={"data_keys": new}))
    with db.transaction() as session:
        assert session.scalars(sa.select(Call)).one().caller == "+8613800138000"
    assert "1****" not in hotline("officers", "list")


def test_the_log_is_verified(database):
    with db.transaction() as session:
        audit.record(session, audit.SYSTEM, "a", "test")
    assert "the chain holds" in hotline("audit", "verify")


def test_a_broken_log_is_told(database, monkeypatch):
    monkeypatch.setattr(audit, "verify", lambda _: ["seal 1: an entry has been changed"])
    told = hotline("audit", "verify", code=1)
    assert "seal 1" in told
    assert "1 faults" in told


def test_flows_are_checked_and_drawn():
    assert hotline("flow", "check").count("ok   ") == len(flow.load_all()) > 4
    assert hotline("flow", "draw").startswith(("flowchart", "graph"))
    assert hotline("flow", "draw", "--all").count("```mermaid") == len(flow.load_all())
    assert "nosuch: no such flow" in hotline("flow", "draw", "nosuch", code=1)


def test_a_broken_flow_is_told(monkeypatch):
    def broken() -> None:
        raise flow.FlowError(["12355: nowhere to go", "page: no end"])

    monkeypatch.setattr(flow, "load_all", broken)
    assert hotline("flow", "check", code=1).splitlines() == [
        "12355: nowhere to go",
        "page: no end",
    ]


def test_the_pocket_network_never_stands_in_for_a_real_one(settings, monkeypatch):
    real = settings.model_copy(update={"twilio_base_url": "https://api.twilio.com"})
    monkeypatch.setattr(config, "_current", real)
    assert "names a real network" in hotline("simulator", code=1)


@pytest.fixture
def fit(database, redis, monkeypatch):
    """An installation that is fit to take calls."""
    with pocket_network(
        {"12355": Line()},
        account_sid=database.twilio_account_sid,
        auth_token=database.twilio_auth_token,
    ) as network:
        settings = database.model_copy(
            update={"twilio_base_url": network.base_url, "tech_contact_phone": "+8610000000901"}
        )
        monkeypatch.setattr(config, "_current", settings)
        demo.load()
        for name in health.PROCESSES:
            health.beat(name)
        yield settings


def test_the_doctor_finds_all_well(fit):
    lines = hotline("doctor").splitlines()
    assert len(lines) == len(doctor.examine())
    assert all(line.startswith("ok  ") for line in lines)


def failing() -> dict[str, str]:
    return {one.name: one.text for one in doctor.examine() if not one.fit}


@pytest.mark.parametrize(
    ("change", "name", "told"),
    [
        ({"hotline_numbers": "12355=nosuch"}, "flows", "nosuch"),
        ({"hotline_numbers": "12355=police"}, "flows", "police"),
        ({"redis_url": "redis://127.0.0.1:9"}, "redis, sweeper and worker", "REDIS_URL"),
        ({"recordings_url": "file:///proc/nowhere"}, "storage", "RECORDINGS_URL"),
        ({"twilio_base_url": "http://127.0.0.1:9"}, "carrier", "TWILIO_BASE_URL"),
        ({"twilio_auth_token": "wrong"}, "carrier", "refuses TWILIO_ACCOUNT_SID"),
        ({"hotline_numbers": "12355=12355,12345=page"}, "flows", "page"),
        ({"tech_contact_phone": ""}, "technical contact", "TECH_CONTACT_PHONE"),
        (
            {"tech_contact_email": "a@example.org", "smtp_url": "smtp://127.0.0.1:9"},
            "technical contact",
            "SMTP_URL",
        ),
        ({"prompts_dir": Path("/nowhere")}, "recorded prompts", "PROMPTS_DIR is no folder"),
    ],
)
def test_the_doctor_names_the_setting(fit, monkeypatch, change, name, told):
    monkeypatch.setattr(config, "_current", fit.model_copy(update=change))
    found = failing()
    assert set(found) == {name}
    assert told in found[name]


def test_the_doctor_looks_at_the_second_network_too(fit, monkeypatch):
    second = {
        "twilio_second_account_sid": fit.twilio_account_sid,
        "twilio_second_auth_token": fit.twilio_auth_token,
        "twilio_second_base_url": fit.twilio_base_url,
        "second_sms_from": "+8610000012345",
        "second_caller_id": "+8610000012345",
    }
    monkeypatch.setattr(config, "_current", fit.model_copy(update=second))
    assert "ok   second carrier" in hotline("doctor")
    wrong = second | {"twilio_second_auth_token": "wrong"}
    monkeypatch.setattr(config, "_current", fit.model_copy(update=wrong))
    [(name, told)] = failing().items()
    assert name == "second carrier"
    assert "refuses TWILIO_SECOND_ACCOUNT_SID" in told


def test_the_doctor_counts_the_sentences_that_are_played(fit, monkeypatch, tmp_path):
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "greeting.wav").write_bytes(b"RIFF....WAVE")
    told = fit.model_copy(update={"prompts_dir": tmp_path})
    monkeypatch.setattr(config, "_current", told)
    assert "sentences played: 1" in hotline("doctor")
    monkeypatch.setattr(os, "access", lambda path, _: path.name != "greeting.wav")
    assert "greeting.wav; see its access rights" in failing()["recorded prompts"]


def test_the_doctor_sees_the_end_of_the_calendar_coming(fit):
    last = max(chinese_calendar.holidays)
    clock.shift(dt.datetime(last.year, 12, 25, tzinfo=dt.UTC) - clock.now())
    assert f"known up to {last.year} only" in failing()["calendar"]


def test_the_doctor_without_the_key_that_was_used(fit, monkeypatch):
    other = fit.model_copy(update={"data_keys": Fernet.generate_key().decode()})
    monkeypatch.setattr(config, "_current", other)
    found = failing()
    assert "put the older key back" in found["keys"]
    assert hotline("doctor", code=1).count("FAIL") == len(found)


def test_the_doctor_without_a_database(fit, monkeypatch):
    away = fit.model_copy(update={"database_url": "postgresql+psycopg://x@127.0.0.1:9/x"})
    monkeypatch.setattr(config, "_current", away)
    found = failing()
    assert "DATABASE_URL" in found["database"]
    assert {"storage", "carrier", "flows"}.isdisjoint(found)


def test_the_doctor_without_people(database, redis):
    assert "no police contact" in failing()["people and places"]


def test_the_doctor_without_supervisors(fit):
    hotline("officers", "disable", "daiban")
    assert "supervisor" in failing()["people and places"]


def test_the_doctor_sees_what_waits_in_the_spool(fit):
    spool.keep("voice", Hook({}, {"CallSid": "CA1"}, clock.now()))
    assert "1 webhooks wait" in failing()["spool"]
    shutil.rmtree(fit.spool_dir)
