"""From the outbox to the network: once, in order of urgency, again after trouble, and never for ever."""

import datetime as dt
import threading
import time

import pytest
import sqlalchemy as sa

from hotline import clock, db, delivery, live, outbox, queues, relay
from hotline.carrier import CarrierError
from hotline.outbox import Channel, Lane, MessageStatus, OutboxMessage
from hotline.troubles import TREATMENT, Trouble
from tests.ground.people import add, put, row
from tests.ground.relaying import AWAY, BUSY, LOST, REFUSED, WRONG_TOKEN, next_try


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
    numbers = [put(), put()]
    network.faults = [ZeroDivisionError()]
    clock.shift(relay.NUDGE_GRACE)
    relay.sweep_urgent()
    assert {row(number).status for number in numbers} == {
        MessageStatus.sending,
        MessageStatus.sent,
    }


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
            delivery.status_came(
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
            delivery.status_came(
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
        delivery.status_came(session, message_id=number, sid="SM1", status="sent", error_code="")
    clock.shift(dt.timedelta(minutes=1))
    assert relay.sweep_urgent() == 0
    assert len(network.taken) == 1


def test_what_came_of_it_is_told_to_the_consoles(database, network, monkeypatch):
    told = []
    monkeypatch.setattr(live, "_publish", lambda _, changes: told.extend(changes))
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
