"""What must hold for a flow before a call may enter it. Each fault is one line.

That every menu and recording names its fall-through, that effects are known and that keys exist on
a telephone is already held by the types in `ivr.nodes`; here is what only the whole flow shows.
"""

from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter

from ivr.nodes import (
    Audience,
    Connect,
    Effect,
    Flow,
    Menu,
    Node,
    Record,
    Ring,
    prompt_language,
    spoken,
    ways,
)
from ivr.wording import fields_of


def faults(flow: Flow, flow_names: Collection[str]) -> list[str]:
    """Every fault of the flow; `flow_names` are those that may be used as a whisper."""
    checks = (_starts, _targets, _reachable, _ends, _languages, _prompts, _danger, _audience)
    found = [fault for check in checks for fault in check(flow)]
    return [f"{flow.name}: {fault}" for fault in (*found, *_whispers(flow, flow_names))]


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
    """Until a caller has said "danger", one key must say it wherever keys are heard."""
    if flow.audience is not Audience.caller:
        return
    if not any(_is_danger(node) for node in flow.nodes.values()):
        yield "no node has the effect 'emergency'"
    for name in sorted(_reach(flow, past_danger=False)):
        node = flow.nodes[name]
        if isinstance(node, Menu | Record) and not _is_danger(node):
            targets = (flow.nodes.get(target) for target in node.keys.values())
            if not any(target and _is_danger(target) for target in targets):
                yield f"{name}: no key leads to danger"


def _audience(flow: Flow) -> Iterator[str]:
    """Only a rung person can be connected: a caller there would hear the line go dead."""
    for name, node in flow.nodes.items():
        if flow.audience is Audience.caller and isinstance(node, Connect):
            yield f"{name}: a caller's flow cannot connect"


def _whispers(flow: Flow, flow_names: Collection[str]) -> Iterator[str]:
    for name, node in flow.nodes.items():
        if isinstance(node, Ring) and node.whisper not in flow_names:
            yield f"{name}: whisper names the flow {node.whisper!r}, which does not exist"


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
