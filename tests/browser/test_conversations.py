"""A call that waits, is taken by telephone, is joined by others, and is called back: on the screen."""

import pytest
from playwright.sync_api import Page, expect

from hotline import queues
from tests.browser.conftest import picture
from tests.triage import conversing as talk
from tests.triage.conversing import FIRST, SECOND
from tests.triage.people import answered, do
from triage.conversations import service
from triage.intake import service as intake
from triage.intake.statements import SAFE_TO_CALL


@pytest.fixture(autouse=True)
def _nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "_enqueue", print)


def waiting() -> str:
    """A caller who has pressed 1 and waits, while an officer's telephone rings: the receipt number."""
    talk.waits()
    do(intake.note_step, "CA1", intake.Step(1, "greeting", "digits", "1"))
    do(intake.mark_emergency, "CA1")
    talk.rings()
    return talk.report_of().number


def test_whoever_takes_the_call_finds_its_report_open(page: Page) -> None:
    number = waiting()
    expect(page.locator("[data-row]")).to_contain_text("等候接听")
    waited = page.locator("[data-row] time[data-since]")
    began = waited.text_content()
    expect(waited).not_to_have_text(began or "")
    picture(page, "queue-waiting")
    talk.accepts(FIRST)
    page.wait_for_url(f"**/reports/{number}")
    card = page.locator("#conversation-card")
    expect(card).to_contain_text("林晓岚")
    talk.comes_in()
    expect(card).to_contain_text("正在与来电人通话")
    picture(page, "report-talking")


def test_on_another_page_it_is_announced(page: Page) -> None:
    page.goto("/cases")
    expect(page.locator("#live-status")).to_have_attribute("data-state", "live")
    number = waiting()
    talk.accepts(FIRST)
    page.get_by_role("link", name=f"打开诉求 {number}").click()
    page.wait_for_url(f"**/reports/{number}")


def test_a_colleague_and_the_police_come_in_and_the_page_follows(page: Page) -> None:
    number = waiting()
    talk.all_on_duty()
    page.goto(f"/reports/{number}")
    card = page.locator("#conversation-card")
    expect(card).to_contain_text("来电人在等候")
    picture(page, "report-waiting")
    talk.accepts(FIRST)
    talk.comes_in()
    page.get_by_label("转给同事").select_option("周牧")
    page.get_by_role("button", name="请入通话").click()
    expect(card).to_contain_text("正在响铃")
    page.get_by_role("button", name="三方通话").click()
    expect(card.locator(".legs li")).to_have_count(3)
    talk.accepts(SECOND)
    expect(card).to_contain_text("转接的同事")
    expect(page.locator("#state")).to_contain_text("周牧")
    picture(page, "report-three-way")
    card.get_by_role("button", name="挂断 周牧").click()
    expect(card).to_contain_text("已离开")


def test_who_waited_in_vain_is_called_back(page: Page) -> None:
    number = waiting()
    talk.hangs_up()
    service.clear(talk.call().id)
    talk.waits("CA2", caller="+8610000000002")
    talk.hangs_up("CA2")
    do(answered, "CA2", SAFE_TO_CALL, "no")
    page.get_by_role("link", name="回拨").click()
    expect(page.locator("[data-row]")).to_have_count(2)
    picture(page, "callbacks")
    page.goto(f"/reports/{number}")
    expect(page.locator("#conversation-card")).to_contain_text("没有问过来电人")
    picture(page, "report-call-back")
    page.get_by_role("button", name="回拨来电人").click()
    expect(page.locator("#toasts")).to_contain_text("您的电话马上会响")
    expect(page.locator("#conversation-card .legs")).to_contain_text("正在响铃")
    page.goto(f"/reports/{talk.report_of('CA2').number}")
    expect(page.get_by_role("button", name="回拨来电人")).to_be_disabled()
    picture(page, "report-unsafe")
