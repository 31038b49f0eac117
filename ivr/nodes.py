"""The kinds of node a call is made of, and the flow that holds them: data, no behaviour.

Every way out of a node is a named field, so that a node without its fall-through cannot be
written: the loader refuses it. Seconds are whole seconds of the caller's time.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.dataclasses import dataclass

from hotline.hours import ALWAYS, Hours
from ivr.wording import Wording


class Effect(StrEnum):
    """What entering a node does to the world. `ivr.effects` carries each one out."""

    emergency = "emergency"
    ask_callback = "ask_callback"
    text_receipt = "text_receipt"
    acknowledge_alert = "acknowledge_alert"
    note_badge = "note_badge"
    note_feedback = "note_feedback"
    news_heard = "news_heard"
    confirm_page = "confirm_page"
    confirm_contact_test = "confirm_contact_test"


class Question(StrEnum):
    """What a decide node asks of the database. `ivr.questions` answers each one."""

    open_hours = "open_hours"
    flagged = "flagged"
    text_possible = "text_possible"
    enquiry_allowed = "enquiry_allowed"
    enquiry = "enquiry"
    take_call = "take_call"
    callback_possible = "callback_possible"
    asks_badge = "asks_badge"
    police_code = "police_code"
    police_pin = "police_pin"


ANSWERS: dict[Question, frozenset[str]] = {
    Question.open_hours: frozenset({"open", "closed"}),
    Question.flagged: frozenset({"yes", "no"}),
    Question.text_possible: frozenset({"yes", "no"}),
    Question.enquiry_allowed: frozenset({"yes", "no"}),
    Question.enquiry: frozenset(
        {"wrong", "locked", "received", "handling", "handed_over", "closed"}
    ),
    Question.take_call: frozenset({"taken", "other", "gone"}),
    Question.callback_possible: frozenset({"yes", "no"}),
    Question.asks_badge: frozenset({"yes", "no"}),
    Question.police_code: frozenset({"known", "unknown", "wrong", "locked"}),
    Question.police_pin: frozenset({"right", "wrong", "locked"}),
}
"""Every word that a question may be answered with."""


class Check(StrEnum):
    """What several keys must be to count. `ivr.checks` knows how, without a database."""

    any = "any"
    check_digits = "check_digits"
    month_day = "month_day"


class Audience(StrEnum):
    """Who is on the telephone: a caller of the line, or people whom the line calls."""

    caller = "caller"
    staff = "staff"


Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]
Seconds = Annotated[int, Field(ge=1, le=120)]
_CLOSED = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class _Node:
    prompts: tuple[str, ...] = ()
    """Keys of sentences, in order; ``en:key`` says one in a fixed language."""
    effects: tuple[Effect, ...] = ()
    """Fired once, when the node is entered; not on a second try at it."""
    language: str | None = None
    """From this node on the call speaks this language."""


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Menu(_Node):
    """Asks for one key. At most three tries, then on to `otherwise`: never a loop."""

    kind: Literal["menu"] = "menu"
    keys: dict[Key, str]
    otherwise: str
    """Where it goes when all tries are used up."""
    silence: str | None = None
    """Where silence leads at once; without it silence uses up a try."""
    mistake: str | None = None
    """Where an unlisted key leads at once; without it a mistake uses up a try."""
    wrong: str | None = None
    """Sentence said before the prompts on a further try."""
    tries: Annotated[int, Field(ge=1, le=3)] = 2
    timeout: Seconds = 5
    words: dict[Key, tuple[str, ...]] = Field(default_factory=dict)
    """What may be said instead of a key, in any of the languages; the first key with a word wins."""
    question: str | None = None
    answers: dict[Key, str] = Field(default_factory=dict)
    """What each key answers to `question`; it is on the report at once."""


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Entry(_Node):
    """Asks for several keys, ended by # or by their number. The same limits as a menu."""

    kind: Literal["entry"] = "entry"
    check: Check = Check.any
    least: Annotated[int, Field(ge=1, le=20)] = 1
    most: Annotated[int, Field(ge=1, le=20)]
    right: str
    wrong: str
    """Sentence said before the prompts on a further try."""
    otherwise: str
    silence: str | None = None
    """Where silence, or # alone, leads at once; without it silence uses up a try."""
    keys: dict[Literal["*"], str] = Field(default_factory=dict)
    """Where an entry with this key in it leads at once: digits are taken, the star is not."""
    question: str | None = None
    """The entry is the answer to this; without one it is kept nowhere, not even in the trace."""
    tries: Annotated[int, Field(ge=1, le=3)] = 3
    timeout: Seconds = 5


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Say(_Node):
    """Says its prompts and goes on; a key that leads nowhere goes on as well."""

    kind: Literal["say"] = "say"
    next: str
    keys: dict[Key, str] = Field(default_factory=dict)


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Decide(_Node):
    """Says nothing: goes on by what the database answers to `question`."""

    kind: Literal["decide"] = "decide"
    question: Question
    ways: dict[str, str]
    otherwise: str
    """For every other answer, and when the database is away."""


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Wait(_Node):
    """A caller waits while officers are rung, in rounds; keys work all the time.

    Each round is one Gather, so that no key is ever lost, and every round's webhook looks for itself
    whether somebody has accepted: a lost request to move the call costs seconds, not the caller.
    """

    kind: Literal["wait"] = "wait"
    keys: dict[Key, str]
    again: tuple[str, ...] = ()
    """Sentences of every round after the first."""
    accepted: str
    unanswered: str
    rounds: Annotated[int, Field(ge=1, le=20)] = 3
    timeout: Seconds = 15


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Talk(_Node):
    """The conversation: everybody who comes to it in the same call hears everybody else."""

    kind: Literal["talk"] = "talk"
    over: str
    """Where this telephone goes on when the conversation is over and it is still there."""
    caller: bool = False
    """Whether this is the caller's own telephone: its leg is recorded, on two channels, and the
    conversation ends when it hangs up."""


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Record(_Node):
    """Records what the caller says. Keys work while the prompt plays, before the tone."""

    kind: Literal["record"] = "record"
    next: str
    empty: str
    """Where it goes when a second recording has stayed empty too."""
    again: str
    """Sentence said instead of the prompts on a second try."""
    keys: dict[Key, str] = Field(default_factory=dict)
    silence_seconds: Seconds = 10
    """Silence that ends the recording: the network's own 5 s cuts off a child who hesitates."""
    finish_key: Key = "#"
    room: bool = False
    """Records what can be heard in the room for ROOM_RECORDING_SECONDS: no tone, and silence does not
    end it."""


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class End(_Node):
    """Says its prompts and hangs up, unless one of its keys is pressed before."""

    kind: Literal["end"] = "end"
    keys: dict[Key, str] = Field(default_factory=dict)


Node = Menu | Entry | Say | Decide | Wait | Talk | Record | End


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Flow:
    """One whole call. The first of `languages` is the one it starts in."""

    name: str
    title: str
    audience: Audience
    languages: Annotated[tuple[str, ...], Field(min_length=1)]
    start: str
    nodes: dict[str, Annotated[Node, Field(discriminator="kind")]]
    wordings: dict[str, Wording]
    hours: Hours = ALWAYS
    in_turn: bool = False
    """Whether officers are rung one after the other instead of all at once."""


def ways(node: Node) -> list[tuple[str, str]]:
    """Every way out of a node, as (what leads there, name of the next node)."""
    match node:
        case Menu():
            named = [("silence", node.silence), ("mistake", node.mistake)]
            chosen = [(label, target) for label, target in named if target]
            return [*node.keys.items(), *chosen, ("otherwise", node.otherwise)]
        case Entry():
            skip = [("silence", node.silence)] if node.silence else []
            return [*node.keys.items(), ("right", node.right), *skip, ("otherwise", node.otherwise)]
        case Say():
            return [*node.keys.items(), ("next", node.next)]
        case Decide():
            return [*node.ways.items(), ("otherwise", node.otherwise)]
        case Wait():
            accepted, nobody = ("accepted", node.accepted), ("unanswered", node.unanswered)
            return [*node.keys.items(), accepted, nobody]
        case Talk():
            return [("over", node.over)]
        case Record():
            return [*node.keys.items(), ("recorded", node.next), ("empty", node.empty)]
        case End():
            return [*node.keys.items()]


def spoken(node: Node) -> tuple[str, ...]:
    """Every sentence a node may say, on any try."""
    match node:
        case Menu(wrong=str(wrong)):
            return (wrong, *node.prompts)
        case Entry():
            return (node.wrong, *node.prompts)
        case Wait():
            return (*node.prompts, *node.again)
        case Record():
            return (*node.prompts, node.again)
        case _:
            return node.prompts


def prompt_language(prompt: str, language: str) -> tuple[str, str]:
    """(language, key) of a prompt in a call that speaks `language`."""
    fixed, _, key = prompt.rpartition(":")
    return fixed or language, key
