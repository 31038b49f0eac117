"""The network itself: who is connected, which calls are up, and what was sent and recorded."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from threading import Thread

from hotline.simulator import numbering
from hotline.simulator.archive import Archive
from hotline.simulator.bell import Bell
from hotline.simulator.calls import Act, Call, Pace
from hotline.simulator.conferences import Conference, Conferences, Participant
from hotline.simulator.config import Line, NetworkConfig, Phone
from hotline.simulator.courier import Courier, Request
from hotline.simulator.faults import Faults
from hotline.simulator.journal import Journal
from hotline.simulator.messages import Message
from hotline.simulator.sound import on_channels
from hotline.simulator.sounds import Sounds

_ENDED_CALLS_KEPT = 3000
_MESSAGES_KEPT = 3000
_VOICEMAIL_AFTER = 4.0
_LOOK_AGAIN = 0.015
NEGLECTED = 0


@dataclass(eq=False)
class Handset:
    """A telephone and what is going on with it."""

    phone: Phone
    plan: tuple[Act, ...] = ()
    call: Call | None = None
    last: Call | None = None
    texts: list[Message] = field(default_factory=list)


class Exchange:
    """Everything the network knows, in memory only."""

    def __init__(self, config: NetworkConfig) -> None:
        self.config = config
        self.bell = Bell()
        self.pace = Pace(config.pace == "real", config.patience)
        self.journal = Journal(self.bell.ring)
        self.faults = Faults()
        self.courier = Courier(
            config.auth_token,
            config.webhook_seconds,
            self.pace,
            self.faults,
            self.journal,
            self.bell,
        )
        self.sounds = Sounds(self.courier, self.bell)
        self.conferences = Conferences(config.account_sid, self.bell, self.courier.notify)
        self.archive = Archive(config.account_sid, self.pace, self.bell, self.faults, self.courier)
        self.lines: dict[str, tuple[str, Line]] = {}
        self.handsets: OrderedDict[str, Handset] = OrderedDict()
        self.calls: OrderedDict[str, Call] = OrderedDict()
        self.messages: OrderedDict[str, Message] = OrderedDict()
        self.to_come = 0  # calls of a load that have not been dialled yet
        self._plug_all_in()

    def _plug_all_in(self) -> None:
        for number, line in self.config.lines.items():
            self.set_line(number, line)
        for phone in self.config.phones:
            self.plug_in(phone)

    # lines and handsets

    def set_line(self, number: str, line: Line) -> None:
        """Configure an incoming number, as in the network's own console."""
        with self.bell.lock:
            self.lines[numbering.key(number)] = (number, line)
        self.bell.ring()

    def line_entry(self, number: str) -> tuple[str, Line] | None:
        """The number as configured, and its line."""
        return self.lines.get(numbering.key(number))

    def line(self, number: str) -> Line | None:
        found = self.line_entry(number)
        return found[1] if found else None

    def plug_in(self, phone: Phone) -> Handset:
        """Connect a telephone; one that is there keeps its calls and messages."""
        with self.bell.lock:
            handset = self.handsets.setdefault(numbering.key(phone.number), Handset(phone))
            known = handset.phone
            handset.phone = replace(
                phone,
                label=phone.label or known.label,
                label_en=phone.label_en or known.label_en,
                kind=phone.kind or known.kind,
            )
        self.bell.ring()
        return handset

    def handset(self, number: str) -> Handset | None:
        return self.handsets.get(numbering.key(number))

    def takes_sms(self, number: str) -> bool:
        """What the telephone there is, or else what its number looks like."""
        handset = self.handset(number)
        if handset and handset.phone.kind:
            return handset.phone.kind == "mobile"
        return numbering.takes_sms(number)

    # calls

    def open_call(self, call: Call) -> Call:
        """Make the call known, and forget the oldest ended ones."""
        with self.bell.lock:
            self.calls[call.sid] = call
            while len(self.calls) > _ENDED_CALLS_KEPT:
                oldest = next((c for c in self.calls.values() if c.over), None)
                if oldest is None:
                    break
                del self.calls[oldest.sid]
        self.bell.ring()
        return call

    def new_call(self, from_: str, to: str, direction: str, **more: object) -> Call:
        call = Call(
            self.bell,
            self.pace,
            self.config.account_sid,
            from_,
            to,
            direction,
            **more,  # type: ignore[arg-type]
        )
        return self.open_call(call)

    def expect(self, calls: int) -> None:
        """So many calls more (or fewer) are still to be dialled."""
        with self.bell.lock:
            self.to_come += calls

    def connect(self, handset: Handset, call: Call) -> None:
        """Put the call on the telephone."""
        with self.bell.lock:
            handset.call = handset.last = call
        self.bell.ring()

    def begin(self, work: Callable[..., None], *arguments: object) -> None:
        """Run a leg of a call in a thread of its own."""
        Thread(target=work, args=arguments, daemon=True).start()

    def progress(self, call: Call, event: str, status: str) -> None:
        """The call has got so far: change it, and tell who asked to be told."""
        if event == "answered":
            call.started = datetime.now(UTC)
        call.change(status=status)
        if event in call.callback.events and call.callback.url:
            self._report(call, event)

    def _report(self, call: Call, event: str) -> None:
        params = call.params() | {
            "CallStatus": "initiated" if event == "initiated" else call.status,
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.sequence),
            "Timestamp": format_datetime(datetime.now(UTC)),
        }
        if event == "completed":
            seconds = call.duration or 0
            params |= {"CallDuration": str(seconds), "Duration": str(-(-seconds // 60))}
        call.sequence += 1
        request = Request("status", call.callback.url, call.callback.method, params, call.sid)
        self.courier.notify(call.sid, request)

    def finish(self, call: Call, status: str) -> None:
        """End the call once, free its telephone and tell who asked."""
        with self.bell.lock:
            if call.over:
                return
            call.ended = datetime.now(UTC)
            call.change(gone=True, status=status, decision="")
            for listener in call.listeners:
                listener.stopped()
            for handset in self.handsets.values():
                if handset.call is call:
                    handset.call = None
            # Under the lock, so that nobody finds the network quiet between the two.
            self.progress(call, "completed", status)
        self.journal.event("call", f"{call.from_} → {call.to}: {status}", sid=call.sid)

    def ring(self, call: Call, seconds: float) -> str:
        """Ring the telephone at the far end: `answered`, or why not. Raises HungUp."""
        handset = self.handset(call.to)
        if handset is not None and not self._reaches(handset, call):
            return "failed" if handset.phone.habit == "unreachable" else "busy"
        self.progress(call, "ringing", "ringing")
        habit = handset.phone.habit if handset else "unanswered"
        if self.faults.switches.nobody_answers or habit == "unanswered":
            call.lasts(seconds)
            return "no-answer"
        if handset is None or habit == "manual":
            return self._person_decides(call, seconds)
        call.lasts(min(seconds, _VOICEMAIL_AFTER))
        call.unattended = True
        call.inbox.extend(handset.plan if habit == "answers" else ())
        return "answered"

    def _reaches(self, handset: Handset, call: Call) -> bool:
        with self.bell.lock:
            if handset.call is not None or handset.phone.habit in ("busy", "unreachable"):
                return False
            self.connect(handset, call)
            return True

    def _person_decides(self, call: Call, seconds: float) -> str:
        limit = seconds if self.pace.real else self.pace.patience
        if not call.wait_for(lambda: bool(call.decision), limit) and not self.pace.real:
            self.neglected(call, "the telephone rang")
        outcomes = {"answer": "answered", "decline": "busy"}
        return outcomes.get(call.decision, "no-answer")

    def neglected(self, call: Call, what: str) -> None:
        """At the fast pace a wait ends only when somebody acts: that nobody did is an error."""
        seconds = f"{self.pace.patience:g}"
        self.journal.error(NEGLECTED, f"{what} and nobody acted for {seconds} s", call.sid)

    # conferences

    def leave_room(self, room: Conference, who: Participant, *, moved: bool) -> None:
        """Out of a conference; with the last one its recording appears, if it was to have one."""
        self.conferences.leave(room, who, moved=moved)
        wanted = room.first.noun.get("record") == "record-from-start"
        if wanted and room.started and not room.participants:
            recording = self.archive.new(room.first.call, "Conference")
            recording.conference_sid = room.sid
            recording.keep(on_channels(room.spoken, dual=True))
            self.archive.publish(room.first.call, recording, room.first.recording)

    # messages

    def keep(self, message: Message) -> None:
        with self.bell.lock:
            self.messages[message.sid] = message
            while len(self.messages) > _MESSAGES_KEPT:
                self.messages.popitem(last=False)
        self.bell.ring()

    # all

    @property
    def quiet(self) -> bool:
        """Whether no call is up or to come, and no callback is under way."""
        with self.bell.lock:
            if self.to_come:
                return False
            calls = all(call.over for call in self.calls.values())
            messages = all(message.settled for message in self.messages.values())
            return calls and messages and not self.courier.busy

    def settles(self, seconds: float) -> bool:
        """Wait until the network is quiet, at most so long; whether it is.

        It looks now and then: under load, waking at every change would be most of the work.
        """
        until = time.monotonic() + seconds
        while not self.quiet and time.monotonic() < until:
            time.sleep(_LOOK_AGAIN)
        return self.quiet

    def start_over(self, seconds: float) -> bool:
        """Hang up, wait for the last callback at most so long, and be as new; whether it was."""
        self.stop()
        settled = self.settles(seconds)
        with self.bell.lock:
            for kept in (self.lines, self.handsets, self.calls, self.messages):
                kept.clear()
            self.archive.recordings.clear()
            self.sounds.forget()
            self._plug_all_in()
        self.faults.heal()
        self.journal.forget()
        return settled

    def stop(self) -> None:
        """Hang up every call, so that their threads end."""
        with self.bell.lock:
            live = [call for call in self.calls.values() if not call.over]
        for call in live:
            call.hang_up()
