"""Gather: keys, or words, or nothing."""

import re
from dataclasses import dataclass

from hotline.simulator.calls import Act
from hotline.simulator.prompts import PROMPTS
from hotline.simulator.stage import Document, Stage
from hotline.simulator.twiml import Verb

_DEFAULT_TIMEOUT = 5
_CONFIDENCE = "0.92"


@dataclass
class Entry:
    """What has come in so far."""

    digits: str = ""
    finished_on: str = ""
    words: str = ""

    def params(self) -> dict[str, str]:
        if self.words:
            return {"SpeechResult": self.words, "Confidence": _CONFIDENCE}
        return {"Digits": self.digits, "FinishedOnKey": self.finished_on, "msg": "Gather End"}


def gather(stage: Stage, verb: Verb) -> Document | None:
    """Prompt and listen. Without input the call falls through to the next verb, the default."""
    for child in verb.children:
        if not (stage.call.inbox and stage.call.pace.real):
            PROMPTS[child.name](stage, child, "gather")
    entry = _listen(stage, verb)
    if not (entry.digits or entry.words) and not verb.flag("actionOnEmptyResult", default=False):
        return None
    return stage.ask("gather", verb.get("action"), verb.get("method", "POST"), entry.params())


def _listen(stage: Stage, verb: Verb) -> Entry:
    wanted = set(re.split(r"[\s,]+", verb.get("input", "dtmf")))
    timeout = verb.get("timeout", str(_DEFAULT_TIMEOUT))
    seconds = _DEFAULT_TIMEOUT if timeout == "auto" else int(timeout)
    entry = Entry()
    while (act := stage.next_act("gather", seconds)) is not None:
        if act.kind == "say" and "speech" in wanted:
            entry.words = act.text
            break
        if act.kind == "press" and "dtmf" in wanted and _enough(entry, act, verb):
            break
    return entry


def _enough(entry: Entry, act: Act, verb: Verb) -> bool:
    finish, limit = verb.get("finishOnKey", "#"), verb.number("numDigits", 0)
    for key in act.digits:
        if key == finish:
            entry.finished_on = key
            return True
        entry.digits += key
        if len(entry.digits) == limit:
            return True
    return False
