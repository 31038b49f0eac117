"""The pocket network of the load test: in this process, at the fast pace, with everything going wrong that
can be switched, and nothing of what it did forgotten."""

import itertools
import random
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hotline.config import Settings
from hotline.simulator import life, people
from hotline.simulator.calls import Call
from hotline.simulator.config import Line, NetworkConfig, Phone
from hotline.simulator.exchange import Exchange
from hotline.simulator.recordings import Recording
from hotline.simulator.server import Simulator
from tests.bench.plans import Plan, Step

STANDING_FAULTS = {
    "webhooks_lost": 0.02,
    "callbacks_dropped": 0.02,
    "callback_copies": 2,
    "callbacks_shuffled": True,
    "media_late": 2,
}
"""A fiftieth of all webhooks never arrives, of notices two; each notice comes twice, later ones overtake
earlier ones, and a recording's media comes at the third time of asking."""
PULSES = (
    {"rest_errors": 3},
    {"request_copies": 2},
    {"rest_throttled": 3},
    {"request_copies": 1},
    {"rest_answers_lost": 2},
    {"rest_hangs": 1},
)
"""One after the other and round again: REST requests that fail, are throttled, succeed without an answer,
hang; every request for a document twice at once."""
PULSE_SECONDS = 4.0
HANG_SECONDS = 12.0
"""Longer than the line waits for the network."""
NEVER_ARRIVED_MS = 0.05
"""What the fault `webhooks_lost` lets pass in no time is no answer."""


@dataclass(frozen=True, slots=True)
class Made:
    """A call that was made, and what its caller meant to do."""

    plan: Plan
    call: Call

    @property
    def pressed_danger(self) -> bool:
        """Whether the network took the key that says so."""
        steps = self.plan.steps
        danger = self.plan.danger
        return danger is not None and len(self.call.inbox) < len(steps) - danger


class _Unforgotten(OrderedDict[str, Recording]):
    """The recordings of the account, and all that ever were."""

    def __init__(self) -> None:
        super().__init__()
        self.ever: list[Recording] = []

    def __setitem__(self, sid: str, recording: Recording) -> None:
        super().__setitem__(sid, recording)
        self.ever.append(recording)


@dataclass
class Pocket:
    """The network, its callers and its faults."""

    exchange: Exchange
    recordings: _Unforgotten
    made: list[Made] = field(default_factory=list)
    most_at_once: int = 0

    def officer(self, number: str, habit: str, plan: tuple[Step, ...]) -> None:
        """Somebody's telephone, which does by itself what it does."""
        handset = self.exchange.plug_in(Phone(number, habit=habit))
        handset.plan = people.plan_of(plan)

    def somebody_calls(self, plan: Plan, dice: random.Random) -> None:
        """One more caller, of a number of their own."""
        number = f"138{10_000_000 + len(self.made)}"
        call = life.dial_in(self.exchange, number, "12355", people.plan_of(plan.steps))
        self.made.append(Made(plan, call))
        if plan.gone_within:
            threading.Timer(dice.uniform(0, plan.gone_within), call.hang_up).start()
        self.most_at_once = max(self.most_at_once, self.at_once())

    def at_once(self) -> int:
        """Callers who are on the line now."""
        return sum(not made.call.over for made in self.made)

    def answers(self) -> list[float]:
        """Seconds from each webhook to its answer, as the network saw it."""
        timings = self.exchange.journal.timings
        webhooks = [ms for kind, ms in timings if kind != "rest" and ms > NEVER_ARRIVED_MS]
        return [ms / 1000 for ms in webhooks]

    def errors(self) -> Counter[int]:
        """The debugger's errors by code; the last two hundred."""
        return Counter(error["code"] for error in self.exchange.journal.errors)

    @contextmanager
    def out_of_order(self) -> Iterator[None]:
        """Everything goes wrong in here, one thing after the other."""
        over = threading.Event()
        pulses = threading.Thread(target=self._pulse, args=(over,))
        self.exchange.faults.change(STANDING_FAULTS)
        pulses.start()
        try:
            yield
        finally:
            over.set()
            pulses.join()
            self.exchange.faults.heal()

    def _pulse(self, over: threading.Event) -> None:
        for seed, pulse in enumerate(itertools.cycle(PULSES)):
            self.exchange.faults.change({**pulse, "seed": seed})
            if over.wait(PULSE_SECONDS):
                return

    def still_up(self) -> str:
        """What keeps the network from coming to rest, as the end of a sentence."""
        up = [call for call in list(self.exchange.calls.values()) if not call.over]
        ours = sum(call.direction != "inbound" for call in up)
        return f"; still up: {len(up) - ours} callers, {ours} legs of ours" if up else ""

    def settles(self, seconds: float) -> bool:
        """Wait until nobody is on the line and nothing under way; whether it came to that."""
        return self.exchange.settles(seconds)


@contextmanager
def pocket(settings: Settings) -> Iterator[Pocket]:
    """The network that `settings` name, with their numbers."""
    line = Line(
        voice_url=f"{settings.public_url}/ivr/voice",
        fallback_url=f"{settings.public_url}/ivr/fallback",
        status_callback=f"{settings.public_url}/ivr/status",
        sms_url=f"{settings.public_url}/ivr/sms",
    )
    config = NetworkConfig(
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        dict.fromkeys([*settings.flows_by_number, settings.caller_id], line),
        pace="fast",
        hang_seconds=HANG_SECONDS,
    )
    port = int(settings.twilio_base_url.rpartition(":")[2])
    with Simulator("127.0.0.1", port, config) as simulator:
        recordings = _Unforgotten()
        simulator.exchange.archive.recordings = recordings
        yield Pocket(simulator.exchange, recordings)


def evenly(seconds: float, count: int) -> Iterator[int]:
    """Count up to `count`, evenly over so many seconds."""
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number * seconds / count - time.monotonic()))
        yield number
