"""Calls whose end was never told: their network is asked."""

import datetime as dt

import pytest

from hotline import clock, ends, relay
from hotline.carrier import CarrierError, Found
from hotline.outbox import Channel, MessageStatus
from hotline.troubles import Trouble
from tests.ground.people import put, row
from tests.ground.relaying import Network


class Knows(Network):
    """A network that tells how one call fares."""

    status = "completed"
    asked = 0

    def call(self, sid: str) -> Found:
        self.asked += 1
        if not self.status:
            raise CarrierError("time-out", Trouble.unanswered)
        return Found(sid, self.status, "")


@pytest.fixture
def knows(database, monkeypatch) -> Knows:
    network = Knows()
    for room in (relay, ends):
        monkeypatch.setattr(room, "carrier", lambda _="": network)
    return network


def placed() -> int:
    number = put(channel=Channel.call)
    relay.deliver(number)
    return number


def test_a_call_whose_end_was_never_told_is_over(knows):
    number = placed()
    assert ends.sweep() == 0
    clock.shift(ends.ASK_AFTER)
    assert ends.sweep() == 1
    assert row(number).settled_at is not None
    assert ends.sweep() == 0


def test_one_that_goes_on_is_left_to_go_on(knows):
    knows.status = "in-progress"
    number = placed()
    clock.shift(ends.ASK_AFTER)
    assert (ends.sweep(), ends.sweep()) == (1, 1)
    assert (row(number).status, row(number).settled_at) == (MessageStatus.delivered, None)


def test_a_network_that_does_not_say_changes_nothing(knows):
    knows.status = ""
    number = placed()
    clock.shift(ends.ASK_AFTER)
    assert (ends.sweep(), knows.asked) == (1, 1)
    assert row(number).status is MessageStatus.sent


def test_neither_an_sms_nor_an_old_call_is_asked_after(knows):
    relay.deliver(put())
    placed()
    clock.shift(ends.ASK_UNTIL + dt.timedelta(seconds=1))
    assert (ends.sweep(), knows.asked) == (0, 0)
