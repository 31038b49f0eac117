"""What the line says: whole in every language, without names, and fit for a voice."""

from pathlib import Path

import pytest

from ivr.flow import load_all
from ivr.nodes import prompt_language, spoken
from ivr.wording import FIELDS, fields_of, fill, read_wordings, speakable

FOLDER = Path(__file__).parents[2] / "ivr" / "prompts"


def _write(folder: Path, say: str) -> None:
    text = f'voice = "Polly.Joanna-Neural"\nlocale = "en-US"\n[say]\n{say}\n'
    (folder / "en.toml").write_text(text, "utf-8")


def test_the_wordings_of_the_line_are_without_fault():
    wordings, faults = read_wordings(FOLDER)
    assert faults == []
    assert set(wordings) == {"zh", "en"}
    assert wordings["zh"].locale == "cmn-CN"


def test_every_sentence_is_said_by_some_flow_in_its_language():
    said = {
        prompt_language(prompt, language)
        for flow in load_all().values()
        for language in flow.languages
        for node in flow.nodes.values()
        for prompt in spoken(node)
    }
    wordings, _ = read_wordings(FOLDER)
    written = {(language, key) for language in wordings for key in wordings[language].say}
    assert written == said


def test_no_blank_takes_the_name_of_a_person():
    known = {"receipt", "code", "callback", "place", "situation", "reason"}
    assert known == FIELDS


def test_numbers_are_spelled_and_words_are_not():
    spoken_fields = speakable({"receipt": "10-38", "place": "和平路 10 号"})
    assert spoken_fields == {"receipt": "1, 0, 3, 8", "place": "和平路 10 号"}


def test_what_xml_cannot_carry_is_not_spoken():
    assert speakable({"place": "a\x00b\x1b\ud800\uffff\U0001f600"}) == {"place": "ab\U0001f600"}


def test_unknown_and_empty_fields_are_dropped():
    assert speakable({"name": "某某", "place": "", "code": "7"}) == {"code": "7"}


def test_a_sentence_with_an_unknown_blank_is_not_said():
    assert fill("地点：{place}。", {"code": "1"}) is None
    assert fill("地点：{place}。", {"place": "{code}"}) == "地点：{code}。"


@pytest.mark.parametrize("text", ["{", "}", "{}", "{code!r}", "{code:>9}", "{code.real}", "{a b}"])
def test_only_plain_blanks_are_blanks(text: str):
    assert fields_of(text) is None


@pytest.mark.parametrize(
    ("say", "fault"),
    [
        ('alert = "the child {name}"', "prompts en: alert: unknown field {name}"),
        ('alert = "code {code"', "prompts en: alert: braces that are no field"),
        ("alert = 1", "prompts en: say alert: Input should be a valid string"),
        ("alert = ", "prompts en: Invalid value"),
    ],
)
def test_a_faulty_wording_is_named(tmp_path: Path, say: str, fault: str):
    _write(tmp_path, say)
    _, faults = read_wordings(tmp_path)
    assert [line for line in faults if line.startswith(fault)]


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path):
    (tmp_path / "zh.toml").write_bytes("voice = '你好'".encode("gbk"))
    _, faults = read_wordings(tmp_path)
    assert len(faults) == 1
    assert faults[0].startswith("prompts zh: 'utf-8' codec")
