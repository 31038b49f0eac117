"""An alert's messages as files: at the console, and by a command."""

import re

import pytest
from click.testing import CliRunner
from flask import Flask

from hotline import cli, db
from hotline.config import Settings
from hotline.web import logs
from tests.triage import desk
from tests.triage.cap_schema import faults
from triage.alerts import service as alerts
from triage.alerts.models import Alert
from triage.alerts.states import AcknowledgedHow


@pytest.fixture
def app(database: Settings, redis: object, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(logs, "configure", dict)
    return desk.open_line(database, monkeypatch)


@pytest.fixture
def alert(officer: desk.Desk) -> Alert:
    """Raised and acknowledged: two messages."""
    number = desk.call(emergency=True)
    with db.transaction() as session:
        found = alerts.raise_alert(session, desk.report(number).id, desk.actor("zhiban"))
        how = AcknowledgedHow.telephone
        return alerts.acknowledge(session, found.id, "王建国", how, desk.actor("zhiban"))


def test_the_latest_message_or_the_one_that_is_asked_for(officer: desk.Desk, alert: Alert) -> None:
    latest = officer.client.get(f"/alerts/{alert.id}/cap.xml")
    assert latest.status_code == 200
    assert latest.content_type == "application/cap+xml; charset=utf-8"
    assert f"alert-{alert.id}-ack.xml" in latest.headers["Content-Disposition"]
    text = latest.get_data(as_text=True)
    assert faults(text) == []
    assert "<msgType>Ack</msgType>" in text
    referred = re.search(rf"<references>[^,]+,{alert.id}-(\d+),", text)
    assert referred
    notice = referred[1]
    raised = officer.client.get(f"/alerts/{alert.id}/cap.xml?notice={notice}").text
    assert faults(raised) == []
    assert "<msgType>Alert</msgType>" in raised
    assert alert.text in raised


def test_a_look_at_it_is_written_down(officer: desk.Desk, alert: Alert) -> None:
    officer.client.get(f"/alerts/{alert.id}/cap.xml")
    [entry] = desk.written("export", "alert")
    assert (entry.actor, entry.subject, entry.subject_id) == ("zhiban", "alert", alert.id)
    assert entry.details == {"message": f"{alert.id}-ack"}


@pytest.mark.parametrize("path", ["/alerts/1/cap.xml", "/alerts/{}/cap.xml?notice=0"])
def test_what_is_not_there_is_not_found(officer: desk.Desk, alert: Alert, path: str) -> None:
    assert officer.client.get(path.format(alert.id)).status_code == 404


def test_an_auditor_reads_no_words(app: Flask, alert: Alert) -> None:
    auditor = desk.Desk(app, "shenji")
    assert auditor.client.get(f"/alerts/{alert.id}").status_code == 200
    assert auditor.client.get(f"/alerts/{alert.id}/cap.xml").status_code == 403


def test_the_same_by_a_command(alert: Alert) -> None:
    def hotline(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli.main, ["alerts", "cap", *words])
        assert done.exit_code == code, done.output
        return done.output

    printed = hotline(str(alert.id))
    assert faults(printed) == []
    assert "<msgType>Ack</msgType>" in printed
    assert hotline(str(alert.id), "--notice", "ack") == printed
    assert "no such message" in hotline(str(alert.id), "--notice", "0", code=1)
    assert "no such message" in hotline("1", code=1)
    assert [line.actor for line in desk.written("export", "alert")] == ["command line"] * 2
