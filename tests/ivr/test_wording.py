"""What the line says: whole in every language, without names, and fit for a voice."""

from pathlib import Path

import pytest

from ivr.wording import (
    FIELDS,
    FOLDER,
    INVITATIONS,
    fields_of,
    fill,
    read_wordings,
    speakable,
    wordings,
)


def _write(folder: Path, say: str) -> None:
    text = f'voice = "Polly.Joanna-Neural"\nlocale = "en-US"\n[say]\n{say}\n'
    (folder / "en.toml").write_text(text, "utf-8")


def test_the_wordings_of_the_line_are_without_fault():
    written, faults = read_wordings(FOLDER)
    assert faults == []
    assert {name: (one.voice, one.locale) for name, one in written.items()} == {
        "zh": ("Polly.Zhiyu-Neural", "cmn-CN"),
        "en": ("Polly.Joanna-Neural", "en-US"),
        "yue": ("Polly.Hiujin-Neural", "yue-CN"),
    }
    assert wordings() == written


def test_every_sentence_is_written_in_every_language_with_the_same_blanks():
    blanks = {
        language: {key: fields_of(text) for key, text in wording.say.items()}
        for language, wording in wordings().items()
    }
    for key, language in INVITATIONS.items():
        assert blanks[language].pop(key) == frozenset()
    assert len(blanks["zh"]) > 90
    assert blanks["zh"] == blanks["en"] == blanks["yue"]


def test_an_invitation_into_a_language_is_written_in_it_alone():
    for key, language in INVITATIONS.items():
        assert [name for name, one in wordings().items() if key in one.say] == [language]


def test_each_language_is_written_in_its_own_characters():
    texts = {name: "".join(one.say.values()) for name, one in wordings().items()}
    assert texts["en"].isascii()
    assert not set("们这么吗没电请说话") & set(texts["yue"])
    assert not set("喺唔嘅咗哋請話電") & set(texts["zh"])


@pytest.mark.parametrize("language", ["zh", "en", "yue"])
def test_what_a_person_who_cannot_speak_hears_is_short(language: str):
    say = wordings()[language].say
    quiet = {key: text for key, text in say.items() if key.startswith("quiet_")}
    assert len(quiet) == 8
    assert {key: text for key, text in quiet.items() if len(text) > 60} == {}


def test_no_blank_takes_the_name_of_a_person():
    known = {"receipt", "code", "callback", "pin", "ahead", "office", "opens", "waited"}
    of_alerts = {"place", "situation", "address", "exercise", "news"}
    assert known | of_alerts | {"reason"} == FIELDS


def test_each_field_is_said_as_the_language_says_it():
    fields = {
        "receipt": "10-38",
        "pin": "204116",
        "callback": "+8613800138000",
        "ahead": "2",
        "office": "police",
        "waited": "90",
        "opens": "2026-11-22T14:00:00+08:00",
        "place": "和平路 10 号",
    }
    assert speakable(fields) == {
        "receipt": "幺零三八",
        "pin": "二零四，幺幺六",
        "callback": "幺三八，零零幺三，八零零零",
        "ahead": "两",
        "office": "公安机关",
        "waited": "1分钟30秒",
        "opens": "11月22日星期日下午2点",
        "place": "和平路 10 号",
    }
    assert speakable(fields, "en") == {
        "receipt": "one zero three eight",
        "pin": "two zero four, one one six",
        "callback": "one three eight, zero zero one three, eight zero zero zero",
        "ahead": "2",
        "office": "the police",
        "waited": "1 minute 30 seconds",
        "opens": "Sunday, November 22nd, at 2 PM",
        "place": "和平路 10 号",
    }
    assert speakable(fields, "yue") == {
        "receipt": "一零三八",
        "pin": "二零四，一一六",
        "callback": "一三八，零零一三，八零零零",
        "ahead": "兩",
        "office": "公安機關",
        "waited": "1分鐘30秒",
        "opens": "11月22號星期日下午2點",
        "place": "和平路 10 号",
    }


def test_what_xml_cannot_carry_is_not_spoken():
    assert speakable({"place": "a\x00b\x1b\ud800\uffff\U0001f600"}) == {"place": "ab\U0001f600"}


def test_unknown_and_empty_fields_are_dropped():
    assert speakable({"name": "某某", "place": "", "code": "7"}) == {"code": "七"}


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
