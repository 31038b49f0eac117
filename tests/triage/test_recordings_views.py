"""What the console shows of recordings: alarm, hold, transcript, search, and that they are gone."""

import datetime as dt
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy.dialects import postgresql

from hotline import clock, config, db
from tests.triage import desk
from tests.triage.people import do
from triage.intake import service as intake
from triage.intake.models import Call, Disposition, Recording, Report
from triage.intake.states import RecordingEvent, RecordingStatus
from triage.queue import judging
from triage.queue import service as queue
from triage.recordings import deletion, figures, transcripts
from triage.recordings.figures import RecordingFigures
from triage.recordings.models import Transcript
from triage.recordings.states import TranscriptEvent, Voice
from triage.recordings.transcripts import Said


@pytest.fixture
def app(database, redis, monkeypatch) -> Flask:
    return desk.open_line(database, monkeypatch)


@pytest.fixture
def officer(app) -> desk.Desk:
    return desk.Desk(app, "zhiban")


@pytest.fixture
def supervisor(app) -> desk.Desk:
    return desk.Desk(app, "daiban")


def fails(number: str) -> None:
    """The recording of a call cannot be brought home."""
    with db.transaction() as session:
        of_report = sa.select(Call.call_sid).join(Report, Report.call_id == Call.id)
        sid = session.scalars(of_report.where(Report.number == number)).one()
        intake.attach_recording(session, f"RE{number}", sid, RecordingEvent.announce, "RecordVerb")
        changed = {"status": RecordingStatus.failed, "attempts": 9, "error": "404"}
        session.execute(sa.update(Recording).where(Recording.call_sid == sid).values(**changed))


def says(number: str, *texts: str, voice: Voice = Voice.caller) -> None:
    """The network understands so much of a call."""
    with db.transaction() as session:
        sid = session.scalars(
            sa.select(Call.call_sid)
            .join(Report, Report.call_id == Call.id)
            .where(Report.number == number)
        ).one()
        for count, text in enumerate(texts):
            transcripts.hear(session, sid, f"GT{number}", Said(count, voice, text))


def looked_for(person: desk.Desk, words: str) -> str:
    """The page after a search."""
    return unescape(person.does("/recordings", words=words).get_data(as_text=True))


def ends(number: str) -> None:
    """A report is dealt with, and its time goes by."""
    actor, found = desk.actor("zhiban"), desk.report(number).id
    do(queue.claim, found, actor)
    do(judging.dispose, found, actor, Disposition.wrong_number, "打错")
    clock.shift(dt.timedelta(days=31))


def test_a_failing_recording_is_an_alarm_until_it_is_stored(officer):
    assert officer.sees("/recordings/alarm").strip() == ""
    number = desk.call()
    fails(number)
    for page in (officer.sees("/recordings/alarm"), officer.sees("/recordings")):
        assert f'href="/reports/{number}"' in page
    assert "1 段录音取不回来" in officer.sees("/recordings/alarm")
    with db.transaction() as session:
        session.execute(
            sa.update(Recording).values(
                status=RecordingStatus.stored, next_fetch_at=None, storage_name="x"
            )
        )
    assert officer.sees("/recordings/alarm").strip() == ""
    assert number not in officer.sees("/recordings")


def test_every_page_of_those_who_hear_recordings_asks_for_the_alarm(app, officer):
    assert 'hx-get="/recordings/alarm"' in officer.sees("/")
    assert "/recordings/alarm" not in desk.Desk(app, "shenji").sees("/audit")


def test_a_recording_that_was_deleted_says_when(officer):
    number = desk.call(sound=b"RIFF a voice")
    recording = desk.recording_of(number)
    ends(number)
    deletion.sweep()
    page = desk.Desk(officer.client.application, "zhiban").sees(f"/reports/{number}")
    today = clock.now().astimezone(config.current().zone)
    assert f"已按保存期限删除（{today:%Y-%m-%d}）" in page
    assert f"/recordings/{recording}" not in page
    assert (
        desk.Desk(officer.client.application, "zhiban")
        .client.get(f"/recordings/{recording}")
        .status_code
        == 404
    )


def test_what_is_marked_for_deletion_is_not_played_any_more(officer):
    number = desk.call(sound=b"RIFF a voice")
    with db.transaction() as session:
        session.execute(sa.update(Recording).values(status=RecordingStatus.deleting))
    officer.sees(f"/recordings/{desk.recording_of(number)}", status=404)
    assert "保存期限已到，正在删除" in officer.sees(f"/reports/{number}")


def test_both_channels_are_said(officer):
    number = desk.call(sound=b"RIFF a voice")
    assert "双声道" not in officer.sees(f"/reports/{number}")
    with db.transaction() as session:
        session.execute(sa.update(Recording).values(channels=2, media_type="audio/mpeg"))
    assert "双声道" in officer.sees(f"/reports/{number}")
    answer = officer.client.get(f"/recordings/{desk.recording_of(number)}")
    assert (answer.mimetype, answer.data) == ("audio/mpeg", b"RIFF a voice")


def test_a_supervisor_holds_a_report_and_lets_it_go(officer, supervisor):
    number = desk.call(sound=b"RIFF a voice")
    assert "后，保存 365 天" in officer.sees(f"/reports/{number}/hold")
    assert supervisor.does(f"/reports/{number}/hold", reason="法院调取证据").status_code == 303
    assert supervisor.is_told("已设为留存")
    for page in (f"/reports/{number}/hold", "/recordings"):
        assert "法院调取证据" in officer.sees(page)
    ends(number)
    deletion.sweep()
    again = desk.Desk(supervisor.client.application, "daiban")
    assert "正在删除" not in again.sees(f"/reports/{number}")
    assert again.does(f"/reports/{number}/hold/lift", reason="案件审结").status_code == 303
    page = again.sees(f"/reports/{number}/hold")
    assert "解除：案件审结" in page
    assert "保存至" in page
    assert "法院调取证据" not in again.sees("/recordings")


@pytest.mark.parametrize("deed", ["hold", "hold/lift"])
def test_an_officer_holds_nothing(officer, deed):
    number = desk.call()
    assert officer.does(f"/reports/{number}/{deed}", reason="想留着").status_code == 403
    assert "<form" not in officer.sees(f"/reports/{number}/hold")
    assert desk.written("hold", "report") == []


@pytest.mark.parametrize("reason", ["", "  ", "长" * 201])
def test_a_hold_needs_a_reason(supervisor, reason):
    number = desk.call()
    supervisor.does(f"/reports/{number}/hold", reason=reason)
    assert desk.written("hold", "report") == []


def test_a_hold_on_nothing(supervisor):
    assert supervisor.does("/reports/10000100/hold", reason="法院").status_code == 404


def test_a_transcript_is_shown_as_what_it_is_and_reading_it_is_written_down(officer):
    number = desk.call()
    assert officer.sees(f"/reports/{number}/transcripts").strip() == ""
    assert desk.written("read", "transcript") == []
    says(number, "他又喝酒了", "<b>救命</b>")
    page = officer.client.get(f"/reports/{number}/transcripts").get_data(as_text=True)
    assert "机器转写，仅供参考" in page
    assert "他又喝酒了" in page
    assert "&lt;b&gt;救命" in page
    assert "正在转写" in page
    [entry] = desk.written("read", "transcript")
    assert entry.subject_id == desk.report(number).id


def test_a_transcript_decides_nothing(officer):
    number = desk.call()
    before = desk.report(number)
    says(number, "救命！他拿着刀！")
    do(transcripts.end, "CA1", "GT1", TranscriptEvent.finish)
    after = desk.report(number)
    for fact in ("status", "urgency", "due_at", "situation", "summary", "next_page_at"):
        assert getattr(after, fact) == getattr(before, fact)


def test_what_was_said_is_found_by_its_sound(officer):
    first, second = desk.call(), desk.call()
    says(first, "我叫黎晓宇，住在杏花里")
    says(second, "我要咨询入学政策")
    page = looked_for(officer, "李小雨")
    assert f'href="/reports/{first}"' in page
    assert second not in page
    assert "没有找到" in looked_for(officer, "王大明")
    entries = desk.written("search", "transcript")
    assert [entry.details for entry in entries] == [
        {"reports": [desk.report(first).id]},
        {"reports": []},
    ]
    assert not any("李小雨" in entry.reason for entry in entries)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("喝酒", True),
        ("他又喝酒", True),
        ("酒", True),
        ("又酒", False),
        # Both pairs are said, the three are not.
        ("又喝酒了打", False),
        ("help me", True),
        ("HELP", True),
        ("elp", False),
        ("110", True),
        ("，。！", False),
        ("", False),
        ("'; DROP TABLE reports", False),
    ],
)
def test_a_search(officer, words, found):
    says(desk.call(), "他又喝酒了，请 help me", "打110")
    with db.transaction() as session:
        assert bool(transcripts.search(session, words, 1)) is found


def test_a_pair_here_and_a_pair_there_is_not_what_was_said(officer):
    says(desk.call(), "喝酒以后，酒后打人")
    with db.transaction() as session:
        assert transcripts.search(session, "喝酒后", 1) == []
        assert transcripts.search(session, "酒后打人", 1) != []


def test_who_may_not_hear_may_not_read(app):
    number = desk.call()
    says(number, "他又喝酒了")
    auditor = desk.Desk(app, "shenji")
    for path in ("/recordings", "/recordings/alarm", f"/reports/{number}/transcripts"):
        auditor.sees(path, status=403)


def test_the_figures(officer):
    fails(desk.call())
    says(desk.call(), "喂")
    registry = CollectorRegistry()
    registry.register(RecordingFigures())
    text = generate_latest(registry).decode()
    assert 'hotline_recordings{status="failed"} 1.0' in text
    assert 'hotline_recordings{status="fetching"} 0.0' in text
    assert 'hotline_transcripts{status="working"} 1.0' in text


@pytest.mark.parametrize(
    ("kind", "those", "index"),
    [
        (Recording, figures.UNSETTLED, "ix_recordings_unsettled"),
        (Transcript, figures.UNWRITTEN, "ix_transcripts_unsettled"),
    ],
)
def test_what_is_done_is_not_looked_at_to_be_scraped(app, kind, those, index):
    counts = figures.counts(kind, those).compile(dialect=postgresql.dialect())
    with db.transaction() as session:
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(session.scalars(sa.text(f"EXPLAIN {counts}")))
    assert index in plan
