"""`hotline prompts …`: what a speaker reads, and what is missing."""

import pytest
from click.testing import CliRunner

from hotline import cli, config
from hotline.web import logs
from ivr import played, script
from ivr.wording import Wording, wordings
from tests.ivr.test_played import MP3, WAV


@pytest.fixture
def folder(settings, tmp_path, monkeypatch):
    """An empty PROMPTS_DIR in force."""
    top = tmp_path / "prompts"
    top.mkdir()
    monkeypatch.setattr(config, "_current", settings.model_copy(update={"prompts_dir": top}))
    monkeypatch.setattr(logs, "configure", dict)
    return top


def hotline(*words: str, code: int = 0) -> list[str]:
    done = CliRunner().invoke(cli.main, ["prompts", *words])
    assert done.exit_code == code, done.output
    return done.output.splitlines()


def _put(folder, **files: bytes) -> None:
    (folder / "zh").mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / "zh" / name.replace("__", ".")).write_bytes(content)


def test_an_installation_without_recordings_lacks_nothing(settings, monkeypatch):
    monkeypatch.setattr(logs, "configure", dict)
    lines = hotline("check")
    assert len(lines) == len(wordings())
    assert lines[0].startswith("en: 0 of ")


def test_what_is_recorded_and_what_is_spoken(folder):
    _put(folder, greeting__wav=WAV, statement__mp3=MP3)
    lines = hotline("check")
    whole = len(played.recordable("zh"))
    assert f"zh: 2 of {whole} sentences recorded" in lines
    spoken = [line for line in lines if line.startswith("  spoken: ")]
    assert len(spoken) == whole - 2
    assert "  spoken: danger" in spoken
    assert "  spoken: greeting" not in spoken


def test_what_must_be_put_right(folder):
    _put(folder, receipt__wav=WAV, old__wav=WAV, danger__wav=MP3, heard__ogg=b"OggS")
    (folder / "de").mkdir()
    lines = hotline("check", code=1)
    assert lines[-5:] == [
        "de: not a language of the line",
        "zh/danger.wav: cannot be played: not a WAV or MP3 file that can be read",
        "zh/heard.ogg: cannot be played: not a WAV or MP3 file that can be read",
        "zh/old.wav: belongs to no sentence",
        "zh/receipt.wav: has blanks and is always spoken",
    ]


def test_a_text_changed_since_it_was_recorded_is_named(folder, monkeypatch):
    _put(folder, greeting__wav=WAV)
    hotline("check")
    monkeypatch.setattr(played, "recordable", lambda _: {"greeting": "改过了。"})
    assert hotline("check", code=1)[-1] == (
        "zh/greeting.wav: its text was changed since; spoken until it is recorded anew"
    )
    _put(folder, greeting__wav=WAV + b"anew")
    hotline("check")


def test_a_folder_that_is_not_there_is_named(folder):
    folder.rmdir()
    assert hotline("check", code=1)[-1] == f"PROMPTS_DIR {folder}: not a folder"


def test_a_note_that_cannot_be_written_is_an_error_with_its_remedy(folder):
    _put(folder, greeting__wav=WAV)
    (folder / "zh" / played.NOTE).mkdir()
    assert hotline("check", code=1)[-1].endswith("see PROMPTS_DIR and its access rights")


def test_texts_are_compared_across_languages(settings, monkeypatch):
    written = {
        "zh": Wording("v", "l", {"a": "{code}", "b": "乙"}),
        "en": Wording("v", "l", {"a": "{place}", "english": "English"}),
    }
    monkeypatch.setattr(script, "read_wordings", lambda _: (written, ["prompts yue: broken"]))
    assert script.faults() == [
        "prompts yue: broken",
        "a: different blanks in zh, en",
        "en b: not written",
    ]


def test_the_script_is_every_sentence_without_blanks():
    lines = hotline("script", "yue")
    names = [line.partition("\t")[0] for line in lines]
    assert "greeting.wav" in names
    assert "receipt.wav" not in names
    assert f"cantonese.wav\t{wordings()['yue'].say['cantonese']}" in lines
    assert not any("{" in line for line in lines)
