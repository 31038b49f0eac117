"""How the line answers, as a supervisor looks it up, at the desk and on the way."""

import datetime as dt

import sqlalchemy as sa
from playwright.sync_api import BrowserContext, expect

from hotline import clock, config, db
from tests.browser.conftest import picture, sign_in
from tests.triage.conversing import comes_in, hangs_up, waits
from tests.triage.people import arrival, do, report
from triage.intake import service as intake
from triage.intake.models import Call
from triage.intake.service import Step
from triage.intake.states import RecordingEvent

HOURS = (3, 26, 50, 52, 75)


def test_a_supervisor_looks_up_the_day_and_the_week(context: BrowserContext) -> None:
    tab = context.new_page()
    sign_in(tab, "daiban")
    tab.goto("/figures")
    expect(tab.locator(".empty-title")).to_be_visible()
    picture(tab, "figures-empty")
    for hours in HOURS:
        _calls(hours)
    waits("CAnow")
    tab.reload()
    expect(tab.locator("tbody").first).to_contain_text("12355 儿童保护热线")
    picture(tab, "figures-day")
    tab.click("text=7 天")
    expect(tab.locator("tbody").last.locator("tr")).to_have_count(len(_days()))
    picture(tab, "figures-week")


def _days() -> set[dt.date]:
    """On which there were calls, where the line is."""
    now = clock.now().astimezone(config.current().zone)
    return {now.date(), *((now - dt.timedelta(hours=hours)).date() for hours in HOURS)}


def _calls(hours: int) -> None:
    """A few callers, so many hours ago."""
    sids = [f"CA{hours}-{number}" for number in range(5)]
    for sid in sids[:3]:
        waits(sid)
        do(intake.note_step, sid, Step(0, "greeting", "timeout", "", 30 + hours))
        comes_in(sid)
        hangs_up(sid)
    waits(sids[3])
    hangs_up(sids[3])
    report(sids[4])
    do(intake.attach_recording, f"RE{hours}", sids[4], RecordingEvent.announce, "RecordVerb")
    hangs_up(sids[4])
    do(intake.file_report, arrival(f"CA{hours}-4711", line="4711"))
    _long_ago(hours)


def _long_ago(hours: int) -> None:
    ago = sa.text(f"interval '{hours} hours'")
    times = ("started_at", "waiting_since", "talking_since", "ended_at")
    with db.transaction() as session:
        earlier = {name: getattr(Call, name) - ago for name in times}
        earlier["talking_since"] += sa.text("interval '11 seconds'")
        earlier["ended_at"] += sa.text("interval '200 seconds'")
        session.execute(sa.update(Call).where(Call.call_sid.like(f"CA{hours}-%")).values(earlier))
