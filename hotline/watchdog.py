"""Tells a person when a part of the line stays bad: `hotline watchdog`, a process that needs nothing which
may have failed. It looks at every part every few seconds, and writes to the technical contact by ways of its
own (`hotline.technician`). Who watches it: the sweeper, with a `Watch` over this one process."""

import copy
import datetime as dt
import json
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

from hotline import clock, config, health, technician
from hotline.checkup import ROUND_SECONDS, Checkup, Finding, Part

REPEAT = dt.timedelta(minutes=15)
STEADY = dt.timedelta(seconds=60)
"""A part has recovered when it has been well for so long: one that comes and goes is one trouble."""
TRY_AGAIN = dt.timedelta(seconds=30)
"""After a message that no way would take."""
STUCK_SECONDS = 60
"""A round with all its time limits takes less: without one for so long the watchdog counts as gone."""
MOST_CHARACTERS = 134
"""Two UCS-2 segments of 67 (network fact: 70 alone, 67 each when joined)."""

log = structlog.get_logger()


@dataclass(slots=True)
class Trouble:
    """A part that is bad: since when, when somebody was last told, and since when it is well again."""

    since: dt.datetime
    told_at: dt.datetime | None = None
    well_since: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class News:
    """Something to say: what is bad now and has been for longer than its grace, and what is over."""

    bad: dict[str, Trouble]
    over: dict[str, Trouble]


class Ledger:
    """What is in trouble, and what has been said of it: decides when there is something to say."""

    def __init__(self, parts: Iterable[Part], troubles: dict[str, Trouble]) -> None:
        self.parts = {part.name: part for part in parts}
        self.troubles = {name: one for name, one in troubles.items() if name in self.parts}

    def note(self, findings: Iterable[Finding]) -> None:
        """Take down a round's findings. Of a part of which nothing is known nothing changes."""
        now = clock.now()
        for finding in findings:
            if finding.known:
                self._note(finding, now)

    def _note(self, finding: Finding, now: dt.datetime) -> None:
        trouble = self.troubles.get(finding.part.name)
        if finding.fault and trouble is None:
            self.troubles[finding.part.name] = Trouble(now)
        elif trouble and finding.fault:
            trouble.well_since = None
        elif trouble:
            trouble.well_since = trouble.well_since or now
            if trouble.told_at is None and now - trouble.well_since >= STEADY:
                del self.troubles[finding.part.name]

    def news(self) -> News | None:
        """What is to be said now; None if nothing is that has not been said, or not for `REPEAT`."""
        now = clock.now()
        news = News(
            bad={name: one for name, one in self.troubles.items() if self._is_bad(name, now)},
            over={name: one for name, one in self.troubles.items() if _is_over(one, now)},
        )
        unsaid = any(
            one.told_at is None or now - one.told_at >= REPEAT for one in news.bad.values()
        )
        return news if unsaid or news.over else None

    def _is_bad(self, name: str, now: dt.datetime) -> bool:
        trouble, grace = self.troubles[name], dt.timedelta(seconds=self.parts[name].grace)
        return trouble.well_since is None and now - trouble.since > grace

    def message(self, news: News) -> str:
        """The news in two SMS segments at most; what does not fit is counted."""
        bad = [f"{self._words(name)}（{_hour(one.since)}起）" for name, one in news.bad.items()]
        over = [
            f"{self._words(name)}（{_hour(one.since)}至{_hour(one.well_since or one.since)}）"
            for name, one in news.over.items()
        ]
        shown = [len(bad), len(over)]
        while len(text := _written(bad, over, shown)) > MOST_CHARACTERS:
            shown[1 if shown[1] else 0] -= 1
        return text

    def _words(self, name: str) -> str:
        return str(self.parts[name].words)

    def told(self, news: News) -> None:
        """It has been said. Not what has become bad since: telling takes its time."""
        for name in news.over:
            del self.troubles[name]
        for one in news.bad.values():
            one.told_at = clock.now()


def _is_over(trouble: Trouble, now: dt.datetime) -> bool:
    """Whether somebody was told of it, and it has been well for long enough."""
    if trouble.told_at is None or trouble.well_since is None:
        return False
    return now - trouble.well_since >= STEADY


def _written(bad: list[str], over: list[str], shown: Sequence[int]) -> str:
    told = [
        f"{title}：{'、'.join(lines[:count])}{f'等{len(lines)}项' if count < len(lines) else ''}。"
        for title, lines, count in (("系统故障", bad, shown[0]), ("已恢复", over, shown[1]))
        if lines
    ]
    return f"【儿童保护热线】{''.join(told)}{'处理办法见运行手册。' if bad else ''}"


def _hour(moment: dt.datetime) -> str:
    """On the clock of the line's zone; with its day if that is not today."""
    zone = config.current().zone
    local, today = moment.astimezone(zone), clock.now().astimezone(zone).date()
    hour = f"{local:%H:%M}"
    return hour if local.date() == today else f"{local.month}月{local.day}日{hour}"


class Watch:
    """Rounds over some parts, and a message when there is something to say. What has been said is kept in
    the file `name` in the spool's folder, so that a restart does not say it again."""

    def __init__(self, parts: Sequence[Part], name: str) -> None:
        self._checkup = Checkup(parts)
        self._path = config.current().spool_dir / name
        self._kept = _read(self._path)
        self._ledger = Ledger(parts, copy.deepcopy(self._kept))
        self._not_before = clock.now()

    def round(self) -> int:
        """Look, and say what is to be said: how many messages."""
        self._ledger.note(self._checkup.round())
        news = self._ledger.news() if clock.now() >= self._not_before else None
        if news:
            self._say(news)
        self._keep()
        return int(news is not None)

    def _say(self, news: News) -> None:
        log.warning("parts_in_trouble", parts=list(news.bad), over=list(news.over))
        if technician.tell(self._ledger.message(news)):
            self._ledger.told(news)
        else:
            self._not_before = clock.now() + TRY_AGAIN

    def _keep(self) -> None:
        if self._ledger.troubles == self._kept:
            return
        self._kept = copy.deepcopy(self._ledger.troubles)
        try:
            _write(self._path, self._kept)
        except OSError as fault:
            log.error("watch_not_kept", file=self._path.name, error=type(fault).__name__)


def _write(path: Path, troubles: dict[str, Trouble]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({name: asdict(one) for name, one in troubles.items()}, default=str))
    fresh.replace(path)


def _read(path: Path) -> dict[str, Trouble]:
    """What was kept; nothing if there is nothing, or nothing that can be read: then it is said again."""
    try:
        kept = json.loads(path.read_text())
        return {
            name: Trouble(**{key: at and dt.datetime.fromisoformat(at) for key, at in one.items()})
            for name, one in kept.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as fault:
        log.error("watch_unreadable", file=path.name, error=type(fault).__name__)
        return {}


def over_everything() -> Watch:
    """What `hotline watchdog` watches: every part but itself."""
    return Watch([part for part in health.PARTS if part is not health.WATCHDOG], "watchdog.json")


def over_the_watchdog() -> Watch:
    """What the sweeper watches."""
    return Watch([health.WATCHDOG], "watchman.json")


def run(stop: threading.Event) -> None:
    """Rounds until `stop` is set, and a heartbeat as long as they go on."""
    watch = over_everything()
    rounds = {"last": time.monotonic()}
    health.keep_beating("watchdog", stop, lambda: time.monotonic() - rounds["last"] < STUCK_SECONDS)
    while not stop.is_set():
        try:
            watch.round()
        except Exception as fault:  # one bad round must not end the watch; the next one tries again
            log.exception("round_failed", error=type(fault).__name__)
        rounds["last"] = time.monotonic()
        stop.wait(ROUND_SECONDS)
