"""What the pictures of the officers' guide show, in the order of a shift."""

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from hotline import db
from hotline.embedded.month import load as month
from tests.triage import desk
from tests.web.conftest import speech
from triage.cases.models import Attachment, Case
from triage.finding import index

SCALE = 0.7
"""A picture is so much smaller than the screen it shows."""
NUMBER = """([selector, number]) => {
    const one = document.querySelector(selector);
    if (!one) throw new Error(selector);
    const box = one.getBoundingClientRect();
    const mark = document.createElement("div");
    mark.textContent = number;
    Object.assign(mark.style, {
        position: "absolute", zIndex: 9999, width: "28px", height: "28px", borderRadius: "50%",
        left: `${Math.max(2, box.left + scrollX - 14)}px`, top: `${Math.max(2, box.top + scrollY - 10)}px`,
        background: "#d6006e", color: "#fff", font: "bold 17px/28px sans-serif", textAlign: "center",
    });
    document.body.append(mark);
}"""


class Album:
    """Takes pictures of the console at a desk."""

    def __init__(self, browser: Browser, app: Flask, address: str, folder: Path) -> None:
        self.browser, self.app, self.address, self.folder = browser, app, address, folder
        folder.mkdir(parents=True, exist_ok=True)

    def open(self, who: str = "", width: int = 1440, height: int = 900) -> Page:
        """A browser of its own, in which `who` is signed in."""
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": height},
            device_scale_factor=SCALE,
            reduced_motion="reduce",
            locale="zh-CN",
        )
        context.set_default_timeout(20_000)
        if who:
            cookie = desk.Desk(self.app, who).client.get_cookie("hotline")
            assert cookie
            context.add_cookies([{"name": "hotline", "value": cookie.value, "url": self.address}])
        return context.new_page()

    def take(self, page: Page, name: str, *marked: str, part: str = "") -> None:
        """One picture, of the whole window or of one part; each of `marked` gets its number, from 1."""
        expect(page.locator(".htmx-request")).to_have_count(0)
        for number, selector in enumerate(marked, 1):
            page.evaluate(NUMBER, [selector, number])
        (page.locator(part) if part else page).screenshot(path=self.folder / f"{name}.png")


def sign_in(album: Album) -> None:
    """The way in."""
    page = album.open()
    page.goto("/sign-in")
    album.take(page, "sign-in", "[name=username]", "[name=password]")
    page.context.close()


def own_account(album: Album) -> None:
    """The second factor, recovery codes, where one is signed in."""
    page = album.open("zhiban")
    page.goto("/me")
    album.take(page, "account")
    page.context.close()


def queue(album: Album) -> None:
    """The queue of a day that is going on."""
    month.load()
    page = album.open("zhiban")
    page.goto("/")
    page.keyboard.press("?")
    expect(page.locator("#keyboard-help")).to_be_visible()
    album.take(page, "keys")
    page.keyboard.press("Escape")
    album.take(page, "queue", ".clocks", "#filter-toggle", "[data-hotkey=n]", ".q-number", "#sound")
    page.context.close()


def report(album: Album) -> None:
    """A report that is being judged, and the window in which it goes to the police."""
    officer = desk.Desk(album.app, "zhiban")
    first, number = (desk.call(emergency=True, sound=speech()) for _ in range(2))
    for one in (first, number):
        officer.does(f"/reports/{one}/claim")
        officer.does(f"/reports/{one}/classify", **desk.JUDGED)
    officer.does(f"/reports/{first}/case", **desk.JUDGED)
    _index()
    page = album.open("zhiban", height=840)
    page.goto(f"/reports/{number}")
    album.take(page, "report", "#state", "#call", "[data-player]", "#classification")
    page.goto(f"/reports/{number}/forward")
    album.take(page, "forward", ".way .sms", ".plan", "form button.btn-danger")
    page.get_by_role("button", name="确认发送").click()
    page.wait_for_url("**/reports/*")
    page.context.close()


def _index() -> None:
    while index.sweep():
        continue


def board(album: Album) -> None:
    """Every alert that somebody has to look after."""
    page = album.open("daiban")
    page.goto("/board")
    album.take(page, "board")
    page.goto("/alerts")
    album.take(page, "alerts")
    page.context.close()


def case(album: Album) -> None:
    """A case with its line of time; the list of cases; what is mine to do."""
    with db.transaction() as session:
        open_ones = sa.select(Attachment.case_id).join(Case).where(~Case.confidential)
        number = session.scalars(open_ones.order_by(Attachment.case_id.desc()).limit(1)).one()
    page = album.open("daiban")
    page.goto(f"/cases/{number}")
    album.take(page, "case")
    page.goto("/cases")
    album.take(page, "cases")
    page.context.close()


def search(album: Album) -> None:
    """Found by pinyin."""
    page = album.open("zhiban")
    page.goto("/search")
    page.locator("[name=asked]").press_sequentially("lixiaoyu")
    page.keyboard.press("Enter")
    page.wait_for_timeout(1500)
    album.take(page, "search")
    page.context.close()


def confidential(album: Album) -> None:
    """A case that only named people see, and the way in when there is no time."""
    with db.transaction() as session:
        number = session.scalars(sa.select(Case.id).where(Case.confidential)).one()
    page = album.open("daiban")
    page.goto(f"/cases/{number}")
    album.take(page, "confidential", part="#secrecy")
    page.goto("/cases/urgent")
    album.take(page, "urgent")
    page.context.close()


def exercises(album: Album) -> None:
    """Drills and tests of contacts."""
    page = album.open("daiban")
    page.goto("/exercises")
    album.take(page, "exercises")
    page.context.close()


def telephone(album: Album) -> None:
    """The queue on a telephone, by night."""
    page = album.open("zhiban", 390, 844)
    page.emulate_media(color_scheme="dark")
    page.goto("/")
    album.take(page, "phone")
    page.context.close()


SCENES: tuple[Callable[[Album], None], ...] = (
    sign_in,
    own_account,
    queue,
    report,
    board,
    case,
    search,
    confidential,
    exercises,
    telephone,
)
