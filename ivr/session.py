"""Where a call stands and where it goes next: pure, no clock, no database, no network.

The place travels in the URL that the network is told to post to next. The network signs the whole
URL, so it can be believed, and no row has to be read to know where a call stands. Whatever arrives,
there is a next move: a caller's input never raises and never stops a call.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote_plus

from ivr import checks
from ivr.flow import DEFAULT_FLOW, load_all
from ivr.nodes import Decide, Effect, End, Entry, Flow, Menu, Node, Record, Say, Talk, Wait

# Prompted twice, then once more without a prompt for a caller who keeps touching the keys.
RECORD_TRIES = 2

_COUNTER_LIMIT = 1000
_MOST_PRESSED = 20
"""Moves of a call after which a key without a meaning shortens the waiting like silence."""
_OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_quoted = lru_cache(maxsize=4096)(quote_plus)


class Event(StrEnum):
    """What the network says has happened."""

    start = "start"
    next = "next"
    digits = "digits"
    speech = "speech"
    timeout = "timeout"
    recorded = "recorded"
    empty = "empty"
    decided = "decided"
    answered = "answered"
    unanswered = "unanswered"
    over = "over"
    hangup = "hangup"


@dataclass(frozen=True, slots=True)
class Where:
    """Where a call stands. `tries` at this node so far, `step` moves since the first ring,
    `report` the receipt number once there is one."""

    flow: str
    node: str
    lang: str
    tries: int = 0
    step: int = 0
    report: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """An event with the keys pressed, the words recognised, what a question was answered with, or the
    recording's sid."""

    event: Event
    value: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """The next place, the effects of having come there, and what was answered on the way: the name of
    a question and the answer."""

    where: Where
    effects: tuple[Effect, ...] = ()
    answer: tuple[str, str] | None = None


def start(flow: Flow, lang: str | None = None, report: str | None = None) -> Move:
    """The first place of a call, in `lang` where the flow speaks it."""
    language = lang if lang in flow.languages else flow.languages[0]
    return _enter(flow, Where(flow.name, flow.start, language, step=-1, report=report), flow.start)


def advance(flow: Flow, where: Where, heard: Heard) -> Move:
    """The next move from a place of this flow, whatever has been heard. Never raises.

    Input that a node has no use for counts as none, and none leads on: at most three tries at one
    node (a wait: its rounds, which such keys do not shorten), then forward. At an end, a further try
    is the hanging up.
    """
    if heard.event is Event.start:
        return start(flow, where.lang, where.report)
    node = flow.nodes[where.node]
    if heard.event is Event.hangup or _is_over(node, where.tries):
        return Move(where)
    if _is_only_pressing(node, where, heard):
        return Move(replace(where, step=where.step + 1))
    target = _target(node, where.tries, heard)
    if target is None:
        return Move(replace(where, tries=where.tries + 1, step=where.step + 1))
    return replace(_enter(flow, where, target), answer=_answer(node, heard))


def by_itself(flow: Flow, move: Move) -> Move:
    """Where a move leads when the database is away: nobody can be asked and nobody rung, so on to the
    next place where the caller says or hears something."""
    while isinstance(flow.nodes[move.where.node], Decide | Wait):
        move = advance(flow, move.where, Heard(Event.unanswered))
    return move


def where_to_query(where: Where) -> str:
    """The place as a query string, without a question mark."""
    query = (
        f"flow={_quoted(where.flow)}&node={_quoted(where.node)}&lang={_quoted(where.lang)}"
        f"&tries={where.tries}&step={where.step}"
    )
    return f"{query}&report={_quoted(where.report)}" if where.report else query


def where_from_args(args: Mapping[str, str]) -> Where:
    """The place in a query. An unknown flow or node is the start of that flow or of the default
    one, an unknown language the flow's own, garbage for a number zero."""
    flows = load_all()
    flow = flows.get(args.get("flow", ""), flows[DEFAULT_FLOW])
    node = args.get("node", "")
    lang = args.get("lang", "")
    return Where(
        flow=flow.name,
        node=node if node in flow.nodes else flow.start,
        lang=lang if lang in flow.languages else flow.languages[0],
        tries=_counter(args.get("tries", "")),
        step=_counter(args.get("step", "")),
        report=args.get("report") or None,
    )


def heard_from_form(args: Mapping[str, str], form: Mapping[str, str]) -> Heard:
    """What has happened, from our own query and the network's parameters.

    A hang-up outranks everything; it carries the recording's sid when it ended one. A missing or
    unknown event is judged by the parameters, and counts as silence when they say nothing.
    """
    if form.get("Digits") == "hangup" or form.get("CallStatus") in _OVER:
        return Heard(Event.hangup, form.get("RecordingSid", ""))
    event = _EVENTS.get(args.get("event", ""))
    if event is None and "DialCallStatus" in form:
        return Heard(Event.over)
    if event is None or event in _VALUES:
        return _entered(form, event)
    return Heard(event)


def _enter(flow: Flow, where: Where, name: str) -> Move:
    node = flow.nodes[name]
    place = Where(flow.name, name, node.language or where.lang, 0, where.step + 1, where.report)
    return Move(place, node.effects)


def _is_over(node: Node, tries: int) -> bool:
    return isinstance(node, End) and bool(tries or not node.keys)


def _target(node: Node, tries: int, heard: Heard) -> str | None:
    """Name of the node to go to; None for another try at this one."""
    match node:
        case Menu():
            return _after_menu(node, tries, heard)
        case Entry():
            return _after_entry(node, tries, heard)
        case Record():
            return _after_record(node, tries, heard)
        case Decide():
            return node.ways.get(heard.value, node.otherwise)
        case Wait():
            return _after_wait(node, tries, heard)
        case Talk():
            return node.over
        case Say():
            return node.keys.get(_digits(heard), node.next)
        case End():
            return node.keys.get(_digits(heard))


def _is_only_pressing(node: Node, where: Where, heard: Heard) -> bool:
    """A frightened child who presses "danger" again and again still waits for a person as long as others
    do; but not for ever, for a faulty line may press keys as well."""
    if not isinstance(node, Wait) or heard.event is not Event.digits:
        return False
    return heard.value not in node.keys and where.step < _MOST_PRESSED


def _digits(heard: Heard) -> str:
    return heard.value if heard.event is Event.digits else ""


def _after_menu(menu: Menu, tries: int, heard: Heard) -> str | None:
    if key := _key(menu, heard):
        return menu.keys[key]
    # Who is asked to speak, and uses none of the words, has something to tell: no key was wrong.
    silent = heard.event is Event.timeout or (heard.event is Event.speech and bool(menu.words))
    at_once = menu.silence if silent else menu.mistake
    if at_once:
        return at_once
    return None if tries + 1 < menu.tries else menu.otherwise


def _key(menu: Menu, heard: Heard) -> str | None:
    """The key pressed, or the one whose words were spoken."""
    if _digits(heard) in menu.keys:
        return heard.value
    if heard.event is Event.speech:
        said = heard.value.casefold()
        spoken = (key for key, words in menu.words.items() if any(word in said for word in words))
        return next(spoken, None)
    return None


def _after_entry(entry: Entry, tries: int, heard: Heard) -> str | None:
    if heard.event is Event.digits:
        if checks.holds(entry, heard.value):
            return entry.right
        if starred := next((to for key, to in entry.keys.items() if key in heard.value), None):
            return starred
    elif entry.silence:
        return entry.silence
    return None if tries + 1 < entry.tries else entry.otherwise


def _after_wait(wait: Wait, tries: int, heard: Heard) -> str | None:
    if heard.event is Event.answered:
        return wait.accepted
    if heard.event is Event.unanswered:
        return wait.unanswered
    if target := wait.keys.get(_digits(heard)):
        return target
    return None if tries + 1 < wait.rounds else wait.unanswered


def _answer(node: Node, heard: Heard) -> tuple[str, str] | None:
    match node:
        case Menu(question=str(question)):
            value = node.answers.get(_key(node, heard) or "")
            return (question, value) if value else None
        case Entry(question=str(question)) if checks.holds(node, heard.value):
            return question, heard.value
        case _:
            return None


def _after_record(record: Record, tries: int, heard: Heard) -> str | None:
    if heard.event is Event.recorded:
        return record.next
    if heard.event is Event.digits:
        # A key that means nothing must not cost the caller the recording: it comes once more,
        # at last without a prompt, where there is no key left to touch.
        return record.keys.get(heard.value) or (None if tries < RECORD_TRIES else record.empty)
    return None if tries + 1 < RECORD_TRIES else record.empty


def _entered(form: Mapping[str, str], event: Event | None) -> Heard:
    """The first parameter that carries something, the expected one before others."""
    for kind in sorted(_VALUES, key=lambda kind: kind is not event):
        value = form.get(_VALUES[kind], "")
        if value:
            return Heard(kind, value)
    # The action of a recording is only ever called for one that is not empty.
    return Heard(event if event is Event.recorded else Event.timeout)


def _counter(word: str) -> int:
    return min(int(word), _COUNTER_LIMIT) if word.isdecimal() and len(word) < 9 else 0


_EVENTS = {event.value: event for event in Event}
_VALUES = {
    Event.digits: "Digits",
    Event.speech: "SpeechResult",
    Event.recorded: "RecordingSid",
}
