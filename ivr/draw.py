"""A flow as a Mermaid diagram: for the page where people agree on what callers hear."""

from ivr.nodes import Flow, Node, prompt_language, ways


def mermaid(flow: Flow) -> str:
    """The flow as Mermaid source, with the sentences in its first language."""
    lines = ["flowchart TD"]
    for name, node in flow.nodes.items():
        lines.append(f'    {name}["{_label(flow, name, node)}"]')
        lines += [f'    {name} -->|"{_escape(label)}"| {to}' for label, to in ways(node)]
    return "\n".join(lines) + "\n"


def _label(flow: Flow, name: str, node: Node) -> str:
    effects = "".join(f" ⚡{effect}" for effect in node.effects)
    sentences = [_sentence(flow, prompt) for prompt in node.prompts]
    return "<br/>".join([f"<b>{name}</b> ({node.kind}){effects}", *map(_escape, sentences)])


def _sentence(flow: Flow, prompt: str) -> str:
    language, key = prompt_language(prompt, flow.languages[0])
    return flow.wordings[language].say[key]


def _escape(text: str) -> str:
    """Inside a quoted label Mermaid takes entities, written with # for &."""
    return text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;")
