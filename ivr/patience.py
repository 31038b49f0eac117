"""How long a caller waits for us, and what is said meanwhile.

The network gives up after 15 s, and a caller long before (network fact): every answer leaves within 5 s,
whatever the database does. A webhook that takes longer is given up; the caller hears "one moment, please",
and the network asks again, bringing along what was heard.
"""

import json
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from sqlalchemy import exc
from twilio.twiml.voice_response import VoiceResponse

from hotline import config, crypto, db
from hotline.carrier import ASK_AGAIN
from ivr import played
from ivr.calls import Hook
from ivr.flow import load
from ivr.nodes import Audience
from ivr.resume import failed_args
from ivr.session import where_from_args

SECONDS = 4.0
"""For one webhook's work. What is left of the five is for the disk and the way back."""
AWAY_SECONDS = 1.0
"""A database that fails sooner than this is away, and asking again is no use; later, it is slow."""
MOST_MOMENTS = 2
"""So often a caller is asked to wait; then the call goes on without the database, until it is back."""
SLOW_SECONDS = 1.0
"""So long after one webhook was given up the next do not wait for their turn."""
MOST_AT_ONCE = 8
"""Webhooks at work in one process. More would not be done sooner: its threads take turns at the
interpreter, and one that waits for its turn while it holds a lock holds up all who want it. Seen on a
line too busy for its machine: of 64 at work, 25 stood waiting for one lock and 22 for another."""

CALLERS_ROUTES = frozenset({"voice", "step"})
HEARD = ("Digits", "Speech", "Recording", "Dial")
"""How those parameters begin that say what was heard, and are told only once."""
LONGEST_HEARD = 200
"""Characters of one of them that a URL takes along."""
WAITED = "waited"
KEPT = "kept"
"""What was heard, sealed: addresses stand in logs of the network's and of proxies, and this may be a PIN or
a child's words."""
PROMPT = "one_moment"

T = TypeVar("T")


class Overdue(Exception):
    """A webhook's turn did not come in time, and its work was not begun."""


@dataclass
class _Slow:
    """When the database was last too slow (monotonic seconds)."""

    at: float = -math.inf


_slow = _Slow()
_turns = threading.BoundedSemaphore(MOST_AT_ONCE)


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` gives, if neither other webhooks nor the database take longer for all of it.

    Raises:
        Overdue: it was not begun.
        DBAPIError, TimeoutError: of SQLAlchemy: it failed, or took too long and has been given up.
    """
    ends = time.monotonic() + seconds
    # While the database is slow, those who try it will be given up; nobody waits behind them.
    is_slow = time.monotonic() - _slow.at < SLOW_SECONDS
    if not _turns.acquire(timeout=0 if is_slow else seconds):
        raise Overdue
    try:
        return _tried(ends, work)
    finally:
        _turns.release()


def _tried(ends: float, work: Callable[[], T]) -> T:
    began = time.monotonic()
    try:
        with db.within(ends - began):
            return work()
    except (exc.DBAPIError, exc.TimeoutError):
        now = time.monotonic()
        if now - began >= AWAY_SECONDS:
            _slow.at = now
        raise


def as_posted(args: Mapping[str, str], form: Mapping[str, str]) -> dict[str, str]:
    """The network's parameters, with those that a redirect of ours has brought along in the query, or in
    that of the request which failed and which the fallback tells of. What the network says now comes
    first."""
    sealed = args.get(KEPT) or failed_args(form).get(KEPT)
    kept = _opened(sealed) if sealed else {}
    return kept | {name: value for name, value in form.items() if value or name not in kept}


def one_moment(route: str, hook: Hook) -> str | None:
    """The document that asks a caller to wait, and the network to ask again; None for whoever is not to
    be kept waiting: those we rang ourselves, a mere notice, and who has waited often enough."""
    moments = _moments(hook.args)
    where = where_from_args(hook.args)
    flow = load(where.flow)
    if route not in CALLERS_ROUTES or flow.audience is not Audience.caller:
        return None
    if moments >= MOST_MOMENTS:
        return None
    answer = VoiceResponse()
    if recorded := played.url_of(where.lang, PROMPT):
        answer.play(recorded)
    else:
        wording = flow.wordings[where.lang]
        answer.say(wording.say[PROMPT], voice=wording.voice, language=wording.locale)
    answer.redirect(_again(route, hook, moments + 1), method="POST")
    return str(answer)


def asked_enough(document: str) -> str:
    """The same document; the steps that it leads to, if they fail as well, ask nobody to wait again."""
    return document.replace("/ivr/step?", f"/ivr/step?{WAITED}={MOST_MOMENTS}&amp;")


def _again(route: str, hook: Hook, moments: int) -> str:
    heard = {name: text[:LONGEST_HEARD] for name, text in _heard(hook.form).items()}
    kept = {KEPT: crypto.encrypt(json.dumps(heard, ensure_ascii=False)).decode()} if heard else {}
    query = urlencode({**hook.args, **kept, WAITED: moments})
    return f"{config.current().public_url}/ivr/{route}?{query}{ASK_AGAIN}"


def _heard(form: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in form.items() if value and name.startswith(HEARD)}


def _opened(sealed: str) -> dict[str, str]:
    try:
        return dict(json.loads(crypto.decrypt(sealed.encode())))
    except crypto.Unreadable:  # its key has been taken out since
        return {}


def _moments(args: Mapping[str, str]) -> int:
    word = args.get(WAITED, "0")
    return int(word) if word.isascii() and word.isdigit() and len(word) < 3 else MOST_MOMENTS
