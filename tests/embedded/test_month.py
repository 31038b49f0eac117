"""The demo month: believable, the same each time, loaded once, and nothing in it rings."""

import datetime as dt
from collections import Counter

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from hotline import clock, db, phones
from hotline.accounts import passwords
from hotline.app import duties
from hotline.embedded import demo
from hotline.embedded.month import load, stories, today
from hotline.outbox import OutboxMessage
from triage.alerts.models import Alert
from triage.cases.models import Case, CaseNote
from triage.intake.models import Call, Report
from triage.intake.states import OPEN, Situation, Urgency

NOON = dt.datetime(2026, 3, 18, 12, tzinfo=dt.timezone(dt.timedelta(hours=8)))
SELDOM = 600


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", cheap)


def test_a_month_is_told_the_same_way_each_time_and_holds_everything():
    told = stories.month(NOON)
    assert told == stories.month(NOON)
    assert 450 < len(told) < 800
    matters = [one.matter for one in told if one.matter]
    assert {one.situation for one in matters} == set(Situation)
    assert {one.urgency for one in matters} == set(Urgency)
    assert all("{" not in one.summary for one in matters)
    assert {one.way for one in told} == set(stories.Way)
    for one in told:
        caller = phones.normalise(one.caller)
        assert caller.kind is phones.Kind.withheld or caller.text.startswith("+86100000")
        assert one.at < NOON


def test_the_hours_are_those_of_people():
    hours = Counter(one.at.hour for one in stories.month(NOON))
    assert sum(hours[hour] for hour in range(6)) < hours[16] + hours[17]
    assert min(hours[hour] for hour in range(8, 22)) > 0


def test_it_is_loaded_once_and_nothing_in_it_rings(database, redis, monkeypatch):
    demo.load()
    assert load.load()
    before = _counted()
    assert not load.load()
    assert _counted() == before
    with db.transaction() as session:
        open_ = session.scalars(sa.select(Report).where(Report.status.in_(OPEN))).all()
        assert len(open_) == len(today.QUEUE)
        assert not [one for one in open_ if one.emergency]
        late = [one for one in open_ if one.due_at < clock.now()]
        assert 0 < len(late) < len(open_)
        case_ids = sa.select(Case.id)
        assert not session.scalars(
            case_ids.where(~sa.exists().where(CaseNote.case_id == Case.id))
        ).all()
        assert len(set(session.scalars(sa.select(Case.status)))) == 5
        assert set(session.scalars(sa.select(Alert.status))) == {"acknowledged", "resolved"}
    # An hour of a whole line: leases run out, nobody is texted or called.
    for minutes in (0, 60):
        clock.shift(dt.timedelta(minutes=minutes))
        for duty in duties():
            if duty.every < SELDOM and duty.name not in {"watchdog", "search index"}:
                duty.run()
    with db.transaction() as session:
        assert session.scalars(sa.select(OutboxMessage)).all() == []


def _counted() -> list[int]:
    with db.transaction() as session:
        kinds = (Call, Report, Case, CaseNote, Alert)
        return [session.scalar(sa.select(sa.func.count()).select_from(kind)) or 0 for kind in kinds]
