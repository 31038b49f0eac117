"""`make load`: traffic with faults, and what of it was lost. Ends with 1 if a report, a recording or an
emergency was lost, an answer came after the deadline, or the line's memory grew.

Everything is real but the telephones: web, workers and sweeper as processes of their own, PostgreSQL, Redis,
and the pocket network at its fast pace, where speech and silence take no time and a round of waiting of
15 s takes 2.5. Part A: everybody is on the line at once. Part B: twenty minutes of calls, one every 2.4 s on
paper, come in four minutes. An argument, a share such as 0.1, does less of it, to try it out.
"""

import random
import signal
import sys
import time
from collections.abc import Iterator

from hotline import audit, clock, db
from hotline.accounts import service as accounts
from hotline.accounts.permissions import Role
from hotline.embedded import demo
from hotline.embedded.processes import CannotStart
from tests.bench import line
from tests.bench.line import Line
from tests.bench.load import Failed
from tests.bench.plans import ALL_AT_ONCE, OFFICER, OFFICER_WHO_GOES_FIRST, Plan, Step, mix
from tests.bench.pocket import Pocket, evenly, pocket
from tests.bench.table import Figure, below, drawn, milliseconds
from triage.callers.service import pin_of
from triage.places.models import Shift

AT_ONCE = 200
AT_ONCE_COME_IN = 10.0
"""Seconds in which they all come."""
TRAFFIC_MINUTES = 20
TRAFFIC_CALLS = 500
COMPRESSED = 5
"""So much faster than on paper they come."""
WARM_UP_CALLS = 60

DEADLINE_SECONDS = 5.0
MOST_GROWTH_PERCENT = 10.0
MEASURED = ("web", "worker", "alerts", "sweeper")
SETTLES_WITHIN = 120.0
WATCH_SECONDS = 0.5

OFFICERS: tuple[tuple[str, tuple[Step, ...]], ...] = (
    *[("answers", OFFICER)] * 4,
    *[("answers", OFFICER_WHO_GOES_FIRST)] * 3,
    *[("voicemail", ())] * 2,
    ("unanswered", ()),
)
"""Who is on duty: what their telephones do when they ring."""

OPEN = {
    "calls that never ended": "SELECT count(*) FROM calls WHERE status = 'in_progress'",
    "telephones still ringing or joined": (
        "SELECT count(*) FROM legs WHERE status IN ('ringing', 'joined')"
    ),
    "messages not sent": (
        "SELECT count(*) FROM outbox_messages WHERE status IN ('pending', 'sending')"
    ),
}
LOST_CODES = {11205, 15003}
"""What the network's debugger shows of webhooks that never arrived."""
UNFETCHED = "SELECT count(*) FROM recordings WHERE status IN ('announced', 'fetching')"
REPORTED = "SELECT call_sid FROM calls JOIN reports ON reports.call_id = calls.id"
MARKED = f"{REPORTED} WHERE reports.emergency"
STORED = "SELECT recording_sid FROM recordings WHERE status = 'stored'"


def main() -> int:
    """Run it once; the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    try:
        with line.standing() as standing, pocket(standing.settings) as network:
            figures = list(_everything(standing, network, share))
            troubles = standing.troubles()
    except (Failed, CannotStart) as fault:
        print(f"\nNot measured: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    print(f"\n{drawn(figures)}\n\nIn the logs: {troubles or 'no errors'}")
    return int(any(figure.met is False for figure in figures))


def _everything(standing: Line, network: Pocket, share: float) -> Iterator[Figure]:
    _people(network)
    standing.start_web()
    standing.start_the_others()
    began = time.monotonic()

    def says(what: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {what}", flush=True)

    says(line.machine())
    _warm_up(standing, network, share)
    says("warm")
    before = standing.memory()
    network.exchange.journal.forget()
    with network.out_of_order():
        _all_at_once(network, share)
        says(f"part A: {network.most_at_once} calls at once{network.still_up()}")
        _traffic(standing, network, share)
        network.settles(SETTLES_WITHIN)
        says(f"part B: {len(network.made)} calls in all{network.still_up()}")
    yield from _answers(network)
    _settle(network, standing)
    says("every recording asked for")
    reconciled = standing.says("reconcile", "--hours", "3")
    _settle(network, standing, *OPEN.values())
    says(reconciled)
    yield from _kept(standing, network)
    yield from _left_over(standing, network)
    yield from _memory(before, standing.memory())


def _people(network: Pocket) -> None:
    """Officers on duty, and their telephones."""
    now = clock.now()
    with db.transaction() as session:
        for number, (habit, plan) in enumerate(OFFICERS, start=501):
            telephone = f"10000000{number}"
            account = accounts.add(
                session,
                audit.SYSTEM,
                username=f"load{number}",
                name=f"值班员 {number}",
                role=Role.officer,
                password=f"yunxi-load-{number}",
                phone=f"+86{telephone}",
            )
            shift = Shift(account_id=account.id, starts_at=now, ends_at=now + demo.SHIFT)
            session.add(shift)
            network.officer(telephone, habit, plan)


def _warm_up(standing: Line, network: Pocket, share: float) -> None:
    """Everybody at once and everything once, so that what is measured afterwards is growth."""
    _all_at_once(network, share)
    plans = _mix(standing)
    _come(network, list(plans) * max(1, round(WARM_UP_CALLS * share / len(plans))), 10 * share)
    _settle(network, standing)


def _all_at_once(network: Pocket, share: float) -> None:
    _come(network, [ALL_AT_ONCE] * round(AT_ONCE * share), AT_ONCE_COME_IN)
    network.settles(SETTLES_WITHIN)


def _traffic(standing: Line, network: Pocket, share: float) -> None:
    plans = _mix(standing)
    dice = random.Random(1)
    weights = [plan.share for plan in plans]
    crowd = dice.choices(plans, weights, k=round(TRAFFIC_CALLS * share))
    _come(network, crowd, TRAFFIC_MINUTES * 60 / COMPRESSED * share)


def _come(network: Pocket, crowd: list[Plan], seconds: float) -> None:
    dice = random.Random(2)
    for number in evenly(seconds, len(crowd)):
        network.somebody_calls(crowd[number], dice)


def _mix(standing: Line) -> tuple[Plan, ...]:
    [(institution,)] = standing.query("SELECT code FROM institutions ORDER BY id LIMIT 1")
    [(report,)] = standing.query("SELECT number FROM reports ORDER BY id LIMIT 1")
    return mix(institution, report, pin_of(report))


def _settle(network: Pocket, standing: Line, *left: str) -> None:
    """Until nobody is on the line and every recording has been fetched, and nothing of `left` (counting
    queries) is left; or for as long as is bearable."""
    until = time.monotonic() + SETTLES_WITHIN
    queries = (UNFETCHED, *left)
    while time.monotonic() < until:
        if network.exchange.quiet and not any(_count(standing, query) for query in queries):
            return
        time.sleep(WATCH_SECONDS)


def _answers(network: Pocket) -> Iterator[Figure]:
    answers = network.answers()
    slowest = max(answers)
    yield Figure("calls at the same time", str(network.most_at_once))
    yield Figure("answers to the network", milliseconds(answers, 0.5, 0.99), note=f"{len(answers)}")
    yield below("  the slowest", f"{slowest:.2f} s", slowest, f"< {DEADLINE_SECONDS:g} s")
    errors = network.errors()
    refused = sum(count for code, count in errors.items() if code not in LOST_CODES)
    shown = ", ".join(f"{code}: {count}" for code, count in sorted(errors.items()))
    yield _nothing("answers the network could not use", refused, f"debugger {shown or 'empty'}")


def _kept(standing: Line, network: Pocket) -> Iterator[Figure]:
    """What was made, and what of it is here."""
    calls = {made.call.sid for made in network.made}
    broke = sum(made.call.status == "failed" for made in network.made)
    legs = len(network.exchange.calls) - len(calls)
    yield Figure("calls made", str(len(calls)), note=f"{legs} legs of ours; broke: {broke}")
    yield _equal("  reports filed", calls, _sids(standing, REPORTED))
    seconds = sum(made.call.duration or 0 for made in network.made)
    yield Figure("  on paper", f"{seconds / 60:.0f} minutes of calls")
    made = {one.sid for one in network.recordings.ever if one.status == "completed"}
    yield Figure("recordings made", str(len(made)))
    yield _equal("  stored", made, _sids(standing, STORED))
    pressed = {made.call.sid for made in network.made if made.pressed_danger}
    yield Figure("emergencies pressed", str(len(pressed)))
    marked = _sids(standing, MARKED)
    # More of them are no loss: where a webhook was lost, a key for one question answers another.
    shown = f"{len(marked & pressed)}, and {len(marked - pressed)} more"
    yield Figure("  marked", shown, f"= {len(pressed)}", pressed <= marked)
    talked = _count(standing, "SELECT count(*) FROM calls WHERE answered_by IS NOT NULL")
    owed = _count(standing, "SELECT count(*) FROM callbacks")
    yield Figure("talked to an officer", str(talked), note=f"{owed} call-backs owed")


def _left_over(standing: Line, network: Pocket) -> Iterator[Figure]:
    for name, query in OPEN.items():
        yield _nothing(name, _count(standing, query))
    rooms = len(network.exchange.conferences.view())
    yield _nothing("conversations nobody has ended", rooms)
    yield _nothing("webhooks left on disk", len(list(standing.settings.spool_dir.glob("*.*"))))


def _memory(before: dict[str, float], after: dict[str, float]) -> Iterator[Figure]:
    for name in MEASURED:
        growth = (after[name] / before[name] - 1) * 100
        shown = f"{before[name]:.0f} → {after[name]:.0f} MB  {growth:+.1f} %"
        yield below(f"memory of {name}", shown, growth, f"< {MOST_GROWTH_PERCENT:g} %")


def _equal(name: str, expected: set[str], found: set[str]) -> Figure:
    lost, unknown = expected - found, found - expected
    note = f"lost: {', '.join(sorted(lost)[:3])}" if lost else ""
    shown = f"{len(found)}" + (f", of nobody: {len(unknown)}" if unknown else "")
    return Figure(name, shown, f"= {len(expected)}", not lost and not unknown, note)


def _nothing(name: str, count: int, note: str = "") -> Figure:
    return Figure(name, str(count), "= 0", count == 0, note)


def _sids(standing: Line, query: str) -> set[str]:
    return {str(sid) for (sid,) in standing.query(query)}


def _count(standing: Line, query: str) -> int:
    [(count,)] = standing.query(query)
    return int(count)


if __name__ == "__main__":
    sys.exit(main())
