"""Every page of the console as the server gives it, with a million reports and 200 000 cases."""

from collections.abc import Iterator, Mapping

from hotline.embedded import demo
from tests.bench import load, seed
from tests.bench.console import SIZES
from tests.bench.line import Line
from tests.bench.load import Ask, Talk
from tests.bench.table import Figure, below, milliseconds, percentile
from tests.journeys.people import Officer
from triage.figures import kept

CASES = 200_000
OPEN = 500
LOOKS = 40
WARM = 4
SLOWEST_PAGE_MS = 100

PAGES: Mapping[str, Mapping[str, str]] = {
    "zhiban": {
        "queue": "/",
        "queue, filtered": "/?urgency=urgent&situation=other&line=12355",
        "queue, dealt with": "/?tab=triaged",
        "queue, rows alone": "/queue/rows",
        "report": "/reports/{report}",
        "report: what changes": "/reports/{report}/live",
        "report: look-alikes": "/reports/{report}/alike",
        "report: earlier contacts": "/reports/{report}/earlier",
        "case list": "/cases",
        "case list, by place": "/cases?place={place}",
        "case list, closed": "/cases?status=closed",
        "case": "/cases/{case}",
        "case: its time line": "/cases/{case}/timeline",
        "tasks": "/tasks",
        "call-backs": "/callbacks",
        "board": "/board",
        "alerts": "/alerts",
        "recordings": "/recordings",
        "search": "/search",
        "contacts": "/agencies",
        "exercises": "/exercises",
        "my account": "/me",
    },
    "daiban": {
        "figures, a day": "/figures?days=1",
        "figures, 30 days": "/figures?days=30",
        "roster": "/roster",
        "callers": "/callers",
        "institutions": "/institutions",
        "skills": "/skills",
    },
    "guanli": {"officers": "/officers"},
    "shenji": {"audit log": "/audit"},
}
"""By who looks."""


def all_of_them(line: Line) -> Iterator[Figure]:
    """Each page in turn; the database has grown to its largest before."""
    seed.grow(line.settings, max(SIZES), 1)
    seed.reopen(line.settings, OPEN)
    seed.cases(line.settings, CASES)
    # The week and the month are told as the sweeper has counted them.
    kept.sweep()
    shown = _numbers(line)
    slowest: dict[str, float] = {}
    for username, pages in PAGES.items():
        officer = signed_in(line, username)
        for name, path in pages.items():
            waited = _looks(line, officer, path.format(**shown))
            slowest[name] = percentile(waited, 0.95) * 1000
            yield _page(name, waited)
    worst = max(slowest, key=lambda name: slowest[name])
    shown_ms = f"{slowest[worst]:.0f} ms"
    note = f"of {len(slowest)} pages: {worst}"
    aim = f"p95 < {SLOWEST_PAGE_MS} ms"
    yield below("the slowest page", shown_ms, slowest[worst], aim, note)


def _page(name: str, waited: list[float]) -> Figure:
    shown = milliseconds(waited, 0.5, 0.95)
    return below(f"  {name}", shown, percentile(waited, 0.95) * 1000, f"p95 < {SLOWEST_PAGE_MS} ms")


def _numbers(line: Line) -> dict[str, str]:
    """A report that waits, a case in the middle, a place."""
    [(report,)] = line.query("SELECT number FROM reports WHERE status = 'waiting' LIMIT 1")
    [(case,)] = line.query("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY id) FROM cases")
    [(place,)] = line.query("SELECT max(id) FROM places")
    return {"report": report, "case": str(case), "place": str(place)}


def signed_in(line: Line, username: str) -> Officer:
    """One of the demo people, at the console."""
    [person] = [one for one in demo.SIGN_INS if one.username == username]
    officer = Officer(line.settings.public_url)
    officer.sign_in(username, person.password)
    return officer


def request(officer: Officer, path: str, *headers: str) -> bytes:
    """A request of that officer's browser, ready to be sent."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in officer.browser.cookies)
    host = officer.base.partition("//")[2]
    head = (f"GET {path} HTTP/1.1", f"Host: {host}", f"Cookie: {cookies}", "Accept-Encoding: gzip")
    return "\r\n".join([*head, *headers, "", ""]).encode()


def _looks(line: Line, officer: Officer, path: str) -> list[float]:
    asked = request(officer, path)

    def look(times: int) -> Talk:
        for _ in range(times):
            yield Ask(path, asked)

    load.run(line.port, [look(WARM)], connections=1)
    return load.run(line.port, [look(LOOKS)], connections=1).waited[path]
