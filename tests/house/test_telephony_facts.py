"""Every fact of the telephone network names a test, and the test is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "telephony-facts.md").read_text("utf-8")
ROWS = [line for line in TABLE.splitlines() if line.startswith("| ") and "fact | test" not in line]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TABLE)))


def test_every_fact_has_a_test():
    assert len(ROWS) > 40
    assert [row for row in ROWS if "::test_" not in row] == []


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_the_test_is_there(path, name):
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_no_test_of_facts_is_left_out():
    path = "tests/journeys/test_network_facts.py"
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    written = {name for name in tests if name.startswith("test_")}
    assert written == {name for at, name in NAMED if at == path}
