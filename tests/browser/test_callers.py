"""What the keys said, marked callers and duty-bound reports, in a real browser."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page, expect

from hotline import db
from tests.browser.conftest import picture, sign_in
from tests.triage import desk
from tests.triage.test_mandated_views import answer, by_duty
from tests.web.conftest import OUTPUT
from triage.mandated.models import Institution

A4 = {"width": 794, "height": 1123}
"""In CSS pixels."""


@pytest.fixture
def supervisor(context: BrowserContext) -> Page:
    tab = context.new_page()
    sign_in(tab, "daiban")
    return tab


def test_each_answer_appears_while_the_call_goes_on(page: Page) -> None:
    number = desk.call(ended=False)
    page.goto(f"/reports/{number}")
    expect(page.locator("#answers")).to_be_hidden()
    answers = {"who": "child", "danger": "yes", "hurt": "no", "police": "yes", "safe_to_call": "no"}
    for question, value in answers.items():
        answer(number, **{question: value})
    expect(page.locator("#answers")).to_contain_text("不安全，请勿回电或发短信")
    expect(page.locator("#caller")).to_contain_text("查询码")
    picture(page, "report-silent")
    page.goto("/")
    expect(page.locator(f"#report-{number}")).to_contain_text("不便说话")


def test_a_duty_bound_report_is_confirmed_and_its_receipt_printed(page: Page) -> None:
    number = by_duty()
    page.goto("/")
    picture(page, "queue-duty")
    page.goto(f"/reports/{number}")
    expect(page.locator("#duty-card")).to_contain_text("云溪区杏花小学")
    picture(page, "report-duty")
    page.click("#duty-card a[href$=duty]")
    page.fill("[name=reporter]", "高岚")
    page.fill("[name=post]", "班主任")
    page.fill("[name=told_back]", "已通知长桥派出所，请陪伴孩子并保护好现场。")
    picture(page, "duty-form")
    page.click(".card-footer button")
    page.click("#duty-card a[href$=receipt]")
    picture(page, "receipt")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": A4["width"], "height": A4["height"]})
    expect(page.locator(".paper-bar")).to_be_hidden()
    assert pages_of(page.pdf(path=OUTPUT / "receipt.pdf", prefer_css_page_size=True)) == 1
    page.screenshot(path=OUTPUT / "receipt-print.png", full_page=True)


def test_a_caller_is_marked_and_the_mark_lifted(supervisor: Page) -> None:
    number = desk.call()
    supervisor.goto("/callers")
    picture(supervisor, "callers-empty")
    supervisor.goto(f"/reports/{number}")
    supervisor.click("#caller a[href$=flag]")
    picture(supervisor, "flag-form")
    supervisor.fill("[name=flag_reason]", "一天来电三十次，只骂人")
    supervisor.click(".card-footer button")
    expect(supervisor.locator("#state")).to_contain_text("骚扰标记")
    expect(supervisor.locator("#caller")).to_contain_text("只骂人")
    picture(supervisor, "report-flagged")
    supervisor.goto("/callers")
    picture(supervisor, "callers")
    supervisor.click("td summary")
    supervisor.fill("[name=lift_reason]", "误标")
    supervisor.click("td form button")
    expect(supervisor.locator("td").last).to_contain_text("已解除")


def test_institutions_and_the_card_for_their_wall(supervisor: Page) -> None:
    supervisor.goto("/institutions")
    picture(supervisor, "institutions")
    with db.transaction() as session:
        first = session.scalars(sa.select(Institution).order_by(Institution.id)).first()
    assert first
    supervisor.goto(f"/institutions/{first.id}/card")
    expect(supervisor.locator(".paper-code")).to_have_text(first.code)
    picture(supervisor, "institution-card")
    assert pages_of(supervisor.pdf(prefer_css_page_size=True)) == 1


def test_it_reads_in_english_as_well(page: Page, context: BrowserContext, address: str) -> None:
    number = by_duty()
    context.add_cookies([{"name": "language", "value": "en", "url": address}])
    for name, path in (("report", ""), ("form", "/duty"), ("receipt", "/mandated-receipt")):
        page.goto(f"/reports/{number}{path}")
        page.wait_for_timeout(500)
        picture(page, f"duty-{name}-english")


def pages_of(pdf: bytes) -> int:
    """How many sheets a printed page takes."""
    return pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") or pdf.count(b"/Type/Page\n")
