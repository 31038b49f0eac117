"""The console without any room above the ground, and people to sign in to it."""

import re

from flask import Flask, render_template_string
from flask.testing import FlaskClient

from hotline import accounts, db, web
from hotline.accounts import service
from hotline.accounts.guard import requires
from hotline.accounts.models import Account
from hotline.accounts.permissions import Permission, Role
from hotline.audit import SYSTEM
from hotline.config import Settings

PASSWORD = "green-lantern-42"
BROWSER = {"Accept": "text/html"}
FIRST_PASSWORD = re.compile(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}")
PAGE = """{% extends "base.html" %}
{% block title %}值守台{% endblock %}
{% block content %}queue{% endblock %}"""


def build(settings: Settings) -> Flask:
    """An application of accounts and web alone, with a page to look at and a deed to do."""
    app = Flask("console", static_folder=None)
    web.install(app, settings)
    accounts.install(app, settings)

    @app.get("/")
    @requires(Permission.see_queue)
    def queue() -> str:
        return render_template_string(PAGE)

    @app.get("/wallboard")
    @requires(Permission.see_wallboard)
    def wallboard() -> str:
        return "wallboard"

    @app.post("/claim")
    @requires(Permission.claim)
    def claim() -> str:
        return "claimed"

    return app


def person(
    username: str = "wang", role: Role = Role.officer, *, must_change: bool = False
) -> Account:
    """An account whose password is `PASSWORD`."""
    with db.transaction() as session:
        return service.add(
            session,
            SYSTEM,
            username=username,
            name="王敏",
            role=role,
            password=PASSWORD,
            must_change=must_change,
        )


def token(page: str) -> str:
    """The forgery token of a page's form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]


def post(client: FlaskClient, path: str, page: str, **fields: str):
    """Post as the form on `page` would."""
    form = client.get(page).get_data(as_text=True)
    return client.post(path, data={**fields, "csrf_token": token(form)}, headers=BROWSER)


def sign_in(client: FlaskClient, username: str = "wang", password: str = PASSWORD, query: str = ""):
    """Fill in the sign-in page and send it."""
    page = f"/sign-in{query}"
    return post(client, page, page, username=username, password=password)
