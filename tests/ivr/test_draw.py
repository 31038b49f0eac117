"""The drawing shows every node, every way and every sentence."""

import pytest

from ivr.draw import mermaid
from ivr.flow import load, load_all
from ivr.nodes import Flow, ways


@pytest.mark.parametrize("flow", load_all().values(), ids=load_all())
def test_every_node_and_way_is_drawn(flow: Flow):
    lines = mermaid(flow).splitlines()
    assert lines[0] == "flowchart TD"
    for name, node in flow.nodes.items():
        assert [line for line in lines if line.startswith(f'    {name}["<b>{name}</b>')]
        for label, target in ways(node):
            assert f'    {name} -->|"{label}"| {target}' in lines
    expected = 1 + len(flow.nodes) + sum(len(ways(node)) for node in flow.nodes.values())
    assert len(lines) == expected


def test_a_drawing_can_be_read_as_the_call():
    text = mermaid(load("12355"))
    assert 'greeting -->|"1"| danger' in text
    assert "⚡emergency" in text
    assert "For English, press 2." in text
