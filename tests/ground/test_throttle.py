"""No telephone is texted for ever, whoever asks for it; and nothing of an emergency is held back."""

import datetime as dt
import threading

import pytest

from hotline import clock, live, queues, relay
from hotline.outbox import Channel, Lane, MessageStatus
from tests.ground.people import put, row

HOUR = dt.timedelta(hours=1)


class Network:
    """Takes everything."""

    def __init__(self) -> None:
        self.taken = 0

    def send_sms(self, *asked: object) -> str:
        self.taken += 1
        return f"SM{self.taken}"

    place_call = send_sms


@pytest.fixture(autouse=True)
def network(database, monkeypatch):
    """A network that takes everything."""
    one = Network()
    monkeypatch.setattr(relay, "carrier", lambda _: one)
    monkeypatch.setattr(queues, "_enqueue", print)
    monkeypatch.setattr(live, "_publish", print)
    yield one
    queues.flush()


def delivered(*numbers: int) -> list[MessageStatus]:
    for number in numbers:
        relay.deliver(number)
    return [row(number).status for number in numbers]


SENT, PENDING = MessageStatus.sent, MessageStatus.pending


def test_two_receipts_a_minute_and_six_in_ten(network):
    numbers = [put(lane=Lane.other, valid_for=HOUR) for _ in range(9)]
    assert delivered(*numbers) == [SENT] * 2 + [PENDING] * 7
    for so_far in (4, 6, 6):
        clock.shift(dt.timedelta(minutes=1))
        delivered(*numbers)
        assert network.taken == so_far
    clock.shift(dt.timedelta(minutes=7))
    delivered(*numbers)
    assert network.taken == 8


def test_what_is_held_back_says_when_it_goes():
    first, _, third = (put(lane=Lane.other, valid_for=HOUR) for _ in range(3))
    delivered(first)
    clock.shift(dt.timedelta(seconds=20))
    delivered(first + 1, third)
    message, earliest = row(third), row(first).sent_at
    assert earliest
    assert message.next_attempt_at - earliest == dt.timedelta(minutes=1)
    assert (message.attempts, message.error_code) == (0, "")
    assert message.next_attempt_at - clock.now() < dt.timedelta(seconds=41)


def test_what_is_held_back_ends_by_its_own_validity():
    numbers = [put(lane=Lane.other, valid_for=dt.timedelta(seconds=30)) for _ in range(3)]
    delivered(*numbers)
    held = row(numbers[2])
    assert held.next_attempt_at == held.expires_at
    clock.shift(dt.timedelta(seconds=31))
    assert delivered(numbers[2]) == [MessageStatus.failed]
    assert row(numbers[2]).error_code == "expired"


def test_the_same_telephone_however_it_is_written():
    numbers = [
        put(to, lane=Lane.other) for to in ("+8610000000001", "10000000001", "86-100-0000-0001")
    ]
    assert delivered(*numbers) == [SENT, SENT, PENDING]


def test_another_telephone_is_another_matter():
    numbers = [put(f"+861000000000{n}", lane=Lane.other) for n in range(5)]
    assert delivered(*numbers) == [SENT] * 5


def test_alerts_are_exempt():
    numbers = [put() for _ in range(30)]
    assert delivered(*numbers) == [SENT] * 30


def test_pages_keep_their_rhythm_and_are_not_counted_with_receipts():
    """SMS and call, once a minute, for six emergencies at once."""
    receipts = [put(lane=Lane.other) for _ in range(2)]
    delivered(*receipts)
    for _ in range(3):
        pages = [
            put(lane=Lane.page, channel=channel) for channel in (Channel.sms, Channel.call) * 6
        ]
        assert delivered(*pages) == [SENT] * 12
        clock.shift(dt.timedelta(minutes=1))


def test_many_at_once_do_not_slip_through(network):
    numbers, started = [put(lane=Lane.other) for _ in range(8)], threading.Barrier(8)

    def worker(number: int) -> None:
        started.wait()
        relay.deliver(number)

    threads = [threading.Thread(target=worker, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert network.taken == 2
