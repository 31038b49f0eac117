"""What docs/telephony.md says of the line is so: the verbs it speaks, its addresses, settings, figures."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click import Command, Group
from prometheus_client import generate_latest

from hotline import config, status
from hotline.app import create_app
from hotline.carrier import ASK_AGAIN, TELL_AGAIN
from hotline.cli import main
from ivr.calls import EMPTY
from ivr.flow import load_all
from ivr.session import Where
from ivr.twiml import Values, render

DOC = (Path(__file__).parents[2] / "docs" / "telephony.md").read_text("utf-8")
MOST_TRIES = 3


def recorded(language: str, key: str) -> str | None:
    """One sentence has been recorded."""
    return "https://line.example/greeting.wav" if key == "greeting" else None


def documents() -> Iterator[str]:
    """Every document of every flow, on every try, in every language; and what is said beside the flows."""
    values = Values(
        "https://line.example",
        conference="line",
        call_sid="CA1",
        recorded=recorded,
        transcribe=True,
    )
    for flow in load_all().values():
        for node in flow.nodes:
            for lang in flow.languages:
                for tries in range(MOST_TRIES):
                    yield render(flow, Where(flow.name, node, lang, tries), values)
    yield EMPTY


def test_every_verb_and_attribute_that_we_say_is_in_the_table_and_no_other():
    said: dict[str, set[str]] = defaultdict(set)
    for document in documents():
        for element in ET.fromstring(document).iter():
            said[element.tag] |= set(element.keys())
    rows = re.findall(r"^\| `<(\w+)>` \|([^|]*)\|", DOC, re.MULTILINE)
    assert {tag: set(re.findall(r"`(\w+)`", names)) for tag, names in rows} == said


def test_the_overrides_of_the_console_are_our_own():
    assert f"PUBLIC_URL/ivr/voice{ASK_AGAIN}`" in DOC
    assert f"PUBLIC_URL/ivr/status{TELL_AGAIN}`" in DOC


def test_every_address_is_one_that_answers(settings):
    rules = {rule.rule for rule in create_app(settings).url_map.iter_rules()}
    addresses = set(re.findall(r"PUBLIC_URL(/[a-z/]+)", DOC)) | {"/readyz", "/metrics", "/figures"}
    assert len(addresses) >= 7
    assert addresses <= rules


def test_every_setting_is_one(settings):
    known = {name.upper() for name in config.Settings.model_fields}
    prefixes = "TWILIO|HOTLINE|PUBLIC|PROMPTS|POLICE|CALLER|SMS|TRANSCRIPTION|TIMEZONE"
    named = set(re.findall(rf"`((?:{prefixes})(?:_[A-Z_]+)?)[`=/]", DOC))
    assert len(named) >= 10
    assert named <= known


def test_every_figure_is_scraped(database):
    scraped = generate_latest(status.registry).decode()
    figures = set(re.findall(r"`(hotline_\w+)", DOC))
    assert len(figures) >= 6
    assert {name for name in figures if f"# TYPE {name} " not in scraped} == set()


@pytest.mark.parametrize("words", sorted(set(re.findall(r"`hotline ([a-z ]+)", DOC))))
def test_every_command_is_one(words):
    command: Command = main
    for word in words.split():
        if not isinstance(command, Group):
            return  # an argument of it
        assert word in command.commands
        command = command.commands[word]
