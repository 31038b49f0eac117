"""A case as two officers see it: one line of time, live; people, tasks, files; and a door that closes."""

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import picture, sign_in
from tests.triage import desk
from tests.web.conftest import speech
from triage.cases import tasks

SOON_MS = 20_000
"""On a machine that does other things as well."""


def png(path: Path) -> Path:
    """A picture of one colour."""
    rows = b"".join(b"\0" + b"\x4f\x83\xcc" * 64 for _ in range(64))
    chunks = (
        (b"IHDR", struct.pack("!2I5B", 64, 64, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    drawn = b"".join(
        struct.pack("!I", len(body)) + kind + body + struct.pack("!I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + drawn)
    return path


def take(page: Page, number: str) -> None:
    """Claim a report."""
    page.goto(f"/reports/{number}")
    page.locator(f'form[action="/reports/{number}/claim"] button').click()
    expect(page.locator("#classification")).to_be_visible()


def opened(page: Page) -> int:
    """A case, opened by hand from a report that came with a recording."""
    number = desk.call(sound=speech())
    take(page, number)
    page.request.post(
        f"/reports/{number}/case",
        form=dict[str, Any](desk.JUDGED, csrf_token=token(page)),
    )
    case_id = desk.report(number).case_id
    assert case_id is not None
    return case_id


def token(page: Page) -> str:
    return page.locator("input[name=csrf_token]").first.input_value()


def a_second_report_says_otherwise(page: Page, case_id: int) -> None:
    """It stands beside what the case says, and is taken over."""
    number = desk.call("10000000002", sound=speech())
    take(page, number)
    said = desk.JUDGED | {"child_name": "李晓雨", "child_age": "9", "summary": "邻居听到哭声。"}
    form: dict[str, Any] = {**said, "case": str(case_id), "csrf_token": token(page)}
    page.request.post(f"/reports/{number}/link", form=form)
    page.goto(f"/cases/{case_id}")
    expect(page.locator("#child")).to_contain_text("诉求里说法不同")
    page.get_by_role("button", name="采用：孩子姓名").click()
    expect(page.locator(".state")).to_contain_text("李晓雨")


def a_suspected_person_cannot_be_overlooked(page: Page) -> None:
    people = page.locator("#people")
    people.get_by_text("登记人员", exact=True).click()
    people.get_by_label("姓名").fill("某男")
    people.get_by_label("与孩子的关系").fill("母亲的同居人")
    people.get_by_label("身份").select_option("suspected")
    people.get_by_label("电话").fill("10000000009")
    people.get_by_role("button", name="登记", exact=True).click()
    expect(people.locator(".unsafe")).to_have_text("不可联系")
    people.get_by_text("查看号码").click()
    people.get_by_label("查看号码的原因").fill("告知派出所")
    people.get_by_role("button", name="显示号码").click()
    expect(people.get_by_text("+8610000000009")).to_be_visible()


def a_colleague_is_given_a_task_and_mentioned(page: Page, colleague: Page) -> None:
    """Both stand on their console at once."""
    board = page.locator("#tasks")
    board.get_by_text("布置任务").click()
    board.get_by_label("任务").fill("家访，确认孩子住处")
    board.get_by_label("期限").fill(str(tasks.today()))
    board.get_by_label("由谁做").select_option("周牧")
    board.get_by_role("button", name="布置", exact=True).click()
    expect(board.locator(".task")).to_contain_text("今天")
    expect(colleague.locator("#casework")).to_contain_text("1 项任务今天到期", timeout=SOON_MS)
    colleague.goto(page.url.partition("#")[0])
    page.locator("#body").press_sequentially("已联系学校，@周")
    expect(page.locator("#mention-list").get_by_role("option", name="周牧")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#body")).to_have_value("已联系学校，@周牧 ")
    page.get_by_role("button", name="添加记录").click()
    expect(colleague.locator("#timeline")).to_contain_text("已联系学校，@周牧", timeout=SOON_MS)
    expect(colleague.locator("#casework")).to_contain_text("1 条记录提到您", timeout=SOON_MS)


def a_picture_is_shown_and_stands_in_the_line_of_time(page: Page, file: Path) -> None:
    page.set_input_files("#file", file)
    page.locator("#attachments").get_by_role("button", name="添加", exact=True).click()
    shown = page.locator(".attachment-picture")
    expect(shown).to_be_visible()
    assert shown.evaluate("one => one.decode().then(() => one.naturalWidth)") == 64
    picture(page, "case-work")
    page.locator(".case-kinds").get_by_role("link", name="文件").click()
    expect(page.locator("#timeline .history-item")).to_have_count(1)
    expect(page.locator("#timeline")).to_contain_text(file.name)


def the_door_closes_and_opens_for_an_hour(page: Page, colleague: Page, case_id: int) -> None:
    """Confidential: a colleague's page is gone, and an urgent look brings it back."""
    page.goto(f"/cases/{case_id}")
    secrecy = page.locator("#secrecy")
    secrecy.get_by_text("设为保密个案").click()
    secrecy.get_by_label("原因").fill("施害人有亲属在系统内")
    secrecy.get_by_role("button", name="设为保密").click()
    expect(page.locator(".state")).to_contain_text("保密")
    assert colleague.request.get(f"/cases/{case_id}").status == 404
    colleague.goto("/cases/urgent")
    colleague.get_by_label("个案编号").fill(str(case_id))
    colleague.get_by_label("原因").fill("孩子来电求救，知情人联系不上")
    colleague.get_by_role("button", name="紧急查阅").click()
    expect(colleague.locator("#secrecy")).to_contain_text("等待带班领导复核")


@pytest.mark.timeout(180)
def test_a_case_from_two_desks(page: Page, chromium: Browser, address: str, tmp_path: Path):
    colleague = chromium.new_context(base_url=address).new_page()
    sign_in(colleague, "zhiban2")
    case_id = opened(page)
    a_second_report_says_otherwise(page, case_id)
    a_suspected_person_cannot_be_overlooked(page)
    a_colleague_is_given_a_task_and_mentioned(page, colleague)
    a_picture_is_shown_and_stands_in_the_line_of_time(page, png(tmp_path / "门锁.png"))
    the_door_closes_and_opens_for_an_hour(page, colleague, case_id)
    picture(colleague, "case-confidential")
    colleague.goto("/tasks")
    picture(colleague, "tasks")
    page.goto("/cases")
    picture(page, "case-list")
    colleague.context.close()
