"""Two officers at one queue, each in a browser of their own: nothing jumps, and all is told."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from hotline import db
from tests.browser.conftest import picture, sign_in
from tests.triage import desk
from triage.intake import service as intake
from triage.queue import service as queue

LISTENS = """
window.told = []; window.tones = 0;
window.Notification = class extends EventTarget {
  static permission = "granted";
  constructor(title, options) { super(); window.told.push({title, ...options}); window.last = this; }
  close() {}
};
const made = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.tones += 1; return made.call(this); };
"""


@pytest.fixture
def colleague(chromium: Browser, address: str) -> Iterator[Page]:
    """The other officer's tab."""
    context = chromium.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    context.add_init_script(LISTENS)
    tab = context.new_page()
    sign_in(tab, "zhiban2")
    yield tab
    context.close()


def focused(page: Page) -> tuple[str, float]:
    """The row that has the focus, and how far down the window it stands."""
    row = page.locator("[data-row]:has(:focus)")
    box = row.bounding_box()
    assert box
    return row.get_attribute("id") or "", box["y"]


def row(page: Page, number: str) -> Locator:
    return page.locator(f"#report-{number}")


def test_nothing_moves_under_the_officer_and_all_is_told(page: Page, colleague: Page) -> None:
    numbers = [desk.call(f"+8610000000{index}") for index in range(100, 105)]
    page.goto("/?tab=waiting")
    for _ in range(3):
        page.keyboard.press("j")
    before = focused(page)
    emergency, new = desk.call(emergency=True), desk.call()
    news = page.locator("#queue-news")
    expect(news.locator("[data-count]")).to_have_text("2 条新诉求")
    expect(news.locator("[data-emergencies] a")).to_have_attribute("href", f"/reports/{emergency}")
    expect(row(page, new)).to_have_count(0)
    with db.transaction() as session:
        intake.mark_emergency(session, desk.sid_of(numbers[3]))
    risen = news.locator(f"[data-emergencies] a[href='/reports/{numbers[3]}']")
    expect(risen).to_be_visible()
    with db.transaction() as session:
        queue.claim(session, desk.report(numbers[0]).id, desk.actor("zhiban2"))
    expect(row(page, numbers[0])).to_contain_text("已由周牧领取")
    assert focused(page) == before, "what was read stays where it was"
    picture(page, "queue-news")
    page.keyboard.press(".")
    expect(page.locator("[data-row]").first).to_have_id(f"report-{emergency}")
    assert focused(page)[0] == f"report-{emergency}"
    expect(risen).to_have_count(0)
    expect(news.locator("[data-count]")).to_be_empty()

    with colleague.expect_response("**/presence"):
        colleague.goto(f"/reports/{numbers[1]}")
    began = time.monotonic()
    here = row(page, numbers[1]).locator(".here")
    expect(here).to_have_attribute("title", "周牧 正在查看")
    print(f"seen after {time.monotonic() - began:.1f} s")
    colleague.goto("/")
    expect(here).to_have_count(0)


def test_a_report_goes_from_hand_to_hand(page: Page, colleague: Page) -> None:
    number = desk.call()
    colleague.locator("#sound").click()
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.wait_for_url(f"**/reports/{number}")
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("h")
    window = page.locator("#handover")
    window.get_by_label("周牧").check()
    window.get_by_label("交接说明").fill("已联系学校，三点回电。")
    picture(page, "handover")
    tones = colleague.evaluate("window.tones")
    window.get_by_role("button", name="请对方接手").click()
    page.wait_for_url(f"**/reports/{number}")
    expect(page.locator(".handovers")).to_contain_text("已联系学校，三点回电。")
    offer = colleague.locator("[data-offer]")
    expect(offer).to_contain_text(f"林晓岚请您接手 {number}")
    assert colleague.evaluate("window.tones") > tones, "it is heard, too"
    picture(colleague, "handover-offered")
    offer.get_by_role("button", name="接手").click()
    colleague.wait_for_url(f"**/reports/{number}")
    expect(colleague.locator("#classification")).to_be_visible()
    expect(page.locator("#handovers")).to_contain_text("周牧已接手")
    expect(page.locator("#state")).to_contain_text("周牧正在处理这份诉求")
    expect(page.locator(".beside-here")).to_contain_text("周牧 正在处理")
    picture(page, "report-handed-over")


def test_filters_a_view_and_many_closed_at_once(page: Page) -> None:
    numbers = [desk.call(f"+8610000000{index}") for index in range(110, 114)]
    emergency = desk.call(emergency=True)
    page.reload()
    page.keyboard.press("f")
    form = page.locator("#filter-form")
    form.get_by_text("紧急程度未定").click()
    picture(page, "queue-filters")
    form.get_by_role("button", name="应用筛选").click()
    expect(page.locator(".chip")).to_have_text("紧急程度未定")
    expect(row(page, emergency)).to_have_count(0)
    page.keyboard.press("v")
    page.get_by_role("button", name="保存当前筛选…").click()
    page.locator("#view-name").fill("待研判")
    page.locator("#save-view").get_by_role("button", name="保存").click()
    expect(page.locator("#views")).to_contain_text("待研判")
    expect(page.locator("#live-status")).to_have_attribute("data-state", "live")
    page.keyboard.press("j")
    page.keyboard.press("x")
    row(page, numbers[2]).locator("input[type=checkbox]").click(modifiers=["Shift"])
    expect(page.locator("[data-picked]")).to_have_text("已选 3 件")
    page.locator("#bulk").get_by_text("没有内容").click()
    page.locator("#bulk [name=reason]").fill("响一声就挂断")
    picture(page, "queue-picked")
    page.get_by_role("button", name="关闭所选").click()
    outcome = page.locator("#bulk-outcome")
    expect(outcome).to_contain_text("已关闭 3 件：没有内容")
    expect(page.locator("#bulk")).to_be_hidden()
    picture(page, "queue-closed")
    outcome.get_by_role("button", name="撤销").click()
    expect(outcome).to_contain_text("3 件诉求回到队列")
    for number in numbers:
        expect(row(page, number)).to_contain_text("待领取")


def test_of_two_tabs_one_sounds_and_one_notifies(context: BrowserContext) -> None:
    context.add_init_script(LISTENS)
    tabs = [context.new_page(), context.new_page()]
    sign_in(tabs[0], "zhiban")
    tabs[0].locator("#sound").click()
    tabs[1].goto("/")
    expect(tabs[1].locator("#live-status")).to_have_attribute("data-state", "live")
    tones = [tab.evaluate("window.tones") for tab in tabs]
    number = desk.call(emergency=True)
    tabs[0].wait_for_function("window.told.length + window.tones > 0")
    tabs[0].wait_for_timeout(1000)
    heard = [tab.evaluate("window.tones") - was for tab, was in zip(tabs, tones, strict=True)]
    assert sorted(heard) == [0, 6]
    told: list[list[dict[str, str]]] = [tab.evaluate("window.told") for tab in tabs]
    [notice] = [*told[0], *told[1]]
    assert (notice["title"], notice["body"]) == ("紧急诉求", "有紧急诉求等待处理，点击打开。")
    teller = tabs[0] if told[0] else tabs[1]
    teller.evaluate("window.last.dispatchEvent(new Event('click'))")
    teller.wait_for_url(f"**/reports/{number}")
