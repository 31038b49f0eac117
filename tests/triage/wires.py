"""Two networks that fail as they are told to, and remember what they took: under the real relay."""

import datetime as dt
import enum
from collections import Counter
from dataclasses import dataclass, field

from hotline import clock
from hotline.carrier import CarrierError, Found
from hotline.outbox import Channel
from hotline.troubles import Trouble


class Killed(BaseException):
    """The process has died at this point: nothing after it runs, what was open is rolled back."""


class Fate(enum.Enum):
    """What happens to a request that is sent."""

    taken = enum.auto()
    refused = enum.auto()
    throttled = enum.auto()
    away = enum.auto()
    account = enum.auto()
    unanswered = enum.auto()
    """It never arrived, and nobody can tell."""
    answer_lost = enum.auto()
    dies_before = enum.auto()
    dies_after = enum.auto()


ARRIVES = (Fate.taken, Fate.answer_lost, Fate.dies_after)
FAILS = {
    Fate.refused: CarrierError("21211", Trouble.refused),
    Fate.throttled: CarrierError("20429", Trouble.throttled),
    Fate.away: CarrierError("unreachable", Trouble.away),
    Fate.account: CarrierError("20003", Trouble.account),
    Fate.unanswered: CarrierError("time-out", Trouble.unanswered),
    Fate.answer_lost: CarrierError("time-out", Trouble.unanswered),
}


@dataclass(frozen=True, slots=True)
class Carried:
    """Something that a network took."""

    sid: str
    message_id: int
    channel: Channel
    to: str
    body: str
    at: dt.datetime


@dataclass
class Wires:
    """Both networks. `fates` are used up, the next request's first; then everything is taken."""

    carried: list[Carried] = field(default_factory=list)
    fates: list[Fate] = field(default_factory=list)

    def carrier(self, name: str = "") -> "Wires":
        """In place of `hotline.carrier.carrier`; which of them is asked makes no difference here."""
        return self

    def send_sms(self, to: str, body: str, message_id: int, valid_seconds: int) -> str:
        """As `Carrier.send_sms`."""
        return self._meets_its_fate(Channel.sms, to, body, message_id)

    def place_call(self, to: str, message_id: int, ring_seconds: int) -> str:
        """As `Carrier.place_call`."""
        return self._meets_its_fate(Channel.call, to, "", message_id)

    def sent_sms(self, to: str, body: str, since: dt.datetime) -> list[Found]:
        """As `Carrier.sent_sms`."""
        return self._found(Channel.sms, to, body, since)

    def placed_calls(self, to: str, since: dt.datetime) -> list[Found]:
        """As `Carrier.placed_calls`."""
        return self._found(Channel.call, to, "", since)

    def times_carried(self) -> Counter[int]:
        """How often each message has arrived, by its number."""
        return Counter(one.message_id for one in self.carried)

    def _meets_its_fate(self, channel: Channel, to: str, body: str, message_id: int) -> str:
        fate = self.fates.pop(0) if self.fates else Fate.taken
        if fate is Fate.dies_before:
            raise Killed
        sid = f"{channel.upper()}{len(self.carried) + 1:032}"
        if fate in ARRIVES:
            self.carried.append(Carried(sid, message_id, channel, to, body, clock.now()))
        if fate is Fate.dies_after:
            raise Killed
        if fate in FAILS:
            raise FAILS[fate]
        return sid

    def _found(self, channel: Channel, to: str, body: str, since: dt.datetime) -> list[Found]:
        return [
            Found(one.sid, "queued", "")
            for one in reversed(self.carried)
            if (one.channel, one.to, one.body) == (channel, to, body) and one.at >= since
        ]
