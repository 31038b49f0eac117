"""What was begun and never answered is looked for before it is sent again."""

import datetime as dt

import pytest

from hotline import clock, db, relay
from hotline.carrier import Found
from hotline.network import FIRST
from hotline.outbox import Channel, MessageStatus, OutboxMessage
from tests.ground.people import put, row
from tests.ground.relaying import AWAY, BUSY, LOST, WRONG_TOKEN, dies, next_try


def test_what_was_taken_before_the_process_died_is_found_again(database, network):
    number = put()
    dies(lambda: relay.deliver(number), network)
    network.has = [Found("SM-lost", "sent", "")]
    clock.shift(relay.LEASE)
    relay.sweep_urgent()
    message = row(number)
    assert (message.status, message.carrier_sid) == (MessageStatus.sent, "SM-lost")
    assert (message.network, message.in_doubt) == (FIRST, False)
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
