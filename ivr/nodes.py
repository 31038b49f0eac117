"""The kinds of node a call is made of, and the flow that holds them: data, no behaviour.

Every way out of a node is a named field, so that a node without its fall-through cannot be
written: the loader refuses it. Seconds are whole seconds of the caller's time.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.dataclasses import dataclass

from ivr.wording import Wording


class Effect(StrEnum):
    """What entering a node does to the world. `ivr.effects` carries each one out."""

    emergency = "emergency"
    accept_call = "accept_call"
    acknowledge_alert = "acknowledge_alert"
    confirm_page = "confirm_page"


class Audience(StrEnum):
    """Who is on the telephone: a caller of the line, or people whom the line calls."""

    caller = "caller"
    staff = "staff"


class Who(StrEnum):
    """Whom a ring node rings. The numbers are looked up when the call gets there."""

    officers_on_duty = "officers_on_duty"


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


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Say(_Node):
    """Says its prompts and goes on."""

    kind: Literal["say"] = "say"
    next: str


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Ring(_Node):
    """Rings people, all at once, and joins the caller to the first who accepts."""

    kind: Literal["ring"] = "ring"
    who: Who
    whisper: str
    """Flow that the rung person hears first, and in which they accept."""
    accepted: str
    """Where the caller goes on when the conversation is over and they are still there."""
    unanswered: str
    timeout: Seconds = 15


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


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Connect(_Node):
    """The end of a whisper: the rung person and the caller are joined."""

    kind: Literal["connect"] = "connect"


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class End(_Node):
    """Says its prompts and hangs up."""

    kind: Literal["end"] = "end"


Node = Menu | Say | Ring | Record | Connect | End


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


def ways(node: Node) -> list[tuple[str, str]]:
    """Every way out of a node, as (what leads there, name of the next node)."""
    match node:
        case Menu():
            named = [("silence", node.silence), ("mistake", node.mistake)]
            chosen = [(label, target) for label, target in named if target]
            return [*node.keys.items(), *chosen, ("otherwise", node.otherwise)]
        case Say():
            return [("next", node.next)]
        case Ring():
            return [("accepted", node.accepted), ("unanswered", node.unanswered)]
        case Record():
            return [*node.keys.items(), ("recorded", node.next), ("empty", node.empty)]
        case Connect() | End():
            return []


def spoken(node: Node) -> tuple[str, ...]:
    """Every sentence a node may say, on any try."""
    match node:
        case Menu(wrong=str(wrong)):
            return (wrong, *node.prompts)
        case Record():
            return (*node.prompts, node.again)
        case _:
            return node.prompts


def prompt_language(prompt: str, language: str) -> tuple[str, str]:
    """(language, key) of a prompt in a call that speaks `language`."""
    fixed, _, key = prompt.rpartition(":")
    return fixed or language, key
