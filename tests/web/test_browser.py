"""What only a browser can tell: the strict policy holds, things tick, play, and look right."""

import re

from flask import Flask
from playwright.sync_api import Page, expect

from hotline.accounts.permissions import Role
from tests.accounts import console
from tests.web.conftest import OUTPUT

SHOWCASE = re.compile(r":\d+/showcase$")
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


def picture(page: Page, name: str) -> None:
    OUTPUT.mkdir(exist_ok=True)
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(250)
        page.screenshot(path=OUTPUT / f"{name}-{size}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})


def fits(page: Page) -> bool:
    """Nothing sticks out sideways on a telephone."""
    page.set_viewport_size({"width": 390, "height": 844})
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size({"width": 1440, "height": 900})
    return wide <= 390


def test_the_sign_in_page_refuses_and_lets_in(page: Page) -> None:
    console.person()
    page.goto("/showcase")
    assert page.url.endswith("/sign-in?next=%2Fshowcase")
    assert fits(page)
    picture(page, "sign-in")
    page.fill("[name=username]", "wang")
    page.fill("[name=password]", console.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(SHOWCASE)


def test_shared_pieces_look_right_by_day_and_by_night(officer: Page) -> None:
    officer.goto("/showcase")
    assert fits(officer)
    picture(officer, "showcase")
    officer.emulate_media(color_scheme="dark")
    expect(officer.locator("html")).to_have_attribute("data-bs-theme", "dark")
    picture(officer, "showcase-dark")


def test_icons_are_drawn(officer: Page) -> None:
    officer.goto("/showcase")
    officer.wait_for_load_state("networkidle")
    assert officer.evaluate("document.querySelector('.badge.urgency use').getBBox().width") > 5


def test_clocks_tick_and_turn(officer: Page) -> None:
    officer.goto("/showcase")
    late, soon, fine = (officer.locator(".due").nth(at) for at in (0, 4, 2))
    expect(late).to_have_attribute("data-lateness", "late")
    expect(soon).to_have_attribute("data-lateness", "soon")
    expect(fine).to_have_attribute("data-lateness", "fine")
    before = late.inner_text()
    assert before.startswith("超 1:")
    expect(late).not_to_have_text(before)


def test_a_live_notice_refreshes_what_listens_for_it(officer: Page, app: Flask) -> None:
    officer.goto("/showcase")
    expect(officer.locator("#list")).to_have_text("新的列表")
    # Not a human being's request: it must not keep a deserted desk signed in.
    assert app.config["FRAGMENTS"][0] == "1"


def test_a_refresh_waits_while_somebody_types_there(officer: Page) -> None:
    officer.goto("/showcase")
    expect(officer.locator("#list")).to_have_text("新的列表")
    # The page asks anew when its live stream opens; only then is the list this test's own.
    officer.wait_for_timeout(1000)
    officer.evaluate(
        "document.getElementById('list').innerHTML = '<input id=typed>';"
        "document.getElementById('typed').focus()"
    )
    officer.fill("#typed", "正在写")
    officer.evaluate("document.body.dispatchEvent(new CustomEvent('live:queue'))")
    officer.wait_for_timeout(300)
    assert officer.input_value("#typed") == "正在写"
    officer.evaluate("document.activeElement.blur()")
    expect(officer.locator("#list")).to_have_text("新的列表")


def test_the_recording_plays_with_mouse_and_keys(officer: Page) -> None:
    asked: list[str] = []
    officer.on("request", lambda request: asked.append(request.url))
    officer.goto("/showcase")
    player = officer.locator("[data-player]")
    assert not [url for url in asked if url.endswith(".wav")], "fetched before anybody pressed play"
    player.focus()
    officer.keyboard.press("Space")
    expect(player).to_have_attribute("data-state", "playing")
    expect(player.locator("[data-at]")).to_have_text("0:01", timeout=4000)
    picture(officer, "player")
    officer.keyboard.press(">")
    expect(player.locator("[data-speed]")).to_have_text("1.25")
    player.locator("[data-do=play]").click()
    expect(player).to_have_attribute("data-state", "paused")
    officer.keyboard.press("ArrowLeft")
    expect(player.locator("[data-at]")).to_have_text("0:00")
    assert len([url for url in asked if url.endswith(".wav")]) == 1


def test_the_waveform_keeps_its_own_style_under_the_policy(officer: Page) -> None:
    officer.goto("/showcase")
    officer.locator("[data-do=play]").click()
    expect(officer.locator("[data-player]")).to_have_attribute("data-state", "playing")
    position = officer.evaluate(
        "getComputedStyle(document.querySelector('[data-wave] > div')"
        ".shadowRoot.querySelector('.progress')).position"
    )
    assert position == "absolute"


def test_what_is_typed_is_kept_on_the_server(officer: Page, app: Flask) -> None:
    officer.goto("/showcase")
    officer.locator("[name=name]").press_sequentially("小明", delay=50)
    expect(officer.locator("[data-draft-note]")).to_contain_text("草稿已保存")
    assert app.config["DRAFTS"] == ["小明"]
    assert officer.evaluate("Object.keys(localStorage)") == []


def test_single_keys_act_but_not_while_typing(officer: Page) -> None:
    officer.goto("/showcase")
    officer.locator("[name=name]").press("f")
    assert not officer.locator("#forward").is_visible()
    officer.keyboard.press("Escape")
    officer.keyboard.press("f")
    expect(officer.locator("#forward")).to_be_visible()
    picture(officer, "confirm")


def test_the_keyboard_help_lists_what_the_page_offers(officer: Page) -> None:
    officer.goto("/showcase")
    officer.keyboard.press("?")
    expect(officer.locator("#keyboard-help")).to_contain_text("刷新列表")
    expect(officer.locator("#keyboard-help")).to_contain_text("推送派出所")
    picture(officer, "keyboard")


def test_the_language_is_switched_and_stays(officer: Page) -> None:
    officer.goto("/showcase")
    officer.locator("header .language button").first.click()
    officer.wait_for_url("**/showcase")
    expect(officer.locator("header nav")).to_contain_text("Police alerts")
    expect(officer.locator("html")).to_have_attribute("lang", "en")
    officer.goto("/")
    expect(officer.locator("header nav")).to_contain_text("Cases")
    officer.goto("/showcase")
    picture(officer, "showcase-english")


def test_a_refusal_by_htmx_is_said_in_a_toast(page: Page, complaints: list[str]) -> None:
    console.person("audit", Role.auditor)
    page.goto("/sign-in?next=/showcase")
    page.fill("[name=username]", "audit")
    page.fill("[name=password]", console.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(SHOWCASE)
    page.wait_for_load_state("load")
    page.evaluate("htmx.ajax('POST', '/claim', '#list')")
    expect(page.locator("#toasts")).to_contain_text("您的角色不能做这件事")
    assert any("403" in said for said in complaints)
    complaints.clear()


def test_accounts_are_kept_on_their_page(page: Page) -> None:
    console.person("boss", Role.admin)
    page.goto("/sign-in")
    page.fill("[name=username]", "boss")
    page.fill("[name=password]", console.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/officers")
    page.fill("[name=name]", "李华")
    page.fill("[name=username]", "lihua")
    page.click("text=添加 >> nth=-1")
    expect(page.locator(".first-password")).to_have_text(console.FIRST_PASSWORD)
    expect(page.locator("table")).to_contain_text("待首次登录")
    picture(page, "officers")
    assert fits(page)


def test_the_audit_log_can_be_shown(page: Page) -> None:
    console.person("shen", Role.auditor)
    page.goto("/sign-in?next=/audit")
    page.fill("[name=username]", "shen")
    page.fill("[name=password]", console.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r":\d+/audit$"))
    expect(page.locator("table")).to_contain_text("登录")
    page.select_option("[name=action]", "sign_in_refused")
    page.get_by_role("button", name="查找").click()
    expect(page.locator("main")).to_contain_text("没有这样的记录")
    assert fits(page)
    picture(page, "audit")
