"""Telephone webhooks and officers' clicks come first: what consoles ask by themselves waits its turn, and is
sent away when too much of it waits.

A page that refreshes itself is processor time, which threads of one process take from each other.
"""

import threading

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue

from hotline.accounts.guard import BACKGROUND

AT_ONCE = 2
"""How many of them one process works on at the same time."""
MOST_WAITING = 16
"""How many wait for that, each with a thread; the others are sent away."""
PATIENCE_SECONDS = 5.0
AGAIN_SECONDS = 2


class _Turns:
    """Who works, and who waits to."""

    def __init__(self) -> None:
        self.places = threading.BoundedSemaphore(AT_ONCE + MOST_WAITING)
        self.turns = threading.BoundedSemaphore(AT_ONCE)

    def take(self) -> bool:
        if not self.places.acquire(blocking=False):
            return False
        if self.turns.acquire(timeout=PATIENCE_SECONDS):
            return True
        self.places.release()
        return False

    def give_back(self) -> None:
        self.turns.release()
        self.places.release()


def install(app: Flask) -> None:
    """Before every request of `app` that no human being made; has to come before the guard, which asks the
    database."""
    turns = _Turns()

    @app.before_request
    def admit() -> ResponseReturnValue | None:
        if BACKGROUND not in request.headers:
            return None
        g.has_turn = turns.take()
        if g.has_turn:
            return None
        return Response(status=503, headers={"Retry-After": str(AGAIN_SECONDS)})

    @app.teardown_request
    def leave(fault: BaseException | None) -> None:
        if g.pop("has_turn", False):
            turns.give_back()
