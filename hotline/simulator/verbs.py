"""Which verb is performed by what, and where it may stand."""

from hotline.simulator.dial import dial_with
from hotline.simulator.gather import gather
from hotline.simulator.listening import start
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


def redirect_while_waiting(stage: Stage, verb: Verb) -> Document | None:
    """The same; but the fast pace hears what is played to who waits only once."""
    if not stage.call.pace.real:
        stage.call.wait_for(lambda: False, None)
    return redirect(stage, verb)


WAITING: dict[str, Handler] = {
    "Say": prompt,
    "Play": prompt,
    "Pause": prompt,
    "Redirect": redirect_while_waiting,
}
WHISPER: dict[str, Handler] = WAITING | {
    "Gather": gather,
    "Redirect": redirect,
    "Hangup": hangup,
    "Record": record,
    "Start": start,
}
CALL: dict[str, Handler] = WHISPER | {"Reject": reject, "Dial": dial_with(WHISPER, WAITING)}
