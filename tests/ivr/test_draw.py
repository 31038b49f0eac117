"""The drawing shows every node, every way and what is said; the page of all drawings is up to date."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.draw import leads_by_star, mermaid, page, star_target
from ivr.flow import load, load_all
from ivr.nodes import Flow, ways

PAGE = Path(__file__).parents[2] / "docs" / "flows.md"
LINE = re.compile(
    r"""(?:
    flowchart\ TD
    | \ {4}subgraph\ path_\w+\["\w+"\] | \ {4}end
    | \ +n_\w+ [\[({/]+ "[^"]*" [\])}/]+
    | \ {4}n_\w+\ -->\|"[^"]+"\|\ n_\w+
    | \ {4}star\(\("✱"\)\)\ -\.->\ n_\w+
    )""",
    re.VERBOSE,
)
"""What a line of ours may be: no bare word that Mermaid keeps for itself, and no open quote."""


@pytest.mark.parametrize("flow", load_all().values(), ids=load_all())
def test_every_node_and_way_is_drawn(flow: Flow):
    drawn = mermaid(flow)
    star = star_target(flow)
    for name, node in flow.nodes.items():
        [box] = re.findall(rf'^ +n_{name}\W+"<b>{name}</b>(.*)"', drawn, re.MULTILINE)
        marked = "✱" in box.split("<br/>")[0]
        assert marked == leads_by_star(node, star)
        for label, target in ways(node):
            by_mark = marked and (label, target) == ("*", star)
            line = re.search(rf'^    n_{name} -->\|"(.*)"\| n_{target}$', drawn, re.MULTILINE)
            assert by_mark or (line and label.replace("*", "✱") in line[1].split(", "))


@pytest.mark.parametrize("flow", load_all().values(), ids=load_all())
def test_every_line_is_one_that_mermaid_knows(flow: Flow):
    for line in mermaid(flow).splitlines():
        assert LINE.fullmatch(line), line


def test_a_path_is_drawn_together_and_ends():
    lines = mermaid(load("12355")).splitlines()
    assert '    subgraph path_quiet["quiet"]' in lines
    assert lines.count("    end") == len(
        [line for line in lines if line.startswith("    subgraph")]
    )


def test_a_drawing_can_be_read_as_the_call():
    text = mermaid(load("12355"))
    assert 'n_greeting -->|"silence, otherwise"| n_known_nuisance' in text
    assert "⚡emergency" in text
    assert 'star(("✱")) -.-> n_danger' in text


def test_signs_that_mean_something_to_mermaid_are_written_otherwise():
    flow = load("12355")
    zh = flow.wordings["zh"]
    odd = replace(zh, say=dict.fromkeys(zh.say, '"<#>"'))
    drawn = mermaid(replace(flow, wordings={**flow.wordings, "zh": odd}))
    assert "#quot;#lt;#35;#gt;#quot;" in drawn


def test_of_a_line_made_from_another_only_the_difference_is_drawn():
    drawn = mermaid(load("12345"), load("12355"))
    boxes = re.findall(r"<b>(\w+)</b>", drawn)
    assert boxes == ["greeting", "english"]
    assert '    n_danger["danger"]' in drawn.splitlines()
    assert len(drawn) < len(mermaid(load("12345"))) / 4


def test_the_page_is_what_the_command_prints():
    assert PAGE.read_text("utf-8") == page(load_all()), (
        "run: hotline flow draw --all > docs/flows.md"
    )


def test_the_page_has_every_flow():
    told = re.findall(r"^## (\w+): ", page(load_all()), re.MULTILINE)
    assert sorted(told) == sorted(load_all())
    assert told[0] == "12355"
