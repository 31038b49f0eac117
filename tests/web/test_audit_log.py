import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hotline import audit, db
from hotline.accounts.permissions import Role
from hotline.audit import Actor
from hotline.web.audit_words import ACTIONS, SUBJECTS
from tests.accounts import console

ROOT = Path(__file__).parents[2]


@pytest.fixture
def auditor(app: Flask) -> FlaskClient:
    """The auditor's browser, and sixty looks at reports to find in it."""
    console.person("shen", Role.auditor)
    client = app.test_client()
    console.sign_in(client, "shen")
    with db.transaction() as session:
        for number in range(60):
            actor = Actor("li" if number % 2 else "wang", None, "10.0.0.7")
            audit.record(session, actor, "report_seen", "report", number, reason=f"why-{number}-")
    return client


def reasons(client: FlaskClient, address: str) -> list[int]:
    page = client.get(address).get_data(as_text=True)
    return [int(found) for found in re.findall(r"why-(\d+)-", page)]


def test_the_log_is_read_newest_first_page_by_page(auditor: FlaskClient) -> None:
    assert reasons(auditor, "/audit") == list(range(59, 9, -1))
    page = auditor.get("/audit").get_data(as_text=True)
    older = re.search(r'href="(/audit\?[^"]*before[^"]*)" rel="next"', page)
    assert older
    assert reasons(auditor, older[1].replace("&amp;", "&")) == list(range(9, -1, -1))


@pytest.mark.parametrize(
    ("query", "count"),
    [("actor=li", 30), ("subject=report&subject_id=7", 1), ("action=nothing", 0)],
)
def test_it_is_searched_by_who_deed_and_subject(
    auditor: FlaskClient, query: str, count: int
) -> None:
    assert len(reasons(auditor, f"/audit?{query}")) == count


def test_every_deed_that_is_written_down_has_its_words() -> None:
    told = [words for room in ("hotline", "triage", "ivr") for words in _recorded(ROOT / room)]
    assert len(told) > 100
    assert {action for action, _ in told if action} <= ACTIONS.keys()
    assert {subject for _, subject in told if subject} <= SUBJECTS.keys()


def _recorded(room: Path) -> Iterator[tuple[str, str]]:
    """Action and subject of each call of `audit.record` and `audit.look`, where the source names them."""
    calls = re.compile(r"audit\.(record|look)$")
    for path in room.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and (found := calls.match(ast.unparse(node.func))):
                words = [_text(one) for one in node.args[2:4]]
                yield ("read", words[0]) if found[1] == "look" else (words[0], words[1])


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_an_officer_does_not_read_it(app: Flask) -> None:
    console.person()
    client = app.test_client()
    console.sign_in(client)
    assert client.get("/audit").status_code == 403
