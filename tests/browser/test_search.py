"""The search as one types, in a real browser; and look-alikes beside a report."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import picture
from tests.triage.people import do, officer, place, row
from tests.triage.test_search import CHILD, judged, said
from triage.cases import notes, people
from triage.cases import service as cases
from triage.cases.models import PersonRole, Safety
from triage.cases.people import Described
from triage.finding import index
from triage.intake.models import Sex

CALLER = "+8610000000001"
NEIGHBOUR = "+8610000000002"


def town() -> tuple[int, int]:
    """What is known of two families: the rows of a case and of a report that is being judged."""
    here = place("990101001")
    first = judged("CA1", CALLER, place_id=here, child_age=8, child_sex=Sex.female, **CHILD)
    said(first, "喂，孩子又在哭了", "那家的小雨一个人在家")
    case = do(cases.open_case, first, officer()).id
    do(notes.note, case, officer(), "已与班主任联系，小雨本周没有缺课，约周五家访。")
    aunt = Described(PersonRole.relative, "李晓雨", Safety.safe, "姑姑", "+8610000000003")
    do(people.add, case, officer(), aunt)
    judged("CA2", NEIGHBOUR, child_name="王晓宇", child_age=15, child_sex=Sex.male, summary="逃学")
    judged("CA3", NEIGHBOUR, child_name="黎晓宇", child_age=7, address="杏花社区幸福里三栋")
    address = {"address": "幸福里小区3幢301", "place_id": here}
    asked = judged("CA4", CALLER, child_name="小雨", child_sex=Sex.male, **address)
    index.sweep()
    return case, asked


def test_typing_finds_arrows_walk_and_enter_opens(page: Page) -> None:
    case, asked = town()
    page.keyboard.press("/")
    page.wait_for_url("**/search")
    expect(page.locator("#results")).to_contain_text("可以这样找")
    picture(page, "search-empty")
    box = page.get_by_role("searchbox")
    expect(box).to_be_focused()
    box.press_sequentially("小雨", delay=30)
    results = page.locator("[data-result]")
    expect(results.first).to_contain_text(f"个案 {case}")
    expect(results.first.locator("mark").first).to_have_text("小雨")
    expect(page.locator("#results")).to_contain_text("那家的小雨一个人在家")
    picture(page, "search")
    page.keyboard.press("ArrowDown")
    expect(results.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(results.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(box).to_be_focused()
    box.fill("lixiaoyu 杏花")
    expect(results.first).to_contain_text("杏花小学")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{case}")
    page.go_back()
    expect(page.locator("[data-result]").first).to_contain_text(f"个案 {case}")
    expect(box).to_have_value("lixiaoyu 杏花")
    page.goto(f"/reports/{row(asked).number}")
    card = page.locator("#alike")
    expect(card).to_contain_text(f"个案 {case}")
    expect(card).to_contain_text("同一户")
    expect(card).to_contain_text("性别不同")
    card.scroll_into_view_if_needed()
    picture(page, "look-alikes")
