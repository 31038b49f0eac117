"""Every route of the whole application says who may enter."""

import io
import re

from flask import Flask
from werkzeug.routing import Rule

from hotline import app as roof
from hotline.accounts.guard import Public, entry_of
from hotline.config import Settings

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
WITHOUT_SIGNING_IN = {
    "/sign-in",
    "/sign-in/passkey",
    "/sign-in/passkey/options",
    "/sign-out",
    "/language",
    "/static/<path:name>",
    "/healthz",
    "/readyz",
    "/banner",
    "/metrics",
}


def rules(app: Flask) -> list[Rule]:
    found = list(app.url_map.iter_rules())
    assert len(found) > 20
    return found


def address(rule: Rule) -> str:
    """One that the rule matches."""
    first_word = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule)
    return re.sub(r"<[^>]+>", "1", first_word)


def test_every_route_declares_who_may_enter(settings: Settings) -> None:
    app = roof.create_app(settings)
    undeclared = [
        rule.rule for rule in rules(app) if entry_of(app.view_functions[rule.endpoint]) is None
    ]
    assert undeclared == []


def test_only_the_network_and_the_door_are_open(settings: Settings) -> None:
    app = roof.create_app(settings)
    entries = {rule.rule: entry_of(app.view_functions[rule.endpoint]) for rule in rules(app)}
    opened = {path for path, entry in entries.items() if isinstance(entry, Public)}
    assert {path for path in opened if not path.startswith("/ivr/")} <= WITHOUT_SIGNING_IN
    assert all(entry.reason for entry in entries.values() if isinstance(entry, Public))


def test_nobody_gets_past_the_door_of_any_closed_route(settings: Settings) -> None:
    """Asked for over HTTP, not read off the mark."""
    app = roof.create_app(settings)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    asked = 0
    for rule in rules(app):
        if isinstance(entry_of(app.view_functions[rule.endpoint]), Public):
            continue
        path = address(rule)
        method = "POST" if WRITES & (rule.methods or set()) else "GET"
        answer = client.open(path, method=method)
        assert answer.status_code == 303, (method, path)
        assert answer.location.startswith("/sign-in"), (method, path)
        asked += 1
    assert asked > 10


def test_every_console_post_wants_the_forms_token(settings: Settings) -> None:
    app = roof.create_app(settings)
    client = app.test_client()
    posts = [rule for rule in rules(app) if WRITES & (rule.methods or set())]
    unasked = []
    for rule in posts:
        answer = client.post(address(rule), headers={"Accept": "text/html"})
        if answer.status_code != 400 and not rule.rule.startswith("/ivr/"):
            unasked.append(rule.rule)
    assert unasked == []
    assert len(posts) > 10


def test_what_is_only_done_leads_to_its_page_when_it_is_opened(settings: Settings) -> None:
    """A reload, a way back after signing out: never a bare refusal, and never to another such address."""
    app = roof.create_app(settings)
    client, addresses = app.test_client(), app.url_map.bind("localhost")
    led = {}
    for rule in rules(app):
        path = address(rule)
        if not addresses.test(path, "GET"):
            answer = client.get(path, headers={"Accept": "text/html"})
            assert answer.status_code == 303, path
            assert addresses.test(answer.location, "GET"), path
            led[rule.rule] = answer.location
    assert led["/officers/<username>/reset"] == "/officers"
    assert led["/reports/<number>/hold/lift"] == "/reports/1"
    assert led["/cases/<int:case_id>/attachments/<int:attachment_id>/remove"] == "/cases/1"
    assert led["/sign-in/passkey"] == "/sign-in"
    assert led["/queue/bulk/<int:closing>/undo"] == led["/unlock"] == "/"
    assert "没有重复提交" in client.get("/sign-in").get_data(as_text=True)
    for headers in ({}, {"Accept": "text/html", "HX-Request": "true"}):
        assert client.get("/unlock", headers=headers).status_code == 405


def test_nobody_before_the_door_has_a_large_file_held_in_memory(settings: Settings) -> None:
    client = roof.create_app(settings).test_client()
    for path in ("/cases/1/attachments", "/sign-in"):
        large = io.BytesIO(bytes(roof.LARGEST_POST + 1))
        answer = client.post(path, data={"file": (large, "large.pdf")})
        assert answer.status_code == 413
