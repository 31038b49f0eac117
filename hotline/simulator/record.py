"""Record: the caller speaks, and the network is in no hurry to hand it over."""

from functools import partial

from hotline.simulator import sound
from hotline.simulator.calls import Act, Callback, HungUp, Left
from hotline.simulator.recordings import SHORTEST, Recording
from hotline.simulator.sound import Sound
from hotline.simulator.stage import Document, Stage
from hotline.simulator.twiml import Verb

# The network's defaults, which hurt: five seconds of silence or any key end a statement.
_TIMEOUT = 5
_ANY_KEY = "1234567890*#"
_LONGEST = 3600


class Taking:
    """A recording while it is made."""

    def __init__(self, verb: Verb) -> None:
        self.sound = Sound()
        self.ended_by = ""
        self._verb = verb
        self._longest = verb.number("maxLength", _LONGEST)

    @property
    def patience(self) -> float:
        """Seconds of silence that end it; without a `timeout` (0) only its length does."""
        left = self._longest - self.sound.seconds
        return min(left, self._verb.number("timeout", _TIMEOUT) or left)

    def take(self, act: Act | None) -> bool:
        """Add what the person does; whether that ends the recording."""
        if act is None:
            self._add(sound.silence(self.patience))
            return True
        if act.kind == "press":
            return self._pressed(act.digits)
        return self._add(act.sound)

    def _add(self, more: Sound) -> bool:
        self.sound = (self.sound + more).first(self._longest)
        return self.sound.seconds >= self._longest

    def _pressed(self, digits: str) -> bool:
        ends = [key for key in digits if key in self._verb.get("finishOnKey", _ANY_KEY)]
        self.ended_by = ends[0] if ends else ""
        return bool(ends)

    def kept(self) -> Sound:
        """What remains of it: nothing when it was silent or too short."""
        spoken = sound.trimmed(self.sound)
        if spoken.seconds < SHORTEST:
            return Sound()
        return self.sound if self._verb.get("trim") == "do-not-trim" else spoken


def recording_callback(stage: Stage, verb: Verb) -> Callback:
    """Where and on what the verb asks for recordingStatusCallbacks; `completed` by default."""
    url = verb.get("recordingStatusCallback")
    events = verb.get("recordingStatusCallbackEvent", "completed").replace(",", " ").split()
    method = verb.get("recordingStatusCallbackMethod", "POST")
    return Callback(stage.absolute(url) if url else "", method, events)


def recording_result(stage: Stage, recording: Recording) -> dict[str, str]:
    """What an action learns of a recording."""
    return {
        "RecordingUrl": stage.exchange.archive.url(recording),
        "RecordingSid": recording.sid,
        "RecordingDuration": str(recording.duration),
    }


def record(stage: Stage, verb: Verb) -> Document | None:
    """Record, then `action`; the media exists later. An empty recording never calls `action`."""
    recording = stage.exchange.archive.new(stage.call, "RecordVerb")
    if verb.flag("playBeep", default=True):
        stage.call.hears("beep", "")
    taking = Taking(verb)
    left = _run(stage, taking)
    recording.keep((taking.kept(),))
    publish = partial(
        stage.exchange.archive.publish, stage.call, recording, recording_callback(stage, verb)
    )
    early = stage.exchange.faults.switches.callbacks_shuffled
    if early:
        publish()
    try:
        return _act_on(stage, verb, recording, taking.ended_by, left)
    finally:
        if not early:
            publish()


def _run(stage: Stage, taking: Taking) -> Left | None:
    try:
        while not taking.take(stage.next_act("record", taking.patience)):
            pass
    except Left as left:
        return left
    return None


def _act_on(
    stage: Stage, verb: Verb, recording: Recording, ended_by: str, left: Left | None
) -> Document | None:
    if left is None and not recording.tracks:
        return None
    params = recording_result(stage, recording)
    if left is None:
        url, method = verb.get("action"), verb.get("method", "POST")
        return stage.ask("record", url, method, params | {"Digits": ended_by})
    if isinstance(left, HungUp) and recording.tracks:
        stage.inform("record", verb, params | {"Digits": "hangup"})
    raise left
