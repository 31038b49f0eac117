"""What the watch is told of alerts that do not go on."""

import datetime as dt

import sqlalchemy as sa

from hotline import clock, db
from tests.triage.people import do, officer, report
from triage.alerts import health
from triage.alerts import service as alerts
from triage.alerts.models import Alert, Notice
from triage.alerts.states import NoticeKind


def told() -> str:
    assert health.PART.ask
    with db.transaction() as session:
        return health.PART.ask(session)


def test_a_step_that_nobody_takes(district):
    do(alerts.raise_alert, report(), officer())
    assert told() == ""
    with db.transaction() as session:
        late = clock.now() - dt.timedelta(seconds=13)
        session.execute(sa.update(Alert).values(next_step_at=late))
    assert told() == ""
    clock.shift(dt.timedelta(seconds=3))
    assert do(health.overdue_steps) == 1
    assert told() == "1 steps are overdue"


def test_news_that_nobody_sends(district):
    number = do(alerts.raise_alert, report(), officer()).id
    news = {"kind": NoticeKind.update, "text": "更新", "spoken": "更新", "at": clock.now()}
    with db.transaction() as session:
        late = clock.now() - dt.timedelta(seconds=16)
        session.add(Notice(alert_id=number, next_step_at=late, **news))
    assert told() == "1 steps are overdue"
