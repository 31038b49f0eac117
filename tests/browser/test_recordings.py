"""Recordings in a real browser: an alarm that comes and goes by itself, both sides of a conversation,
what a machine understood of it, and a legal hold."""

import io
import wave

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from hotline import clock, db, live
from tests.browser.conftest import picture, sign_in
from tests.triage import desk
from tests.triage.test_recordings_views import fails, says
from triage.intake.models import Call, Recording, Report
from triage.intake.states import RecordingStatus
from triage.recordings import transcripts
from triage.recordings.states import TranscriptEvent, Voice
from triage.recordings.transcripts import Said


def two_sides(seconds: int = 4) -> bytes:
    """A tone on the caller's side, silence on ours."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((b"\0\x20\0\0" * 10 + b"\0\xe0\0\0" * 10) * (400 * seconds))
    return out.getvalue()


def conversation() -> str:
    """A report with a conversation that was recorded on both sides and written down."""
    number = desk.call(emergency=True, sound=two_sides())
    with db.transaction() as session:
        session.execute(sa.update(Recording).values(channels=2, source="DialVerb", seconds=4))
    says(number, "喂，是儿童保护热线吗", "我叫小雨，我爸爸又喝酒了，他在砸东西")
    with db.transaction() as session:
        sid = session.scalars(
            sa.select(Call.call_sid)
            .join(Report, Report.call_id == Call.id)
            .where(Report.number == number)
        ).one()
        heard = Said(9, Voice.line, "你现在在哪里？身边有没有大人？")
        transcripts.hear(session, sid, f"GT{number}", heard)
        transcripts.end(session, sid, f"GT{number}", TranscriptEvent.finish)
    return number


def test_a_failing_recording_is_seen_on_every_page_until_it_is_stored(page: Page) -> None:
    page.goto("/cases")
    number = desk.call()
    fails(number)
    with db.transaction() as session:
        live.announce(session, "alarm")
    alarm = page.locator("#recording-alarm")
    expect(alarm).to_contain_text("1 段录音取不回来")
    expect(alarm.locator(f'a[href="/reports/{number}"]')).to_be_visible()
    picture(page, "recording-alarm")
    page.goto("/recordings")
    expect(page.locator("#failing")).to_contain_text(number)
    picture(page, "recordings-failing")
    with db.transaction() as session:
        session.execute(
            sa.update(Recording).values(
                status=RecordingStatus.stored, next_fetch_at=None, stored_at=clock.now()
            )
        )
        live.announce(session, "alarm")
    expect(alarm).to_have_text("")


def test_both_sides_are_played_and_read(page: Page) -> None:
    number = conversation()
    page.goto(f"/reports/{number}")
    expect(page.locator("#transcripts-card")).to_contain_text("机器转写，仅供参考")
    expect(page.locator("#transcripts-card")).to_contain_text("我爸爸又喝酒了")
    page.locator("[data-do=play]").click()
    expect(page.locator(".player")).to_have_attribute("data-state", "playing")
    channels = page.evaluate(
        """async (url) => {
            const audio = await (await fetch(url)).arrayBuffer();
            const heard = await new AudioContext().decodeAudioData(audio);
            const loudest = (n) => heard.getChannelData(n).reduce((a, b) => Math.max(a, b));
            return [heard.numberOfChannels, loudest(0) > 0.2, loudest(1) > 0.2];
        }""",
        f"/recordings/{desk.recording_of(number)}",
    )
    assert channels == [2, True, False]
    picture(page, "report-transcript")
    page.goto("/recordings")
    page.fill("[name=words]", "晓雨")
    page.keyboard.press("Enter")
    expect(page.locator("#search")).to_contain_text(number)
    picture(page, "recordings-search")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_supervisor_holds_a_report(
    chromium: Browser, address: str, page: Page, language: str
) -> None:
    number = conversation()
    context = chromium.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "language", "value": language, "url": address}])
    tab = context.new_page()
    sign_in(tab, "daiban")
    tab.goto(f"/reports/{number}")
    card = tab.locator("#keeping-card")
    card.locator("summary").click()
    card.locator("[name=reason]").fill("云溪区人民法院调取证据，文号（示例）第 1 号")
    picture(tab, f"hold-form-{language}")
    card.locator("form button").click()
    expect(tab.locator("#keeping-card")).to_contain_text("云溪区人民法院")
    picture(tab, f"hold-{language}")
    tab.goto("/recordings")
    expect(tab.locator("#holds")).to_contain_text(number)
    picture(tab, f"recordings-{language}")
    context.close()
