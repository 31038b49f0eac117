"""The officer's side: the queue page with more and more reports, and the click that sends an emergency on
its way."""

import time
from collections.abc import Iterator

from hotline.embedded import demo
from tests.bench import load, seed
from tests.bench.line import Line
from tests.bench.load import Ask, Failed, Talk
from tests.bench.table import Figure, below, milliseconds, percentile
from tests.journeys.people import Officer

SIZES = (1_000, 100_000, 1_000_000)
OPEN = 200
MANY_OPEN = 5_000
VIEWS = 150
SLOWEST_PAGE_MS = 60
MOST_GROWTH = 1.5

PATIENCE_SECONDS = 10


def queue_pages(line: Line) -> Iterator[Figure]:
    """The queue page of a signed-in officer as the table grows."""
    line.empties()
    officer = _officer(line)
    p95 = []
    for size in SIZES:
        seed.grow(line.settings, size, OPEN)
        views = _views(line, officer)
        p95.append(percentile(views, 0.95))
        yield _page(f"queue page, {size:,} reports".replace(",", " "), views, f"{OPEN} open")
    growth = p95[-1] / p95[0]
    yield below("  p95, last size beside first", f"{growth:.2f} ×", growth, f"< {MOST_GROWTH} ×")
    seed.reopen(line.settings, MANY_OPEN - OPEN)
    yield _page("  the same, many open", _views(line, officer), f"{MANY_OPEN} open")


def _page(name: str, seconds: list[float], note: str) -> Figure:
    slowest = percentile(seconds, 0.95) * 1000
    return below(
        name, milliseconds(seconds, 0.5, 0.95), slowest, f"p95 < {SLOWEST_PAGE_MS} ms", note
    )


def _views(line: Line, officer: Officer) -> list[float]:
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in officer.browser.cookies)
    host = officer.base.partition("//")[2]
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n".encode()

    def look(times: int) -> Talk:
        for _ in range(times):
            page = yield Ask("queue page", request)
            if b"data-row " not in page:
                raise Failed("the queue page shows no report")

    load.run(line.port, [look(10) for _ in range(4)], connections=4)
    return load.run(line.port, [look(VIEWS)], connections=1).waited["queue page"]


def _officer(line: Line) -> Officer:
    officer = Officer(line.settings.public_url)
    officer.sign_in(demo.SIGN_INS[0].username, demo.SIGN_INS[0].password)
    return officer


def emergencies(line: Line, count: int) -> list[str]:
    """Numbers of reports that wait to be forwarded."""
    numbers = [number for (number,) in line.query(seed.EMERGENCIES, limit=count)]
    if len(numbers) < count:
        raise Failed(f"only {len(numbers)} emergencies to forward")
    return numbers


def forwards(line: Line, numbers: list[str], name: str) -> Figure:
    """From the click on "forward" until the network has the SMS, all processes running."""
    officer = _officer(line)
    seconds = [_forward(line, officer, number) for number in numbers]
    slowest = percentile(seconds, 0.95) * 1000
    shown = milliseconds(seconds, 0.5, 0.95)
    return below(name, shown, slowest, "p95 < 300 ms", f"{len(numbers)} clicks")


def _forward(line: Line, officer: Officer, number: str) -> float:
    before = len(line.far_end()["messages"])
    text = officer.opens(f"/reports/{number}/forward").value("text_seen")
    clicked = time.monotonic()
    officer.sends(f"/reports/{number}/alerts", text_seen=text)
    deadline = clicked + PATIENCE_SECONDS
    while len(messages := line.far_end()["messages"]) == before:
        if time.monotonic() > deadline:
            raise Failed(f"report {number}: no SMS within {PATIENCE_SECONDS} s")
        time.sleep(0.02)
    return float(messages[before]) - clicked
