"""Five hundred consoles while calls come in: what callers notice of them, and how soon consoles are told."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import sqlalchemy as sa
from flask.sessions import SecureCookieSessionInterface

from hotline import clock, db, live
from hotline.accounts import tokens
from hotline.accounts.models import Account, SignIn
from hotline.accounts.permissions import Role
from hotline.app import create_app
from tests.bench import load
from tests.bench.caller import MOMENT, callers
from tests.bench.consoles import PROBE
from tests.bench.line import ROOT, Line
from tests.bench.load import Failed, Outcome
from tests.bench.table import Figure, below, milliseconds, percentile
from tests.bench.webhooks import CALLS_A_SECOND, PAUSE

CONSOLES = 500
SECONDS = 60
ALONE_SECONDS = 15
PROBE_EVERY_SECONDS = 1.0
PATIENCE_SECONDS = 5
TOLD_MS = 500
WEBHOOK_MS = 250
"""The network gives up after 15 s, a caller hears a pause after half a second."""


def together(line: Line) -> Iterator[Figure]:
    """Calls alone, then the same with all consoles connected."""
    line.empties()
    yield _calls(line, f"webhooks at {CALLS_A_SECOND} calls a second", ALONE_SECONDS)
    line.empties()
    before = line.memory()["web"]
    with _crowd(line) as crowd:
        assert crowd.stdout
        if crowd.stdout.readline() != "ready\n":
            raise Failed("the consoles do not hear")
        sent: list[float] = []
        with _probing(sent):
            # A little less than the consoles look, so that none is asked of a line that rests.
            answered = _calls(line, f"  the same, {CONSOLES} consoles connected", SECONDS - 5)
        after = line.memory()["web"]
        met = json.loads(crowd.stdout.readline())
    if met["errors"] or met["lost"]:
        raise Failed(f"consoles: {met['lost']} lost, {met['errors'][:5]}")
    yield answered
    yield _told(sent, met["heard"])
    yield _asked(met)
    yield Figure("  memory of the web processes", f"{before:.0f} MB, {after:.0f} MB with them")


@contextmanager
def _crowd(line: Line) -> Iterator[subprocess.Popen[str]]:
    """The consoles, connected; what they have met is their last line."""
    client = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.consoles", str(line.port), str(SECONDS)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert client.stdin
        client.stdin.write("\n".join(signed_in(line, CONSOLES)))
        client.stdin.close()
        yield client
    finally:
        client.kill()
        client.wait()
        assert client.stdout
        client.stdout.close()


def signed_in(line: Line, count: int) -> list[str]:
    """Cookies of so many browsers, each of a demo officer; without so many passwords to be checked."""
    app = create_app(line.settings)
    box = SecureCookieSessionInterface().get_signing_serializer(app)
    assert box
    given = [tokens.new() for _ in range(count)]
    with db.transaction() as session:
        officers = session.scalars(sa.select(Account).where(Account.role == Role.officer)).all()
        for number, token in enumerate(given):
            session.add(_sign_in(officers[number % len(officers)], token))
    name = app.config["SESSION_COOKIE_NAME"]
    return [f"{name}={box.dumps({'_user_id': token, '_fresh': True})}" for token in given]


def _sign_in(officer: Account, token: str) -> SignIn:
    now = clock.now()
    return SignIn(
        account_id=officer.id,
        token_hash=tokens.digest(token),
        created_at=now,
        last_seen_at=now,
        proven_at=now,
        address="127.0.0.1",
    )


def _calls(line: Line, name: str, seconds: int) -> Figure:
    """Recorded calls at an even pace: how long each webhook took."""
    people = list(islice(callers(line.settings), CALLS_A_SECOND * seconds))
    talks = [person.recorded_call(PAUSE) for person in people]
    outcome = load.run(line.port, talks, every=1 / CALLS_A_SECOND)
    alone = sum(person.went_on_alone for person in people)
    moments = len(outcome.waited.pop(MOMENT, ()))
    return _answered(name, outcome, f"{moments} moments asked for, {alone} calls without database")


@contextmanager
def _probing(sent: list[float]) -> Iterator[None]:
    """Meanwhile once a second a notice whose way is timed, from just before its transaction."""
    over = threading.Event()

    def probe() -> None:
        while not over.wait(PROBE_EVERY_SECONDS):
            sent.append(time.monotonic())
            with db.transaction() as session:
                live.announce(session, PROBE, len(sent))

    prober = threading.Thread(target=probe, daemon=True)
    prober.start()
    try:
        yield
    finally:
        over.set()
        prober.join(PATIENCE_SECONDS)


def _answered(name: str, outcome: Outcome, note: str) -> Figure:
    waited = [seconds for one in outcome.waited.values() for seconds in one]
    slowest = percentile(waited, 0.95) * 1000
    shown, aim = milliseconds(waited, 0.5, 0.95, 0.99), f"p95 < {WEBHOOK_MS} ms"
    return below(name, shown, slowest, aim, note)


def _told(sent: list[float], heard: list[list[float]]) -> Figure:
    late = [moment - sent[int(number) - 1] for number, moment in heard]
    slowest = percentile(late, 0.95) * 1000
    shown, note = milliseconds(late, 0.5, 0.95), f"{len(heard)} heard of {len(sent) * CONSOLES}"
    return below("  a change until a console is told", shown, slowest, f"p95 < {TOLD_MS} ms", note)


def _asked(met: Any) -> Figure:
    times = milliseconds(met["rows"], 0.5, 0.95)
    rate = f"{len(met['rows']) / SECONDS:.0f} a second, {met['sent_away']} sent away"
    return Figure("  consoles asking for the rows", times, note=rate)
