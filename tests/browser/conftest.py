"""The whole console in a real browser, and an officer's tab that must not complain."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from hotline import health
from hotline.config import Settings
from hotline.web import assets, catalogue
from tests.chromium import launch
from tests.triage import desk
from tests.web.conftest import OUTPUT, PLAYS

# A browser, the whole console and other tests share two processors.
expect.set_options(timeout=20_000)
KNOWN = "Applying inline style"
"""Seen now and then on a busy machine while pictures are taken. That no page of ours brings a style inline is
seen to in `tests/web/test_every_page.py`."""
COUNTING = """
window.beeps = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.beeps += 1; return start.apply(this, when); };
"""
"""Each note that the page sounds, in `window.beeps`."""
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    assets.fetch()
    catalogue.compile_english()
    with sync_playwright() as player:
        browser = launch(player, PLAYS)
        yield browser
        browser.close()


@pytest.fixture
def address(database: Settings, redis: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The whole application under a real server on loopback. Nothing is said of the parts that do not run
    here (every process but this one, the network), except by a test that means it."""
    monkeypatch.setattr(health, "PARTS", [])
    server = make_server("127.0.0.1", 0, desk.open_line(database, monkeypatch), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def context(chromium: Browser, address: str) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """The officer's tab; whatever the browser complains about fails the test."""
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    tab.on("pageerror", lambda fault: complaints.append(str(fault)))
    sign_in(tab, "zhiban")
    yield tab
    assert [one for one in complaints if not one.startswith(KNOWN) and "422" not in one] == []


def sign_in(tab: Page, username: str) -> None:
    tab.goto("/sign-in")
    tab.fill("[name=username]", username)
    tab.fill("[name=password]", desk.PASSWORDS[username])
    tab.press("[name=password]", "Enter")
    tab.wait_for_url("**/")
    expect(tab.locator("#live-status")).to_have_attribute("data-state", "live")


def picture(page: Page, name: str) -> None:
    """Pictures of the page as it stands, which has to fit a telephone, too."""
    OUTPUT.mkdir(exist_ok=True)
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(250)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} on a {size}"
        page.screenshot(path=OUTPUT / f"{name}-{size}.png", full_page=size == "phone")
    page.set_viewport_size({"width": 1440, "height": 900})
