"""A police line beside the line, and what journeys on it look at."""

import pytest
import sqlalchemy as sa

from hotline import audit, config, db
from tests.journeys.conftest import TheLine
from triage.alerts import service as alerts
from triage.alerts.models import Alert, AlertLog, LogKind

NUMBER = "10000012399"
FIRST, SECOND = "长桥派出所 值班民警 王建国", "长桥派出所 值班所长 李卫东"
JUDGED = {"urgency": "emergency", "situation": "domestic_violence", "place": "杏花社区"}
BADGED = {**JUDGED, "place": "上禾村"}
"""There the station asks for badges."""


def open_number(line: TheLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The police have a number of their own to call."""
    public = line.settings.public_url
    line.network.line(
        NUMBER,
        voice_url=f"{public}/ivr/voice",
        fallback_url=f"{public}/ivr/fallback",
        status_callback=f"{public}/ivr/status",
        sms_url=f"{public}/ivr/sms",
    )
    numbers = f"12355=12355,+86{NUMBER}=police_line"
    changed = config.current().model_copy(update={"hotline_numbers": numbers})
    monkeypatch.setattr(config, "_current", changed)


def forward(line: TheLine, judged: dict[str, str]) -> None:
    """An emergency is judged and forwarded; the SMS has left."""
    number = line.emergency()
    line.officer().claims(number).classifies(number, **judged).forwards(number)
    line.works()


def call_off(alert_id: int) -> None:
    """An officer calls an alert off."""
    with db.transaction() as session:
        alerts.cancel(session, alert_id, audit.SYSTEM, "误报")


def the_alert() -> Alert:
    """The newest."""
    with db.transaction() as session:
        return session.scalars(sa.select(Alert).order_by(Alert.id.desc()).limit(1)).one()


def logged(kind: LogKind) -> list[AlertLog]:
    """The lines of that kind, in their order."""
    with db.transaction() as session:
        wanted = sa.select(AlertLog).where(AlertLog.kind == kind).order_by(AlertLog.id)
        return list(session.scalars(wanted))
