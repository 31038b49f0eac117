"""Gather: keys, or words, or nothing."""

import re
from dataclasses import dataclass

from hotline.simulator.calls import Act
from hotline.simulator.prompts import PROMPTS
from hotline.simulator.stage import Document, Stage
from hotline.simulator.twiml import Verb

_DEFAULT_TIMEOUT = 5
_AUTO = 1  # second: `speechTimeout="auto"` ends at a pause in speech
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
    """What is detected first counts: after a key the voice is nothing, after a word the keys."""
    wanted = set(re.split(r"[\s,]+", verb.get("input", "dtmf")))
    seconds = _seconds(verb, "timeout")
    entry = Entry()
    while (act := stage.next_act("gather", seconds)) is not None:
        if act.kind == "say" and "speech" in wanted and not entry.digits:
            entry.words = _whole(stage, verb, act.text)
            break
        if act.kind == "press" and "dtmf" in wanted and _enough(entry, act, verb):
            break
    return entry


def _whole(stage: Stage, verb: Verb, words: str) -> str:
    """What is said until a pause; at the fast pace one utterance is all."""
    pause = _seconds(verb, "speechTimeout" if "speechTimeout" in verb.attributes else "timeout")
    while stage.call.pace.real and (act := stage.next_act("gather", pause)) is not None:
        words = f"{words} {act.text}" if act.kind == "say" else words
    return words.strip()


def _seconds(verb: Verb, name: str) -> int:
    given = verb.get(name, str(_DEFAULT_TIMEOUT))
    return _AUTO if given == "auto" else int(given)


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
