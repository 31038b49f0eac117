"""What must hold for a flow before a call may enter it. Each fault is one line.

That every menu and recording names its fall-through, that effects are known and that keys exist on
a telephone is already held by the types in `ivr.nodes`; here is what only the whole flow shows.
"""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from ivr.nodes import (
    ANSWERS,
    Audience,
    Decide,
    Effect,
    End,
    Entry,
    Flow,
    Menu,
    Node,
    Record,
    Say,
    Wait,
    prompt_language,
    spoken,
    ways,
)
from ivr.wording import fields_of

KEYPAD = frozenset("0123456789*#")


def faults(flow: Flow) -> list[str]:
    """Every fault of the flow."""
    checks = (
        _starts,
        _targets,
        _reachable,
        _ends,
        _languages,
        _prompts,
        _keys,
        _decisions,
        _danger,
    )
    return [f"{flow.name}: {fault}" for check in checks for fault in check(flow)]


def _starts(flow: Flow) -> Iterator[str]:
    if flow.start not in flow.nodes:
        yield f"start: no node {flow.start!r}"


def _targets(flow: Flow) -> Iterator[str]:
    for name, node in flow.nodes.items():
        for label, target in ways(node):
            if target not in flow.nodes:
                yield f"{name}: {label} leads to {target!r}, which does not exist"


def _reachable(flow: Flow) -> Iterator[str]:
    for name in sorted(flow.nodes.keys() - _reach(flow)):
        yield f"{name}: cannot be reached"


def _ends(flow: Flow) -> Iterator[str]:
    """No circle at all: the tries at one node are the only thing a call may repeat."""
    graph = {name: [to for _, to in ways(node)] for name, node in flow.nodes.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]
        yield f"{circle[0]}: never ends: {' -> '.join(circle)}"


def _languages(flow: Flow) -> Iterator[str]:
    for language in flow.languages:
        if language not in flow.wordings:
            yield f"languages: no wording for {language!r}"
    for name, node in flow.nodes.items():
        if node.language and node.language not in flow.languages:
            yield f"{name}: language {node.language!r} is not one of the flow's"


def _prompts(flow: Flow) -> Iterator[str]:
    for name, node in flow.nodes.items():
        for prompt in spoken(node):
            yield from (f"{name}: {fault}" for fault in _prompt_faults(flow, prompt))


def _prompt_faults(flow: Flow, prompt: str) -> Iterator[str]:
    """A sentence must exist, with the same blanks, in each language it may be said in."""
    places = dict.fromkeys(prompt_language(prompt, language) for language in flow.languages)
    blanks = set()
    for language, key in places:
        wording = flow.wordings.get(language)
        if wording is None or key not in wording.say:
            yield f"prompt {key!r} is missing in {language!r}"
        else:
            blanks.add(fields_of(wording.say[key]))
    if len(blanks) > 1:
        yield f"prompt {prompt!r} has different fields in different languages"


def _danger(flow: Flow) -> Iterator[str]:
    """Until a caller has said "danger", one key must say it wherever they hear something, except in a
    conversation: there is a person."""
    if flow.audience is not Audience.caller:
        return
    if not any(_is_danger(node) for node in flow.nodes.values()):
        yield "no node has the effect 'emergency'"
    for name in sorted(_reach(flow, past_danger=False)):
        node = flow.nodes[name]
        if _is_heard(node) and not _is_danger(node):
            targets = (flow.nodes.get(target) for label, target in ways(node) if label in KEYPAD)
            if not any(target and _is_danger(target) for target in targets):
                yield f"{name}: no key leads to danger"


def _keys(flow: Flow) -> Iterator[str]:
    """What answers a question, or may be spoken, stands for a key of the same menu."""
    for name, node in flow.nodes.items():
        if isinstance(node, Menu):
            for key in sorted({*node.answers, *node.words} - node.keys.keys()):
                yield f"{name}: key {key} leads nowhere"
            if node.answers and not node.question:
                yield f"{name}: answers without a question"


def _decisions(flow: Flow) -> Iterator[str]:
    """Only words that a question can be answered with; a misspelt one would never be taken."""
    for name, node in flow.nodes.items():
        if isinstance(node, Decide):
            for word in sorted(node.ways.keys() - ANSWERS[node.question]):
                yield f"{name}: {node.question} is never answered {word!r}"


def _is_heard(node: Node) -> bool:
    return isinstance(node, Menu | Entry | Wait | Record) or (
        isinstance(node, Say | End) and bool(node.prompts)
    )


def _is_danger(node: Node) -> bool:
    return Effect.emergency in node.effects


def _reach(flow: Flow, *, past_danger: bool = True) -> set[str]:
    """Names of the nodes a call can come to, stopping at danger if so asked."""
    reached: set[str] = set()
    ahead = [flow.start]
    while ahead:
        name = ahead.pop()
        node = flow.nodes.get(name)
        if node is None or name in reached:
            continue
        reached.add(name)
        if past_danger or not _is_danger(node):
            ahead += [target for _, target in ways(node)]
    return reached
