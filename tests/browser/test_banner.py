"""A part of the line fails while an officer's page is open."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from hotline import app, health
from hotline.checkup import Finding
from tests.browser.conftest import picture, sign_in
from tests.triage import desk

PARTS = {part.name: part for part in health.PARTS}
assert app.metadata


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """From now on these parts are bad, and no others."""

    def set_bad(*names: str) -> None:
        found = [Finding(part, "bad" if name in names else "") for name, part in PARTS.items()]
        monkeypatch.setattr(health, "findings", lambda: found)

    set_bad()
    return set_bad


ASK = "htmx.ajax('GET', '/banner', {source: '#faults', target: '#faults'}).catch(() => {})"


def asks_again(page: Page) -> None:
    """Ten seconds pass."""
    with page.expect_event("requestfinished", lambda asked: asked.url.endswith("/banner")):
        page.evaluate(ASK)


def test_the_open_page_says_what_has_failed_and_that_it_is_well_again(
    page: Page, fails: Callable[..., None]
) -> None:
    desk.call(emergency=True)
    page.reload()
    banner = page.locator("#faults .alert")
    expect(banner).to_have_count(0)
    fails("alerts", "sweeper")
    asks_again(page)
    expect(banner).to_have_count(2)
    expect(banner.first).to_contain_text("定时处理停止")
    expect(banner.first).to_have_class("alert alert-danger")
    expect(banner.last).to_have_class("alert alert-warning")
    picture(page, "banner")
    page.evaluate("document.querySelector('#faults .alert').dataset.mark = 'same'")
    asks_again(page)
    expect(banner.first).to_have_attribute("data-mark", "same")
    fails()
    asks_again(page)
    expect(banner).to_have_count(0)


def test_it_asks_by_itself_every_ten_seconds(page: Page, fails: Callable[..., None]) -> None:
    fails("carrier")
    expect(page.locator("#faults .alert")).to_contain_text("短信电话网络不通", timeout=12_000)


def test_everything_at_once_still_leaves_the_page_to_be_worked_on(
    page: Page, fails: Callable[..., None]
) -> None:
    desk.call(emergency=True)
    fails(*PARTS)
    page.reload()
    expect(page.locator("#faults .alert")).to_have_count(len(PARTS))
    picture(page, "banner-everything")


def test_a_server_that_does_not_answer(context: BrowserContext, fails: Callable[..., None]) -> None:
    page = context.new_page()
    sign_in(page, "zhiban")
    fails("sweeper")
    asks_again(page)
    banner, no_answer = page.locator("#faults .alert"), page.locator("#no-answer")
    expect(no_answer).to_be_hidden()

    def lost(route: Route) -> None:
        route.abort("connectionrefused")

    page.route("**/banner", lost)
    page.evaluate(ASK)
    expect(no_answer).to_contain_text("连接中断")
    expect(no_answer).to_be_visible()
    expect(banner).to_contain_text("定时处理停止")  # the last that was known
    expect(page.locator(".toast")).to_have_count(0)
    picture(page, "banner-no-answer")
    page.unroute("**/banner")
    fails("redis")
    asks_again(page)
    expect(no_answer).to_be_hidden()
    expect(banner).to_contain_text("Redis 无响应")
    expect(banner).to_have_count(1)
