"""Dial: connect the caller to telephones or to a conference, and tell what came of it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from hotline.simulator import numbering, sound
from hotline.simulator.calls import HungUp, Left
from hotline.simulator.dialling import Dialling, nouns
from hotline.simulator.joining import Joining
from hotline.simulator.record import recording_callback, recording_result
from hotline.simulator.recordings import Recording
from hotline.simulator.sound import Piece
from hotline.simulator.stage import ApplicationError, Document, Handler, Stage
from hotline.simulator.twiml import Verb

_MOST_NUMBERS = 10
_TOO_MANY = 13230
_BAD_CALLER_ID = 13214


class Connection(Protocol):
    """One <Dial> while it is performed."""

    def run(self) -> None:
        """Connect, and wait for the end. Raises HungUp or Moved when the caller leaves."""

    def result(self) -> dict[str, str]:
        """What the action learns of how it went."""

    def conversation(self) -> Sequence[Piece] | None:
        """What was said, the caller's side first; None when nobody was connected."""


def dial_with(whisper: Mapping[str, Handler], waiting: Mapping[str, Handler]) -> Handler:
    """The Dial verb.

    `whisper` is what a Number's `url` may use, `waiting` what a Conference's `waitUrl` may.
    """

    def dial(stage: Stage, verb: Verb) -> Document | None:
        _refuse_nonsense(stage, verb)
        connection: Connection
        if verb.children and verb.children[0].name == "Conference":
            connection = Joining(stage, verb, waiting)
        else:
            connection = Dialling(stage, verb, whisper)
        left: Left | None = None
        try:
            connection.run()
        except Left as caught:
            left = caught
        return _act_on(stage, verb, connection, left)

    return dial


def _refuse_nonsense(stage: Stage, verb: Verb) -> None:
    caller_id = verb.get("callerId")
    ours = not caller_id or stage.exchange.line(caller_id) is not None
    passed_on = numbering.key(caller_id) == numbering.key(stage.call.from_)
    if not (ours or passed_on):
        _stop(stage, _BAD_CALLER_ID, f"Dial: callerId {caller_id!r} is no number of this account")
    if len(nouns(verb)) > _MOST_NUMBERS:
        _stop(stage, _TOO_MANY, f"Dial: more than {_MOST_NUMBERS} numbers at once")


def _stop(stage: Stage, code: int, message: str) -> None:
    stage.exchange.journal.error(code, message, stage.call.sid, stage.url)
    raise ApplicationError


def _act_on(stage: Stage, verb: Verb, connection: Connection, left: Left | None) -> Document | None:
    recording = _recorded(stage, verb, connection)
    params = connection.result()
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
            stage.exchange.archive.publish(stage.call, recording, recording_callback(stage, verb))


def _recorded(stage: Stage, verb: Verb, connection: Connection) -> Recording | None:
    """The recording of the conversation, when one was asked for and there was one.

    Around a <Conference> two channels are this leg, and what comes down to it from the room (the
    network's page on <Dial>, under `record`).
    """
    kind, pieces = verb.get("record", "do-not-record"), connection.conversation()
    if kind == "do-not-record" or pieces is None:
        return None
    recording = stage.exchange.archive.new(stage.call, "DialVerb")
    recording.keep(sound.on_channels(pieces, dual=kind.endswith("-dual")))
    return recording


def _next_document(stage: Stage, verb: Verb, params: dict[str, str]) -> Document | None:
    if not verb.get("action"):
        return None
    return stage.ask("dial", verb.get("action"), verb.get("method", "POST"), params)
