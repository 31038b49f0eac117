"""Signing in with what one has beside the password, and a desk that is left alone, in a real browser."""

from collections.abc import Iterator
from types import ModuleType

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hotline import config, db
from tests.browser.conftest import COUNTING, picture
from tests.triage import desk
from triage.queue import service as queue

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
LEFT_ALONE = "15:05"
A_RING = 4500
"""Milliseconds; a little longer than a locked console waits between two rings."""
A_MOMENT = 200


@pytest.fixture
def site(address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The console under a name, at which passkeys work, and locked when it is left alone."""
    named = address.replace("127.0.0.1", "localhost")
    settings = config.current().model_copy(update={"public_url": named, "lock_minutes": 15})
    monkeypatch.setattr(config, "_current", settings)
    return named


@pytest.fixture
def own(chromium: Browser, site: str) -> Iterator[BrowserContext]:
    """One person's browser."""
    with chromium.new_context(base_url=site, viewport={"width": 1440, "height": 900}) as context:
        yield context


def gives_password(tab: Page, username: str = "zhiban") -> None:
    tab.goto("/sign-in")
    tab.fill("[name=username]", username)
    tab.fill("[name=password]", desk.PASSWORDS[username])
    tab.click("#sign-in button")


def enters(context: BrowserContext, username: str = "zhiban") -> Page:
    tab = context.new_page()
    gives_password(tab, username)
    tab.wait_for_url("**/")
    return tab


def forgets(tab: Page) -> None:
    """The browser has no sign-in any more; the device keeps its passkey."""
    tab.context.clear_cookies()
    tab.goto("/sign-in")


def device(tab: Page) -> None:
    """The computer knows its owner by a finger."""
    session = tab.context.new_cdp_session(tab)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def code(secret: str, clock: ModuleType) -> str:
    return pyotp.TOTP(secret).at(clock.now())


def test_an_app_a_passkey_and_each_of_them_at_the_door(
    own: BrowserContext, site: str, clock: ModuleType
) -> None:
    tab = enters(own)
    device(tab)
    tab.goto("/me")
    tab.locator("#factors .card-footer a").click()
    secret = tab.locator(".secret").inner_text().replace(" ", "").replace("\n", "")
    picture(tab, "second-factor-new")
    first = code(secret, clock)
    tab.fill("[name=code]", first)
    tab.get_by_role("button", name="确认并启用").click()
    expect(tab.locator("[data-codes] li")).to_have_count(10)
    recovery = tab.locator("[data-codes] li").first.inner_text()
    with tab.expect_download() as saved:
        tab.locator("[data-do=save]").click()
    assert recovery in saved.value.path().read_text()

    tab.goto("/me/factors/new")
    tab.fill("#passkey-name", "值班室电脑")
    tab.get_by_role("button", name="添加通行密钥").click()
    tab.wait_for_url("**/me")
    expect(tab.locator("#factors")).to_contain_text("值班室电脑")
    expect(tab.locator("#sign-ins [data-mine]")).to_contain_text("Chrome")
    picture(tab, "account")

    forgets(tab)
    tab.get_by_role("button", name="用通行密钥登录").click()
    tab.wait_for_url(f"{site}/")

    forgets(tab)
    gives_password(tab)
    tab.wait_for_url("**/sign-in/second")
    picture(tab, "second-step")
    tab.fill("[name=code]", first)
    tab.keyboard.press("Enter")
    expect(tab.locator("#code-help")).to_contain_text("没有通过")
    tab.get_by_role("link", name="手机不在身边").click()
    tab.fill("[name=code]", recovery.upper())
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/me")
    expect(tab.locator("#toasts")).to_contain_text("还剩 9 个")
    tab.locator("header .language button").first.click()
    expect(tab.locator("html")).to_have_attribute("lang", "en")
    picture(tab, "account-english")


def test_a_desk_left_alone_is_covered_and_what_was_typed_is_there_again(
    own: BrowserContext,
) -> None:
    number = desk.call(emergency=True)
    own.clock.install()
    own.add_init_script(COUNTING)
    other = enters(own)
    other.click("#sound")
    tab = own.new_page()
    tab.goto(f"/reports/{number}")
    tab.click(".claim button, [data-hotkey=c]")
    tab.fill("[name=summary]", "躲在卫生间里。")
    expect(tab.locator("#live-status")).to_have_attribute("data-state", "live")
    tab.evaluate(
        "body = document.body; body.dataset.rang = 0;"
        "body.addEventListener('live:emergency', () => { body.dataset.rang += 1; })"
    )
    with own.expect_event("response", lambda answer: answer.url.endswith("/lock")):
        own.clock.fast_forward(LEFT_ALONE)
    for one in (tab, other):
        expect(one.locator("#cover")).to_be_visible()
        expect(one.locator("header")).to_be_hidden()
        expect(one).to_have_title("已锁定 · 护童热线")
    expect(tab.locator("#cover-password")).to_be_focused()
    expect(tab.locator("[name=summary]")).to_be_hidden()
    picture(tab, "locked")
    for path in ("/queue/rows", f"/reports/{number}", "/me"):
        assert own.request.get(path, headers={"Accept": "*/*"}).status == 423, path
    new = desk.call(emergency=True)
    expect(tab.locator("body")).to_have_attribute("data-rang", "01")
    goes_on_sounding_until_a_colleague_acts(other, new)

    tab.fill("#cover-password", "not-the-password")
    tab.keyboard.press("Enter")
    expect(tab.locator("#cover-fault")).to_contain_text("密码不对")
    tab.fill("#cover-password", desk.PASSWORDS["zhiban"])
    tab.keyboard.press("Enter")
    for one in (tab, other):
        expect(one.locator("#cover")).to_be_hidden()
        expect(one.locator("header")).to_be_visible()
    assert tab.input_value("[name=summary]") == "躲在卫生间里。"
    expect(tab.locator("[name=summary]")).to_be_focused()
    expect(other.locator("[data-row]")).to_have_count(2)

    with other.expect_response("**/lock"):
        other.keyboard.press("g")
        other.keyboard.press("z")
    expect(tab.locator("#cover")).to_be_visible()
    tab.goto("/me")
    assert tab.url.endswith("/locked?next=%2Fme")
    tab.fill("#cover-password", desk.PASSWORDS["zhiban"])
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/me")
    expect(other.locator("#cover")).to_be_hidden()


def goes_on_sounding_until_a_colleague_acts(locked: Page, number: str) -> None:
    assert [rings(locked) for _ in range(2)] == [True, True]
    expect(locked.locator("[data-sounding]")).to_contain_text("有紧急情况等人处理")
    picture(locked, "locked-sounding")
    with db.transaction() as session:
        queue.claim(session, desk.report(number).id, desk.actor("zhiban2"))
    assert not rings(locked)
    expect(locked.locator("[data-sounding]")).to_be_hidden()


def rings(locked: Page) -> bool:
    """Whether there is a sound when the next round has come."""
    locked.wait_for_timeout(A_MOMENT)
    before = locked.evaluate("window.beeps")
    with locked.expect_response("**/board/loud"):
        locked.clock.fast_forward(A_RING)
    locked.wait_for_timeout(A_MOMENT)
    return bool(locked.evaluate("window.beeps") > before)


def test_signing_out_everywhere_reaches_the_other_browser(
    own: BrowserContext, chromium: Browser, site: str
) -> None:
    tab = enters(own)
    with chromium.new_context(base_url=site) as elsewhere:
        other = enters(elsewhere)
        tab.goto("/me")
        expect(tab.locator("#sign-ins li")).to_have_count(2)
        tab.get_by_role("button", name="全部退出").click()
        tab.locator("#end-all button.btn-danger").click()
        tab.wait_for_url("**/sign-in*")
        desk.call()
        other.wait_for_url("**/sign-in*")
