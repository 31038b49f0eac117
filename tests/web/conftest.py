"""The console under a real server with a page that shows every shared piece, and Chromium to look."""

import datetime as dt
import io
import math
import struct
import threading
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, render_template_string, request
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from hotline import clock
from hotline.accounts.forms import AccountForm
from hotline.accounts.guard import public, requires
from hotline.accounts.permissions import Permission
from hotline.config import Settings
from hotline.web import assets, catalogue
from tests.accounts import console
from tests.chromium import CHROMIUM, launch

OUTPUT = Path(__file__).parents[1] / "output"
SHOWCASE = (Path(__file__).parent / "showcase.html").read_text()
PLAYS = "--autoplay-policy=no-user-gesture-required"


def speech(seconds: float = 3.0) -> bytes:
    """A WAV file as the network makes them: 8 kHz, one channel; a wobbling tone."""
    rate = 8000
    samples = (
        int(12000 * math.sin(at / 5) * abs(math.sin(at / 1500)))
        for at in range(int(rate * seconds))
    )
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return out.getvalue()


@pytest.fixture(scope="session", autouse=True)
def prepared(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the build makes: third-party files and the compiled catalogue."""
    assets.fetch()
    catalogue.compile_english()


@pytest.fixture
def app(database: Settings, redis: object) -> Flask:
    """The console with the showcase for a queue."""
    app = console.build(database)
    app.config["DRAFTS"] = []
    app.config["FRAGMENTS"] = []

    @app.get("/showcase")
    @requires(Permission.see_queue)
    def showcase() -> str:
        now = clock.now()
        rows = [
            ("emergency", now - dt.timedelta(seconds=75), "待领取", "red", "+86138****8000"),
            ("urgent", now + dt.timedelta(minutes=9), "处理中", "blue", "+86139****1234"),
            ("standard", now + dt.timedelta(hours=20), "待领取", "yellow", ""),
            ("consult", now + dt.timedelta(days=6), "已处理", "green", "***45"),
            (None, now + dt.timedelta(seconds=40), "待领取", "yellow", "+86137****4321"),
        ]
        started = now - dt.timedelta(minutes=2)
        return render_template_string(
            SHOWCASE, rows=rows, started=started, form=AccountForm(formdata=None)
        )

    @app.get("/recording.wav")
    @requires(Permission.hear_recording)
    def recording() -> Response:
        return Response(speech(), content_type="audio/wav")

    @app.get("/fragment")
    @requires(Permission.see_queue)
    def fragment() -> str:
        app.config["FRAGMENTS"].append(request.headers.get("X-Background"))
        return "<p>新的列表</p>"

    @app.get("/banner")
    @public("as in the whole application")
    def banner() -> str:
        return str(app.config.get("BANNER", ""))

    @app.get("/recordings/alarm", endpoint="alarm")
    @app.get("/conversations/mine", endpoint="accepted")
    @app.get("/handovers/mine", endpoint="handovers")
    @app.get("/cases/notices", endpoint="notices")
    @requires(Permission.see_queue)
    def nothing_new() -> str:
        """What every page asks for; the rooms that know of it are not here."""
        return ""

    @app.post("/draft")
    @requires(Permission.classify)
    def draft() -> tuple[str, int]:
        app.config["DRAFTS"].append(request.form["name"])
        return "", 204

    @app.get("/live")
    @requires(Permission.see_queue)
    def live() -> Response:
        return Response(
            "retry: 60000\n\nevent: state\ndata: live 0\n\nid: 1\nevent: queue\ndata: 7\n\n",
            content_type="text/event-stream",
        )

    return app


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application under a real server on loopback."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    if not CHROMIUM:
        pytest.skip("Chromium is not installed (apt-get install chromium-headless-shell)")
    with sync_playwright() as player:
        browser = launch(player, PLAYS)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console says is wrong. A test that means it to be takes it out again."""
    return []


@pytest.fixture
def page(chromium: Browser, address: str, complaints: list[str]) -> Iterator[Page]:
    """One tab; whatever the browser complains about fails the test."""
    context = chromium.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    tab.on("pageerror", lambda fault: complaints.append(str(fault)))
    yield tab
    context.close()
    assert complaints == []


@pytest.fixture
def officer(page: Page) -> Page:
    """A tab in which an officer is signed in."""
    console.person()
    page.goto("/sign-in")
    page.fill("[name=username]", "wang")
    page.fill("[name=password]", console.PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/")
    return page
