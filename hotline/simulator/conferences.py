"""Conferences: who is in which room, who hears whom, and what the network tells of it.

After the network's page on <Conference>: a room begins when two are in it and one of them has
`startConferenceOnEnter`; it ends with the last to leave, or with one who has `endConferenceOnExit`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from hotline.simulator.bell import Bell
from hotline.simulator.calls import Act, Call, Callback, as_params, new_sid
from hotline.simulator.courier import Request
from hotline.simulator.sound import Piece
from hotline.simulator.twiml import Verb

MOST = 250
FULL = 16020
LABEL_TAKEN = 16025

Notify = Callable[[str, Request], None]


class Refused(Exception):
    """Somebody cannot join, with the network's error code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(eq=False)
class Participant:
    """One leg in a room. `callback` and `recording`: what it asks for if it comes first."""

    call: Call
    noun: Verb
    callback: Callback = field(default_factory=Callback)
    recording: Callback = field(default_factory=Callback)
    spoken: list[Piece] = field(default_factory=list)  # its own words or the others', in order

    @property
    def label(self) -> str:
        return self.noun.get("participantLabel")

    def flag(self, name: str) -> bool:
        """One of the attributes that are true or false, as the network defaults it."""
        return self.noun.flag(name, default=name == "startConferenceOnEnter")

    def beeps(self, when: str) -> bool:
        """Whether a beep tells the others `onEnter` or `onExit`."""
        return self.noun.get("beep", "true") in ("true", when)


@dataclass(eq=False)
class Conference:
    """A room while it lasts. The first to come decides where its events are reported."""

    name: str
    first: Participant
    sid: str = field(default_factory=lambda: new_sid("CF"))
    participants: list[Participant] = field(default_factory=list)
    started: bool = False
    over: bool = False
    end: dict[str, str] = field(default_factory=dict)  # why it has ended
    sequence: int = 0
    spoken: list[Piece] = field(default_factory=list)  # the first participant's words or others'

    def regroup(self) -> None:
        """Let everybody know who is there now."""
        for one in self.participants:
            others = [other.call.person for other in self.participants if other is not one]
            one.call.change(company=tuple(others) if self.started else ())


class Conferences:
    """All rooms of the account that are open."""

    def __init__(self, account_sid: str, bell: Bell, notify: Notify) -> None:
        self._account_sid = account_sid
        self._bell = bell
        self._notify = notify
        self._open: dict[str, Conference] = {}

    def join(self, name: str, who: Participant) -> Conference:
        """Enter the room of that name, which may begin by it. Raises Refused."""
        with self._bell.lock:
            room = self._open.setdefault(name, Conference(name, who))
            _refuse(room, who)
            room.participants.append(who)
            self._report(room, "join", who, {})
            starts = any(one.flag("startConferenceOnEnter") for one in room.participants)
            if not room.started and starts and len(room.participants) > 1:
                room.started = True
                self._report(room, "start", None, {})
            if room.started and who.beeps("onEnter"):
                _beep(room)
            room.regroup()
            return room

    def says(self, room: Conference, who: Participant, act: Act) -> None:
        """All others hear it, unless `who` is muted; each leg's own recording has both sides."""
        muted = who.flag("muted")
        with self._bell.lock:
            if not muted:
                room.spoken.append((who is room.first, act.sound))
            for one in room.participants:
                if one is who or not muted:
                    one.spoken.append((one is who, act.sound))
                if one is not who and not muted:
                    _hears(one.call, act)

    def leave(self, room: Conference, who: Participant, *, moved: bool) -> None:
        """Go out; the room ends if it was the last one, or one whom it ends with."""
        with self._bell.lock:
            ended_by_other = room.over
            room.participants.remove(who)
            who.call.change(company=())
            if who.flag("endConferenceOnExit") or not room.participants:
                self._close(room, who)
            reason = "moderator_ended_conference" if ended_by_other else "participant_hung_up"
            if who.call.by_api:
                reason = "participant_updated_via_api"
            goes_on = moved or ended_by_other
            why = {
                "ReasonParticipantLeft": reason,
                "ParticipantCallStatus": "in-progress" if goes_on else "completed",
            }
            self._report(room, "leave", who, why)
            if not room.participants:
                self._report(room, "end", None, room.end)
            elif room.started and not room.over and who.beeps("onExit"):
                _beep(room)
            room.regroup()

    def _close(self, room: Conference, who: Participant) -> None:
        if room.over:
            return
        room.over = True
        if self._open.get(room.name) is room:
            del self._open[room.name]
        whose = "participant-with-end-conference-on-exit"
        kind = whose if who.flag("endConferenceOnExit") else "last-participant"
        room.end = {
            "ReasonConferenceEnded": f"{kind}-{'kicked' if who.call.by_api else 'left'}",
            "CallSidEndingConference": who.call.sid,
        }
        if who.label:
            room.end["ParticipantLabelEndingConference"] = who.label

    def _report(
        self, room: Conference, event: str, who: Participant | None, more: dict[str, str]
    ) -> None:
        callback = room.first.callback
        if event not in callback.events or not callback.url:
            return
        room.sequence += 1
        params = as_params(
            {
                "ConferenceSid": room.sid,
                "FriendlyName": room.name,
                "AccountSid": self._account_sid,
                "SequenceNumber": room.sequence,
                "Timestamp": format_datetime(datetime.now(UTC)),
                "StatusCallbackEvent": f"{'participant' if who else 'conference'}-{event}",
            }
        )
        params |= (_told_of(who) if who else {}) | more
        self._notify(
            room.sid, Request("conference", callback.url, callback.method, params, room.sid)
        )

    def view(self) -> list[dict[str, Any]]:
        """Who is in which room, for the driver."""
        with self._bell.lock:
            return [
                {
                    "sid": room.sid,
                    "name": room.name,
                    "started": room.started,
                    "persons": [one.call.person for one in room.participants],
                }
                for room in self._open.values()
            ]


def _refuse(room: Conference, who: Participant) -> None:
    if len(room.participants) >= who.noun.number("maxParticipants", MOST):
        raise Refused(FULL, f"Conference is full: {room.name}")
    if who.label and who.label in (one.label for one in room.participants):
        raise Refused(LABEL_TAKEN, f"A participant is already called {who.label!r}: {room.name}")


def _told_of(who: Participant) -> dict[str, str]:
    flags = {
        "Muted": who.flag("muted"),
        "Hold": False,
        "Coaching": False,
        "EndConferenceOnExit": who.flag("endConferenceOnExit"),
        "StartConferenceOnEnter": who.flag("startConferenceOnEnter"),
    }
    told = {name: str(value).lower() for name, value in flags.items()}
    label = {"ParticipantLabel": who.label} if who.label else {}
    return {"CallSid": who.call.sid} | told | label


def _hears(call: Call, act: Act) -> None:
    if act.kind == "press":
        call.hears("key", act.digits)
    if act.kind == "say":
        call.hears("person", act.said)


def _beep(room: Conference) -> None:
    for one in room.participants:
        one.call.hears("beep", "")
