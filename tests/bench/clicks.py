"""Two officers: from one's click to the changed row on the other's screen."""

import random
import re
import time

from hotline.shared import TOLD
from tests.bench.line import Line
from tests.bench.load import Failed
from tests.bench.pages import signed_in
from tests.bench.table import Figure, below, milliseconds, percentile
from tests.journeys.people import Officer

CLICKS = 40
MOST_MS = 500
PATIENCE_SECONDS = 10


class Colleague:
    """A console with the queue open: hears of a change, waits its turn, asks for the rows."""

    def __init__(self, officer: Officer) -> None:
        self.officer = officer
        self.pace = 0.0
        answer = officer.browser.get(
            f"{officer.base}/live", headers={"Accept": "text/event-stream"}, stream=True, timeout=10
        )
        self.lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
        while not self._next()[1].startswith("live"):
            continue

    def _next(self) -> tuple[str, str, str]:
        """The next event: its kind, its data, its version."""
        fields = {}
        for line in self.lines:
            if not line and "event" in fields:
                break
            name, _, value = line.partition(": ")
            fields[name] = value
        if fields["event"] == "state":
            self.pace = int(fields["data"].split()[1]) / 1000
        return fields["event"], fields["data"], fields.get("id", "")

    def sees(self, number: str, holder: str) -> float:
        """When the report is shown as held by that account (empty: by nobody)."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            kind, _, version = self._next()
            if kind != "report":
                continue
            time.sleep(random.uniform(0, self.pace))
            if self._row(version, number) == holder:
                return time.monotonic()
        raise Failed(f"report {number} has not changed on the colleague's screen")

    def _row(self, version: str, number: str) -> str:
        headers = {"X-Background": "1", TOLD: version}
        rows = self.officer.browser.get(
            f"{self.officer.base}/queue/rows", headers=headers, timeout=10
        )
        found = re.search(rf'<tr id="report-{number}"[^>]*>', rows.text)
        if not found:
            raise Failed(f"report {number} is not on the colleague's screen")
        holder = re.search(r'data-holder="(\d+)"', found[0])
        return holder[1] if holder else ""


def to_the_colleague(line: Line) -> Figure:
    """Claiming and giving back, in turns, by one officer; seen by the other."""
    one, other = signed_in(line, "zhiban2"), Colleague(signed_in(line, "zhiban"))
    [(account,)] = line.query("SELECT id FROM accounts WHERE username = 'zhiban2'")
    [(number,)] = line.query(
        "SELECT number FROM reports WHERE status = 'waiting' "
        "ORDER BY emergency DESC, due_at, received_at, id LIMIT 1"
    )
    seconds = []
    one.opens(f"/reports/{number}")
    for turn in range(CLICKS):
        deed, holder = ("release", "") if turn % 2 else ("claim", str(account))
        clicked = time.monotonic()
        _click(one, f"/reports/{number}/{deed}")
        seconds.append(other.sees(number, holder) - clicked)
    shown, slowest = milliseconds(seconds, 0.5, 0.95), percentile(seconds, 0.95) * 1000
    name = "an officer's click until a colleague sees the row"
    return below(name, shown, slowest, f"p95 < {MOST_MS} ms", f"{CLICKS} clicks")


def _click(officer: Officer, path: str) -> None:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', officer.page)
    assert token
    data = {"csrf_token": token[1]}
    answer = officer.browser.post(officer.base + path, data=data, allow_redirects=False, timeout=10)
    if answer.status_code != 303:
        raise Failed(f"{path}: {answer.status_code}")
