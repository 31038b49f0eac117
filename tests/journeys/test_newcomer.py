"""A newcomer's first call, in a real browser: the telephones' page beside the console."""

import datetime as dt
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from hotline import clock
from hotline.embedded import demo
from tests.chromium import CHROMIUM, launch
from tests.journeys import looks
from tests.journeys.conftest import SIGN_INS, TheLine

OUTPUT = Path(__file__).parents[1] / "output"
SAID = "杏花社区幸福里三号楼，楼上有人在打孩子"

# Two browsers, a web server and a network share the machine with other tests.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")


@pytest.fixture
def browser():
    OUTPUT.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        context.set_default_timeout(PATIENCE_MS)
        yield context
        chromium.close()


@pytest.fixture
def telephones(browser, line: TheLine) -> Page:
    for phone in demo.TELEPHONES:
        line.network.phone(phone.number, phone.label, phone.kind)
    page = browser.new_page()
    page.goto(line.network.base_url)
    return page


@pytest.fixture
def console(browser, line: TheLine) -> Page:
    page = browser.new_page()
    page.goto(line.settings.public_url)
    page.fill("[name=username]", "zhiban")
    page.fill("[name=password]", SIGN_INS["zhiban"].password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="值守台")).to_be_visible()
    return page


def phone(page: Page, number: str) -> Locator:
    """One telephone on the page, by its number."""
    return page.locator(".phone").filter(has=page.get_by_text(number, exact=True))


def keys(telephone: Locator, digits: str) -> None:
    for digit in digits:
        telephone.locator(f"[data-key='{digit}']").click()


def part(telephone: Locator, name: str) -> Locator:
    return telephone.locator(f"[data-part={name}]")


def look(page: Page, name: str) -> None:
    page.screenshot(path=OUTPUT / f"newcomer-{name}.png")


def leaves_a_statement(line: TheLine, caller: Locator, officer: Locator) -> None:
    """Dial, hear the greeting, press 1; the officer declines; press 2, type what is said; hang up."""
    keys(caller, "12355")
    part(caller, "call").click()
    expect(part(caller, "captions")).to_contain_text("儿童保护热线")
    keys(caller, "1")
    expect(part(caller, "captions")).to_contain_text("正在为你接通值班员")
    line.works()
    part(officer, "decline").click()
    keys(caller, "2")
    expect(part(caller, "captions")).to_contain_text("听到嘀的一声")
    part(caller, "typed").locator("input").fill(SAID)
    part(caller, "typed").locator("button").click()
    expect(part(caller, "captions")).to_contain_text(SAID)
    part(caller, "hangup").click()


@pytest.mark.timeout(150)
def test_from_dialling_to_the_acknowledgement(line: TheLine, telephones: Page, console: Page):
    caller = phone(telephones, "10000000001")
    officer = phone(telephones, "10000000101")
    police = phone(telephones, "10000000301")

    # Step 2.
    leaves_a_statement(line, caller, officer)
    look(telephones, "telephones")

    # Step 3: without reloading, on top, an emergency, its clock running. Claim, listen, judge.
    row = console.locator("tbody tr").first
    expect(row).to_contain_text("紧急")
    expect(row).to_contain_text("+86100****0001")
    line.settles()
    expect(row).to_contain_text("0:0")
    look(console, "queue")
    row.locator("a[href^='/reports/']").first.click()
    expect(console.get_by_role("heading", name="诉求")).to_be_visible()
    console.wait_for_load_state("load")
    console.keyboard.press("c")
    expect(console.get_by_role("button", name="退回队列")).to_be_visible()
    console.keyboard.press("Space")
    expect(console.locator("[data-player]").first).to_have_attribute("data-state", "playing")
    console.select_option("[name=situation]", "domestic_violence")
    console.fill("[name=child_name]", "李小雨")
    console.fill("[name=place]", "杏花社区")
    console.fill("[name=address]", "幸福里3号楼")
    console.get_by_role("button", name="转报公安").click()
    preview = console.get_by_role("dialog")
    expect(preview).to_contain_text("长桥派出所")
    look(console, "forward")
    console.get_by_role("button", name="确认发送").click()
    expect(console.locator("body")).to_contain_text("等待签收")

    # Step 4: the SMS; nobody reacts; it rings; a key acknowledges; the console shows who and when.
    line.works()
    police.locator("[data-tab=texts]").click()
    expect(part(police, "bubbles")).to_contain_text("紧急警情")
    expect(part(police, "bubbles")).not_to_contain_text("李小雨")
    look(telephones, "sms")
    clock.shift(dt.timedelta(seconds=61))
    line.sweeps()
    line.works()
    part(police, "answer").click()
    expect(part(police, "captions")).to_contain_text("确认收到请按1")
    keys(police, "1")
    expect(part(police, "captions")).to_contain_text("已签收")
    keys(police, "2")
    expect(part(police, "captions")).to_contain_text("反馈已记录")
    expect(console.locator("body")).to_contain_text("王建国 于")
    look(console, "acknowledged")
    [alert] = looks.alerts()
    assert alert["acknowledged_by"] == "长桥派出所 值班民警 王建国"

    console.get_by_role("button", name="立个案").click()
    expect(console.get_by_role("heading", name="个案 20001")).to_be_visible()
    look(console, "case")
