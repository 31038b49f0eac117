"""A place in a call as TwiML. Decides nothing: what follows from what is in `ivr.session`.

Every Gather and Record falls through to a Redirect that says so: the network calls no action for
an empty one, and the call would be over (TELEPHONY.md).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from xml.sax.saxutils import escape

from twilio.twiml import TwiML
from twilio.twiml.voice_response import Gather, VoiceResponse

from hotline.carrier import ASK_AGAIN, TELL_AGAIN
from ivr import transcription
from ivr.nodes import (
    Decide,
    End,
    Entry,
    Flow,
    Menu,
    Node,
    Record,
    Say,
    Talk,
    Wait,
    prompt_language,
)
from ivr.session import RECORD_TRIES, Event, Where, where_to_query
from ivr.wording import fields_of, fill, speakable

# Recognition has names of its own for languages, and they are not those of the voices.
RECOGNISED = {"zh": "cmn-Hans-CN", "en": "en-US", "yue": "yue-Hant-HK"}

_RECORDING_EVENTS = "completed absent"


def _spoken_only(language: str, key: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Values:
    """What a document needs from outside the flow. `fields` fill the blanks of the prompts
    (`ivr.wording.FIELDS`); `receipt` is taken from the place's report when not given."""

    base_url: str
    fields: Mapping[str, str] = field(default_factory=dict)
    recording_max_seconds: int = 300
    room_seconds: int = 600
    conference: str = ""
    """The conversation's own name, for a talk node."""
    call_sid: str = ""
    """The caller's call: what is recorded belongs to it, whichever leg is recorded."""
    transcribe: bool = False
    """Whether the network is to write down what is said."""
    recorded: Callable[[str, str], str | None] = _spoken_only
    """The address of a sentence's recording, by language and key, where there is one."""


@dataclass(frozen=True, slots=True)
class _Page:
    """One document being written."""

    flow: Flow
    where: Where
    values: Values
    fields: Mapping[str, str]
    step: str
    """URL of this place, without an event."""
    response: VoiceResponse

    @property
    def recording_url(self) -> str:
        route = f"{self.values.base_url.rstrip('/')}/ivr/recording"
        query = f"?call={self.values.call_sid}" if self.values.call_sid else ""
        return f"{route}{query}{TELL_AGAIN}"

    @property
    def recognised(self) -> str:
        """The language that is to be recognised, by the network's name for it."""
        return RECOGNISED.get(self.where.lang, RECOGNISED["zh"])

    def listen(self) -> None:
        """From here on the caller says what matters."""
        if self.values.transcribe:
            name = f"line-{self.where.step}"
            transcription.begin(self.response, self.values.base_url, self.recognised, name)

    def url(self, event: Event | None = None) -> str:
        return f"{self.step}{f'&event={event}' if event else ''}{ASK_AGAIN}"

    def say(self, prompts: Iterable[str], verb: VoiceResponse | Gather | None = None) -> None:
        """Says what can be said: a sentence with an unknown blank is left out."""
        for prompt in prompts:
            target = self.response if verb is None else verb
            language, key = prompt_language(prompt, self.where.lang)
            if url := self.values.recorded(language, key):
                target.play(url)
                continue
            wording = self.flow.wordings[language]
            if text := self._filled(wording.say[key], language):
                target.say(text, voice=wording.voice, language=wording.locale)

    def _filled(self, sentence: str, language: str) -> str | None:
        blanks = fields_of(sentence)
        if not blanks:
            return sentence
        known = {name: self.fields[name] for name in blanks if name in self.fields}
        return fill(sentence, speakable(known, language))

    def gather(self, timeout: int, most: int = 1, words: Sequence[str] = ()) -> Gather:
        """Asks for so many keys, or for one of the words. A single key is taken as it is: with a
        finishing key the network would swallow a lone #. Where words count too, the network's own
        parameters say which it was."""
        spoken = {
            "speech_timeout": "auto",
            "language": self.recognised,
            "hints": ",".join(words),
        }
        return self.response.gather(
            input="dtmf speech" if words else "dtmf",
            num_digits=most,
            finish_on_key="" if most == 1 else "#",
            timeout=timeout,
            action=self.url(None if words else Event.digits),
            method="POST",
            **(spoken if words else {}),
        )

    def say_before_going_on(self, prompts: Iterable[str], keys: Mapping[str, str]) -> None:
        """Says the prompts; where keys lead somewhere they work meanwhile, and a moment longer."""
        self.say(prompts, self.gather(timeout=1) if keys and prompts else None)

    def redirect(self, event: Event) -> None:
        self.response.redirect(self.url(event), method="POST")


def render(flow: Flow, where: Where, values: Values) -> str:
    """The document for a place of this flow."""
    known = {"receipt": where.report or "", **values.fields}
    step = _place_url(values.base_url, where)
    page = _Page(flow, where, values, known, step, VoiceResponse())
    _write(flow.nodes[where.node], page)
    return f'<?xml version="1.0" encoding="UTF-8"?>{_as_text(page.response)}'


def _as_text(verb: TwiML) -> str:
    """The verb with all that is in it. The library writes one by way of an ElementTree, which takes
    longer than all the rest of an answer."""
    attributes = (f' {name}="{_attribute(value)}"' for name, value in sorted(verb.attrs.items()))
    head = f"{verb.name}{''.join(attributes)}"
    inside = escape(verb.value or "") + "".join(map(_as_text, verb.verbs))
    return f"<{head}>{inside}</{verb.name}>" if inside else f"<{head} />"


def _attribute(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return escape(text, {'"': "&quot;"})


def step_url(base_url: str, where: Where, event: Event) -> str:
    """Where the network is to post next. With `Event.start` and a place from `session.start`: the
    first URL of a call that the line itself makes."""
    return f"{_place_url(base_url, where)}&event={event}{ASK_AGAIN}"


def _place_url(base_url: str, where: Where) -> str:
    return f"{base_url.rstrip('/')}/ivr/step?{where_to_query(where)}"


@singledispatch
def _write(node: Node, page: _Page) -> None:
    raise TypeError(f"not a node: {node!r}")


@_write.register
def _menu(node: Menu, page: _Page) -> None:
    words = [word for key in node.words.values() for word in key]
    gather = page.gather(node.timeout, words=words)
    if page.where.tries and node.wrong:
        page.say([node.wrong], gather)
    page.say(node.prompts, gather)
    page.redirect(Event.timeout)


@_write.register
def _entry(node: Entry, page: _Page) -> None:
    gather = page.gather(node.timeout, node.most)
    if page.where.tries:
        page.say([node.wrong], gather)
    page.say(node.prompts, gather)
    page.redirect(Event.timeout)


@_write.register
def _say(node: Say, page: _Page) -> None:
    page.say_before_going_on(node.prompts, node.keys)
    page.redirect(Event.next)


@_write.register
def _decide(node: Decide, page: _Page) -> None:
    """Never heard by anybody as long as the database answers; without it the call goes on by itself."""
    page.redirect(Event.decided)


@_write.register
def _wait(node: Wait, page: _Page) -> None:
    page.say(node.again if page.where.tries else node.prompts, page.gather(node.timeout))
    page.redirect(Event.timeout)


@_write.register
def _talk(node: Talk, page: _Page) -> None:
    """Each telephone is a leg of its own in one conference, so that others can come and go; without
    music, and without a tone, which would tell a bystander that somebody has joined."""
    page.say(node.prompts)
    if node.caller:
        page.listen()
    recorded = {
        "record": "record-from-answer-dual",
        "trim": "do-not-trim",
        "recording_status_callback": page.recording_url,
        "recording_status_callback_event": _RECORDING_EVENTS,
    }
    dial = page.response.dial(
        action=page.url(Event.over), method="POST", **(recorded if node.caller else {})
    )
    dial.conference(
        page.values.conference,
        start_conference_on_enter=True,
        end_conference_on_exit=node.caller,
        beep="false",
        wait_url="",
    )


@_write.register
def _record(node: Record, page: _Page) -> None:
    if page.where.tries < RECORD_TRIES:
        _prompt_before_tone(node, page)
    page.listen()
    longest = page.values.room_seconds if node.room else page.values.recording_max_seconds
    page.response.record(
        action=page.url(Event.recorded),
        method="POST",
        timeout=longest if node.room else node.silence_seconds,
        max_length=longest,
        finish_on_key=node.finish_key,
        trim="do-not-trim",
        play_beep=not node.room,
        recording_status_callback=page.recording_url,
        recording_status_callback_event=_RECORDING_EVENTS,
    )
    page.redirect(Event.empty)


def _prompt_before_tone(node: Record, page: _Page) -> None:
    page.say_before_going_on([node.again] if page.where.tries else node.prompts, node.keys)


@_write.register
def _end(node: End, page: _Page) -> None:
    if not page.where.tries:
        page.say_before_going_on(node.prompts, node.keys)
    page.response.hangup()
