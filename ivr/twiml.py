"""A place in a call as TwiML. Decides nothing: what follows from what is in `ivr.session`.

Every Gather and Record falls through to a Redirect that says so: the network calls no action for
an empty one, and the call would be over (TELEPHONY.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import singledispatch

from twilio.twiml.voice_response import Gather, VoiceResponse

from ivr.flow import load
from ivr.nodes import Connect, End, Flow, Menu, Node, Record, Ring, Say, prompt_language
from ivr.session import RECORD_TRIES, Event, Where, start, where_to_query
from ivr.wording import fill, speakable

# The network refuses a Dial with more.
MOST_NUMBERS = 10

_RECORDING_EVENTS = "completed absent"


@dataclass(frozen=True, slots=True)
class Values:
    """What a document needs from outside the flow. `fields` fill the blanks of the prompts
    (`ivr.wording.FIELDS`); `receipt` is taken from the place's report when not given."""

    base_url: str
    fields: Mapping[str, str] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    caller_id: str | None = None
    recording_max_seconds: int = 300


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
        return f"{self.values.base_url.rstrip('/')}/ivr/recording"

    def url(self, event: Event) -> str:
        return f"{self.step}&event={event}"

    def say(self, prompts: Iterable[str], verb: VoiceResponse | Gather | None = None) -> None:
        """Says what can be said: a sentence with an unknown blank is left out."""
        for prompt in prompts:
            language, key = prompt_language(prompt, self.where.lang)
            wording = self.flow.wordings[language]
            text = fill(wording.say[key], self.fields)
            if text:
                target = self.response if verb is None else verb
                target.say(text, voice=wording.voice, language=wording.locale)

    def gather(self, timeout: int) -> Gather:
        """One key, any key: with a finishing key the network would swallow a lone #."""
        return self.response.gather(
            input="dtmf",
            num_digits=1,
            finish_on_key="",
            timeout=timeout,
            action=self.url(Event.digits),
            method="POST",
        )

    def redirect(self, event: Event) -> None:
        self.response.redirect(self.url(event), method="POST")


def render(flow: Flow, where: Where, values: Values) -> str:
    """The document for a place of this flow."""
    known = {"receipt": where.report or "", **values.fields}
    step = _place_url(values.base_url, where)
    page = _Page(flow, where, values, speakable(known), step, VoiceResponse())
    _write(flow.nodes[where.node], page)
    return str(page.response)


def step_url(base_url: str, where: Where, event: Event) -> str:
    """Where the network is to post next. With `Event.start` and a place from `session.start`: the
    first URL of a call that the line itself makes."""
    return f"{_place_url(base_url, where)}&event={event}"


def _place_url(base_url: str, where: Where) -> str:
    return f"{base_url.rstrip('/')}/ivr/step?{where_to_query(where)}"


@singledispatch
def _write(node: Node, page: _Page) -> None:
    raise TypeError(f"not a node: {node!r}")


@_write.register
def _menu(node: Menu, page: _Page) -> None:
    gather = page.gather(node.timeout)
    if page.where.tries and node.wrong:
        page.say([node.wrong], gather)
    page.say(node.prompts, gather)
    page.redirect(Event.timeout)


@_write.register
def _say(node: Say, page: _Page) -> None:
    page.say(node.prompts)
    page.redirect(Event.next)


@_write.register
def _ring(node: Ring, page: _Page) -> None:
    page.say(node.prompts)
    if page.values.numbers:
        _dial(node, page)
    else:
        page.redirect(Event.unanswered)


def _dial(node: Ring, page: _Page) -> None:
    """The action carries no event: how the call went stands in the network's own parameters."""
    dial = page.response.dial(
        timeout=node.timeout,
        caller_id=page.values.caller_id,
        action=page.step,
        method="POST",
        record="record-from-answer-dual",
        trim="do-not-trim",
        recording_status_callback=page.recording_url,
        recording_status_callback_event=_RECORDING_EVENTS,
    )
    # In the officers' own language, whatever the caller has chosen.
    whisper = start(load(node.whisper), report=page.where.report).where
    url = step_url(page.values.base_url, whisper, Event.start)
    for number in page.values.numbers[:MOST_NUMBERS]:
        dial.number(number, url=url, method="POST")


@_write.register
def _record(node: Record, page: _Page) -> None:
    if page.where.tries < RECORD_TRIES:
        _prompt_before_tone(node, page)
    page.response.record(
        action=page.url(Event.recorded),
        method="POST",
        timeout=node.silence_seconds,
        max_length=page.values.recording_max_seconds,
        finish_on_key=node.finish_key,
        trim="do-not-trim",
        play_beep=True,
        recording_status_callback=page.recording_url,
        recording_status_callback_event=_RECORDING_EVENTS,
    )
    page.redirect(Event.empty)


def _prompt_before_tone(node: Record, page: _Page) -> None:
    prompts = [node.again] if page.where.tries else node.prompts
    if node.keys:
        page.say(prompts, page.gather(timeout=1))
    else:
        page.say(prompts)


@_write.register
def _connect(node: Connect, page: _Page) -> None:
    """No Hangup: the network joins the two when the document is over."""
    page.say(node.prompts)


@_write.register
def _end(node: End, page: _Page) -> None:
    page.say(node.prompts)
    page.response.hangup()
