"""Drills by the machinery of real alerts."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa

from hotline import clock, config, db, export
from tests.triage.exercising import (
    alert_row,
    drilled,
    messages,
    plan,
    station,
)
from tests.triage.people import do, officer, place, report, seconds
from triage.alerts import service as alerts
from triage.alerts.models import Alert
from triage.alerts.previews import TextChanged
from triage.alerts.states import AcknowledgedHow, AlertStatus
from triage.exercises import drills, queries
from triage.figures import queries as figures


def test_what_goes_out_is_what_was_shown_and_says_that_it_is_none(district):
    drill = plan(note="第三季度演练")
    shown = do(drills.preview, drill)
    seconds(90)
    number = do(drills.start, officer("daiban"), drill, shown.text).id
    [message] = messages("alert")
    assert message.body == shown.text == alert_row(number).text
    assert "演练" in shown.text
    assert "第三季度演练" in shown.text
    assert alert_row(number).exercise


def test_another_text_than_was_shown_does_not_go_out(district):
    drill = plan()
    with pytest.raises(TextChanged):
        do(drills.start, officer("daiban"), drill, do(drills.preview, plan(note="x")).text)
    assert messages("alert") == []


def test_it_escalates_like_a_real_one(district):
    number = drilled()
    assert alert_row(number).next_step_at is not None
    assert alert_row(number).policy


@pytest.mark.parametrize(
    ("acknowledged", "ended"),
    [(True, AlertStatus.resolved), (False, AlertStatus.cancelled)],
)
def test_it_is_ended(district, acknowledged, ended):
    number = drilled()
    if acknowledged:
        how = AcknowledgedHow.telephone
        do(alerts.acknowledge, number, "王建国", how, officer())
    for _ in range(2):
        with db.transaction() as session:
            drills.end(session, officer("daiban"), session.get_one(Alert, number))
    assert alert_row(number).status is ended
    with db.transaction() as session:
        assert session.scalars(sa.select(Alert.id)).all() == [number], "no office is told"
        assert queries.going_on(session) == []


def test_a_real_alert_is_not_ended_as_a_drill(district):
    real = do(alerts.raise_alert, report(emergency=True), officer())
    with db.transaction() as session:
        assert queries.drill(session, real.id) is None
        with pytest.raises(ValueError, match="no exercise"):
            drills.end(session, officer("daiban"), session.get_one(Alert, real.id))


def test_figures_of_their_own(district):
    first = drilled()
    seconds(40)
    do(alerts.acknowledge, first, "王建国", AcknowledgedHow.keypress, officer())
    drilled(agency_id=station("青禾派出所"), place_id=place("990103001"))
    do(alerts.raise_alert, report(emergency=True), officer())
    with db.transaction() as session:
        told = queries.overview(session)
    assert (told.total.drills, told.total.acknowledged) == (2, 1)
    assert told.total.median == pytest.approx(40, abs=5)
    by_station = dict(told.by_station)
    assert by_station["青禾派出所"].median is None
    assert by_station["长桥派出所"].acknowledged == 1
    local = clock.now().astimezone(config.current().zone)
    assert [month for month, _ in told.by_month] == [f"{local:%Y-%m}"]


def test_none_is_counted_among_the_real(district):
    with db.transaction() as session:
        before = figures.told(figures.count(session, dt.timedelta(days=1)))
    drilled()
    do(alerts.raise_alert, report(emergency=True), officer())
    with db.transaction() as session:
        rows = [json.loads(line) for line in export.alerts(session)]
        after = figures.told(figures.count(session, dt.timedelta(days=1)))
    assert [(row["exercise"], row["report"] is None) for row in rows] == [
        (True, True),
        (False, False),
    ]
    assert after.total.calls == before.total.calls + 1, "the report alone"
