"""Which verb is performed by what, and where it may stand."""

from hotline.simulator.dial import dial_with
from hotline.simulator.enqueue import enqueue_with, leave
from hotline.simulator.gather import gather
from hotline.simulator.prompts import prompt
from hotline.simulator.record import record
from hotline.simulator.stage import Document, Finished, Handler, Stage
from hotline.simulator.twiml import Verb


def redirect(stage: Stage, verb: Verb) -> Document | None:
    """Go on with another document."""
    return stage.ask("redirect", verb.text, verb.get("method", "POST"))


def hangup(stage: Stage, verb: Verb) -> Document | None:
    """End the call."""
    raise Finished


def reject(stage: Stage, verb: Verb) -> Document | None:
    """Refuse an inbound call that has not been answered yet."""
    raise Finished("busy" if verb.get("reason") == "busy" else "no-answer")


_ALWAYS: dict[str, Handler] = {
    "Say": prompt,
    "Play": prompt,
    "Pause": prompt,
    "Gather": gather,
    "Redirect": redirect,
    "Hangup": hangup,
}
WAITING: dict[str, Handler] = _ALWAYS | {"Leave": leave}
WHISPER: dict[str, Handler] = _ALWAYS | {"Record": record}
CALL: dict[str, Handler] = _ALWAYS | {
    "Record": record,
    "Reject": reject,
    "Dial": dial_with(WHISPER),
    "Enqueue": enqueue_with(WAITING),
}
