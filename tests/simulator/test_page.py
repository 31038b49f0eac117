"""The page with the telephones, as a visitor uses it. Its pictures are kept in tests/output."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from hotline.simulator.config import Line, Phone
from hotline.simulator.driver import pocket_network
from tests.chromium import CHROMIUM, launch

OUTPUT = Path(__file__).parents[1] / "output"
PHONES = [
    Phone("13800000001", "来电人", label_en="Caller"),
    Phone("13800000002", "值班员", label_en="Duty officer"),
    Phone("13800000003", "派出所值班室", label_en="Police station"),
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")


@pytest.fixture
def network(application):
    base = application.base
    application.pages |= {
        "/voice": '<Gather numDigits="1" action="/key"><Say>您好，请按一</Say></Gather>',
        "/key": '<Record action="/done" recordingStatusCallback="/recording" timeout="20"/>',
        "/done": "<Say>已经收到，再见</Say>",
        "/alert": '<Gather numDigits="1" action="/ack" timeout="20"><Say>紧急警情</Say></Gather>',
        "/ack": "<Say>已签收</Say>",
        "/sms": "",
    }
    line = Line(f"{base}/voice", sms_url=f"{base}/sms")
    with pocket_network(
        {"12355": line}, account_sid="AC1", auth_token="t", pace="real", phones=PHONES
    ) as network:
        yield network


@pytest.fixture
def page(network):
    with sync_playwright() as playwright:
        browser = launch(
            playwright, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"
        )
        page = browser.new_page(
            viewport={"width": 1440, "height": 900}, permissions=["microphone"], locale="zh-CN"
        )
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: troubles.extend([said.text] * (said.type == "error")))
        page.goto(network.base_url)
        yield page
        browser.close()
        assert troubles == []


def _picture(page: Page, name: str) -> None:
    OUTPUT.mkdir(exist_ok=True)
    page.screenshot(path=OUTPUT / f"telephones-{name}.png", full_page=True)


def test_a_statement_an_alert_and_a_message(application, network, client_of, page):
    caller, _officer, police = (page.locator(".phone").nth(place) for place in range(3))
    caller.get_by_placeholder("输入号码").fill("12355")
    caller.get_by_role("button", name="拨打").click()
    expect(caller.get_by_text("您好，请按一")).to_be_visible()
    caller.locator("[data-key='1']").click()
    caller.get_by_placeholder("输入要说的话").fill("有个孩子一直在哭")
    caller.get_by_role("button", name="说出").click()
    expect(caller.locator(".captions .mine")).to_have_text("有个孩子一直在哭")
    caller.get_by_role("button", name="按下说话").click()
    expect(caller.get_by_role("button", name="停止")).to_be_visible()
    page.wait_for_timeout(700)
    caller.get_by_role("button", name="停止").click()
    expect(caller.locator(".captions .mine")).to_have_count(2)

    account = client_of(network)
    account.messages.create(to="13800000003", from_="12355", body="【12355】紧急，请回电签收。")
    account.calls.create(to="13800000003", from_="12355", url=f"{application.base}/alert")
    expect(police).to_have_attribute("data-state", "ringing")
    _picture(page, "desk")
    caller.locator("[data-key='#']").click()
    expect(caller.get_by_text("已经收到，再见")).to_be_visible()
    assert int(application.at("/done")[0]["RecordingDuration"]) >= 2

    police.get_by_role("button", name="接听").click()
    expect(police.get_by_text("紧急警情")).to_be_visible()
    police.locator("[data-key='1']").click()
    expect(police.get_by_text("已签收")).to_be_visible()
    police.get_by_role("tab", name="短信").click()
    expect(police.get_by_text("请回电签收")).to_be_visible()
    police.get_by_placeholder("短信内容").fill("收到")
    police.get_by_role("button", name="发送").click()
    expect(police.locator(".bubbles .mine")).to_contain_text("收到")
    assert network.errors == []


def test_faults_and_errors_and_the_other_language(network, page):
    page.get_by_label("所有电话无人接听").check()
    page.get_by_label(re.compile("短信不达")).fill("13800000003=30008")
    page.get_by_label(re.compile("短信不达")).blur()
    expect(page.get_by_text("已连接")).to_be_visible()
    page.wait_for_timeout(200)
    faults = network.send("GET", "faults", None)
    assert (faults["nobody_answers"], faults["sms_undelivered"]) == (True, {"13800000003": 30008})
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Duty officer")).to_be_visible()
    page.get_by_role("button", name="Repair all").click()
    expect(page.get_by_label("Nobody answers any telephone")).not_to_be_checked()
    network.line("12355", voice_url="http://127.0.0.1:9/nobody")
    network.phone("13800000001").dial("12355")
    expect(page.get_by_role("heading", name="Debugger errors")).to_be_visible()
    expect(page.locator("#errors")).to_contain_text("11205")
    page.set_viewport_size({"width": 390, "height": 844})
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert page.evaluate(wide) is False
    _picture(page, "phone")


def test_a_sound_that_the_line_plays_is_heard_in_the_browser(application, network, page, wav):
    application.pages |= {"/voice": "<Play>/prompt.wav</Play><Pause/>", "/prompt.wav": wav(1.0)}
    page.get_by_role("button", name="English").click()
    with page.expect_response(re.compile("/control/sound")) as heard:
        network.phone("13800000001").dial("12355")
    assert heard.value.status in (200, 206)
    expect(page.locator(".captions .play")).to_contain_text("/prompt.wav")
