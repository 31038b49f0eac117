"""Enqueue: the caller waits until a REST request sends the call elsewhere."""

import time

from hotline.simulator.calls import Destination, HungUp, Left, Moved, new_sid
from hotline.simulator.stage import Document, Handler, Stage
from hotline.simulator.twiml import Verb


class LeftQueue(Exception):
    """The wait document has said <Leave>."""


def leave(stage: Stage, verb: Verb) -> Document | None:
    """Leave the queue; the call goes on after its <Enqueue>."""
    raise LeftQueue


def enqueue_with(wait_verbs: dict[str, Handler]) -> Handler:
    """The Enqueue verb; `wait_verbs` are what the `waitUrl` document may use."""

    def enqueue(stage: Stage, verb: Verb) -> Document | None:
        began, queue_sid = time.time(), new_sid("QU")
        left: Left | None = None
        try:
            _wait(stage, verb, wait_verbs, queue_sid)
        except LeftQueue:
            result_word = "leave"
        except Left as caught:
            left = caught
            result_word = "hangup" if isinstance(caught, HungUp) else "redirected"
        result = {
            "QueueSid": queue_sid,
            "QueueTime": str(round(time.time() - began)),
            "QueueResult": result_word,
        }
        return _act_on(stage, verb, result, left)

    return enqueue


def _wait(stage: Stage, verb: Verb, verbs: dict[str, Handler], queue_sid: str) -> None:
    call, url = stage.call, verb.get("waitUrl")
    position = {"QueueSid": queue_sid, "QueuePosition": "1", "CurrentQueueSize": "1"}
    waiting = Stage(stage.exchange, call, verbs, nested=True)
    while url:
        destination = Destination(stage.absolute(url), verb.get("waitUrlMethod", "POST"))
        waiting.perform(destination, position | {"QueueTime": "0", "AvgQueueTime": "0"})
        if not call.pace.real:
            break  # the fast pace hears the music once
        call.lasts(1)
    call.wait_for(lambda: bool(call.inbox) and call.inbox[0].kind == "hang_up", None)
    call.hang_up()
    raise HungUp


def _act_on(stage: Stage, verb: Verb, result: dict[str, str], left: Left | None) -> Document | None:
    action = verb.get("action")
    if left is None:
        return stage.ask("enqueue", action, verb.get("method", "POST"), result) if action else None
    if action and isinstance(left, HungUp | Moved):
        stage.inform("enqueue", verb, result)
    raise left
