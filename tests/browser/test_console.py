"""What an officer does from the first ring to the acknowledgement, in a real browser: nothing is
reloaded by hand, and nothing jumps."""

import datetime as dt
import re

import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from hotline import audit, clock, db
from hotline.outbox import OutboxMessage
from hotline.relay import deliver
from tests.browser.conftest import picture
from tests.triage import desk
from tests.web.conftest import speech
from triage.alerts import service as alerts
from triage.alerts.models import Alert
from triage.alerts.states import AcknowledgedHow
from triage.queue import service as queue


def refresh(page: Page) -> None:
    """A live notice comes, and what it brings has been put in place."""
    with page.expect_response("**/queue/rows*"):
        page.evaluate("document.body.dispatchEvent(new CustomEvent('live:report'))")
    page.wait_for_timeout(300)


def fill_in(page: Page) -> None:
    page.locator(".urgency-choice[data-urgency=emergency]").click()
    page.select_option("[name=situation]", desk.JUDGED["situation"])
    page.locator("label:has(input[name=child_sex][value=female])").click()
    for name in ("child_name", "child_age", "place", "address", "summary"):
        page.fill(f"[name={name}]", desk.JUDGED[name])


def claimed(page: Page) -> str:
    """An emergency with a recording that the officer has claimed and opened."""
    number = desk.call(emergency=True, sound=speech())
    page.goto(f"/reports/{number}")
    page.keyboard.press("c")
    expect(page.locator("#classification")).to_be_visible()
    return number


def test_a_call_appears_by_itself_on_top_and_is_claimed_by_keys(page: Page) -> None:
    desk.call()
    page.reload()
    expect(page.locator("[data-row]")).to_have_count(1)
    page.keyboard.press("j")
    number = desk.call(emergency=True)
    expect(page.locator("#queue-news")).to_contain_text(f"紧急诉求 {number}")
    page.keyboard.press(".")
    first = page.locator("[data-row]").first
    expect(first).to_have_id(f"report-{number}")
    expect(first).to_have_class(re.compile("is-new"))
    expect(first.locator(".due").first).to_have_attribute("data-lateness", "late")
    picture(page, "queue")
    page.keyboard.press("c")
    page.wait_for_url(f"**/reports/{number}")
    expect(page.locator("#state")).to_contain_text("（我）")


def test_rows_that_have_not_changed_are_left_alone(page: Page) -> None:
    desk.call()
    page.reload()
    refresh(page)
    page.evaluate("document.querySelector('[data-row]').dataset.mark = 'same'")
    refresh(page)
    expect(page.locator("[data-row]")).to_have_attribute("data-mark", "same")


def test_enter_opens_and_n_takes_the_next(page: Page) -> None:
    number = desk.call()
    page.reload()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/reports/{number}")
    picture(page, "report-unclaimed")
    page.goto("/")
    page.keyboard.press("n")
    page.wait_for_url(f"**/reports/{number}")
    expect(page.locator("#classification")).to_be_visible()


def test_a_claim_by_somebody_else_is_seen_at_once(page: Page) -> None:
    number = desk.call()
    page.goto(f"/reports/{number}")
    with db.transaction() as session:
        queue.claim(session, desk.report(number).id, desk.actor("zhiban2"))
    expect(page.locator("#state")).to_contain_text("周牧正在处理这份诉求")


def test_what_is_typed_survives_a_dead_browser_and_is_not_touched_meanwhile(page: Page) -> None:
    claimed(page)
    fill_in(page)
    page.focus("[name=summary]")
    with page.expect_response("**/live*"):
        desk.call()
    page.wait_for_timeout(300)
    assert page.input_value("[name=summary]") == desk.JUDGED["summary"]
    assert page.evaluate("document.activeElement.name") == "summary"
    expect(page.locator("[data-draft-note]:not([data-pending])")).to_contain_text("草稿已保存")
    page.reload()
    expect(page.locator("#classification")).to_contain_text("已恢复未保存的草稿")
    assert page.input_value("[name=summary]") == desk.JUDGED["summary"]
    assert page.input_value("[name=place]") == desk.JUDGED["place"]
    picture(page, "report-draft")
    page.click("text=放弃草稿")
    expect(page.locator("#draft-restored")).not_to_contain_text("草稿")
    assert page.input_value("[name=summary]") == ""


def test_faults_are_marked_and_a_reload_does_not_send_them_again(page: Page) -> None:
    number = claimed(page)
    page.fill("[name=summary]", "只有摘要")
    page.click("text=保存研判")
    expect(page.locator("#classification")).to_contain_text("请选择情形。")
    assert page.url.endswith(f"/reports/{number}")
    picture(page, "report-faults")
    page.reload()
    assert page.input_value("[name=summary]") == "只有摘要"


def test_a_recording_that_arrives_is_there_and_plays(page: Page) -> None:
    number = desk.call()
    page.goto(f"/reports/{number}")
    expect(page.locator("#recordings")).to_contain_text("这次来电没有录音")
    desk.record(number, speech())
    player = page.locator("[data-player]")
    expect(player).to_be_visible()
    player.locator("[data-do=play]").click()
    expect(player).to_have_attribute("data-state", "playing")
    # A refresh while it plays must not stop it.
    with page.expect_response("**/live*"):
        desk.call()
    page.wait_for_timeout(300)
    expect(player).to_have_attribute("data-state", "playing")


def test_the_number_is_uncovered_in_place(page: Page) -> None:
    claimed(page)
    expect(page.locator("#call")).not_to_contain_text(desk.CALLER)
    page.click("text=查看完整号码")
    page.fill("#unmask-reason", "通话中断，需要回拨")
    page.click("text=显示号码")
    expect(page.locator("#caller-number")).to_contain_text(desk.CALLER)


def test_two_clicks_to_the_police_and_each_step_seen_as_it_happens(page: Page) -> None:
    number = claimed(page)
    fill_in(page)
    page.get_by_role("button", name="转报公安").click()
    window = page.locator("#forward")
    expect(window).to_contain_text("长桥派出所")
    expect(window.locator(".sms")).to_contain_text("1名儿童（女，约8岁）疑遭家庭暴力")
    expect(window).not_to_contain_text("李小雨")
    picture(page, "forward")
    page.get_by_role("button", name="确认发送").click()
    card = page.locator("#alerts-card")
    expect(card).to_contain_text("等待签收")
    expect(page.locator("#toasts")).to_contain_text("已发出")
    with db.transaction() as session:
        message = session.scalars(sa.select(OutboxMessage.id)).one()
    clock.shift(dt.timedelta(minutes=11))
    deliver(message)  # Too late to make sense: the network is not even asked.
    with db.transaction() as session:
        alert = session.scalars(sa.select(Alert)).one()
        alerts.acknowledge(
            session, alert.id, "长桥派出所 王建国", AcknowledgedHow.keypress, audit.NETWORK
        )
    expect(card).to_contain_text("长桥派出所 王建国 于")
    picture(page, "report-acknowledged")
    page.goto(f"/alerts/{alert.id}")
    picture(page, "alert")
    page.goto("/alerts")
    expect(page.locator("#alert-lists")).to_contain_text(number)
    picture(page, "alerts")


def test_a_second_call_about_the_child_is_linked_with_one_click(page: Page) -> None:
    claimed(page)
    fill_in(page)
    page.get_by_role("button", name="立个案").click()
    page.wait_for_url("**/cases/*")
    case_address = page.url
    second = claimed(page)
    fill_in(page)
    expect(page.locator("#alike")).to_contain_text("同一来电号码")
    picture(page, "report-alike")
    page.get_by_role("button", name="关联到这个个案").click()
    page.wait_for_url(case_address)
    expect(page.locator("#timeline")).to_contain_text(second)
    picture(page, "case")
    page.goto("/cases")
    picture(page, "cases")


def test_the_essential_posts_work_without_scripts(chromium: Browser, address: str) -> None:
    number = desk.call(emergency=True)
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("[name=username]", "zhiban")
    page.fill("[name=password]", desk.PASSWORDS["zhiban"])
    page.press("[name=password]", "Enter")
    page.click(f"#claim-{number}")
    fill_in(page)
    page.get_by_role("button", name="转报公安").click()
    page.get_by_role("button", name="确认发送").click()
    expect(page).to_have_url(f"{address}/reports/{number}")
    with db.transaction() as session:
        assert session.scalars(sa.select(Alert.agency_name)).one() == "长桥派出所"
    context.close()


def test_everything_is_there_in_english(page: Page) -> None:
    claimed(page)
    page.locator("header .language button").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    for selector in ("#classification", "#state", "#call", "#recordings"):
        chinese = page.locator(selector).evaluate(
            "element => element.innerText.match(/\\p{Script=Han}+/gu) ?? []"
        )
        names = "林晓岚 儿童保护热线"
        assert [one for one in chinese if one not in names] == [], selector
    picture(page, "report-english")
