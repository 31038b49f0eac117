"""Say, Play and Pause: what the caller hears, and how long it takes."""

import re
from collections.abc import Callable

from hotline.simulator.courier import Request, WebhookFailure
from hotline.simulator.sound import NotSound, from_wav
from hotline.simulator.stage import Document, Stage
from hotline.simulator.twiml import INVALID_CONTENT_TYPE, Verb

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_CHINESE_A_SECOND = 4.2
_LETTERS_A_SECOND = 14.0
_UNKNOWN_LENGTH = 3.0
_KEY_SECONDS = 0.2

Prompt = Callable[[Stage, Verb, str], None]


def _seconds_to_say(text: str) -> float:
    chinese = len(_CHINESE.findall(text))
    return chinese / _CHINESE_A_SECOND + (len(text) - chinese) / _LETTERS_A_SECOND


def say(stage: Stage, verb: Verb, awaiting: str = "") -> None:
    """Speak the text; `awaiting` names the verb that a key during it belongs to."""
    for _ in range(max(1, verb.number("loop", 1))):
        stage.call.hears("voice", verb.text, verb.get("language"))
        stage.passes(_seconds_to_say(verb.text), awaiting)


def play(stage: Stage, verb: Verb, awaiting: str = "") -> None:
    """Play keys, or a sound that is fetched first; one that cannot be had is left out."""
    if digits := verb.get("digits"):
        stage.call.hears("key", digits)
        stage.passes(len(digits) * _KEY_SECONDS, awaiting)
        return
    seconds = _fetched_seconds(stage, stage.absolute(verb.text))
    for _ in range(max(1, verb.number("loop", 1))):
        stage.call.hears("music", verb.text)
        stage.passes(seconds, awaiting)


def _fetched_seconds(stage: Stage, url: str) -> float:
    try:
        reply = stage.exchange.courier.ask(Request("play", url, "GET", {}, stage.call.sid))
    except WebhookFailure as failure:
        stage.exchange.journal.error(failure.code, str(failure), stage.call.sid, url)
        return 0
    if not reply.content_type.startswith("audio/"):
        message = f"<Play>: {reply.content_type or 'no type'} is no audio"
        stage.exchange.journal.error(INVALID_CONTENT_TYPE, message, stage.call.sid, url)
        return 0
    try:
        return from_wav(reply.body).seconds
    except NotSound:  # an MP3, for one: the network can play it, this one only cannot measure it
        return _UNKNOWN_LENGTH


def pause(stage: Stage, verb: Verb, awaiting: str = "") -> None:
    """Be silent for `length` seconds."""
    stage.passes(verb.number("length", 1), awaiting)


PROMPTS: dict[str, Prompt] = {"Say": say, "Play": play, "Pause": pause}


def prompt(stage: Stage, verb: Verb) -> Document | None:
    """A prompt as a verb of its own: keys during it are lost."""
    PROMPTS[verb.name](stage, verb, "")
    return None
