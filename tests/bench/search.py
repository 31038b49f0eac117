"""The search, and the look-alikes of a report, at a million reports."""

import time
from collections.abc import Iterator

from hotline.embedded import demo
from tests.bench import seed, told
from tests.bench.line import Line
from tests.bench.load import Failed
from tests.bench.table import Figure, below, milliseconds, percentile
from tests.bench.told import Description
from tests.journeys.people import Officer

SIZE = 1_000_000
ASKED = 40
"""Questions of each kind."""
SLOWEST_MS = 150
"""p95 of an answer."""


def answers(line: Line) -> Iterator[Figure]:
    """Each kind of question by itself."""
    seed.grow(line.settings, SIZE, 200)
    told.spread(line.settings)
    officer = Officer(line.settings.public_url)
    officer.sign_in(demo.SIGN_INS[0].username, demo.SIGN_INS[0].password)
    known = [one for one in told.descriptions() if one.child["name"] and one.child["address"]]
    for kind, asked in _questions(known).items():
        yield _figure(f"search: {kind}", [_seconds(officer, text) for text in asked[:ASKED]])
    yield _figure("look-alikes of a report", [_alike(officer, row) for row in _rows(line)])


def _questions(known: list[Description]) -> dict[str, list[str]]:
    named = [one.child["name"] for one in known if len(one.child["name"]) == 3]
    return {
        "a name": named,
        "a name that nobody has": [f"赫{name[1:]}连" for name in named],
        "the end of a number": [one.phone[-5:] for one in known],
        "an address": [one.child["address"] for one in known],
        "a name and an address": [f"{one.child['name']} {one.child['address'][:3]}" for one in known],
        "words that everybody uses": [f"{one}{two}" for one in ("孩子", "晚上", "老师", "社区")
                                      for two in ("", " 学校", " 没有", " 喝了酒")] * 3,
        "words of a summary": [one.summary[-12:] for one in known],
    }  # fmt: skip


def _seconds(officer: Officer, text: str) -> float:
    officer.opens("/search")
    began = time.monotonic()
    officer.sends("/search", asked=text)
    return time.monotonic() - began


def _rows(line: Line) -> list[str]:
    wanted = "SELECT number FROM reports WHERE child_name IS NOT NULL ORDER BY id LIMIT %(most)s"
    return [number for (number,) in line.query(wanted, most=ASKED)]


def _alike(officer: Officer, number: str) -> float:
    began = time.monotonic()
    officer.opens(f"/reports/{number}/alike")
    taken = time.monotonic() - began
    if 'class="list-group-item"' not in officer.page:
        raise Failed(f"nothing looks like report {number}")
    return taken


def _figure(name: str, seconds: list[float]) -> Figure:
    slowest = percentile(seconds, 0.95) * 1000
    shown = milliseconds(seconds, 0.5, 0.95)
    return below(
        name, shown, slowest, f"p95 < {SLOWEST_MS} ms", f"{SIZE:,} reports".replace(",", " ")
    )
