"""Two networks: what one does not take, the other does; and how each fares is written down."""

import pytest

from hotline import clock, db, networks, relay
from hotline.carrier import CarrierError, Found
from hotline.network import FIRST, SECOND
from hotline.outbox import Channel, Lane, MessageStatus
from hotline.troubles import Trouble
from tests.ground.people import put, row
from tests.ground.relaying import AWAY, BARRED, BUSY, LOST, REFUSED, WRONG_TOKEN, next_try, state


def test_the_first_carries_it_and_that_is_written(two):
    number = put()
    assert row(number).network == ""
    relay.deliver(number)
    assert (row(number).network, len(two[1].taken)) == (FIRST, 0)
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
        SECOND,
        1,
    )
    assert (message.carrier_sid, message.error_code) == ("SM-2-1", "")
    assert (len(first.taken), len(second.taken)) == (1, 1)
    assert first.looked == (fault is LOST)
    with db.transaction() as session:
        order = networks.in_order(session)
    fails = fault in (AWAY, LOST, WRONG_TOKEN)
    assert order == ([SECOND, FIRST] if fails else [FIRST, SECOND])


def test_what_the_first_took_without_a_word_does_not_go_by_the_second(two):
    first, second = two
    number = put()
    first.faults, first.has = [LOST], [Found("SM-lost", "queued", "")]
    relay.deliver(number)
    message = row(number)
    assert (message.carrier_sid, message.network) == ("SM-lost", FIRST)
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


def test_a_call_that_joins_another_one_goes_by_no_other_network(two):
    first, second = two
    number = put(channel=Channel.call, only_by=FIRST)
    first.faults = [AWAY]
    relay.deliver(number)
    assert (row(number).status, second.taken) == (MessageStatus.pending, [])
    next_try(number)
    assert (row(number).network, second.taken) == (FIRST, [])


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
    assert row(number).network == SECOND


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
    assert state(SECOND).failing_since
    next_try(number)
    assert row(number).network == FIRST
    assert state().failing_since is None


def test_a_network_that_is_never_used_is_tried_now_and_then(two):
    two[1].faults = [WRONG_TOKEN]
    assert networks.try_all() == 2
    assert state().last_ok_at
    failing = state(SECOND)
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


@pytest.mark.parametrize("carried_by", [FIRST, SECOND])
def test_a_call_is_moved_by_the_network_that_has_it(two, carried_by):
    first, second = two
    ring = put(channel=Channel.call)
    if carried_by == SECOND:
        first.faults = [AWAY]
    relay.deliver(ring)
    sid = row(ring).carrier_sid
    assert sid
    relay.deliver(put(sid, channel=Channel.redirect))
    mover, other = (first, second) if carried_by == FIRST else (second, first)
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
