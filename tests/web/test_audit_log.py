import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hotline import audit, db
from hotline.accounts.permissions import Role
from hotline.audit import Actor
from tests.accounts import console


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


def test_an_officer_does_not_read_it(app: Flask) -> None:
    console.person()
    client = app.test_client()
    console.sign_in(client)
    assert client.get("/audit").status_code == 403
