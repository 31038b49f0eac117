"""The flows that ship are sound, and every kind of broken flow is refused with its own line."""

from dataclasses import replace
from pathlib import Path

import pytest

from ivr import flow
from ivr.flow import FlowError
from ivr.nodes import Audience, Decide, Effect, End, Menu, ways

SOUND = """
title = "A line"
audience = "caller"
languages = ["zh", "en"]
start = "greeting"

[nodes.greeting]
kind = "menu"
prompts = ["hello"]
keys = { 1 = "danger" }
otherwise = "officer"

[nodes.officer]
kind = "wait"
keys = { 1 = "danger" }
accepted = "talk"
unanswered = "digits"

[nodes.talk]
kind = "talk"
over = "asked"

[nodes.asked]
kind = "decide"
question = "flagged"
ways = { yes = "bye" }
otherwise = "bye"

[nodes.digits]
kind = "entry"
most = 4
prompts = ["speak"]
wrong = "speak"
keys = { "*" = "danger" }
right = "statement"
otherwise = "statement"

[nodes.statement]
kind = "record"
prompts = ["speak"]
keys = { 1 = "danger" }
again = "speak"
next = "bye"
empty = "bye"

[nodes.danger]
kind = "say"
effects = ["emergency"]
prompts = ["hello"]
next = "end"

[nodes.bye]
kind = "end"
prompts = ["number"]
keys = { 1 = "danger" }

[nodes.end]
kind = "end"
prompts = ["number"]
"""
EXTRA = '[nodes.extra]\nkind = "end"\n'
WORDING = {
    "zh": {"hello": "你好", "speak": "请说", "number": "编号 {receipt}"},
    "en": {"hello": "Hello", "speak": "Speak", "number": "Number {receipt}"},
}


def _folder(base: Path, line: str = SOUND, wording: dict[str, dict[str, str]] = WORDING) -> Path:
    (base / "flows").mkdir()
    (base / "prompts").mkdir()
    (base / "flows" / "line.toml").write_text(line, "utf-8")
    for language, say in wording.items():
        lines = [f'{key} = "{text}"' for key, text in say.items()]
        head = ['voice = "Polly.Zhiyu-Neural"', 'locale = "cmn-CN"', "[say]"]
        path = base / "prompts" / f"{language}.toml"
        path.write_text("\n".join([*head, *lines]), "utf-8")
    return base


def _faults(folder: Path) -> tuple[str, ...]:
    with pytest.raises(FlowError) as caught:
        flow.read(folder)
    return caught.value.faults


def test_every_flow_of_the_line_is_sound():
    lines = {name for name, one in flow.load_all().items() if one.audience is Audience.caller}
    assert lines >= {"12355"}
    officers = {"officer", "transfer", "join", "callback", "called_back", "page"}
    agencies = {"police", "news", "feedback", "office", "contact_test"}
    assert flow.load_all().keys() - lines == officers | agencies


def test_flows_are_read_once():
    assert flow.load("12355") is flow.load("12355")


def test_an_unknown_flow_is_a_flow_error():
    with pytest.raises(FlowError, match="nowhere: no such flow"):
        flow.load("nowhere")


def test_the_sound_flow_of_these_tests_is_sound(tmp_path: Path):
    assert flow.read(_folder(tmp_path))["line"].title == "A line"


BROKEN = [
    ('start = "greeting"', 'start = "hello"', "line: start: no node 'hello'"),
    ('next = "bye"\nempty', 'next = "by"\nempty', "line: statement: recorded leads to 'by', which"),
    (SOUND, SOUND + EXTRA, "line: extra: cannot be reached"),
    (
        'next = "end"\n\n[nodes.bye]',
        'next = "officer"\n\n[nodes.bye]',
        "line: danger: never ends: danger -> officer -> danger",
    ),
    ('otherwise = "officer"', "", "line: nodes greeting menu otherwise: Field required"),
    ('empty = "bye"', "", "line: nodes statement record empty: Field required"),
    ('unanswered = "digits"', "", "line: nodes officer wait unanswered: Field required"),
    ('over = "asked"', "", "line: nodes talk talk over: Field required"),
    ('wrong = "speak"', "", "line: nodes digits entry wrong: Field required"),
    ('"flagged"', '"flaged"', "line: nodes asked decide question: Input should be"),
    ("{ yes", "{ maybe", "line: asked: flagged is never answered 'maybe'"),
    (
        'keys = { 1 = "danger" }\naccepted',
        "keys = {}\naccepted",
        "line: officer: no key leads to d",
    ),
    ('keys = { "*" = "danger" }', "", "line: digits: no key leads to danger"),
    ('{ "*" =', "{ 1 =", "line: nodes digits entry keys 1 [key]: Input should be '*'"),
    ('"menu"', '"menu"\nanswers = { 1 = "yes" }', "line: greeting: answers without a question"),
    ('"menu"', '"menu"\nwords = { 2 = ["x"] }', "line: greeting: key 2 leads nowhere"),
    ('prompts = ["hello"]', 'prompts = ["hi"]', "line: greeting: prompt 'hi' is missing in 'en'"),
    ('["hello"]', '["en:hi"]', "line: greeting: prompt 'hi' is missing in 'en'"),
    ('again = "speak"', 'again = "repeat"', "line: statement: prompt 'repeat' is missing in 'zh'"),
    ('["emergency"]', '["emergncy"]', "line: nodes danger say effects 0: Input should be 'emerg"),
    ("{ 1 = ", "{ 12 = ", "line: nodes greeting menu keys 12 [key]: String should match pattern"),
    ("{ 1 = ", '{ 1 = "danger", A = ', "line: nodes greeting menu keys A [key]: String should ma"),
    (
        'keys = { 1 = "danger" }\nother',
        "keys = {}\nother",
        "line: greeting: no key leads to danger",
    ),
    ('keys = { 1 = "danger" }\nagain', "again", "line: statement: no key leads to danger"),
    ('keys = { 1 = "danger" }\n\n[nodes.end]', "[nodes.end]", "line: bye: no key leads to danger"),
    ('effects = ["emergency"]', "", "line: no node has the effect 'emergency'"),
    ('kind = "end"', 'kind = "stop"', "line: nodes bye: Input tag 'stop'"),
    ('kind = "end"', 'kind = "end"\nnxt = "bye"', "line: nodes bye end nxt: Unexpected keyword"),
    ('["zh", "en"]', '["zh", "en", "fr"]', "line: languages: no wording for 'fr'"),
    ('["zh", "en"]', "[]", "line: languages: Tuple should have at least 1 item"),
    ('kind = "end"', 'kind = "end"\nlanguage = "fr"', "line: bye: language 'fr' is not one of"),
    ('kind = "menu"', 'kind = "menu"\ntries = 9', "line: nodes greeting menu tries: Input should"),
    ('title = "A line"', "title = ", "line: Invalid value"),
]


@pytest.mark.parametrize(("old", "new", "fault"), BROKEN, ids=[fault for *_, fault in BROKEN])
def test_a_broken_flow_is_refused_with_a_line_that_says_where(
    tmp_path: Path, old: str, new: str, fault: str
):
    assert old in SOUND
    faults = _faults(_folder(tmp_path, SOUND.replace(old, new, 1)))
    assert [line for line in faults if line.startswith(fault)], faults
    assert not [line for line in faults if "\n" in line]


def test_a_prompt_must_have_the_same_blanks_in_each_language(tmp_path: Path):
    wording = {**WORDING, "en": {**WORDING["en"], "number": "Code {code}"}}
    faults = _faults(_folder(tmp_path, wording=wording))
    fault = "prompt 'number' has different fields in different languages"
    assert faults == (f"line: bye: {fault}", f"line: end: {fault}")


def test_all_faults_are_listed_not_only_the_first(tmp_path: Path):
    line = SOUND.replace("{ yes", "{ no = 'bye', maybe")
    line = line.replace('prompts = ["hello"]', 'prompts = ["say"]', 1)
    wording = {**WORDING, "fr": {"hello": "{nom}"}}
    faults = _faults(_folder(tmp_path, line + EXTRA, wording))
    assert faults == (
        "prompts fr: hello: unknown field {nom}",
        "line: extra: cannot be reached",
        "line: greeting: prompt 'say' is missing in 'zh'",
        "line: greeting: prompt 'say' is missing in 'en'",
        "line: asked: flagged is never answered 'maybe'",
    )


def test_behind_danger_no_key_has_to_say_it_again(tmp_path: Path):
    behind = SOUND.replace('next = "end"\n\n[nodes.bye]', 'next = "more"\n\n[nodes.bye]') + (
        '[nodes.more]\nkind = "menu"\nkeys = { 2 = "end" }\notherwise = "end"\n'
    )
    assert "more" in flow.read(_folder(tmp_path, behind))["line"].nodes


def test_staff_need_no_danger_key(tmp_path: Path):
    staff = SOUND.replace('"caller"', '"staff"').replace('effects = ["emergency"]', "")
    assert flow.read(_folder(tmp_path, staff))


@pytest.mark.parametrize("name", ["greeting", "english"])
def test_on_the_line_the_first_key_is_danger_and_silence_leads_to_a_person(name: str):
    line = flow.load("12355")
    greeting = line.nodes[name]
    assert isinstance(greeting, Menu)
    assert Effect.emergency in line.nodes[greeting.keys["1"]].effects
    assert Effect.emergency in line.nodes[greeting.keys["*"]].effects
    assert ("silence", "known_nuisance") in ways(greeting)
    assert {"3", "4", "5"} < set(greeting.keys)


BASED = """
base = "line"
title = "Another"

[nodes.greeting]
prompts = ["speak"]
"""


def test_a_line_on_a_base_says_only_what_is_different(tmp_path: Path):
    folder = _folder(tmp_path)
    (folder / "flows" / "other.toml").write_text(BASED, "utf-8")
    flows = flow.read(folder)
    other, line = flows["other"], flows["line"]
    assert (other.name, other.title) == ("other", "Another")
    assert other.nodes["greeting"] == replace(line.nodes["greeting"], prompts=("speak",))
    assert other.nodes["statement"] == line.nodes["statement"]


def test_a_base_is_a_flow_that_has_none(tmp_path: Path):
    folder = _folder(tmp_path)
    (folder / "flows" / "a.toml").write_text('base = "b"', "utf-8")
    (folder / "flows" / "b.toml").write_text('base = "line"', "utf-8")
    (folder / "flows" / "c.toml").write_text('base = "nowhere"', "utf-8")
    first, second = _faults(folder)
    assert first == "a: base 'b' has a base itself"
    assert second.startswith("c: ")


@pytest.mark.parametrize(
    ("name", "effect"),
    [
        ("police", Effect.acknowledge_alert),
        ("office", Effect.acknowledge_alert),
        ("news", Effect.news_heard),
        ("page", Effect.confirm_page),
    ],
)
def test_only_one_key_confirms(name: str, effect: Effect):
    called = flow.load(name)
    confirming = [n for n, node in called.nodes.items() if effect in node.effects]
    leading = [
        (node_name, label)
        for node_name, node in called.nodes.items()
        for label, to in ways(node)
        if to in confirming
    ]
    assert leading == [(called.start, "1")]
    assert all(isinstance(called.nodes[name], End | Decide) for name in confirming)
