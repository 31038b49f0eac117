"""Recorded prompts: played where there is a sound recording of the very words, spoken otherwise."""

import os

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hotline import config
from ivr import played
from ivr.wording import wordings

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
MP3 = b"ID3\x04\x00"


@pytest.fixture
def folder(settings, tmp_path, monkeypatch):
    """PROMPTS_DIR, with the greeting in Mandarin."""
    top = tmp_path / "prompts"
    (top / "zh").mkdir(parents=True)
    (top / "zh" / "greeting.wav").write_bytes(WAV)
    inside = settings.model_copy(update={"prompts_dir": top})
    monkeypatch.setattr(config, "_current", inside)
    return top


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(played.blueprint)
    return app.test_client()


def _rewritten(monkeypatch, key: str, text: str) -> None:
    monkeypatch.setattr(played, "recordable", lambda _: {key: text})


def test_without_a_folder_everything_is_spoken(settings):
    assert settings.prompts_dir is None
    assert played.url_of("zh", "greeting") is None


def test_a_recording_is_played_from_an_address_that_changes_with_it(folder, settings):
    first = played.url_of("zh", "greeting")
    assert first
    assert first.startswith(f"{settings.public_url}/ivr/prompts/zh/greeting.wav?v=")
    assert played.url_of("zh", "greeting") == first
    (folder / "zh" / "greeting.wav").write_bytes(WAV + b"anew")
    assert played.url_of("zh", "greeting") not in {first, None}


def test_what_is_not_recorded_is_spoken(folder):
    assert played.url_of("zh", "statement") is None
    assert played.url_of("yue", "greeting") is None
    assert played.url_of("nosuch", "greeting") is None
    assert played.url_of("zh", "nosuch") is None


def test_an_mp3_is_as_good(folder):
    (folder / "zh" / "statement.mp3").write_bytes(MP3)
    assert "/zh/statement.mp3?v=" in (played.url_of("zh", "statement") or "")


def test_a_sentence_with_blanks_is_always_spoken(folder):
    assert "{receipt}" in wordings()["zh"].say["receipt"]
    (folder / "zh" / "receipt.wav").write_bytes(WAV)
    assert played.url_of("zh", "receipt") is None


@pytest.mark.parametrize("content", [b"", b"RIFF", MP3, b"<html>not found</html>"])
def test_a_file_that_holds_no_sound_is_not_played(folder, content):
    (folder / "zh" / "greeting.wav").write_bytes(content)
    assert played.url_of("zh", "greeting") is None


def test_a_file_that_cannot_be_read_is_not_played(folder, monkeypatch):
    wav = folder / "zh" / "greeting.wav"
    wav.unlink()
    wav.mkdir()
    assert played.url_of("zh", "greeting") is None
    (folder / "zh" / "greeting.mp3").write_bytes(MP3)
    assert "greeting.mp3" in (played.url_of("zh", "greeting") or "")


def test_a_sentence_rewritten_since_it_was_recorded_is_spoken_until_recorded_anew(
    folder, monkeypatch
):
    played.take_note("zh")
    assert played.url_of("zh", "greeting")
    _rewritten(monkeypatch, "greeting", "你好，这里改过了。")
    assert played.url_of("zh", "greeting") is None
    played.take_note("zh")
    assert played.url_of("zh", "greeting") is None
    (folder / "zh" / "greeting.wav").write_bytes(WAV + b"anew")
    assert played.url_of("zh", "greeting")
    played.take_note("zh")
    assert played.note_of(folder / "zh")["greeting"].text == "你好，这里改过了。"
    _rewritten(monkeypatch, "greeting", "又改了。")
    assert played.url_of("zh", "greeting") is None


def test_a_note_that_cannot_be_read_holds_nothing_up(folder):
    played.take_note("zh")
    (folder / "zh" / played.NOTE).write_text("{]")
    assert played.note_of(folder / "zh") == {}
    assert played.url_of("zh", "greeting")


def test_a_note_is_only_written_when_something_is_new(folder):
    played.take_note("zh")
    note = folder / "zh" / played.NOTE
    os.utime(note, ns=(1, 1))
    played.take_note("zh")
    assert note.stat().st_mtime_ns == 1
    played.take_note("en")
    assert not (folder / "en").exists()


def test_files_are_read_once(folder, monkeypatch):
    played.url_of("zh", "greeting")
    before = played._digest.cache_info()
    for _ in range(5):
        played.url_of("zh", "greeting")
    after = played._digest.cache_info()
    assert (after.hits - before.hits, after.misses) == (5, before.misses)


def test_the_network_fetches_a_recording_without_signing_in_and_may_keep_it(folder, client):
    address = (played.url_of("zh", "greeting") or "").partition("/ivr/")[2]
    answer = client.get(f"/ivr/{address}")
    assert (answer.status_code, answer.data) == (200, WAV)
    assert answer.headers["Content-Type"] == "audio/wav"
    assert answer.cache_control.max_age == played.A_YEAR
    again = client.get(f"/ivr/{address}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_an_address_of_another_content_is_not_kept(folder, client):
    answer = client.get("/ivr/prompts/zh/greeting.wav?v=other")
    assert answer.status_code == 200
    assert answer.cache_control.no_cache
    assert answer.cache_control.max_age is None


def test_an_mp3_has_its_own_type(folder, client):
    (folder / "zh" / "statement.mp3").write_bytes(MP3)
    assert client.get("/ivr/prompts/zh/statement.mp3").headers["Content-Type"] == "audio/mpeg"


@pytest.mark.parametrize(
    "path",
    [
        "zh/statement.wav",
        "zh/greeting.mp3",
        "zh/greeting",
        "zh/said.json",
        "zh/nosuch.wav",
        "zh/receipt.wav",
        "nosuch/greeting.wav",
        "../zh/greeting.wav",
        "zh/..%2fgreeting.wav",
        "zh/%2e%2e%2fsecret.wav",
    ],
)
def test_nothing_else_in_the_folder_is_given_out(folder, client, path):
    played.take_note("zh")
    for name in ("nosuch.wav", "receipt.wav", "../secret.wav"):
        (folder / "zh" / name).write_bytes(WAV)
    assert client.get(f"/ivr/prompts/{path}").status_code == 404


def test_without_a_folder_nothing_is_given_out(settings, client):
    assert client.get("/ivr/prompts/zh/greeting.wav").status_code == 404


def test_a_caller_hears_the_recording_and_the_voice_where_there_is_none(wire, folder):
    gather = wire.post("/ivr/voice").find("Gather")
    assert [sound.tag for sound in gather][:2] == ["Play", "Say"]
    assert gather.find("Play").text == played.url_of("zh", "greeting")
