"""Every page at a desk and on a telephone, by day, by night and in high contrast: no barrier that axe can
find (WCAG 2.2 AA), and nothing that sticks out. And the keyboard, which is the same on every page."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hotline.app import create_app
from hotline.config import Settings
from hotline.web import assets
from tests import everywhere
from tests.browser.conftest import SIZES
from tests.triage import desk

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW = {"desk": (1280, 720), "phone": (320, 640)}
"""What everything has to fit into: a small desk's screen; that screen enlarged four times (WCAG 1.4.10)."""
REVEAL = """() => {
    // What is folded away or waits behind a button is somebody's page, too.
    for (const one of document.querySelectorAll("details")) one.open = true;
    for (const one of document.querySelectorAll(".modal, .dropdown-menu, .collapse, .offcanvas")) {
        if (!one.textContent.trim()) continue;
        one.classList.remove("fade");
        one.classList.add("show");
        one.removeAttribute("aria-hidden");
        if (one.matches(".modal")) one.setAttribute("role", "dialog");
        Object.assign(one.style, {display: "block", position: "static", visibility: "visible"});
    }
}"""
LOOK_FOR_BARRIERS = """async (values) => {
    const type = values[0] === "color-contrast" ? "rule" : "tag";
    const found = await axe.run(document, {
        runOnly: {type, values}, resultTypes: ["violations"], preload: false, iframes: false,
        ...(type === "tag" && {rules: {"target-size": {enabled: true}}}),
    });
    return found.violations.flatMap(({id, nodes}) =>
        nodes.map(({target, failureSummary}) => [id, target.join(" "), failureSummary]));
}"""
STICKING_OUT = """() => {
    const wide = document.documentElement.clientWidth;
    const scrolls = (one) =>
        one && (getComputedStyle(one).overflowX !== "visible" || scrolls(one.parentElement));
    if (document.documentElement.scrollWidth <= wide) return [];
    return [...document.body.querySelectorAll("*")]
        .filter((one) => one.getBoundingClientRect().right > wide + 1 && !scrolls(one.parentElement))
        .slice(0, 3).map((one) => ["sticks-out", one.className || one.tagName, ""]);
}"""


@pytest.fixture
def line(address: str, database: Settings) -> Flask:
    """The application that stands at `address`, to be filled and asked directly."""
    return create_app(database)


def enter(chromium: Browser, address: str, line: Flask, who: str) -> BrowserContext:
    """A browser in which `who` is signed in already."""
    # A colour half way to another is nobody's to read.
    context = chromium.new_context(base_url=address, reduced_motion="reduce")
    context.add_init_script(path=assets.TOOLS / "axe.min.js")
    if who:
        cookie = desk.Desk(line, who).client.get_cookie("hotline")
        assert cookie
        context.add_cookies([{"name": "hotline", "value": cookie.value, "url": address}])
    return context


def pages(line: Flask) -> Iterator[everywhere.Address]:
    """Whole pages, not pieces of them."""
    clients = {who: desk.Desk(line, who).client for who in everywhere.WHO}
    clients[""] = line.test_client()
    for one in everywhere.addresses(line, everywhere.lived_in(line)):
        answer = clients[one.who].get(one.path, headers={"Accept": "text/html"})
        is_whole = answer.get_data().lstrip().startswith(b"<!doctype html>")
        if is_whole and answer.status_code != 303:
            yield one


def barriers(tab: Page) -> list[list[str]]:
    """What stands in somebody's way on the page as it is shown now, at every size and in every look."""
    found: list[list[str]] = []
    for width, height in (*NARROW.values(), *SIZES.values()):
        tab.set_viewport_size({"width": width, "height": height})
        found += tab.evaluate(STICKING_OUT)
    tab.evaluate(REVEAL)
    found += tab.evaluate(LOOK_FOR_BARRIERS, STANDARDS)
    tab.emulate_media(color_scheme="light", contrast="more")
    # The other rules ask nothing of colours.
    found += tab.evaluate(LOOK_FOR_BARRIERS, ["color-contrast"])
    wide, high = SIZES["desk"]
    tab.set_viewport_size({"width": wide, "height": high})
    tab.emulate_media(color_scheme="dark", contrast="more")
    found += tab.evaluate(LOOK_FOR_BARRIERS, ["color-contrast"])
    tab.emulate_media(color_scheme="dark", contrast="no-preference")
    found += tab.evaluate(LOOK_FOR_BARRIERS, ["color-contrast"])
    tab.emulate_media(color_scheme="light")
    found += tab.evaluate(LOOK_FOR_BARRIERS, STANDARDS)
    return found


@pytest.mark.timeout(180)
@pytest.mark.parametrize("half", [0, 1])
def test_nothing_stands_in_anybodys_way(
    chromium: Browser, address: str, line: Flask, half: int
) -> None:
    wanted = list(pages(line))[half::2]
    assert len(wanted) > 15
    contexts = {who: enter(chromium, address, line, who) for who in {one.who for one in wanted}}
    tabs = {who: context.new_page() for who, context in contexts.items()}
    found = {}
    for one in wanted:
        tab = tabs[one.who]
        tab.goto(one.path)
        expect(tab.locator(".htmx-request")).to_have_count(0)
        found[one.path] = barriers(tab)
    for context in contexts.values():
        context.close()
    assert {path: some for path, some in found.items() if some} == {}


def focus(page: Page) -> str:
    """What has the focus, as a selector of ours would name it."""
    found: str = page.evaluate("document.activeElement.id || document.activeElement.className")
    return found


def test_keys_lead_everywhere_but_not_while_somebody_types(page: Page) -> None:
    page.keyboard.press("Tab")
    assert "skip" in focus(page)
    page.keyboard.press("Enter")
    assert focus(page) == "content"
    page.keyboard.press("?")
    sheet = page.locator("#keyboard-help")
    expect(sheet.locator("[data-keys-of=everywhere]")).to_contain_text("g c 个案")
    expect(sheet.locator("[data-keys-of=page]")).to_contain_text("下一行、上一行")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    assert focus(page) == "content"
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/cases")
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/me")
    page.goto("/password")
    page.locator("input[type=password]").first.press_sequentially("gq?")
    page.evaluate(COMPOSE)
    page.wait_for_timeout(200)
    assert page.url.endswith("/password")
    expect(page.locator(".modal.show")).to_have_count(0)


COMPOSE = """() => {
    document.activeElement.blur();
    for (const key of ["g", "q"]) {
        document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, isComposing: true}));
    }
}"""


def test_single_keys_can_be_switched_off_in_this_browser(page: Page) -> None:
    """WCAG 2.1.4: who speaks to the machine would set them off by speaking."""
    page.keyboard.press("?")
    page.locator("[data-keys-on]").click()
    page.keyboard.press("Escape")
    expect(page.locator("#keyboard-help")).to_be_hidden()
    page.keyboard.press("?")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_timeout(200)
    expect(page.locator("#keyboard-help")).to_be_hidden()
    assert page.url.endswith("/")
    page.locator("button[data-bs-target='#keyboard-help']").click()
    expect(page.locator("[data-keys-on]")).not_to_be_checked()


def test_the_look_is_as_the_system_is_or_as_chosen(page: Page) -> None:
    html = page.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "light")
    page.emulate_media(color_scheme="dark", contrast="more")
    expect(html).to_have_attribute("data-bs-theme", "dark")
    expect(html).to_have_attribute("data-contrast", "more")
    page.get_by_role("button", name="我的账号").click()
    page.get_by_role("button", name="浅色").click()
    expect(html).to_have_attribute("data-bs-theme", "light")
    expect(html).to_have_attribute("data-contrast", "normal")
    page.get_by_role("button", name="我的账号").click()
    expect(page.get_by_role("button", name="浅色")).to_have_attribute("aria-pressed", "true")
