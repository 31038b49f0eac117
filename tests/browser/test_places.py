"""Contacts, the roster and exercises in a real browser."""

import datetime as dt

import pytest
import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page, expect

from hotline import clock, db
from tests.browser.conftest import picture, sign_in
from tests.triage import desk
from tests.triage.people import do
from triage.alerts import service as alerts
from triage.alerts.models import Alert
from triage.alerts.states import AcknowledgedHow
from triage.exercises import contact_tests
from triage.exercises.models import ContactTest
from triage.places.models import Contact, Shift

LONG_AGO = dt.timedelta(days=60)


@pytest.fixture
def supervisor(context: BrowserContext) -> Page:
    tab = context.new_page()
    sign_in(tab, "daiban")
    return tab


def speak_english(context: BrowserContext, address: str) -> None:
    context.add_cookies([{"name": "language", "value": "en", "url": address}])


def answered_long_ago() -> None:
    with db.transaction() as session:
        for name, ago in (("王建国", LONG_AGO), ("李卫东", dt.timedelta(days=3))):
            found = sa.select(Contact).where(Contact.name.contains(name))
            session.scalars(found).one().answered_at = clock.now() - ago


def test_contacts_are_kept_up(supervisor: Page, context: BrowserContext, address: str) -> None:
    answered_long_ago()
    supervisor.goto("/agencies")
    picture(supervisor, "agencies")
    supervisor.click(".card:has(h3:text('长桥派出所')) a:text('维护')")
    supervisor.click("button:has-text('密码')")
    supervisor.click("#new-pin .btn-primary")
    assert len(supervisor.inner_text(".first-password")) == 6
    picture(supervisor, "agency")
    supervisor.click("text=添加联系人")
    supervisor.fill("[name=name]", "教导员 高远")
    supervisor.fill("[name=number]", "0990-1234567")
    supervisor.fill("[name=workdays]", "8点到12点")
    supervisor.click(".card-footer .btn-primary")
    expect(supervisor.locator(".invalid-feedback")).to_contain_text("格式填写")
    supervisor.fill("[name=workdays]", "8：30－12：00，14:00-18:00")
    supervisor.click(".card-footer .btn-primary")
    added = supervisor.locator("tr:has-text('教导员 高远')")
    expect(added).to_contain_text("工作日 08:30-12:00 14:00-18:00")
    added.get_by_role("button", name="上移").click()
    expect(supervisor.locator("tbody tr").nth(1)).to_contain_text("教导员 高远")
    supervisor.click("tr:has-text('教导员 高远') >> text=修改")
    supervisor.fill("[name=first]", "2027-02-01")
    supervisor.fill("[name=last]", "2027-02-07")
    supervisor.click("text=登记休假")
    expect(supervisor.locator("#absences")).to_contain_text("02-01 – 02-07")
    picture(supervisor, "contact")
    speak_english(context, address)
    for name, path in (("agencies", "/agencies"), ("contact", supervisor.url)):
        supervisor.goto(path)
        picture(supervisor, f"{name}-english")


def test_the_roster_shows_where_nobody_is(
    supervisor: Page, context: BrowserContext, address: str
) -> None:
    with db.transaction() as session:
        session.execute(sa.delete(Shift))
    supervisor.goto("/roster")
    expect(supervisor.locator("#on-duty")).to_contain_text("现在无人值班")
    supervisor.select_option("[name=account]", label="林晓岚")
    supervisor.fill("[name=begins]", "00:00")
    supervisor.fill("[name=ends]", "20:00")
    supervisor.click("form.card .btn-primary")
    expect(supervisor.locator("tr.table-active")).to_contain_text("00:00–20:00 林晓岚")
    expect(supervisor.locator("tr.table-active [data-gap]").first).to_contain_text(
        "20:00–24:00 此时段无人值班：所有值班员都会被呼叫"
    )
    supervisor.select_option("[name=account]", label="陈若谷")
    supervisor.fill("[name=begins]", "08:00")
    supervisor.fill("[name=ends]", "08:00")
    supervisor.click("form.card .btn-primary")
    expect(supervisor.locator("tr.table-active")).to_contain_text("08:00–24:00 陈若谷")
    picture(supervisor, "roster")
    speak_english(context, address)
    supervisor.goto("/roster")
    picture(supervisor, "roster-english")


def test_a_drill_from_two_clicks_to_its_end(
    supervisor: Page, context: BrowserContext, address: str
) -> None:
    supervisor.goto("/exercises")
    picture(supervisor, "exercises-empty")
    supervisor.select_option("[name=agency]", label="长桥派出所")
    supervisor.select_option("[name=situation]", "missing")
    supervisor.fill("[name=place]", "杏花社区")
    supervisor.fill("[name=note]", "第四季度演练")
    supervisor.click("form.card .btn-primary")
    text = supervisor.inner_text(".sms")
    picture(supervisor, "exercise-preview")
    supervisor.click("form.card .btn-primary")
    supervisor.wait_for_url("**/alerts/*")
    expect(supervisor.locator(".sms").first).to_have_text(text)
    with db.transaction() as session:
        number = session.scalars(sa.select(Alert.id)).one()
    do(alerts.acknowledge, number, "王建国", AcknowledgedHow.keypress, desk.actor("zhiban"))
    supervisor.goto("/exercises")
    supervisor.click("text=立即测试联系人")
    supervisor.click("#test-now .btn-primary")
    supervisor.wait_for_url("**/contact-tests/*")
    contact_tests.sweep()
    with db.transaction() as session:
        tests = session.scalars(sa.select(ContactTest.id).order_by(ContactTest.id)).all()
    for test in tests[:2]:
        do(contact_tests.confirm, test, desk.actor("zhiban"))
    expect(supervisor.locator("#report")).to_contain_text("已应答 2")
    picture(supervisor, "contact-test")
    supervisor.goto("/exercises")
    picture(supervisor, "exercises")
    speak_english(context, address)
    supervisor.goto("/exercises")
    picture(supervisor, "exercises-english")
    supervisor.click(f"#drill-{number} button")
    expect(supervisor.locator(f"#drill-{number}")).to_have_count(0)
