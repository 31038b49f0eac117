"""Flows as Mermaid diagrams: for the page on which people agree on what callers hear (docs/flows.md)."""

import itertools
from collections.abc import Iterable, Mapping

from hotline.hours import ALWAYS, Hours
from ivr.flow import DEFAULT_FLOW
from ivr.nodes import Flow, Node, prompt_language, ways

LONGEST = 24
"""Characters of a sentence in a box; whole ones stand in `ivr/prompts`."""
MOST_SENTENCES = 3
SMALLEST_PATH = 3
"""So many nodes whose names begin alike are a path, and drawn together."""
STAR = "*"
FIRST = (DEFAULT_FLOW, "officer")
"""Of callers' flows and of our own, those that others are made from."""

SHAPES = {
    "menu": '{{"%s"}}',
    "entry": '[/"%s"/]',
    "say": '("%s")',
    "decide": '{"%s"}',
    "wait": '[["%s"]]',
    "talk": '[["%s"]]',
    "record": '[("%s")]',
    "end": '(["%s"])',
}

HEAD = """# The call flows

Every call as it is configured in `ivr/flows`, drawn by `hotline flow draw --all`; a test holds that this page
is what that command prints. Sentences are cut short and in the flow's first language: the whole ones stand in
`ivr/prompts`, one file for each language.

How to read it: a box with six corners asks for a key, a slanted one for several, a rhombus asks the
database, a drum records, doubled sides mean waiting or talking, a rounded end hangs up. A label is
the key that leads on, or what happened instead. ⚡ is what coming there does to the report. ✱ in a box: the
star leads to the dotted box at once, while it is spoken too.
"""


def page(flows: Mapping[str, Flow]) -> str:
    """Every flow with its drawing, as Markdown; of one made from another only what differs."""
    before: list[Flow] = []
    parts = [HEAD]
    for flow in sorted(flows.values(), key=_order):
        like = next((one for one in before if _is_like(flow, one)), None)
        parts.append(_chapter(flow, like))
        before.append(flow)
    return "\n".join(parts)


def mermaid(flow: Flow, like: Flow | None = None) -> str:
    """The flow as Mermaid source, with the sentences in its first language; with `like`, only the nodes
    that are not the same in it, and where they lead."""
    known = like.nodes if like else {}
    drawn = [name for name, node in flow.nodes.items() if node != known.get(name)]
    star = star_target(flow)
    edges = [edge for name in drawn for edge in _edges(name, flow.nodes[name], star)]
    lines = ["flowchart TD", *_boxes(flow, drawn, star), *edges]
    if star and any(leads_by_star(flow.nodes[name], star) for name in drawn):
        lines.append(f'    star(("✱")) -.-> {_id(star)}')
    return "\n".join(lines) + "\n"


def star_target(flow: Flow) -> str | None:
    """Where the star leads from most nodes; None if it leads nowhere."""
    found = [_keys(node)[STAR] for node in flow.nodes.values() if STAR in _keys(node)]
    return max(found, key=found.count) if found else None


def leads_by_star(node: Node, target: str | None) -> bool:
    """Whether the star leads from this node to `target`: shown by a mark, for a line from nearly
    everywhere would hide all others."""
    return target is not None and _keys(node).get(STAR) == target


def _order(flow: Flow) -> tuple[str, bool, str]:
    return (flow.audience, flow.name not in FIRST, flow.name)


def _is_like(flow: Flow, other: Flow) -> bool:
    same = sum(node == other.nodes.get(name) for name, node in flow.nodes.items())
    return same * 2 > len(flow.nodes)


def _chapter(flow: Flow, like: Flow | None) -> str:
    facts = [
        f"For {'callers' if flow.audience == 'caller' else 'people whom the line rings'}",
        f"in {', '.join(flow.languages)}",
        _open(flow.hours),
        "officers rung in turn" if flow.in_turn else "",
    ]
    differs = f"\nAs `{like.name}`; drawn is what differs.\n" if like else ""
    told = "; ".join(fact for fact in facts if fact)
    return f"## {flow.name}: {flow.title}\n\n{told}.\n{differs}\n```mermaid\n{mermaid(flow, like)}```\n"


def _open(hours: Hours) -> str:
    if hours == ALWAYS:
        return ""
    spans = [f"{_clock(span.opens)}–{_clock(span.closes)}" for span in hours.workdays]
    rest = [f"{_clock(span.opens)}–{_clock(span.closes)}" for span in hours.weekends]
    return f"open on working days {', '.join(spans) or 'never'}, on days off {', '.join(rest) or 'never'}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _boxes(flow: Flow, drawn: list[str], star: str | None) -> Iterable[str]:
    paths = [name.partition("_")[0] for name in drawn]
    grouped = {path for path in paths if paths.count(path) >= SMALLEST_PATH}
    alone = [name for name, path in zip(drawn, paths, strict=True) if path not in grouped]
    yield from (f"    {_box(flow, name, star)}" for name in alone)
    for path in dict.fromkeys(path for path in paths if path in grouped):
        yield f'    subgraph path_{path}["{path}"]'
        members = [name for name in drawn if name.partition("_")[0] == path]
        yield from (f"        {_box(flow, name, star)}" for name in members)
        yield "    end"
    elsewhere = {target for name in drawn for _, target in ways(flow.nodes[name])} - set(drawn)
    yield from (f'    {_id(name)}["{name}"]' for name in flow.nodes if name in elsewhere)


def _box(flow: Flow, name: str, star: str | None) -> str:
    node = flow.nodes[name]
    effects = "".join(f" ⚡{effect}" for effect in node.effects)
    mark = " ✱" if leads_by_star(node, star) else ""
    head = f"<b>{name}</b>{effects}{mark}"
    sentences = [_sentence(flow, prompt) for prompt in node.prompts]
    if len(sentences) > MOST_SENTENCES:
        sentences[MOST_SENTENCES:] = ["…"]
    return _id(name) + SHAPES[node.kind] % "<br/>".join([head, *map(_escape, sentences)])


def _edges(name: str, node: Node, star: str | None) -> Iterable[str]:
    """A line for each place that a node leads to, with everything that leads there."""
    out = [(to, label) for label, to in ways(node) if not (label == STAR and to == star)]
    for to, pairs in itertools.groupby(sorted(out, key=lambda way: way[0]), key=lambda way: way[0]):
        # A lone asterisk would be read as the beginning of a list.
        labels = _escape(", ".join("✱" if label == STAR else label for _, label in pairs))
        yield f'    {_id(name)} -->|"{labels}"| {_id(to)}'


def _keys(node: Node) -> Mapping[str, str]:
    return getattr(node, "keys", {})


def _id(name: str) -> str:
    # Not the bare name: `end` would end the diagram, and `o…` or `x…` after a line changes its head.
    return f"n_{name}"


def _sentence(flow: Flow, prompt: str) -> str:
    language, key = prompt_language(prompt, flow.languages[0])
    text = flow.wordings[language].say[key]
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _escape(text: str) -> str:
    """Inside a quoted label Mermaid takes entities, written with # for &."""
    for character, name in (("#", "35"), ('"', "quot"), ("<", "lt"), (">", "gt")):
        text = text.replace(character, f"#{name};")
    return text
