"""Headers, languages, errors, static files: what every answer of the console has in common."""

import gzip
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hotline.accounts.guard import public
from hotline.web.navigation import NAVIGATION, is_here
from tests.accounts import console

HTML = {"Accept": "text/html"}
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """One browser, signed in."""
    console.person()
    client = app.test_client()
    console.sign_in(client)
    return client


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, pattern
    return match[1]


def policy(answer) -> dict[str, str]:
    parts = answer.headers["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


def test_pages_are_kept_by_nobody_and_framed_by_nobody(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    rules = policy(answer)
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in answer.headers


def test_the_style_nonce_is_new_for_each_page(client: FlaskClient) -> None:
    pages = [client.get("/") for _ in range(2)]
    nonces = [found("'nonce-(.+?)'", policy(page)["style-src"]) for page in pages]
    assert nonces[0] != nonces[1]
    assert f'data-style-nonce="{nonces[0]}"' in pages[0].get_data(as_text=True)


def test_no_page_has_script_or_style_of_its_own(client: FlaskClient) -> None:
    for path in ("/", "/showcase", "/password"):
        page = client.get(path).get_data(as_text=True)
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"<style|\bstyle=|\bon\w+=\"", page)


def test_over_tls_cookies_are_locked_to_this_site(database) -> None:
    settings = database.model_copy(update={"public_url": "https://line.example.org"})
    answer = console.build(settings).test_client().get("/sign-in", base_url="https://line")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-hotline=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert answer.headers["Strict-Transport-Security"]


def test_a_static_file_is_kept_for_good_under_its_own_digest(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    address = found(r"(/static/console\.css\?v=\w{16})", page)
    kept = client.get(address).headers["Cache-Control"]
    assert "immutable" in kept
    assert "max-age=31536000" in kept
    assert "no-cache" in client.get("/static/console.css?v=old").headers["Cache-Control"]


def test_a_file_travels_packed_and_is_the_same_for_everybody(client: FlaskClient) -> None:
    plain = client.get("/static/console.css")
    packed = client.get("/static/console.css", headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    assert {one.headers["Vary"] for one in (plain, packed)} == {"Accept-Encoding"}
    again = {**GZIP, "If-None-Match": packed.headers["ETag"]}
    assert client.get("/static/console.css", headers=again).status_code == 304


def test_a_page_travels_packed_and_its_length_tells_nothing(client: FlaskClient) -> None:
    answers = [client.get("/password", headers=GZIP) for _ in range(8)]
    assert {one.headers["Content-Encoding"] for one in answers} == {"gzip"}
    assert all("Accept-Encoding" in one.headers["Vary"] for one in answers)
    # Over and above what a new style nonce changes.
    lengths = [one.content_length for one in answers]
    assert max(lengths) - min(lengths) > 10
    assert (
        "Content-Encoding" not in client.get("/password", headers={"Accept-Encoding": "br"}).headers
    )


@pytest.mark.parametrize("name", ["nothing.js", "../views.py", "vendor/.stamp/../../../views.py"])
def test_no_other_file_is_given_away(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/{name}", headers=HTML).status_code == 404


def test_navigation_shows_what_the_role_may_enter(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    nav = page[page.index('id="navigation"') : page.index("</nav>")]
    shown = re.findall(r'<a [^>]*href="([^"]+)"', nav)
    at_hand = ["/", "/cases", "/tasks", "/callbacks", "/board", "/alerts", "/recordings"]
    assert shown == [*at_hand, "/agencies", "/roster", "/exercises"]
    assert nav.index("dropdown-menu") < nav.index('href="/agencies"')
    assert nav.index('href="/recordings"') < nav.index("dropdown-menu")
    assert re.findall(r'href="([^"]+)"\s+aria-current', nav) == ["/"]


def test_a_report_belongs_to_the_queue_and_nothing_to_two_places() -> None:
    def here(path: str) -> list[str]:
        return [place.path for place in NAVIGATION if is_here(place, path)]

    assert here("/reports/7") == ["/"]
    assert here("/cases/7/notes") == ["/cases"]
    assert here("/casesque") == []


@pytest.mark.parametrize(
    ("status", "remedy"), [(403, "请联系带班领导"), (404, "从导航重新进入"), (429, "请等一分钟")]
)
def test_a_fault_is_said_with_its_remedy(app: Flask, status: int, remedy: str) -> None:
    fault = public("a test")(lambda: app.aborter(status))
    app.add_url_rule("/fault", view_func=fault, endpoint="fault")
    answer = app.test_client().get("/fault", headers=HTML)
    assert answer.status_code == status
    assert remedy in answer.get_data(as_text=True)


def failing(app: Flask) -> FlaskClient:
    def fail() -> str:
        raise ValueError("no personal data here")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.add_url_rule("/fault", view_func=public("a test")(fail))
    return app.test_client()


def test_a_failure_shows_its_number_and_nothing_of_itself(app: Flask) -> None:
    answer = failing(app).get("/fault", headers=HTML)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in page
    assert "no personal data here" not in page
    assert "Content-Security-Policy" in answer.headers


def test_htmx_is_told_of_a_failure_by_a_toast(app: Flask) -> None:
    answer = failing(app).get("/fault", headers={"HX-Request": "true"})
    toast = json.loads(answer.headers["HX-Trigger"])["toast"]
    assert toast["kind"] == "danger"
    assert toast["text"].startswith("系统出了问题")


def test_a_machine_is_told_of_a_fault_in_one_line(app: Flask) -> None:
    answer = failing(app).get("/fault", headers={"Accept": "*/*"})
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.get_data(as_text=True).count("\n") == 1


def test_an_unknown_address_is_no_failure(client: FlaskClient) -> None:
    assert client.get("/nowhere", headers=HTML).status_code == 404


@pytest.mark.parametrize(
    ("chosen", "said"),
    [("en", "Sign in to the console"), ("zh", "登录值守台"), ("xx", "登录值守台")],
)
def test_the_language_is_chosen_before_signing_in(app: Flask, chosen: str, said: str) -> None:
    client = app.test_client()
    answer = console.post(client, "/language", "/sign-in", language=chosen, next="/sign-in")
    assert answer.location == "/sign-in"
    assert said in client.get("/sign-in").get_data(as_text=True)


def test_the_language_switch_leads_nowhere_else(app: Flask) -> None:
    client = app.test_client()
    answer = console.post(client, "/language", "/sign-in", language="en", next="//evil.example")
    assert answer.location == "/"
