"""Say, Play and Pause: what the caller hears, and how long it takes."""

import re
from collections.abc import Callable

from hotline.simulator.courier import WebhookFailure
from hotline.simulator.sounds import NoAudio
from hotline.simulator.stage import Document, Stage
from hotline.simulator.twiml import Verb

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_CHINESE_A_SECOND = 4.2
_LETTERS_A_SECOND = 14.0
_KEY_SECONDS = 0.2
_NO_AUDIO = 13420
_NO_AUDIO_IN_GATHER = 13325
_ENDLESS = 1000  # what loop="0" means
_OFTEN = 3  # times that the fast pace plays it at most

Prompt = Callable[[Stage, Verb, str], None]


def _seconds_to_say(text: str) -> float:
    chinese = len(_CHINESE.findall(text))
    return chinese / _CHINESE_A_SECOND + (len(text) - chinese) / _LETTERS_A_SECOND


def say(stage: Stage, verb: Verb, awaiting: str = "") -> None:
    """Speak the text; `awaiting` names the verb that a key during it belongs to."""
    times = verb.number("loop", 1) or _ENDLESS
    for _ in range(times if stage.call.pace.real else min(times, _OFTEN)):
        stage.call.hears("voice", verb.text, verb.get("language"))
        stage.passes(_seconds_to_say(verb.text), awaiting)


def play(stage: Stage, verb: Verb, awaiting: str = "") -> None:
    """Play keys, or a sound that is fetched first; one that cannot be had is left out."""
    if digits := verb.get("digits"):
        stage.call.hears("key", digits)
        stage.passes(len(digits) * _KEY_SECONDS, awaiting)
        return
    url = stage.absolute(verb.text)
    seconds = _fetched_seconds(stage, url, _NO_AUDIO_IN_GATHER if awaiting else _NO_AUDIO)
    times = verb.number("loop", 1) or _ENDLESS
    for _ in range(times if stage.call.pace.real else min(times, _OFTEN)):
        if seconds:
            stage.call.hears("play", url)
            stage.passes(seconds, awaiting)


def _fetched_seconds(stage: Stage, url: str, no_audio: int) -> float:
    try:
        return stage.exchange.sounds.fetch(url, stage.call.sid).seconds
    except WebhookFailure as failure:
        stage.exchange.journal.error(failure.code, str(failure), stage.call.sid, url)
    except NoAudio as failure:
        stage.exchange.journal.error(no_audio, f"<Play>: {failure}", stage.call.sid, url)
    return 0


def pause(stage: Stage, verb: Verb, awaiting: str = "") -> None:
    """Be silent for `length` seconds."""
    stage.passes(verb.number("length", 1), awaiting)


PROMPTS: dict[str, Prompt] = {"Say": say, "Play": play, "Pause": pause}


def prompt(stage: Stage, verb: Verb) -> Document | None:
    """A prompt as a verb of its own: keys during it are lost."""
    PROMPTS[verb.name](stage, verb, "")
    return None
