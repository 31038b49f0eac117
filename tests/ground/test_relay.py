"""From the outbox to the network: once, in order of urgency, again after trouble, and never for ever."""

import datetime as dt
import threading
import time

import pytest
import sqlalchemy as sa

from hotline import clock, config, db, live, lost, networks, outbox, queues, relay
from hotline.carrier import CarrierError, Found
from hotline.networks import NetworkState
from hotline.outbox import Channel, Lane, MessageStatus, OutboxMessage
from hotline.troubles import TREATMENT, Trouble
from tests.ground.people import add, put, row


class Network:
    """Takes what it is given, or fails as told; `taken` has what was asked of it."""

    def __init__(self, sids: str = "") -> None:
        self.sids = sids
        self.has: list[Found] = []
        self.looks: list[CarrierError] = []
        self.looked = 0
        self.taken: list[tuple[str, str, int]] = []
        self.faults: list[CarrierError | Exception] = []
        self.meanwhile = lambda: None

    def send_sms(self, to: str, body: str, message_id: int, valid_seconds: int) -> str:
        self.valid = valid_seconds
        return self._take("SM", to, message_id)

    def place_call(self, to: str, message_id: int, ring_seconds: int) -> str:
        self.rings = ring_seconds
        return self._take("CA", to, message_id)

    def redirect_call(self, sid: str, url: str) -> None:
        self.moved_to = url
        self._take("move", sid, 0)

    def sent_sms(self, to: str, body: str, since: dt.datetime) -> list[Found]:
        return self.placed_calls(to, since)

    def placed_calls(self, to: str, since: dt.datetime) -> list[Found]:
        self.looked += 1
        self.since = since
        if self.looks:
            raise self.looks.pop(0)
        return self.has

    def reachable(self) -> None:
        if self.faults:
            raise self.faults.pop(0)

    def _take(self, kind: str, to: str, message_id: int) -> str:
        self.taken.append((kind, to, message_id))
        self.meanwhile()
        if self.faults:
            raise self.faults.pop(0)
        return f"{kind}{self.sids}{len(self.taken)}"


@pytest.fixture
def both(monkeypatch):
    """Two networks, in place of the clients: which faults are which class is `test_carrier`'s."""
    every = {config.FIRST: Network(), config.SECOND: Network("-2-")}
    for room in (relay, lost, networks):
        monkeypatch.setattr(room, "carrier", lambda name: every[name])
    monkeypatch.setattr(queues, "_enqueue", print)
    monkeypatch.setattr(live, "_publish", print)
    yield every[config.FIRST], every[config.SECOND]
    queues.flush()


@pytest.fixture
def network(both):
    """The only network."""
    return both[0]


@pytest.fixture
def two(database, both, monkeypatch):
    """Both of them, set up."""
    second = {
        "twilio_second_account_sid": "AC2",
        "twilio_second_auth_token": "t2",
        "twilio_second_base_url": "http://127.0.0.1:8",
        "second_sms_from": "+8610000012345",
        "second_caller_id": "+8610000012345",
    }
    monkeypatch.setattr(config, "_current", database.model_copy(update=second))
    return both


BUSY = CarrierError("20429", Trouble.throttled)
AWAY = CarrierError("unreachable", Trouble.away)
LOST = CarrierError("time-out", Trouble.unanswered)
WRONG_TOKEN = CarrierError("20003", Trouble.account)
BARRED = CarrierError("21408", Trouble.barred)
REFUSED = CarrierError("21614", Trouble.refused)


def state(name: str = config.FIRST) -> NetworkState:
    """What is written of a network."""
    with db.transaction() as session:
        return session.get_one(NetworkState, name)


def next_try(number: int) -> None:
    """Time passes until the message's next attempt, which is made."""
    clock.shift(row(number).next_attempt_at - clock.now())
    relay.deliver(number)


def dies(act, network: Network) -> None:
    """The process ends between the network's taking it and our hearing of it."""
    network.faults.append(KeyboardInterrupt())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        act()


def test_a_message_is_sent_once(database, network):
    number = put()
    relay.deliver(number)
    relay.deliver(number)
    message = row(number)
    assert network.taken == [("SM", "+8610000000301", number)]
    assert (message.status, message.carrier_sid, message.attempts) == (MessageStatus.sent, "SM1", 1)
    assert 590 <= network.valid <= 600


def test_a_call_is_placed(database, network):
    number = put(channel=Channel.call)
    relay.deliver(number)
    assert network.taken == [("CA", "+8610000000301", number)]


def test_a_call_rings_for_as_long_as_was_said(database, network):
    relay.deliver(put(channel=Channel.call))
    assert network.rings == outbox.RING_SECONDS
    relay.deliver(put(channel=Channel.call, ring_seconds=15))
    assert network.rings == 15


@pytest.mark.parametrize("url", ["https://line.example.org/ivr/step?x=1", ""])
def test_a_call_that_is_going_on_is_moved_or_hung_up(database, network, url):
    ring = put(channel=Channel.call)
    relay.deliver(ring)
    sid = row(ring).carrier_sid
    assert sid
    number = put(sid, channel=Channel.redirect, body=url)
    relay.deliver(number)
    assert (network.taken[-1], network.moved_to) == (("move", sid, 0), url)
    message = row(number)
    assert (message.status, message.carrier_sid) == (MessageStatus.sent, None)


def test_a_move_of_a_call_that_is_over_is_not_tried_again(database, network):
    number = put("CA1", channel=Channel.redirect)
    network.faults = [CarrierError("21220", Trouble.refused)]
    relay.deliver(number)
    message = row(number)
    assert (message.status, message.error_code) == (MessageStatus.failed, "21220")


def test_a_number_that_is_no_message_is_nothing(database, network):
    relay.deliver(4711)
    assert network.taken == []


def test_many_at_once_send_once(database, network):
    number, started = put(), threading.Barrier(6)

    def worker() -> None:
        started.wait()
        relay.deliver(number)

    threads = [threading.Thread(target=worker) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(network.taken) == 1
    assert row(number).attempts == 1


def test_the_claim_is_durable_before_anything_is_sent(database, network):
    number = put()
    network.meanwhile = lambda: seen.append(row(number).status)
    seen: list[MessageStatus] = []
    relay.deliver(number)
    assert seen == [MessageStatus.sending]


def test_what_died_between_claim_and_answer_is_sent_again(database, network):
    number = put()
    network.faults = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        relay.deliver(number)
    assert row(number).status is MessageStatus.sending
    relay.deliver(number)
    assert len(network.taken) == 1
    clock.shift(relay.LEASE)
    assert relay.sweep_urgent() == 1
    message = row(number)
    assert (message.status, message.carrier_sid, message.attempts) == (MessageStatus.sent, "SM2", 2)


@pytest.mark.parametrize("lane", [Lane.alert, Lane.other])
@pytest.mark.parametrize("fault", [BUSY, AWAY, LOST, WRONG_TOKEN])
def test_trouble_is_tried_again_at_growing_distances(database, network, fault, lane):
    number, waits = put(valid_for=dt.timedelta(hours=1), lane=lane), []
    treatment = TREATMENT[fault.trouble]
    expected = treatment.urgent if lane is Lane.alert else treatment.others
    for _ in range(len(expected) + 2):
        network.faults = [fault]
        before = clock.now()
        relay.deliver(number)
        message = row(number)
        assert (message.status, message.error_code) == (MessageStatus.pending, fault.code)
        waits.append(round((message.next_attempt_at - before).total_seconds()))
        relay.deliver(number)
        clock.shift(message.next_attempt_at - clock.now())
    assert waits == [*expected, expected[-1], expected[-1]]
    assert waits == sorted(waits)
    assert len(network.taken) == len(waits)
    relay.deliver(number)
    message = row(number)
    assert (message.status, message.error_code) == (MessageStatus.sent, "")


@pytest.mark.parametrize("trouble", [one for one in Trouble if TREATMENT[one].retry])
def test_an_alert_waits_less_and_never_long(trouble):
    treatment = TREATMENT[trouble]
    assert all(
        mine <= theirs for mine, theirs in zip(treatment.urgent, treatment.others, strict=False)
    )
    assert max(treatment.urgent) <= 30


@pytest.mark.parametrize(("asked", "waited"), [(0, 1), (6, 6), (3600, 8)])
def test_what_the_network_asks_for_is_honoured_up_to_our_longest_wait(
    database, network, asked, waited
):
    number = put()
    network.faults = [CarrierError("20429", Trouble.throttled, wait=asked)]
    before = clock.now()
    relay.deliver(number)
    assert round((row(number).next_attempt_at - before).total_seconds()) == waited


def test_a_refusal_is_final(database, network):
    number = put()
    network.faults = [REFUSED]
    relay.deliver(number)
    message = row(number)
    assert (message.status, message.error_code) == (MessageStatus.failed, "21614")
    assert message.settled_at is not None
    clock.shift(dt.timedelta(minutes=2))
    assert relay.sweep_urgent() == 0
    assert len(network.taken) == 1


def test_what_is_out_of_date_is_not_sent(database, network):
    number = put(valid_for=dt.timedelta(seconds=30))
    clock.shift(dt.timedelta(seconds=30))
    relay.sweep_urgent()
    message = row(number)
    assert (message.status, message.error_code) == (MessageStatus.failed, "expired")
    assert network.taken == []


def test_an_overdue_one_that_is_out_of_date_fails_too(database, network):
    number = put(valid_for=dt.timedelta(seconds=20))
    network.faults = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        relay.deliver(number)
    clock.shift(relay.LEASE)
    relay.sweep_urgent()
    assert row(number).status is MessageStatus.failed


def test_the_sweeper_leaves_workers_their_moment(database, network):
    number = put()
    assert relay.sweep_urgent() == 0
    clock.shift(relay.NUDGE_GRACE)
    assert relay.sweep_urgent() == 1
    assert row(number).status is MessageStatus.sent


def test_alerts_before_pages_and_the_rest_by_another_duty(database, network, monkeypatch):
    monkeypatch.setattr(relay, "AT_ONCE", 1)
    other, page, alert = put(lane=Lane.other), put(lane=Lane.page), put(lane=Lane.alert)
    clock.shift(relay.NUDGE_GRACE)
    assert relay.sweep_urgent() == 2
    assert [number for *_, number in network.taken] == [alert, page]
    assert relay.sweep_others() == 1
    assert [number for *_, number in network.taken] == [alert, page, other]


def test_alerts_that_hang_hold_up_no_other_alert(database, network):
    """Seven of them hang at once, and forty more are due."""
    hanging = [put(f"+86100000009{n:02}") for n in range(relay.AT_ONCE - 1)]
    numbers, free = [put() for _ in range(40)], threading.Event()

    def meanwhile() -> None:
        if network.taken[-1][1].startswith("+861000000090"):
            free.wait(10)

    network.meanwhile = meanwhile
    clock.shift(relay.NUDGE_GRACE)
    sweeper = threading.Thread(target=relay.sweep_urgent)
    sweeper.start()
    try:
        # The first batch waits for those that hang; the eighth thread has done the others in it.
        until(lambda: len(network.taken) == 3 * relay.AT_ONCE)
    finally:
        free.set()
        sweeper.join(10)
    assert {number for *_, number in network.taken} == {*hanging, *numbers}


def until(holds, limit: float = 5) -> None:
    ends = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < ends, "it has not come true"
        time.sleep(0.01)


def test_one_sweep_sends_whatever_is_due(database, network):
    with db.transaction() as session:
        numbers = [add(session) for _ in range(200)]
    clock.shift(relay.NUDGE_GRACE)
    assert relay.sweep_urgent() == 200
    assert sorted(number for *_, number in network.taken) == numbers


def test_what_no_sweep_gets_rid_of_does_not_keep_it(database, network):
    """It would be due again at once."""
    number = put()
    with db.transaction() as session:
        session.execute(
            sa.text('UPDATE outbox_messages SET "to" = :junk WHERE id = :id'),
            {"junk": b"junk", "id": number},
        )
    clock.shift(relay.NUDGE_GRACE)
    began = time.monotonic()
    assert relay.sweep_urgent() == 1
    assert time.monotonic() - began < relay.ROUND_SECONDS / 2


def test_one_that_fails_in_an_unheard_of_way_holds_up_no_other(database, network):
    first, second = put(), put()
    network.faults = [ZeroDivisionError()]
    clock.shift(relay.NUDGE_GRACE)
    relay.sweep_urgent()
    assert row(first).status is MessageStatus.sending
    assert row(second).status is MessageStatus.sent


def test_one_that_no_key_opens_holds_up_no_other(database, network):
    first, second = put(), put()
    with db.transaction() as session:
        session.execute(
            sa.text('UPDATE outbox_messages SET "to" = :junk WHERE id = :id'),
            {"junk": b"junk", "id": first},
        )
    clock.shift(relay.NUDGE_GRACE)
    relay.sweep_urgent()
    assert row(second).status is MessageStatus.sent


def test_a_status_that_overtakes_the_answer_is_not_taken_back(database, network):
    number = put()

    def delivered() -> None:
        with db.transaction() as session:
            outbox.status_came(
                session, message_id=number, sid="SM1", status="delivered", error_code=""
            )

    network.meanwhile = delivered
    relay.deliver(number)
    assert row(number).status is MessageStatus.delivered


def test_after_a_lost_answer_the_one_that_is_heard_of_is_followed(database, network):
    number = put(channel=Channel.call)
    network.faults = [LOST]
    relay.deliver(number)

    def first_call_rings() -> None:
        with db.transaction() as session:
            outbox.status_came(
                session, message_id=number, sid="CA-first", status="ringing", error_code=""
            )

    network.meanwhile = first_call_rings
    next_try(number)
    message = row(number)
    assert (message.carrier_sid, message.status) == ("CA-first", MessageStatus.sent)


def test_a_lost_answer_and_a_status_in_time_send_nothing_twice(database, network):
    number = put()
    network.faults = [LOST]
    relay.deliver(number)
    with db.transaction() as session:
        outbox.status_came(session, message_id=number, sid="SM1", status="sent", error_code="")
    clock.shift(dt.timedelta(minutes=1))
    assert relay.sweep_urgent() == 0
    assert len(network.taken) == 1


def test_what_came_of_it_is_told_to_the_consoles(database, network, monkeypatch):
    told = []
    monkeypatch.setattr(live, "_publish", lambda *what: told.append(what))
    relay.deliver(put())
    queues.flush()
    assert told == [("alert", 1)]


def test_two_sweepers_share_the_work(database, network):
    numbers = [put() for _ in range(12)]
    clock.shift(relay.NUDGE_GRACE)
    threads = [threading.Thread(target=relay.sweep_urgent) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for *_, number in network.taken) == numbers
    with db.transaction() as session:
        sent = sa.select(sa.func.count()).where(OutboxMessage.status == MessageStatus.sent)
        assert session.scalar(sent) == len(numbers)


# What was begun and never answered


def test_what_was_taken_before_the_process_died_is_found_again(database, network):
    number = put()
    dies(lambda: relay.deliver(number), network)
    network.has = [Found("SM-lost", "sent", "")]
    clock.shift(relay.LEASE)
    relay.sweep_urgent()
    message = row(number)
    assert (message.status, message.carrier_sid) == (MessageStatus.sent, "SM-lost")
    assert (message.network, message.in_doubt) == (config.FIRST, False)
    assert len(network.taken) == 1
    assert dt.timedelta(0) < message.created_at - network.since <= dt.timedelta(seconds=10)


def test_a_call_that_ended_unheard_of_is_over_when_it_is_found(database, network):
    number = put(channel=Channel.call)
    network.faults = [LOST]
    relay.deliver(number)
    network.has = [Found("CA-lost", "no-answer", "")]
    next_try(number)
    message = row(number)
    assert (message.status, message.carrier_sid) == (MessageStatus.undelivered, "CA-lost")
    assert message.settled_at is not None
    assert len(network.taken) == 1


def test_what_is_not_there_is_sent_again(database, network):
    number = put()
    network.faults = [LOST]
    relay.deliver(number)
    next_try(number)
    assert (network.looked, len(network.taken)) == (1, 2)
    assert row(number).status is MessageStatus.sent


def test_what_is_known_as_another_message_is_not_this_one(database, network):
    first, second = put(), put()
    relay.deliver(first)
    network.faults = [LOST]
    relay.deliver(second)
    network.has = [Found(row(first).carrier_sid or "", "sent", "")]
    next_try(second)
    assert len(network.taken) == 3
    assert row(second).carrier_sid == "SM3"


def test_a_network_that_cannot_be_asked_delays_nothing(database, network):
    number = put()
    network.faults, network.looks = [LOST], [LOST]
    relay.deliver(number)
    next_try(number)
    assert len(network.taken) == 2
    assert row(number).status is MessageStatus.sent


def test_a_doubt_lasts_until_it_is_resolved(database, network):
    number = put()
    network.faults, network.looks = [LOST, AWAY], [AWAY]
    relay.deliver(number)
    next_try(number)
    network.has = [Found("SM-lost", "delivered", "")]
    next_try(number)
    assert len(network.taken) == 2
    assert row(number).carrier_sid == "SM-lost"


@pytest.mark.parametrize("fault", [BUSY, AWAY, WRONG_TOKEN])
def test_what_was_certainly_not_taken_is_not_looked_for(database, network, fault):
    number = put()
    network.faults = [fault]
    relay.deliver(number)
    next_try(number)
    assert (network.looked, len(network.taken)) == (0, 2)


def test_a_call_that_was_picked_up_is_not_placed_again(database, network):
    """All we heard of it was that somebody picked up: the webhook that names the call has its sid written."""
    number = put(channel=Channel.call)
    dies(lambda: relay.deliver(number), network)
    with db.transaction() as session:
        session.get_one(OutboxMessage, number).carrier_sid = "CA-picked-up"
    clock.shift(relay.LEASE)
    relay.sweep_urgent()
    message = row(number)
    assert (message.status, message.carrier_sid) == (MessageStatus.sent, "CA-picked-up")
    assert (network.looked, len(network.taken)) == (0, 1)


# Two networks


def test_the_first_carries_it_and_that_is_written(two):
    number = put()
    assert row(number).network == ""
    relay.deliver(number)
    assert (row(number).network, len(two[1].taken)) == (config.FIRST, 0)
    assert state().failing_since is None


@pytest.mark.parametrize("lane", relay.URGENT)
@pytest.mark.parametrize("fault", [AWAY, LOST, WRONG_TOKEN, BUSY, BARRED])
def test_an_alert_goes_by_the_second_at_once(two, fault, lane):
    first, second = two
    number = put(lane=lane)
    first.faults = [fault]
    relay.deliver(number)
    message = row(number)
    assert (message.status, message.network, message.attempts) == (
        MessageStatus.sent,
        config.SECOND,
        1,
    )
    assert (message.carrier_sid, message.error_code) == ("SM-2-1", "")
    assert (len(first.taken), len(second.taken)) == (1, 1)
    assert first.looked == (fault is LOST)
    with db.transaction() as session:
        order = networks.in_order(session)
    fails = fault in (AWAY, LOST, WRONG_TOKEN)
    assert order == ([config.SECOND, config.FIRST] if fails else [config.FIRST, config.SECOND])


def test_what_the_first_took_without_a_word_does_not_go_by_the_second(two):
    first, second = two
    number = put()
    first.faults, first.has = [LOST], [Found("SM-lost", "queued", "")]
    relay.deliver(number)
    message = row(number)
    assert (message.carrier_sid, message.network) == ("SM-lost", config.FIRST)
    assert second.taken == []


def test_what_is_wrong_in_itself_goes_nowhere_else(two):
    number = put()
    two[0].faults = [REFUSED]
    relay.deliver(number)
    assert row(number).status is MessageStatus.failed
    assert two[1].taken == []
    assert state().failing_since is None


@pytest.mark.parametrize(
    ("faults", "status", "code"),
    [
        ((AWAY, REFUSED), MessageStatus.failed, "21614"),
        ((AWAY, BARRED), MessageStatus.pending, "unreachable"),
        ((BARRED, AWAY), MessageStatus.pending, "unreachable"),
        ((BARRED, BARRED), MessageStatus.failed, "21408"),
        ((AWAY, BUSY), MessageStatus.pending, "unreachable"),
    ],
)
def test_when_neither_takes_it(two, faults, status, code):
    number = put()
    for network, fault in zip(two, faults, strict=True):
        network.faults = [fault]
    relay.deliver(number)
    message = row(number)
    assert (message.status, message.error_code) == (status, code)
    if status is MessageStatus.pending:
        next_try(number)
        assert row(number).status is MessageStatus.sent


def test_a_receipt_has_patience_with_the_first(two):
    """Twice throttled; the third time it goes by the other."""
    first, second = two
    number = put(lane=Lane.other)
    for _ in range(relay.PATIENT_TRIES):
        first.faults = [BUSY]
        relay.deliver(number)
        assert row(number).status is MessageStatus.pending
        clock.shift(row(number).next_attempt_at - clock.now())
    assert second.taken == []
    first.faults = [BUSY]
    relay.deliver(number)
    assert row(number).network == config.SECOND


def test_while_the_first_fails_the_second_is_asked_first(two):
    first, second = two
    first.faults = [AWAY]
    relay.deliver(put())
    since = state().failing_since
    assert since
    for lane in Lane:
        relay.deliver(put(lane=lane))
    assert (len(first.taken), len(second.taken)) == (1, 4)
    assert state().failing_since == since


def test_the_first_is_tried_again_after_a_pause_and_comes_back(two):
    first, _ = two
    first.faults = [AWAY]
    relay.deliver(put())
    assert networks.try_failing() == 0
    clock.shift(networks.PAUSE)
    first.faults = [AWAY]
    assert networks.try_failing() == 1
    assert state().failing_since
    assert networks.try_failing() == 0
    clock.shift(networks.PAUSE)
    assert networks.try_failing() == 1
    back = state()
    assert (back.failing_since, back.last_error) == (None, "")
    relay.deliver(put())
    assert len(first.taken) == 2


def test_both_fail_and_both_are_asked(two):
    first, second = two
    number = put()
    first.faults, second.faults = [AWAY], [AWAY]
    relay.deliver(number)
    assert state(config.SECOND).failing_since
    next_try(number)
    assert row(number).network == config.FIRST
    assert state().failing_since is None


def test_a_network_that_is_never_used_is_tried_now_and_then(two):
    two[1].faults = [WRONG_TOKEN]
    assert networks.try_all() == 2
    assert state().last_ok_at
    failing = state(config.SECOND)
    assert (failing.last_error, failing.last_ok_at) == ("20003", None)
    assert failing.failing_since


def test_that_all_is_well_is_seldom_written(two):
    relay.deliver(put())
    first = state().last_ok_at
    assert first
    relay.deliver(put())
    assert state().last_ok_at == first
    clock.shift(networks.FRESH)
    relay.deliver(put())
    later = state().last_ok_at
    assert later
    assert later > first


@pytest.mark.parametrize("carried_by", [config.FIRST, config.SECOND])
def test_a_call_is_moved_by_the_network_that_has_it(two, carried_by):
    first, second = two
    ring = put(channel=Channel.call)
    if carried_by == config.SECOND:
        first.faults = [AWAY]
    relay.deliver(ring)
    sid = row(ring).carrier_sid
    assert sid
    relay.deliver(put(sid, channel=Channel.redirect))
    mover, other = (first, second) if carried_by == config.FIRST else (second, first)
    assert mover.taken[-1][:2] == ("move", sid)
    assert ("move", sid, 0) not in other.taken


def test_a_call_that_the_first_does_not_know_is_asked_of_the_second(two):
    first, second = two
    first.faults = [CarrierError("404", Trouble.refused)]
    number = put("CA-of-a-caller", channel=Channel.redirect)
    relay.deliver(number)
    assert [network.taken[-1][:2] for network in two] == [("move", "CA-of-a-caller")] * 2
    assert row(number).status is MessageStatus.sent
    first.faults = [CarrierError("404", Trouble.refused)]
    second.faults = [CarrierError("404", Trouble.refused)]
    gone = put("CA-gone", channel=Channel.redirect)
    relay.deliver(gone)
    assert (row(gone).status, row(gone).error_code) == (MessageStatus.failed, "404")
