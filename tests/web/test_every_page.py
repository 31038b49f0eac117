"""Every page of the console: in both languages, light enough, and without a script of its own."""

import functools
import gzip
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import config, db
from hotline.web import assets, static_files
from tests import everywhere
from tests import servers as test_servers
from tests.triage import desk

ROOT = assets.HERE.parents[1]
ROOMS = [ROOT / room for room in ("hotline", "triage", "ivr")]
HAN = re.compile(r"[\u3400-\u9fff][\u3400-\u9fff\w、，。：；（）“”/ ]*")
LATIN = re.compile(r"\b[A-Za-z]{3,}\b")
ALSO_CHINESE = {
    *("SMS", "PIN", "CAP", "XML", "CSV", "PDF", "Office", "Enter", "Esc", "Ctrl", "Shift", "http"),
    *("Microsoft", "Authenticator", "FreeOTP", "localhost", "rules", "toml"),
    *("wangmin", "lixiaoyu", "lxy"),
}
"""Names of things, and what is given as an example of a sign-in or of pinyin."""
TRANSLATED = re.compile(
    r"""\{#.*?#\}|\b_\(\s*(?:"[^"]*"|'[^']*')|//.*|lang="zh\S*".*?</""", re.DOTALL
)
"""What the catalogue knows, what is nobody's to read, and what is said to be Chinese."""
STATIC = re.compile(r"/static/[\w./-]+")
AT_ONCE = re.compile(r'hx-get="([^"]+)"\s+hx-trigger="[^"]*\bload\b')
FIRST_LOAD = 300_000
LATER_LOAD = 30_000
"""Bytes over the wire, compressed: of a page never seen before, and of one whose files the browser keeps."""


class Loaded(NamedTuple):
    """A page as a browser got it."""

    path: str
    who: str
    status: int
    kind: str | None
    text: str
    packed: int


class Words(HTMLParser):
    """What a person reads or hears of a page, without what is said to be in another language."""

    SAID = ("title", "aria-label", "alt", "placeholder", "label")
    UNREAD = ("script", "style", "code", "kbd", "pre")
    VOID = ("input", "br", "img", "meta", "link", "hr", "source", "col", "wbr")

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language
        self.said: list[str] = []
        self.open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        elsewhere = not given.get("lang", self.language).startswith(self.language)
        is_name = given.get("translate") == "no"
        silent = self._silent() or elsewhere or is_name or tag in self.UNREAD
        if not silent:
            self.said += [given[name] for name in self.SAID if name in given]
            self.said += [value for name, value in given.items() if name.startswith("data-text")]
        if tag not in self.VOID:
            self.open.append((tag, silent))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop()[0] == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._silent():
            self.said.append(data.strip())

    def _silent(self) -> bool:
        return bool(self.open) and self.open[-1][1]


class Console:
    """The whole console with data, asked over HTTP as browsers do."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.addresses = everywhere.addresses(app, everywhere.lived_in(app))
        self.clients = {who: desk.Desk(app, who).client for who in everywhere.WHO}
        self.clients[""] = app.test_client()

    def load(self, path: str, who: str, language: str = "zh", **headers: str) -> Loaded:
        client = self.clients[who]
        client.set_cookie("language", language)
        asked = {"Accept": "text/html", "Accept-Encoding": "gzip", **headers}
        answer = client.get(path, headers=asked)
        content = answer.get_data()
        packed = answer.headers.get("Content-Encoding") == "gzip"
        text = (gzip.decompress(content) if packed else content).decode(errors="replace")
        return Loaded(path, who, answer.status_code, answer.mimetype, text, len(content))

    @functools.cached_property
    def chinese(self) -> list[Loaded]:
        """Every page and piece of one."""
        return list(self._pages("zh"))

    @functools.cached_property
    def english(self) -> list[Loaded]:
        """The same in the other language."""
        return list(self._pages("en"))

    def _pages(self, language: str) -> Iterator[Loaded]:
        for address in self.addresses:
            loaded = self.load(*address, language)
            assert loaded.status < 400 or address.path == "/nowhere", (address, loaded.status)
            if loaded.status != 303 and loaded.kind == "text/html":
                yield loaded


@pytest.fixture(scope="module")
def console(servers: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Made once for all that only look."""
    settings = test_servers.settings(tmp_path_factory.mktemp("console"), **servers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "_current", settings)
        yield Console(desk.open_line(settings, patch))
    test_servers.empty(settings.database_url)


def data() -> list[str]:
    """Every text that the database holds, the longest first: what people wrote, not what we say."""
    found: set[str] = set()
    with db.transaction() as session:
        for table in db.Base.metadata.sorted_tables:
            for row in session.execute(sa.select(table)):
                found.update(_texts(row))
    return sorted((text for text in found if len(text) > 1), key=len, reverse=True)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))
    elif isinstance(value, list | tuple | sa.Row):
        for one in value:
            yield from _texts(one)


def said(page: Loaded, language: str, known: Iterable[str]) -> list[str]:
    """What the page says in `language`, without the data in it."""
    words = Words(language)
    words.feed(page.text)
    text = "\n".join(words.said)
    for one in known:
        text = text.replace(one, "\n")
    return text.split("\n")


def test_english_is_english_everywhere(console: Console) -> None:
    pages, known = console.english, data()
    left = {
        (found, page.path)
        for page in pages
        for line in said(page, "en", known)
        for found in HAN.findall(line)
    }
    assert sorted(left) == []


def test_chinese_is_chinese_everywhere(console: Console) -> None:
    pages, known = console.chinese, data()
    left = {
        (found, page.path)
        for page in pages
        for line in said(page, "zh", known)
        for found in LATIN.findall(line)
        if found not in ALSO_CHINESE
    }
    assert sorted(left) == []


def test_no_template_and_no_script_says_anything_past_the_catalogue() -> None:
    left = {}
    for path in (*_files("templates/**/*.html"), *static_files.FOLDER.glob("*.js")):
        if path.name != "simulator.html":
            left[path.name] = HAN.findall(TRANSLATED.sub("", path.read_text()))
    assert {name: found for name, found in left.items() if found} == {}


def _files(pattern: str) -> Iterator[Path]:
    return (path for room in ROOMS for path in room.rglob(pattern))


def test_every_page_is_light(console: Console) -> None:
    files = {
        path: console.load(path, "").packed
        for path in (f"{static_files.PATH}{name}" for name in _static_names())
    }
    heavy = {}
    for page in console.chinese:
        if "<!doctype html>" not in page.text:
            continue
        pieces = [console.load(one, page.who) for one in AT_ONCE.findall(page.text)]
        later = page.packed + sum(piece.packed for piece in pieces)
        first = later + sum(files[name] for name in set(STATIC.findall(page.text)))
        if later > LATER_LOAD or first > FIRST_LOAD:
            heavy[page.path] = (first, later)
    assert heavy == {}


def _static_names() -> Iterator[str]:
    for path in static_files.FOLDER.rglob("*.*"):
        if path.is_file() and not path.name.startswith("."):
            yield str(path.relative_to(static_files.FOLDER))


def test_no_page_has_script_or_style_of_its_own(console: Console) -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=[\"']|javascript:")
    found = {(page.path, match) for page in console.chinese for match in inline.findall(page.text)}
    assert found == set()
