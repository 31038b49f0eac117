"""Dial: one or several telephones ring; the first person to accept is connected."""

from datetime import datetime

from hotline.simulator import numbering
from hotline.simulator.calls import Act, Call, Callback, Destination, HungUp, Left
from hotline.simulator.record import recording_callback, recording_result
from hotline.simulator.recordings import SHORTEST, Recording
from hotline.simulator.sound import Sound, silence
from hotline.simulator.stage import ApplicationError, Document, Finished, Handler, Stage
from hotline.simulator.twiml import Verb

_RING_SECONDS = 30
_MOST_NUMBERS = 10
_TOO_MANY = 13230
_BAD_CALLER_ID = 13214
_CANCELED = "canceled"


class Dialling:
    """One <Dial>: the caller's leg, the legs it opens, and who won."""

    def __init__(self, stage: Stage, verb: Verb, whisper_verbs: dict[str, Handler]) -> None:
        self.stage = stage
        self.verb = verb
        self.caller = stage.call
        self.winner: Call | None = None
        self.spoken: list[tuple[Call, Sound]] = []
        self._whisper_verbs = whisper_verbs
        self._exchange = stage.exchange
        self.legs = [self._leg(noun) for noun in _nouns(verb)]

    def _leg(self, noun: Verb) -> Call:
        url = noun.get("statusCallback")
        events = noun.get("statusCallbackEvent", "completed").replace(",", " ").split()
        method = noun.get("statusCallbackMethod", "POST")
        return self._exchange.new_call(
            self.verb.get("callerId") or self.caller.from_,
            noun.text,
            "outbound-dial",
            parent_sid=self.caller.sid,
            callback=Callback(self.stage.absolute(url) if url else "", method, events),
        )

    def run(self) -> None:
        """Ring, connect, and wait for the end. Raises HungUp or Moved when the caller leaves."""
        for leg, noun in zip(self.legs, _nouns(self.verb), strict=True):
            self._exchange.begin(self._live, leg, noun)
        try:
            self.caller.wait_for(lambda: self.winner is not None or self._all_over(), None)
            if self.winner is not None:
                self._converse(self.caller, self.winner)
        finally:
            self._release()

    def _all_over(self) -> bool:
        return all(leg.over for leg in self.legs)

    def _release(self) -> None:
        """End whatever legs are left, and wait until they have ended."""
        for leg in self.legs:
            leg.hang_up()
        with self.caller.bell.lock:
            self.caller.news.wait_for(self._all_over, self._exchange.config.webhook_seconds * 2)

    def _live(self, leg: Call, noun: Verb) -> None:
        self._exchange.finish(leg, self._lived(leg, noun))
        self.caller.change()

    def _lived(self, leg: Call, noun: Verb) -> str:
        """A leg's life; the status it ends in."""
        try:
            self._exchange.progress(leg, "initiated", "queued")
            outcome = self._exchange.ring(leg, self.verb.number("timeout", _RING_SECONDS))
            if outcome != "answered":
                return outcome
            self._exchange.progress(leg, "answered", "in-progress")
            self._whisper(leg, noun)
            if self._accepts(leg):
                self._converse(leg, self.caller)
        except HungUp:
            return "completed" if leg.started else _CANCELED
        except ApplicationError:
            return "failed"
        except Finished as finished:
            return finished.status
        return "completed"

    def _whisper(self, leg: Call, noun: Verb) -> None:
        """What the called person hears alone; the end of the document means that they accept."""
        if url := noun.get("url"):
            destination = Destination(self.stage.absolute(url), noun.get("method", "POST"))
            Stage(self._exchange, leg, self._whisper_verbs).perform(destination)

    def _accepts(self, leg: Call) -> bool:
        with leg.bell.lock:
            if self.winner is not None or self.caller.gone:
                return False
            self.winner = leg
            self.caller.change()
        for other in self.legs:
            if other is not leg:
                other.hang_up()
        return True

    def _converse(self, me: Call, other: Call) -> None:
        """Pass on what one says until either hangs up."""
        me.change(awaiting="bridge")
        try:
            self._talk(me, other)
        finally:
            me.change(awaiting="")

    def _talk(self, me: Call, other: Call) -> None:
        while not (other.gone or other.over):
            me.wait_for(lambda: bool(me.inbox) or other.gone or other.over, self._limit(me))
            if me.inbox:
                self._pass_on(me, other, me.inbox.popleft())
            elif me is self.caller and me.unattended:
                me.hang_up()

    def _limit(self, me: Call) -> float | None:
        if me is self.caller and me.unattended:
            return 0
        return self.verb.number("timeLimit", 14400)

    def _pass_on(self, me: Call, other: Call, act: Act) -> None:
        if act.kind == "hang_up":
            me.hang_up()
        if act.kind == "press":
            other.hears("key", act.digits)
        if act.kind == "say":
            other.hears("person", act.text or f"{act.sound.seconds:.1f} s")
            self.spoken.append((me, act.sound))
        me.change()

    def result(self) -> dict[str, str]:
        """What the action learns of how the dialling went."""
        leg = self.winner or max(self.legs, key=self._weight)
        return {
            "DialCallStatus": leg.status,
            "DialCallSid": leg.sid,
            "DialCallDuration": str(leg.duration or 0),
            # An answer is no conversation: a whisper may have been declined, or heard by a machine.
            "DialBridged": "true" if self.winner else "false",
        }

    @staticmethod
    def _weight(leg: Call) -> tuple[bool, datetime]:
        """A leg that was picked up tells more than one that was not; else the last one to end."""
        return leg.started is not None, leg.ended or leg.created

    def recorded(self) -> Recording | None:
        """The recording of the conversation, when one was asked for and there was one."""
        kind = self.verb.get("record", "do-not-record")
        if kind == "do-not-record" or self.winner is None:
            return None
        recording = self._exchange.new_recording(self.caller, "DialVerb")
        tracks = self._tracks(kind)
        long_enough = tracks[0].seconds >= SHORTEST
        recording.tracks = tracks if long_enough else ()
        recording.becomes("processing" if long_enough else "absent")
        return recording

    def _tracks(self, kind: str) -> tuple[Sound, ...]:
        dual, sides = kind.endswith("-dual"), [Sound(), Sound()]
        for who, said in self.spoken:
            first = who is self.caller or not dual
            sides[0] += said if first else silence(said.seconds)
            sides[1] += silence(said.seconds) if first else said
        return tuple(sides) if dual else (sides[0],)


def _nouns(verb: Verb) -> tuple[Verb, ...]:
    """The numbers to ring: nested, or the text of <Dial> itself."""
    return verb.children or (Verb("Number", text=verb.text),)


def dial_with(whisper_verbs: dict[str, Handler]) -> Handler:
    """The Dial verb; `whisper_verbs` are what a Number's `url` may use."""

    def dial(stage: Stage, verb: Verb) -> Document | None:
        _refuse_nonsense(stage, verb)
        dialling = Dialling(stage, verb, whisper_verbs)
        left: Left | None = None
        try:
            dialling.run()
        except Left as caught:
            left = caught
        return _act_on(dialling, left)

    return dial


def _refuse_nonsense(stage: Stage, verb: Verb) -> None:
    caller_id = verb.get("callerId")
    ours = not caller_id or stage.exchange.line(caller_id) is not None
    passed_on = numbering.key(caller_id) == numbering.key(stage.call.from_)
    if not (ours or passed_on):
        _stop(stage, _BAD_CALLER_ID, f"Dial: callerId {caller_id!r} is no number of this account")
    if len(_nouns(verb)) > _MOST_NUMBERS:
        _stop(stage, _TOO_MANY, f"Dial: more than {_MOST_NUMBERS} numbers at once")


def _stop(stage: Stage, code: int, message: str) -> None:
    stage.exchange.journal.error(code, message, stage.call.sid, stage.url)
    raise ApplicationError


def _act_on(dialling: Dialling, left: Left | None) -> Document | None:
    stage, verb = dialling.stage, dialling.verb
    recording = dialling.recorded()
    params = dialling.result()
    if recording is not None and recording.tracks:
        params |= recording_result(stage, recording)
    try:
        if left is None:
            return _next_document(stage, verb, params)
        if isinstance(left, HungUp) and verb.get("action"):
            stage.inform("dial", verb, params)
        raise left
    finally:
        if recording is not None:
            stage.exchange.publish(stage.call, recording, recording_callback(stage, verb))


def _next_document(stage: Stage, verb: Verb, params: dict[str, str]) -> Document | None:
    if not verb.get("action"):
        return None
    return stage.ask("dial", verb.get("action"), verb.get("method", "POST"), params)
