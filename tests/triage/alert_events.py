"""Everything that can happen to an alert, as rules of a state machine."""

import contextlib
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import orm

from hotline import audit, clock, db, delivery, relay
from hotline.outbox import Channel, MessageStatus, OutboxMessage
from hotline.states import IllegalTransition
from tests.triage.people import at_once, do, judgement, officer, place, report
from tests.triage.wires import Carried, Fate, Killed, Wires
from triage.alerts import feedback, news, paging, sending, service, steps
from triage.alerts.models import Alert, Notice
from triage.alerts.previews import AlreadyRunning
from triage.alerts.states import NEWS, AcknowledgedHow, Feedback, Finding
from triage.cases import service as cases
from triage.queue import judging
from triage.queue import service as queue

SWEEPS: tuple[Callable[[], int], ...] = (steps.sweep, news.sweep, feedback.sweep, paging.sweep)
SMS_WORDS = ("queued", "sending", "sent", "delivered", "undelivered", "failed", "read", "odd")
CALL_WORDS = ("initiated", "ringing", "in-progress", "completed", "busy", "no-answer", "failed")
ERRORS = ("", "30003", "30005")
TABLES = "reports, calls, cases, outbox_messages, outbox_statuses, networks"

which = st.integers(min_value=0, max_value=50)
fates = st.lists(st.sampled_from(Fate), max_size=3)
moments = st.sampled_from([1, 5, 31, 61, 181, 301, 601, 1801, 4 * 3600])


class Events(RuleBasedStateMachine):
    """Two reports about one child and a third about another; officers, police, networks and the line's own
    processes do as the rules below say."""

    def __init__(self, wires: Wires) -> None:
        super().__init__()
        self.wires = wires
        wires.carried.clear()
        wires.fates.clear()
        clock.reset()
        self.said = 0
        self.back = dt.timedelta(0)
        """By how much the clock was put back so far."""

    @initialize()
    def reports_come_in(self) -> None:
        with db.engine().begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE"))
        clock.shift(dt.timedelta(hours=1))  # whoever is on duty has been so for a while
        self.reports = [report(f"CA{number}") for number in range(3)]
        codes = ("990101001", "990101002", "990103001")
        for number, code in zip(self.reports, codes, strict=True):
            do(queue.claim, number, officer())
            do(judging.classify, number, officer(), judgement(place_id=place(code)))
        do(self._raise, self.reports[0], False)

    # What officers do

    @rule(index=st.integers(0, 2), news=st.booleans())
    def raise_(self, index: int, news: bool) -> None:
        self._does(self._raise, self.reports[index], news, allowed=AlreadyRunning)

    @rule()
    def two_officers_raise_for_both_reports(self) -> None:
        acts = [lambda one=one: do(self._raise, one, False) for one in self.reports[:2]]
        for outcome in at_once(*acts):
            if isinstance(outcome, Exception) and not isinstance(outcome, AlreadyRunning):
                raise outcome

    def _raise(self, session: orm.Session, number: int, new: bool) -> None:
        self.said += new
        note = f"补充{self.said}。" if new else ""
        service.raise_alert(session, number, officer(), note=note)

    @rule()
    def one_child(self) -> None:
        """Both reports turn out to be about one child."""
        with db.transaction() as session:
            if not session.scalar(sa.text("SELECT count(*) FROM cases")):
                case = cases.open_case(session, self.reports[0], officer())
                cases.link(session, self.reports[1], case.id, officer())

    @rule(index=which)
    def correct(self, index: int) -> None:
        self.said += 1
        self._to_alert(index, service.correct, officer(), f"更正{self.said}")

    @rule(index=which)
    def cancel(self, index: int) -> None:
        self._to_alert(index, service.cancel, officer(), "误报")

    @rule(index=which, finding=st.sampled_from([None, *Finding]))
    def resolve(self, index: int, finding: Finding | None) -> None:
        self._to_alert(index, service.resolve, officer(), "孩子已安全", finding)

    @rule(index=which)
    def police_have_it_by_telephone(self, index: int) -> None:
        who, how = "王建国", AcknowledgedHow.telephone
        self._to_alert(index, service.acknowledge, who, how, officer())

    @rule(index=which, finding=st.sampled_from([None, *Finding]))
    def police_tell_all_at_once(self, index: int, finding: Finding | None) -> None:
        self.police_have_it_by_telephone(index)
        self.resolve(index, finding)

    @rule(index=which)
    def police_call_in(self, index: int) -> None:
        who, how = "长桥派出所", AcknowledgedHow.called_in
        self._to_alert(index, service.acknowledge, who, how, audit.NETWORK, said_at=clock.now())

    @rule(index=which)
    def a_key_and_an_officer_at_once(self, index: int) -> None:
        if number := self._one_of(self._alerts(), index):
            who = ("王建国", AcknowledgedHow.keypress, audit.NETWORK)
            said = clock.now()
            outcomes = at_once(
                lambda: do(service.acknowledge, number, *who, said_at=said),
                lambda: do(service.acknowledge, number, *who),
                news.sweep,
                steps.sweep,
            )
            self._none_failed(outcomes)

    @rule(index=which)
    def news_is_heard_by_telephone(self, index: int) -> None:
        if notice := self._one_of(self.ids(Notice, Notice.kind.in_(NEWS)), index):
            do(news.heard, notice, "王建国", AcknowledgedHow.telephone, officer())

    # What the police and the line's own do with their telephones

    @rule(index=which, said=st.sampled_from(Feedback))
    def feedback_comes(self, index: int, said: Feedback) -> None:
        self._to_alert(index, feedback.came, said, "王建国", audit.NETWORK)

    @rule(index=which)
    def a_key_in_a_call(self, index: int) -> None:
        calls = [one for one in self.wires.carried if one.channel is Channel.call]
        if calls:
            self._pressed(calls[index % len(calls)])

    def _pressed(self, call: Carried) -> None:
        with db.transaction() as session:
            message = session.get_one(OutboxMessage, call.message_id)
            who, by = message.to_name, (AcknowledgedHow.keypress, audit.NETWORK)
            if message.topic == sending.TOPIC:
                service.acknowledge(session, message.ref, who, *by, said_at=message.created_at)
            elif message.topic == sending.NEWS_TOPIC:
                news.heard(session, message.ref, who, *by)
            elif message.topic == sending.ALARM_TOPIC:
                service.heard(session, message.ref, who)

    # What networks tell, in any order, once or twice

    @rule(index=which, word=st.sampled_from(SMS_WORDS), error=st.sampled_from(ERRORS))
    def status_of_an_sms(self, index: int, word: str, error: str) -> None:
        self._status(Channel.sms, index, word, error)

    @rule(index=which, word=st.sampled_from(CALL_WORDS))
    def status_of_a_call(self, index: int, word: str) -> None:
        self._status(Channel.call, index, word, "")

    def _status(self, channel: Channel, index: int, word: str, error: str) -> None:
        told = [one for one in self.wires.carried if one.channel is channel]
        if told:
            one = told[index % len(told)]
            named = {"message_id": one.message_id, "sid": one.sid}
            do(delivery.status_came, **named, status=word, error_code=error)

    # What the line's own processes do, and how they die

    @rule(sweep=st.sampled_from(SWEEPS))
    def sweep(self, sweep: Callable[[], int]) -> None:
        sweep()

    @rule(sweep=st.sampled_from(SWEEPS))
    def two_sweepers(self, sweep: Callable[[], int]) -> None:
        self._none_failed(at_once(sweep, sweep))

    @rule(sweep=st.sampled_from(SWEEPS), rows=st.integers(0, 2))
    def a_sweeper_dies(self, sweep: Callable[[], int], rows: int) -> None:
        """In the row after so many, before that row's transaction has ended."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sending, "log", _dies_after(rows, sending.log))
            with contextlib.suppress(Killed):
                sweep()

    @rule(index=st.integers(0, 2))
    def a_web_process_dies(self, index: int) -> None:
        """After everything was written and before it was committed."""
        with contextlib.suppress(Killed, AlreadyRunning):
            do(self._raise_and_die, self.reports[index])

    def _raise_and_die(self, session: orm.Session, number: int) -> None:
        self._raise(session, number, True)
        raise Killed

    @rule(index=which, fates=fates)
    def the_relay_takes_one(self, index: int, fates: list[Fate]) -> None:
        ready = self.ids(OutboxMessage, OutboxMessage.status.in_(["pending", "sending"]))
        if number := self._one_of(ready, index):
            self.wires.fates[:] = fates
            self.deliver(number)
            self.wires.fates.clear()

    @rule()
    def two_workers_take_all(self) -> None:
        for number in self.ids(OutboxMessage, OutboxMessage.status == MessageStatus.pending):
            self._none_failed(at_once(*[lambda one=number: relay.deliver(one)] * 2))

    def deliver(self, number: int) -> None:
        with contextlib.suppress(Killed):
            relay.deliver(number)

    # Time

    @rule(seconds=moments)
    def time_passes(self, seconds: int) -> None:
        clock.shift(dt.timedelta(seconds=seconds))

    @rule(minutes=st.integers(1, 6))
    def all_goes_its_way(self, minutes: int) -> None:
        """The clock process and the relay do what they are there for."""
        for _ in range(minutes):
            clock.shift(dt.timedelta(seconds=61))
            for sweep in SWEEPS:
                sweep()
            for number in self.ids(OutboxMessage, OutboxMessage.status == MessageStatus.pending):
                self.deliver(number)

    @rule(seconds=st.sampled_from([1, 3]))
    def the_clock_is_put_back(self, seconds: int) -> None:
        self.back += dt.timedelta(seconds=seconds)
        clock.shift(-dt.timedelta(seconds=seconds))

    # Tools

    def _does(self, act: Callable[..., Any], *what: Any, allowed: Any = (), **more: Any) -> None:
        with contextlib.suppress(allowed):
            do(act, *what, **more)

    def _to_alert(self, index: int, act: Callable[..., Any], *what: Any, **more: Any) -> None:
        if number := self._one_of(self._alerts(), index):
            self._does(act, number, *what, allowed=IllegalTransition, **more)

    def _alerts(self) -> list[int]:
        return self.ids(Alert)

    def ids(self, model: Any, *conditions: Any) -> list[int]:
        """Rows of a table, the oldest first."""
        with db.transaction() as session:
            return list(session.scalars(sa.select(model.id).where(*conditions).order_by(model.id)))

    def _one_of(self, numbers: list[int], index: int) -> int | None:
        return numbers[index % len(numbers)] if numbers else None

    def _none_failed(self, outcomes: list[Any]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome


def _dies_after(times: int, act: Callable[..., None]) -> Callable[..., None]:
    left = [times]

    def run(*what: Any, **more: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        act(*what, **more)

    return run
