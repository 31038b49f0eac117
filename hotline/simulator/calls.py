"""One call: what it is on the wire, what was heard in it, and what the person in it does."""

import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

from hotline.simulator import numbering
from hotline.simulator.bell import Bell
from hotline.simulator.sound import Sound

API_VERSION = "2010-04-01"
ENDED = frozenset(("completed", "busy", "failed", "no-answer", "canceled"))
EVENTS = ("initiated", "ringing", "answered", "completed")
_LINES_KEPT = 500
_MACHINE_LISTENS = 120  # seconds of silence after which a machine, or a plan at its end, hangs up

Kind = Literal["press", "say", "silence", "waits", "hang_up"]


def new_sid(prefix: str) -> str:
    """A resource identifier as the network makes them: two letters and 32 hex digits."""
    return prefix + uuid.uuid4().hex


class Left(Exception):
    """The call leaves the verb it was in."""


class HungUp(Left):
    """The call is over."""


class Moved(Left):
    """A REST request has sent the call elsewhere."""


class Through(Left):
    """What the call was kept waiting for has come."""


_NOTHING = Sound()


@dataclass(frozen=True)
class Act:
    """What a person does on the telephone.

    Who `waits` stays on the line, silent, until somebody is there to talk to (or until they do
    something else); `seconds` is how long a round of that lasts at the fast pace.
    """

    kind: Kind
    digits: str = ""
    sound: Sound = _NOTHING
    text: str = ""
    seconds: float = 0.25

    @property
    def said(self) -> str:
        """How the captions show what was spoken."""
        return self.text or f"{self.sound.seconds:.1f} s"


@dataclass(frozen=True)
class Heard:
    """One line of the captions.

    `kind`: voice, play, music, beep, key, person, note; and mine, pressed.
    """

    kind: str
    text: str
    language: str = ""
    at: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Callback:
    """Where to report progress, and which events."""

    url: str = ""
    method: str = "POST"
    events: Sequence[str] = ("completed",)


@dataclass(frozen=True)
class Destination:
    """What a call performs next: a document to fetch, or one given inline."""

    url: str = ""
    method: str = "POST"
    twiml: str = ""


class Listener(Protocol):
    """Whoever writes down what is said in a call."""

    name: str

    def hears(self, track: str, text: str) -> None:
        """Something was said, by the leg's own person (`inbound_track`) or by others."""

    def stopped(self) -> None:
        """The call is over."""


@dataclass(frozen=True)
class Pace:
    """Whether time runs, and how long the network waits for a person when it does not."""

    real: bool
    patience: float


def _never() -> bool:
    return False


@dataclass(eq=False)
class Call:
    """A leg of the network with one person at its end."""

    bell: Bell
    pace: Pace
    account_sid: str
    from_: str
    to: str
    direction: str  # inbound, outbound-api, outbound-dial
    parent_sid: str = ""
    callback: Callback = field(default_factory=Callback)
    fallback: Destination = field(default_factory=Destination)
    status: str = "queued"
    sid: str = field(default_factory=lambda: new_sid("CA"))
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: datetime | None = None
    ended: datetime | None = None
    skipped: float = 0.0  # seconds that the fast pace did not wait for
    unattended: bool = False  # nobody will act beyond what is in the inbox
    awaiting: str = ""  # gather, record, bridge: what the network expects of the person
    company: tuple[str, ...] = ()  # the numbers of those at the other end, when bridged
    decision: str = ""  # of a ringing handset: answer, decline, ignore
    speaking: bool = False  # the person has the microphone open
    gone: bool = False
    moved_to: Destination | None = None
    by_api: bool = False  # a REST request has ended or moved the call
    until: Callable[[], bool] = _never  # what the call is kept waiting for
    idle: float = 0.0  # seconds of silence since an unattended telephone last did something
    heard: list[Heard] = field(default_factory=list)
    inbox: deque[Act] = field(default_factory=deque)
    listeners: list[Listener] = field(default_factory=list)
    sequence: int = 0

    def __post_init__(self) -> None:
        self.news = self.bell.condition()

    @property
    def over(self) -> bool:
        return self.status in ENDED

    @property
    def person(self) -> str:
        """The number of whoever is at this leg's end."""
        return self.from_ if self.direction == "inbound" else self.to

    @property
    def duration(self) -> int | None:
        """Whole seconds from answer to end; None while it lasts."""
        if self.ended is None:
            return None
        if self.started is None:
            return 0
        return max(1, round((self.ended - self.started).total_seconds() + self.skipped))

    def params(self) -> dict[str, str]:
        """What every voice webhook carries."""
        params = {
            "CallSid": self.sid,
            "AccountSid": self.account_sid,
            "ApiVersion": API_VERSION,
            "CallStatus": self.status,
            "Direction": self.direction,
            "From": self.from_,
            "To": self.to,
            "Caller": self.from_,
            "Called": self.to,
        }
        if self.parent_sid:
            params["ParentCallSid"] = self.parent_sid
        for name, number in (
            ("From", self.from_),
            ("Caller", self.from_),
            ("To", self.to),
            ("Called", self.to),
        ):
            params |= {f"{name}City": "", f"{name}State": "", f"{name}Zip": ""}
            params[f"{name}Country"] = numbering.country(number)
        return params

    def change(self, **changes: object) -> None:
        """Set attributes and wake whoever waits for this call."""
        with self.bell.lock:
            for name, value in changes.items():
                setattr(self, name, value)
            self._wake()

    def hears(self, kind: str, text: str, language: str = "") -> None:
        """Add a line to what the person has heard."""
        with self.bell.lock:
            if kind == "person":
                self._listen("outbound_track", text)
            if len(self.heard) < _LINES_KEPT:
                self.heard.append(Heard(kind, text, language))
            self._wake()

    def hang_up(self) -> None:
        """End the call, whatever it is doing."""
        self.change(gone=True)

    def does(self, act: Act) -> None:
        """Put down what the person does; the verb in progress takes it up."""
        with self.bell.lock:
            self.inbox.append(act)
            self._wake()

    def check(self) -> None:
        """Raise HungUp or Moved when the call must leave what it is doing."""
        with self.bell.lock:
            if self.gone:
                raise HungUp
            if self.moved_to is not None:
                raise Moved
            if self.until():
                raise Through

    def wait_for(self, ready: Callable[[], bool], seconds: float | None) -> bool:
        """Wait until `ready`, at most so long; whether it was. Raises HungUp, Moved or Through."""
        with self.bell.lock:
            self.news.wait_for(
                lambda: self.gone or self.moved_to is not None or self.until() or ready(), seconds
            )
            self.check()
            return ready()

    def lasts(self, seconds: float) -> None:
        """Let so much time pass; at the fast pace only on paper."""
        if not self.pace.real:
            self.skipped += seconds
            seconds = 0
        self.wait_for(lambda: False, seconds)

    @property
    def waits(self) -> bool:
        """Whether the person has chosen to stay on the line and do nothing."""
        return bool(self.inbox) and self.inbox[0].kind == "waits"

    @property
    def acts(self) -> bool:
        """Whether there is something that the person does now."""
        return bool(self.inbox) and not self.waits

    @property
    def lived(self) -> float:
        """Seconds that the person has spent in the call, those of the fast pace included."""
        return (datetime.now(UTC) - self.created).total_seconds() + self.skipped

    def stirs(self, awaiting: str, seconds: float) -> bool:
        """Wait until the person does something, at most so long; whether they did."""
        return self._awaits(awaiting, lambda: self.acts, seconds)

    def _stirs_or_waits(self, awaiting: str, seconds: float) -> bool:
        """The same; to choose to wait, or no longer to, is something too."""
        waited = self.waits
        return self._awaits(awaiting, lambda: self.acts or self.waits != waited, seconds)

    def _awaits(self, awaiting: str, ready: Callable[[], bool], seconds: float) -> bool:
        with self.bell.lock:
            self.change(awaiting=awaiting)
            try:
                return self.wait_for(ready, seconds)
            finally:
                self.change(awaiting="")

    def next_act(self, awaiting: str, seconds: float) -> Act | None:
        """What the person does next, or None when they do nothing for so long.

        Raises HungUp or Moved.
        """
        with self.bell.lock:
            while not self.acts:
                if not self._stirs_or_waits(awaiting, self._patience(seconds)) and not (
                    self.speaking and self.pace.real
                ):
                    self._was_silent(seconds)
                    return None
            self.check()
            act = self.take()
        if act.kind == "silence":
            self._was_silent(seconds)
        return act

    def take(self) -> Act:
        """The next thing the person does. Raises HungUp when that is to hang up."""
        with self.bell.lock:
            act = self.inbox.popleft()
            self.idle = 0
            self._wake()
        if act.kind == "hang_up":
            self.hang_up()
            raise HungUp
        if not self.pace.real:
            self.skipped += act.sound.seconds
        if act.text:
            self._listen("inbound_track", act.text)
        return act

    def _listen(self, track: str, text: str) -> None:
        for listener in self.listeners:
            listener.hears(track, text)

    def _was_silent(self, seconds: float) -> None:
        if not self.pace.real:
            self.skipped += seconds
        if not self.unattended or self.inbox:
            return
        self.idle += seconds
        if self.idle > _MACHINE_LISTENS:
            self.hang_up()
            raise HungUp

    def _patience(self, seconds: float) -> float:
        if self.pace.real:
            return seconds
        if self.waits:
            return self.inbox[0].seconds
        return 0 if self.unattended else self.pace.patience

    def _wake(self) -> None:
        self.news.notify_all()
        self.bell.ring()


def as_params(values: Mapping[str, object]) -> dict[str, str]:
    """Form values; None is left out."""
    return {name: str(value) for name, value in values.items() if value is not None}
