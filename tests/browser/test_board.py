"""The board on two desks and the screen on the wall, in a real browser: what sounds, what ticks, and what is
said when the server is gone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import COUNTING, picture, sign_in
from tests.triage import alarms, desk
from triage.alerts.states import Feedback

BLOCKED = """
const state = {get: () => window.allowed ?? 'suspended'};
Object.defineProperty(AudioContext.prototype, 'state', state);
"""
ROUND_MS = 4500
"""A little longer than the board waits between two rings."""


@pytest.fixture
def colleague(chromium: Browser, address: str) -> Iterator[Page]:
    """A supervisor at another desk, with the board open and the sound on."""
    context = chromium.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.add_init_script(COUNTING)
    sign_in(tab, "daiban")
    open_with_sound(tab)
    yield tab
    context.close()


def open_with_sound(tab: Page) -> None:
    tab.goto("/board")
    tab.click("#sound-on")
    expect(tab.locator("#no-sound")).to_be_hidden()
    tab.wait_for_timeout(300)  # the sample that one hears when it is switched on


def beeps(tab: Page) -> int:
    found: int = tab.evaluate("window.beeps")
    return found


def ringing(*tabs: Page) -> list[bool]:
    """Which of them has rung in a round."""
    before = [beeps(tab) for tab in tabs]
    tabs[0].wait_for_timeout(ROUND_MS)
    return [beeps(tab) > count for tab, count in zip(tabs, before, strict=True)]


def test_it_rings_on_every_desk_until_one_has_seen_it(page: Page, colleague: Page) -> None:
    page.add_init_script(COUNTING)
    open_with_sound(page)
    assert ringing(page, colleague) == [False, False]
    alert = alarms.unanswered()
    row = f"#row-alert-{alert}"
    for tab in (page, colleague):
        expect(tab.locator(row)).to_have_attribute("data-loud", "")
    assert ringing(page, colleague) == [True, True]
    colleague.click(f"#seen-alert-{alert}")
    expect(page.locator(f"{row} .board-seen")).to_contain_text("陈若谷")
    page.wait_for_timeout(2000)  # the tune of the last round
    assert ringing(page, colleague) == [False, False]
    alarms.said(alarms.acknowledged("990103001"), Feedback.needs_others, "赵海")
    assert ringing(page, colleague) == [True, True]


def test_the_countdown_ticks_without_asking_the_server(page: Page) -> None:
    alert = alarms.raised()
    page.goto("/board")
    clock = page.locator(f"#row-alert-{alert} time.due")
    expect(clock).to_have_text(re.compile(r"剩 0:5\d"))
    before = clock.inner_text()
    page.route("**/board/rows", lambda route: route.fulfill(status=204))
    page.wait_for_timeout(2500)
    after = clock.inner_text()
    assert after < before
    expect(page.locator(f"#row-alert-{alert}")).to_contain_text("第一联系人")


def test_a_refresh_that_brings_nothing_new_leaves_the_button_under_the_finger(page: Page) -> None:
    alert = alarms.unanswered()
    page.goto("/board")
    button = f"document.getElementById('seen-alert-{alert}')"
    for act in (f"{button}.kept = true", f"{button}.kept"):
        for _ in range(2):
            # Tokens are signed to the second.
            page.wait_for_timeout(1100)
            with page.expect_response("**/board/rows"):
                page.evaluate("document.body.dispatchEvent(new Event('live:alert'))")
        page.wait_for_timeout(300)
        kept = page.evaluate(act)
    assert kept is True


def test_a_browser_that_bars_the_sound_says_so_until_somebody_turns_it_on(page: Page) -> None:
    page.add_init_script(BLOCKED)
    page.goto("/board")
    expect(page.locator("#no-sound")).to_be_visible()
    page.evaluate("window.allowed = 'running'")
    page.click("#sound-on")
    expect(page.locator("#no-sound")).to_be_hidden()
    page.click("#sound")
    expect(page.locator("#no-sound")).to_be_visible()


def test_the_board_as_it_looks_on_a_bad_night(page: Page) -> None:
    alarms.office()
    page.goto("/board")
    picture(page, "board-empty")
    alarms.busy()
    expect(page.locator(".board-row")).to_have_count(10)
    picture(page, "board-busy")
    page.goto("/")
    picture(page, "queue-countdown")


def test_the_wall_keeps_asking_and_says_when_nobody_answers(
    chromium: Browser, address: str
) -> None:
    alarms.screen()
    context = chromium.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    wall = context.new_page()
    wall.goto("/sign-in")
    wall.fill("[name=username]", "daping")
    wall.fill("[name=password]", desk.PASSWORDS["daping"])
    wall.press("[name=password]", "Enter")
    wall.wait_for_url("**/wallboard")
    expect(wall.locator("main")).to_contain_text("没有需要盯着的警情")
    alarms.busy()
    expect(wall.locator(".wall-rows li")).to_have_count(6, timeout=8000)
    picture(wall, "wallboard")
    _is_lost_and_comes_back(wall)
    context.close()


def _is_lost_and_comes_back(wall: Page) -> None:
    expect(wall.locator("#wall-lost")).to_be_hidden()
    wall.route("**/wallboard/rows", lambda route: route.abort())
    wall.wait_for_timeout(9000)
    expect(wall.locator("#wall-lost")).to_be_hidden()
    expect(wall.locator("#wall-lost")).to_be_visible(timeout=12_000)
    expect(wall.locator("#wall-lost")).to_contain_text("连接中断")
    picture(wall, "wallboard-lost")
    wall.unroute("**/wallboard/rows")
    expect(wall.locator("#wall-lost")).to_be_hidden(timeout=8000)


def _forward_window(page: Page, number: str) -> None:
    page.goto(f"/reports/{number}")
    page.get_by_text("转报公安").first.click()
    expect(page.locator("#forward .sms").first).to_be_visible()


def test_two_clicks_still_reach_the_police(page: Page) -> None:
    number = desk.call(emergency=True)
    alarms.judged(number, address="杏花里3号楼")
    _forward_window(page, number)
    expect(page.locator("#forward-note")).to_be_hidden()
    expect(page.locator("#forward-because")).to_be_hidden()
    page.click("#forward-send")
    expect(page.locator("#alerts-card")).to_contain_text("等待签收")


def test_the_window_follows_what_is_chosen_and_typed(page: Page) -> None:
    number = desk.call(emergency=True)
    alarms.judged(number, address="杏花里3号楼")
    _forward_window(page, number)
    page.select_option("#forward-agency", label="青禾派出所（青禾镇）")
    expect(page.locator("#forward-because")).to_be_visible()
    expect(page.locator(".way")).to_contain_text("赵海")
    page.select_option("#forward-agency", "")
    page.get_by_text("同时推送其他辖区").click()
    page.get_by_label("青禾派出所").check()
    expect(page.locator(".way")).to_have_count(2)
    picture(page, "forward-several")
    page.get_by_text("确认发送到 2 个单位").click()
    expect(page.locator("#alerts-card .alert-item")).to_have_count(2)
    _forward_window(page, number)
    expect(page.locator("#forward-send")).to_be_disabled()
    page.fill("#forward-note", "孩子已转移到邻居家")
    expect(page.locator("#forward .sms")).to_contain_text("孩子已转移到邻居家")
    expect(page.locator("#forward-send")).to_be_enabled()
    # Whether the window itself has the focus is the machine's affair.
    assert page.evaluate("document.activeElement.id") == "forward-note"
    picture(page, "forward-update")
    page.click("#forward-send")
    expect(page.locator("#alerts-card .alert-item")).to_have_count(2)
    expect(page.locator("#alerts-card")).to_contain_text("告知新情况")


def test_the_page_of_an_alert_from_running_to_the_office(page: Page) -> None:
    alarms.office()
    running = alarms.raised(address="杏花里3号楼")
    page.goto(f"/alerts/{running}")
    picture(page, "alert-running")
    acknowledged = alarms.acknowledged("990103001")
    alarms.said(acknowledged, Feedback.on_the_spot, "赵海")
    alarms.corrected(acknowledged)
    page.goto(f"/alerts/{acknowledged}")
    expect(page.locator("[name=measures_missing]").first).to_be_hidden()
    page.check("[name=finding][value=missing]")
    expect(page.locator("[name=measures_missing]").first).to_be_visible()
    page.click("#correction summary")
    page.fill("#correction-note", "孩子是10岁")
    expect(page.locator("#correction-words .sms")).to_contain_text("孩子是10岁")
    picture(page, "alert-acknowledged")
    done = alarms.acknowledged("990101002")
    alarms.resolved(done)
    page.goto(f"/alerts/{done}")
    expect(page.locator(".told")).to_contain_text("长桥街道办事处")
    picture(page, "alert-resolved")
    page.context.add_cookies([{"name": "language", "value": "en", "url": page.url}])
    page.reload()
    picture(page, "alert-resolved-english")


def test_the_board_in_english(page: Page, context: BrowserContext) -> None:
    alarms.office()
    alarms.busy()
    context.add_cookies([{"name": "language", "value": "en", "url": page.url}])
    page.goto("/board")
    expect(page.locator(".board-row").first).to_be_visible()
    picture(page, "board-english")
    page.goto("/wallboard")
    picture(page, "wallboard-english")
