"""The house stands: nobody imports upwards, nobody hides an import, only one place commits."""

import ast
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from importlinter import cli

ROOT = Path(__file__).parents[2]
ROOMS = ("hotline", "ivr", "triage", "migrations")
PRODUCT = sorted(
    path
    for room in ROOMS
    for path in (ROOT / room).rglob("*.py")
    if "versions" not in path.parts  # written by Alembic
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST_FILE = 400

Positioned = ast.stmt | ast.expr


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_look_at():
    assert len(PRODUCT) > 50


def test_nobody_imports_upwards(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(ROOT)
    status = cli.lint_imports(config_filename="pyproject.toml", no_cache=True)
    assert status == cli.EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_every_ground_room_has_its_floor():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    placed = {name.strip() for layer in contracts[0]["layers"] for name in layer.split("|")}
    there = {
        f"hotline.{path.stem}"
        for path in (ROOT / "hotline").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem != "__init__"
    }
    assert there <= placed


def test_imports_stand_at_the_top():
    assert _where(_imports_in_functions, PRODUCT) == []


def test_only_the_database_module_ends_transactions():
    others = [path for path in PRODUCT if path != ROOT / "hotline/db.py"]
    assert _where(_ended_transactions, others) == []


def test_what_is_forbidden_would_be_found():
    tree = ast.parse("def f():\n    if True:\n        import os\n    session.commit()\n")
    assert [node.lineno for node in _imports_in_functions(tree)] == [3]
    assert [node.lineno for node in _ended_transactions(tree)] == [4]


def test_no_file_grows_too_long():
    lengths = {path: len(path.read_text().splitlines()) for path in PRODUCT + TESTS}
    assert {_name(path): n for path, n in lengths.items() if n > LONGEST_FILE} == {}


def _where(find: Callable[[ast.Module], Iterator[Positioned]], paths: list[Path]) -> list[str]:
    return [
        f"{_name(path)}:{node.lineno}"
        for path in paths
        for node in find(ast.parse(path.read_text()))
    ]


def _imports_in_functions(tree: ast.Module) -> Iterator[Positioned]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node


def _ended_transactions(tree: ast.Module) -> Iterator[Positioned]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}:
            yield node
