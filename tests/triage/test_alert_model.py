"""A model of the alert: everything that can happen to it, in any order, on the real services, the real relay
and a real database; and after each event, what must hold whatever has happened.

A fixed number of runs, the same every time. For more, and new ones each time:
`ALERT_MODEL_RUNS=2000 .venv/bin/python -m pytest tests/triage/test_alert_model.py`
"""

import datetime as dt
import os
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    invariant,
    run_state_machine_as_test,
)
from sqlalchemy import orm

from hotline import audit, clock, config, db, lost, relay
from hotline.outbox import MessageStatus, OutboxMessage
from tests.triage.alert_events import SWEEPS, Events
from tests.triage.people import do, judgement, officer, place, report
from tests.triage.wires import Wires
from triage.alerts import policy, sending, service
from triage.alerts.models import FOR_CHANGE, Alert, AlertLog, LogKind, Notice
from triage.alerts.policy import Policy
from triage.alerts.states import (
    NEWS,
    RUNNING,
    AcknowledgedHow,
    AlertStatus,
    NoticeKind,
    Purpose,
)
from triage.places.models import Agency, AgencyKind, Contact
from triage.queue import judging
from triage.queue import service as queue

RUNS = int(os.environ.get("ALERT_MODEL_RUNS", "0"))
USUAL_RUNS = 12
STEPS = 40
SLACK = dt.timedelta(seconds=1)
"""How much later than planned something may be: the test itself takes time."""
STATUS_ORDER = {
    AlertStatus.raised: 0,
    AlertStatus.unanswered: 1,
    AlertStatus.acknowledged: 2,
    AlertStatus.resolved: 3,
    AlertStatus.cancelled: 3,
}
# A message whose answer never came is taken up again, and `delivered` wins over everything.
MESSAGE_ORDER = {
    MessageStatus.pending: 0,
    MessageStatus.sending: 0,
    MessageStatus.sent: 1,
    MessageStatus.undelivered: 2,
    MessageStatus.failed: 2,
    MessageStatus.delivered: 3,
}


class Alerts(Events):
    """What must hold after each event."""

    def __init__(self, wires: Wires) -> None:
        super().__init__(wires)
        self.stood: dict[int, int] = {}
        self.messages_stood: dict[int, int] = {}
        self.over: dict[int, tuple[int, int]] = {}
        """Alerts that somebody has or that have ended: the newest message there was then, and how many
        the networks had taken."""

    @invariant()
    def nothing_rests_in_silence(self) -> None:
        limit = clock.now() + _longest_wait() + self.back + SLACK
        with db.transaction() as session:
            for alert in session.scalars(sa.select(Alert)):
                if alert.status in RUNNING:
                    assert alert.next_step_at, "a running alert rests"
                    longest = limit if alert.purpose is Purpose.police else limit + _office_wait()
                    assert alert.next_step_at <= longest
            unheard = Notice.kind.in_(NEWS) & Notice.heard_at.is_(None)
            for notice in session.scalars(sa.select(Notice).where(unheard)):
                assert notice.next_step_at, "news rests"
                assert notice.next_step_at <= limit + _office_wait()

    @invariant()
    def statuses_never_go_back(self) -> None:
        with db.transaction() as session:
            for alert in session.scalars(sa.select(Alert)):
                assert STATUS_ORDER[alert.status] >= self.stood.get(alert.id, 0)
                self.stood[alert.id] = STATUS_ORDER[alert.status]
            rows = sa.select(OutboxMessage.id, OutboxMessage.status)
            for number, status in session.execute(rows):
                before = self.messages_stood.get(number, 0)
                assert MESSAGE_ORDER[status] >= before, f"message {number} went back to {status}"
                self.messages_stood[number] = MESSAGE_ORDER[status]

    @invariant()
    def who_has_it_is_left_alone(self) -> None:
        """Nothing new of an alert that somebody has or that has ended, and nothing old leaves late."""
        with db.transaction() as session:
            newest = session.scalar(sa.select(sa.func.max(OutboxMessage.id))) or 0
            for number in session.scalars(sa.select(Alert.id).where(Alert.status.not_in(RUNNING))):
                last, taken = self.over.setdefault(number, (newest, len(self.wires.carried)))
                ours = set(session.scalars(_of_steps(number)))
                assert max(ours) <= last, "a step came after"
                late = {one.message_id for one in self.wires.carried[taken:]}
                assert not late & ours, "an old step left late"

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        often = self.wires.times_carried()
        assert all(times == 1 for times in often.values()), f"sent again: {often}"
        with db.transaction() as session:
            twice = (
                sa.select(AlertLog.message_id)
                .where(AlertLog.message_id.is_not(None))
                .group_by(AlertLog.message_id)
                .having(sa.func.count() > 1)
            )
            assert not session.scalars(twice).all(), "one message, two lines of the log"
            same = (
                sa.select(AlertLog.alert_id)
                .where(AlertLog.kind == LogKind.step)
                .group_by(AlertLog.alert_id, AlertLog.step, AlertLog.contact_id, AlertLog.details)
                .having(sa.func.count() > 1)
            )
            assert not session.scalars(same).all(), "one step, channel and contact, two messages"

    @invariant()
    def one_child_has_one_alert(self) -> None:
        """With each agency, unless it was raised before the reports were known to be about one child."""
        with db.transaction() as session:
            assert not session.scalars(_second_alerts()).all(), "a second alert about one report"

    def teardown(self) -> None:
        """Left alone, with everything well again, nothing stays silent: whoever is waited for is called."""
        running = self.ids(Alert, Alert.status.in_(RUNNING), Alert.purpose == Purpose.police)
        clock.shift(_longest_wait() + self.back + SLACK)
        before = len(self.wires.carried)
        for sweep in SWEEPS:
            sweep()
        clock.shift(relay.LEASE)
        relay.sweep_urgent()
        self.nothing_is_sent_twice()
        with db.transaction() as session:
            called = {
                session.get_one(OutboxMessage, one.message_id).ref
                for one in self.wires.carried[before:]
            }
        assert called >= set(running), "nobody was called"
        clock.reset()


def _longest_wait() -> dt.timedelta:
    """Of the police's policies, by steps or by the alarm, also one that somebody has confirmed."""
    return _longest_of([one for one in policy.load().policies if one.purpose is Purpose.police])


def _office_wait() -> dt.timedelta:
    return _longest_of(policy.load().policies)


def _longest_of(plans: Sequence[Policy]) -> dt.timedelta:
    steps = [step.patience for plan in plans for step in (*plan.steps, *plan.news)]
    alarms = [wait for plan in plans for wait in (plan.alarm.patience, plan.alarm.heard_wait)]
    return dt.timedelta(seconds=max(*steps, *alarms))


def _of_steps(alert_id: int) -> sa.Select[Any]:
    """What leaves no more once somebody has it: all of its messages but those about the feedback."""
    return sa.select(OutboxMessage.id).where(
        OutboxMessage.topic.in_([sending.TOPIC, sending.ALARM_TOPIC]),
        OutboxMessage.ref == alert_id,
        OutboxMessage.dedupe_key.not_like(f"{sending.FEEDBACK_TOPIC}%"),
    )


def _second_alerts() -> sa.Select[Any]:
    return (
        sa.select(Alert.report_id)
        .where(Alert.status.in_([*RUNNING, AlertStatus.acknowledged]), Alert.parent_id.is_(None))
        .group_by(Alert.report_id, Alert.agency_id)
        .having(sa.func.count() > 1)
    )


@pytest.fixture
def wires(district, monkeypatch) -> Wires:
    """The demo district, with an office to be told; two networks that do as they are told."""
    more = {
        "twilio_second_account_sid": "AC" + "fedcba9876543210" * 2,
        "twilio_second_auth_token": "another-token-for-tests",
        "twilio_second_base_url": "http://127.0.0.1:10",
        "second_sms_from": "+8610000012356",
        "second_caller_id": "+8610000012356",
    }
    monkeypatch.setattr(config, "_current", config.current().model_copy(update=more))
    wires = Wires()
    for room in (relay, lost):
        monkeypatch.setattr(room, "carrier", wires.carrier)
    with db.transaction() as session:
        office = Agency(kind=AgencyKind.street_office, name="长桥街道办", place_id=place("990101"))
        session.add(office)
        session.flush()
        session.add(
            Contact(
                agency_id=office.id,
                position=1,
                name="值班室",
                number="+8610000000391",
                takes_sms=True,
                takes_calls=True,
            )
        )
    return wires


def test_an_office_that_has_not_answered_is_told_more_and_not_twice(wires):
    number = report()
    do(queue.claim, number, officer())
    do(judging.classify, number, officer(), judgement(place_id=place("990101001")))
    for _ in range(2):
        alert = do(service.raise_alert, number, officer()).id
        do(service.acknowledge, alert, "王建国", AcknowledgedHow.telephone, officer())
        do(service.resolve, alert, officer(), "孩子已安全")
    with db.transaction() as session:
        told = sa.select(Alert.id).where(Alert.purpose == Purpose.office)
        [office] = session.scalars(told)
        kinds = sa.select(Notice.kind).where(Notice.alert_id == office).order_by(Notice.id)
        assert session.scalars(kinds).all() == [NoticeKind.office, NoticeKind.update]


def test_what_was_withdrawn_does_not_leave_by_a_clock_that_is_behind(wires):
    alert = do(service.raise_alert, report(), officer()).id
    do(service.acknowledge, alert, "王建国", AcknowledgedHow.telephone, officer())
    clock.shift(dt.timedelta(seconds=-3))
    relay.deliver(1)
    assert not wires.carried


def test_who_writes_about_an_alert_and_who_changes_it_do_not_wait_for_each_other(wires):
    """News takes its step while somebody acknowledges by a key: each holds the row that the other needs."""
    alert = do(service.raise_alert, report(), officer()).id
    notice = do(service.correct, alert, officer(), "更正").id
    key = ("王建国", AcknowledgedHow.keypress, audit.NETWORK)
    acknowledged = threading.Thread(
        target=lambda: do(service.acknowledge, alert, *key, said_at=clock.now())
    )
    with db.transaction() as session:
        session.get_one(Notice, notice, with_for_update=FOR_CHANGE)
        acknowledged.start()
        _until_somebody_waits(session)
        held = session.get_one(Alert, alert)
        sending.log(session, held, LogKind.news, "", notice_id=notice)
    acknowledged.join()
    with db.transaction() as session:
        assert session.get_one(Alert, alert).status is AlertStatus.acknowledged
        assert session.get_one(Notice, notice).heard_at


def _until_somebody_waits(session: orm.Session) -> None:
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    deadline = time.monotonic() + 2
    while not session.scalar(waiting) and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.mark.timeout(0 if RUNS else 240)
def test_whatever_happens_in_whatever_order(wires):
    run_state_machine_as_test(
        lambda: Alerts(wires),  # type: ignore[arg-type]  # it calls it, whatever it is
        settings=settings(
            max_examples=RUNS or USUAL_RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not RUNS,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
