"""Dial numbers: one or several telephones ring; the first person to accept is connected."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

from hotline.simulator.calls import Act, Call, Callback, Destination, HungUp, Moved
from hotline.simulator.sound import Piece
from hotline.simulator.stage import ApplicationError, Finished, Handler, Stage
from hotline.simulator.twiml import Verb

_RING_SECONDS = 30
_LONGEST = 14400
_CANCELED = "canceled"


class Dialling:
    """One <Dial>: the caller's leg, the legs it opens, and who won."""

    def __init__(self, stage: Stage, verb: Verb, whisper: Mapping[str, Handler]) -> None:
        self.stage = stage
        self.verb = verb
        self.caller = stage.call
        self.winner: Call | None = None
        self._departed: Call | None = None  # the leg that a REST request has moved elsewhere
        self.spoken: list[Piece] = []
        self._whispered = whisper
        self._exchange = stage.exchange
        self.legs = [self._leg(noun) for noun in nouns(verb)]

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
        for leg, noun in zip(self.legs, nouns(self.verb), strict=True):
            self._exchange.begin(self._live, leg, noun)
        try:
            self.caller.wait_for(lambda: self.winner is not None or self._all_over(), None)
            if self.winner is not None:
                self._converse(self.caller, self.winner)
        finally:
            self._release()

    def _all_over(self) -> bool:
        return all(leg.over or leg is self._departed for leg in self.legs)

    def _release(self) -> None:
        """End whatever legs are left, and wait until they have ended."""
        for leg in self.legs:
            if leg is not self._departed:
                leg.hang_up()
        with self.caller.bell.lock:
            self.caller.news.wait_for(self._all_over, self._exchange.config.webhook_seconds * 2)

    def _live(self, leg: Call, noun: Verb) -> None:
        self._exchange.finish(leg, self._lived(leg, noun))
        self.caller.change()

    def _lived(self, leg: Call, noun: Verb) -> str:
        """A leg's life; the status it ends in."""
        try:
            return self._within(leg, noun)
        except HungUp:
            return "completed" if leg.started else _CANCELED
        except ApplicationError:
            return "failed"
        except Finished as finished:
            return finished.status

    def _within(self, leg: Call, noun: Verb) -> str:
        self._exchange.progress(leg, "initiated", "queued")
        outcome = self._exchange.ring(leg, self.verb.number("timeout", _RING_SECONDS))
        if outcome != "answered":
            return outcome
        self._exchange.progress(leg, "answered", "in-progress")
        try:
            self._whisper(leg, noun)
            if self._accepts(leg):
                self._converse(leg, self.caller)
        except Moved:
            self._departed = leg
            self.caller.change()
            Stage(self._exchange, leg, self.stage.verbs).go_on()
        return "completed"

    def _whisper(self, leg: Call, noun: Verb) -> None:
        """What the called person hears alone; the end of the document means that they accept."""
        if url := noun.get("url"):
            destination = Destination(self.stage.absolute(url), noun.get("method", "POST"))
            Stage(self._exchange, leg, self._whispered, nested=True).perform(destination)

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
        me.change(awaiting="bridge", company=(other.person,))
        try:
            self._talk(me, other)
        finally:
            me.change(awaiting="", company=())

    def _talk(self, me: Call, other: Call) -> None:
        until = time.monotonic() + self.verb.number("timeLimit", _LONGEST)
        while not self._apart(other) and time.monotonic() < until:
            me.wait_for(lambda: self._stirs(me, other), until - time.monotonic())
            with me.bell.lock:  # heard and recorded before anybody can do anything else
                if me.inbox:
                    self._pass_on(me, other, me.take())
                elif self._goes(me):
                    me.hang_up()

    def _stirs(self, me: Call, other: Call) -> bool:
        return bool(me.inbox) or self._apart(other) or self._goes(me)

    def _goes(self, me: Call) -> bool:
        """Whether it is a caller at the end of a plan."""
        return me is self.caller and me.unattended and not me.inbox

    def _apart(self, other: Call) -> bool:
        return other.gone or other.over or other is self._departed

    def _pass_on(self, me: Call, other: Call, act: Act) -> None:
        if act.kind == "press":
            other.hears("key", act.digits)
        if act.kind == "say":
            other.hears("person", act.said)
            self.spoken.append((me is self.caller, act.sound))

    def result(self) -> dict[str, str]:
        """What the action learns of how the dialling went."""
        leg = self.winner or max(self.legs, key=self._weight)
        gone_on = leg is self._departed
        # No duration of a leg that was redirected before it was disconnected.
        duration = {} if gone_on else {"DialCallDuration": str(leg.duration or 0)}
        return duration | {
            "DialCallStatus": "completed" if gone_on else leg.status,
            "DialCallSid": leg.sid,
            # An answer is no conversation: a whisper may have been declined, or heard by a machine.
            "DialBridged": "true" if self.winner else "false",
        }

    @staticmethod
    def _weight(leg: Call) -> tuple[bool, datetime]:
        """A leg that was picked up tells more than one that was not; else the last one to end."""
        return leg.started is not None, leg.ended or leg.created

    def conversation(self) -> Sequence[Piece] | None:
        """What was said, the caller's on the first channel."""
        return self.spoken if self.winner else None


def nouns(verb: Verb) -> tuple[Verb, ...]:
    """The numbers to ring: nested, or the text of <Dial> itself."""
    return verb.children or (Verb("Number", text=verb.text),)
