"""Dial a <Conference>: a leg waits for the room to begin, takes part in it, and leaves."""

import time
from collections.abc import Mapping, Sequence

from hotline.simulator.calls import Act, Callback, Destination, Moved, Through
from hotline.simulator.conferences import Conference, Participant, Refused
from hotline.simulator.courier import Reply
from hotline.simulator.record import recording_callback
from hotline.simulator.sound import Piece
from hotline.simulator.stage import ApplicationError, Document, Handler, Stage
from hotline.simulator.twiml import Verb

_LONGEST = 14400
_INVALID_WAIT_VERB = 13238
_HOLD_MUSIC = "hold music"


class _Holding(Stage):
    """What is heard before the room begins: a document of a few verbs, or simply a sound."""

    misfit = _INVALID_WAIT_VERB

    def read(self, reply: Reply) -> Document:
        if reply.content_type.startswith("audio/"):
            return Document(reply.url, (Verb("Play", {"loop": "0"}, text=reply.url),))
        return super().read(reply)


class Joining:
    """One leg that dials a conference."""

    def __init__(self, stage: Stage, verb: Verb, waiting: Mapping[str, Handler]) -> None:
        self._noun = verb.children[0]
        self._stage = stage
        self._call = stage.call
        self._waiting = waiting
        self._rooms = stage.exchange.conferences
        self._seconds = verb.number("timeLimit", _LONGEST)
        self._me = Participant(
            stage.call, self._noun, self._callback(), recording_callback(stage, self._noun)
        )
        self._bridged = False
        self._joined = False

    def _callback(self) -> Callback:
        url, method = self._noun.get("statusCallback"), self._noun.get("statusCallbackMethod")
        events = self._noun.get("statusCallbackEvent").split()
        return Callback(self._stage.absolute(url) if url else "", method or "POST", events)

    def run(self) -> None:
        """Be in the room until it ends. Raises HungUp or Moved when the leg goes."""
        try:
            room = self._rooms.join(self._noun.text, self._me)
        except Refused as refusal:
            # The call is not added and goes on after the verb (the network's error 16025).
            self._stage.exchange.journal.error(
                refusal.code, str(refusal), self._call.sid, self._stage.url
            )
            return
        self._joined, moved = True, False
        try:
            self._be_in(room)
        except Moved:
            moved = True
            raise
        finally:
            self._stage.exchange.leave_room(room, self._me, moved=moved)

    def _be_in(self, room: Conference) -> None:
        try:
            self._wait_for_start(room)
        except ApplicationError:  # the wait document failed, and with it the joining
            self._joined = False
            return
        self._bridged = room.started
        self._take_part(room)

    def _wait_for_start(self, room: Conference) -> None:
        call = self._call
        call.until = lambda: room.started or room.over
        try:
            self._hold()
            call.wait_for(lambda: False, self._patience())
            call.hang_up()
            call.check()
        except Through:
            return
        finally:
            call.until = lambda: False

    def _patience(self) -> float | None:
        """Whoever has no plan left waits for nobody in earnest; all others do, as in life."""
        idle = self._call.unattended and not self._call.inbox
        return self._call.pace.patience if idle else None

    def _hold(self) -> None:
        """Play what is to be heard before the room begins."""
        self._call.check()
        if "waitUrl" not in self._noun.attributes:
            self._call.hears("music", _HOLD_MUSIC)
        elif url := self._noun.get("waitUrl"):
            holding = _Holding(self._stage.exchange, self._call, self._waiting, nested=True)
            method = self._noun.get("waitMethod", "POST")
            holding.perform(Destination(self._stage.absolute(url), method))

    def _take_part(self, room: Conference) -> None:
        call, until = self._call, time.monotonic() + self._seconds
        call.change(awaiting="bridge")
        try:
            while not room.over and time.monotonic() < until:
                call.wait_for(lambda: self._stirs(room), until - time.monotonic())
                self._pass_on(room)
        finally:
            call.change(awaiting="")

    def _stirs(self, room: Conference) -> bool:
        return room.over or bool(self._call.inbox) or self._goes(room)

    def _goes(self, room: Conference) -> bool:
        """Whether nobody acts here any more: a caller at the end of a plan, or one left alone."""
        call = self._call
        idle = call.unattended and not call.inbox
        return idle and (call.direction == "inbound" or room.participants == [self._me])

    def _pass_on(self, room: Conference) -> None:
        call = self._call
        with call.bell.lock:  # heard by all before anybody can do anything else
            if call.inbox and not room.over:
                self._say(room, call.take())
            elif self._goes(room):
                call.hang_up()

    def _say(self, room: Conference, act: Act) -> None:
        if act.kind in ("press", "say"):
            self._rooms.says(room, self._me, act)

    def result(self) -> dict[str, str]:
        """No DialCallSid and no DialCallDuration after a conference, as the network has it."""
        return {
            "DialCallStatus": "answered" if self._joined else "failed",
            "DialBridged": str(self._bridged).lower(),
        }

    def conversation(self) -> Sequence[Piece] | None:
        return self._me.spoken if self._bridged else None
