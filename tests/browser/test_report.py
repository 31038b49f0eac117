"""An officer with a call in their ear: everything on one screen, hands on the keyboard, nothing lost."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from hotline import clock, identity
from tests.browser.conftest import picture
from tests.triage import desk
from tests.web.conftest import speech
from triage.facts import answers

BORN = f"{clock.now().year - 9}-01-03"
BODY = f"990100{BORN.replace('-', '')}002"
NUMBER = BODY + identity.check_of(BODY)


def answered(page: Page, path: str, act: Callable[[], None]) -> None:
    """Do something and wait for what the server says to it."""
    with page.expect_response(f"**/{path}"):
        act()


def typed(page: Page, name: str, text: str) -> None:
    """As fingers do it, until the server has said what it thinks of it."""
    field = page.locator(f"[name={name}]")
    answered(page, "check", lambda: field.press_sequentially(text))


def test_a_report_is_filled_in_while_the_recording_plays(page: Page) -> None:
    desk.call()
    number = desk.call(emergency=True, sound=speech(40))
    page.goto(f"/reports/{number}")
    page.keyboard.press("c")
    expect(page.locator("#earlier-card")).to_contain_text("待领取")
    expect(page.locator("[data-note-body]")).to_be_visible()
    listens(page)
    asks(page)
    names_the_child(page)
    page.reload()
    expect(page.locator("#classification")).to_contain_text("已恢复未保存的草稿")
    expect(page.locator("#fact-hurt-yes")).to_be_checked()
    expect(page.locator("#fact-others_there")).to_have_value("祖母")
    expect(page.locator("#child_id_number")).to_have_value(NUMBER)
    adopts(page)
    page.focus("[name=summary]")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("研判已保存")
    expect(page.locator("#child_id_number")).to_have_value(identity.mask(NUMBER))
    saved = desk.report(number)
    assert answers.of(saved)["breathing"] == "no"
    assert saved.child_born == BORN
    picture(page, "report-judged")


def listens(page: Page) -> None:
    """The recording plays by its keys; a note at this moment, and a click on it jumps back there."""
    player = page.locator("[data-player]")
    page.keyboard.press(" ")
    expect(player).to_have_attribute("data-state", "playing")
    page.keyboard.press(">")
    expect(player.locator("[data-speed]")).to_have_text("1.25")
    page.keyboard.press("ArrowRight")
    expect(player).to_have_attribute("data-at", re.compile(r"^([5-9]|\d\d)"))
    page.keyboard.press("m")
    page.keyboard.type("玻璃碎了")
    page.keyboard.press("Enter")
    moment = page.locator(".note-list .moment")
    expect(moment).to_be_visible()
    page.focus("[name=summary]")
    page.keyboard.press("F2")
    expect(player).to_have_attribute("data-state", "paused")
    stood = float(player.get_attribute("data-at") or 0)
    moment.click()
    expect(player).to_have_attribute("data-state", "playing")
    noted = int(moment.get_attribute("data-jump") or 0)
    assert 0 < noted <= stood


def asks(page: Page) -> None:
    """The situation brings its questions, an answer the next one; a place is found by its initials."""
    page.select_option("#situation", "domestic_violence")
    page.locator("label[for=fact-hurt-yes]").click()
    expect(page.locator("label[for=fact-breathing-no]")).to_be_visible()
    typed(page, "fact-others_there", "祖母")
    page.locator("#place").press_sequentially("xhsq")
    expect(page.locator("#place-options [role=option]")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#place")).to_have_attribute("aria-activedescendant", re.compile("option"))
    page.keyboard.press("Enter")
    expect(page.locator("#place")).to_have_value(desk.JUDGED["place"])


def names_the_child(page: Page) -> None:
    """A number misheard is told at once; the right one fills in what is still empty."""
    typed(page, "child_id_number", "990100201605030021")
    expect(page.locator("#fault-child_id_number")).to_contain_text("校验码不对")
    expect(page.locator("#child_id_number")).to_have_attribute("aria-invalid", "true")
    picture(page, "report-filling")
    page.fill("#child_id_number", NUMBER)
    expect(page.locator("#child_born")).to_have_value(BORN)
    expect(page.locator("[name=child_sex][value=female]")).to_be_checked()
    expect(page.locator("#fault-child_id_number")).to_be_empty()
    typed(page, "summary", "躲在卫生间里。")
    expect(page.locator("[data-draft-note]:not([data-pending])")).to_contain_text("草稿已保存")


def adopts(page: Page) -> None:
    """A suggestion with its reasons is adopted by a click and by nothing else."""
    answered(page, "check", page.locator("label[for=fact-breathing-no]").click)
    expect(page.locator("[data-rule=not_breathing]")).to_be_visible()
    expect(page.locator("[data-rule=danger_key]")).to_be_visible()
    page.locator(".urgency-choice[data-urgency=standard]").click()
    expect(page.locator("[name=urgency][value=emergency]")).not_to_be_checked()
    page.locator("[data-adopt=emergency]").click()
    expect(page.locator("[name=urgency][value=emergency]")).to_be_checked()


def test_a_form_sent_back_leads_to_what_is_wrong(page: Page) -> None:
    number = desk.call()
    page.goto(f"/reports/{number}")
    page.keyboard.press("c")
    expect(page.locator("#classification")).to_be_visible()
    expect(page.locator("#live-status")).to_have_attribute("data-state", "live")
    page.keyboard.press("j")
    page.keyboard.press("z")
    page.keyboard.type("只有摘要")
    page.keyboard.press("Control+Enter")
    summary = page.locator("#faults-summary")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="情形").click()
    expect(page.locator("#situation")).to_be_focused()
    assert page.input_value("[name=summary]") == "只有摘要"
    for width, height in ((1440, 900), (1280, 720)):
        page.set_viewport_size({"width": width, "height": height})
        bottom = page.locator("#save").evaluate("button => button.getBoundingClientRect().bottom")
        assert bottom <= height, "the button to save is always in sight"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    other = page.context.new_page()
    other.goto(f"/reports/{number}")
    page.select_option("#reporter_kind", "duty")
    page.get_by_role("button", name="登记报告单位").click()
    expect(page.locator("#duty-form [name=institution]")).to_be_visible()
    is_behind(page, other)


def is_behind(page: Page, other: Page) -> None:
    """The second tab has not seen what the first has kept since: it is told, and may insist."""
    kept = "[data-draft-note]:not([data-pending])"
    expect(page.locator(kept)).to_contain_text("草稿已保存")
    other.fill("[name=summary]", "另一个窗口里写的")
    newer = other.locator("[data-draft-newer]")
    expect(newer).to_be_visible()
    picture(other, "draft-newer")
    other.get_by_role("button", name="以本页为准").click()
    expect(newer).to_be_hidden()
    expect(other.locator(kept)).to_contain_text("草稿已保存")
    other.close()
