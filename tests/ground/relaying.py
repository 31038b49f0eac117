"""A network in place of the client, for tests of the relay: which faults are which class is
`test_carrier`'s."""

import datetime as dt

import pytest

from hotline import clock, db, relay
from hotline.carrier import CarrierError, Found
from hotline.network import FIRST
from hotline.networks import NetworkState
from hotline.troubles import Trouble
from tests.ground.people import row


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


BUSY = CarrierError("20429", Trouble.throttled)
AWAY = CarrierError("unreachable", Trouble.away)
LOST = CarrierError("time-out", Trouble.unanswered)
WRONG_TOKEN = CarrierError("20003", Trouble.account)
BARRED = CarrierError("21408", Trouble.barred)
REFUSED = CarrierError("21614", Trouble.refused)


def state(name: str = FIRST) -> NetworkState:
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
