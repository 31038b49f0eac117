"""Many calls at once."""

import resource
import threading
from typing import Any

from hotline.simulator.config import Line
from hotline.simulator.driver import pocket_network

CALLS = 200
ROOM = '<Dial><Conference waitUrl="" beep="false" endConferenceOnExit="{ends}">{name}</Conference></Dial>'


def _in_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_two_hundred_callers_wait_are_moved_into_rooms_and_talk(application, client_of):
    """All wait at once; then each is moved to an officer, who is called by the API."""
    application.pages |= {
        "/voice": '<Gather timeout="15"/><Redirect>/voice</Redirect>',
        "/caller": lambda form: ROOM.format(ends="true", name=form["CallSid"]),
        "/officer": lambda form: ROOM.format(ends="false", name=form["room"]),
    }
    before = _in_megabytes()
    line = {"12355": Line(f"{application.base}/voice")}
    plan: list[dict[str, Any]] = [{"waits": 3}, {"says": {"tone": 1}}, {"hangs_up": True}]
    with pocket_network(line, account_sid="AC1", auth_token="t") as network:
        client = client_of(network)
        network.load("12355", plan, CALLS, at_once=CALLS)
        calls = _all_in_progress(client)
        threads = threading.active_count()
        for number, sid in enumerate(calls):
            officer = network.phone(f"1390000{number:04}").answers_by_itself()
            client.calls(sid).update(url=f"{application.base}/caller")
            client.calls.create(
                to=officer.number, from_="12355", url=f"{application.base}/officer?room={sid}"
            )
        network.settles(within=40)
        ended = client.calls.list(status="completed", page_size=1000)
        assert network.errors == []
    assert len(ended) == 2 * CALLS
    assert all(int(call.duration) >= 1 for call in ended)
    assert threads >= CALLS
    assert _in_megabytes() - before < 300


def _all_in_progress(client) -> list[str]:
    for _ in range(200):
        calls = client.calls.list(status="in-progress", page_size=1000)
        if len(calls) == CALLS:
            return [call.sid for call in calls]
    raise AssertionError(f"only {len(calls)} calls are up")
