"""Notes at moments of a recording."""

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import db
from tests.triage import desk
from tests.web.conftest import speech
from triage.recordings.models import RecordingNote


@pytest.fixture
def path() -> str:
    """The notes on the recording of a call, which lasts three seconds."""
    return f"/recordings/{desk.recording_of(desk.call(sound=speech()))}/notes"


def kept() -> list[tuple[int, str]]:
    with db.transaction() as session:
        notes = sa.select(RecordingNote).order_by(RecordingNote.id)
        return [(note.seconds, note.body) for note in session.scalars(notes)]


def test_a_note_stands_at_its_moment_and_is_written_down(app: Flask, path: str) -> None:
    officer = desk.Desk(app, "zhiban")
    officer.asks(path, seconds="2", body="玻璃碎了")
    shown = officer.asks(path, seconds="1", body=" 有人喊救命 ").get_data(as_text=True)
    assert shown.index("有人喊救命") < shown.index("玻璃碎了"), "in the order of the recording"
    assert 'data-jump="1"' in shown
    assert "林晓岚" in desk.Desk(app, "zhiban2").sees(path)
    assert [entry.details["note"] for entry in desk.written("note", "recording")] == [1, 2]
    assert [entry.actor for entry in desk.written("read", "recording_notes")] == ["zhiban2"]
    with db.transaction() as session:
        [raw] = session.execute(sa.text("SELECT body FROM recording_notes WHERE id = 1")).scalars()
        assert "玻璃".encode() not in bytes(raw)


def test_beyond_the_end_is_the_end(app: Flask, path: str) -> None:
    desk.Desk(app, "zhiban").asks(path, seconds="900", body="结束语")
    assert kept() == [(3, "结束语")]


def test_a_note_says_something_somewhere(app: Flask, path: str) -> None:
    officer = desk.Desk(app, "zhiban")
    for seconds, body in (("1", " "), ("1", "长" * 501), ("-1", "听到"), ("", "听到")):
        assert officer.asks(path, seconds=seconds, body=body).status_code == 422
    assert kept() == []


def test_only_whoever_may_hear_it(app: Flask, path: str) -> None:
    auditor = desk.Desk(app, "shenji")
    auditor.sees(path, status=403)
    assert auditor.does(path, seconds="1", body="听到").status_code == 403
    desk.Desk(app, "zhiban").sees("/recordings/999/notes", status=404)
