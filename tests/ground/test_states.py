"""Every state table: what follows what, in Python and in PostgreSQL alike, and nothing else."""

from typing import Any

import pytest
import sqlalchemy as sa

from hotline import db
from hotline.outbox import MESSAGE_MOVES, MessageEvent, MessageStatus
from hotline.states import IllegalTransition, Moves
from triage.alerts.states import ALERT_MOVES, AlertEvent, AlertStatus
from triage.cases.states import CASE_MOVES, CaseEvent, CaseStatus
from triage.intake.states import (
    CALL_MOVES,
    RECORDING_MOVES,
    REPORT_MOVES,
    CallEvent,
    CallStatus,
    RecordingEvent,
    RecordingStatus,
    ReportEvent,
    ReportStatus,
)

# One row for each state: event -> next state. What is not written here is refused.
EXPECTED = {
    MESSAGE_MOVES: {
        "pending": "claim>sending accepted>sent retry>pending refused>failed delivered>delivered"
        " undelivered>undelivered failed>failed",
        "sending": "claim>sending accepted>sent retry>pending refused>failed delivered>delivered"
        " undelivered>undelivered failed>failed",
        "sent": "accepted>sent retry>sent refused>sent delivered>delivered"
        " undelivered>undelivered failed>failed",
        "delivered": "accepted>delivered retry>delivered refused>delivered delivered>delivered"
        " undelivered>delivered failed>delivered",
        "undelivered": "accepted>undelivered retry>undelivered refused>undelivered"
        " delivered>delivered undelivered>undelivered failed>undelivered",
        "failed": "accepted>failed retry>failed refused>failed delivered>delivered"
        " undelivered>failed failed>failed",
    },
    CALL_MOVES: {
        "in_progress": "ended>completed hung_up_early>abandoned broke>failed recorded>in_progress",
        "completed": "ended>completed hung_up_early>completed broke>completed recorded>completed",
        "abandoned": "ended>abandoned hung_up_early>abandoned broke>abandoned recorded>completed",
        "failed": "ended>failed hung_up_early>failed broke>failed recorded>failed",
    },
    REPORT_MOVES: {
        "incoming": "call_ended>waiting emergency>waiting claim>claimed settle>triaged",
        "waiting": "call_ended>waiting emergency>waiting claim>claimed settle>triaged",
        "claimed": "call_ended>claimed emergency>claimed release>waiting lease_ran_out>waiting"
        " dispose>triaged",
        "triaged": "call_ended>triaged emergency>triaged reopen>waiting",
    },
    RECORDING_MOVES: {
        "announced": "announce>announced fetch>fetching nothing_there>absent",
        "fetching": "announce>fetching fetch>fetching retry>announced store>stored"
        " nothing_there>fetching give_up>failed",
        "stored": "announce>stored nothing_there>stored expire>deleting delete>deleted",
        "absent": "announce>announced nothing_there>absent",
        "failed": "announce>failed fetch>failed store>stored give_up>failed nothing_there>failed",
        "deleting": "announce>deleting nothing_there>deleting delete>deleted keep>stored",
        "deleted": "announce>deleted nothing_there>deleted",
    },
    CASE_MOVES: {
        "open": "assess>assessing help>helping close>closed",
        "assessing": "help>helping monitor>monitoring close>closed",
        "helping": "assess>assessing monitor>monitoring close>closed",
        "monitoring": "assess>assessing help>helping close>closed",
        "closed": "reopen>open",
    },
    ALERT_MOVES: {
        "raised": "acknowledge>acknowledged run_out>unanswered cancel>cancelled correct>raised",
        "unanswered": "acknowledge>acknowledged run_out>unanswered cancel>cancelled"
        " correct>unanswered",
        "acknowledged": "acknowledge>acknowledged resolve>resolved cancel>cancelled"
        " correct>acknowledged",
        "resolved": "acknowledge>resolved resolve>resolved",
        "cancelled": "acknowledge>cancelled cancel>cancelled",
    },
}
KINDS: dict[Moves[Any, Any], Any] = {
    MESSAGE_MOVES: (MessageStatus, MessageEvent),
    CALL_MOVES: (CallStatus, CallEvent),
    REPORT_MOVES: (ReportStatus, ReportEvent),
    RECORDING_MOVES: (RecordingStatus, RecordingEvent),
    CASE_MOVES: (CaseStatus, CaseEvent),
    ALERT_MOVES: (AlertStatus, AlertEvent),
}
PAIRS = [
    pytest.param(moves, state, event, id=f"{moves.noun}-{state}-{event}")
    for moves, (states, events) in KINDS.items()
    for state in states
    for event in events
]


def expected(moves: Moves[Any, Any], state: str, event: str) -> str | None:
    return dict(move.split(">") for move in EXPECTED[moves][state].split()).get(event)


@pytest.mark.parametrize(("moves", "state", "event"), PAIRS)
def test_every_state_with_every_event(moves, state, event):
    after = expected(moves, state, event)
    assert moves.allows(state, event) is (after is not None)
    assert (state in moves.sources(event)) is (after is not None)
    if after is not None:
        assert moves.after(state, event) == after
        return
    with pytest.raises(IllegalTransition) as refused:
        moves.after(state, event)
    assert (refused.value.noun, refused.value.state) == (moves.noun, state)
    assert str(refused.value) == f"a {moves.noun} that is {state} cannot be moved by {event}"


@pytest.mark.parametrize("moves", KINDS, ids=lambda moves: moves.noun)
def test_sql_moves_as_python_does_and_leaves_the_rest(database, moves):
    states, events = KINDS[moves]
    rows = sa.values(sa.column("state", db.words(states)), name="rows").data(
        [(state,) for state in states]
    )
    asked = sa.select(
        rows.c.state, *(moves.sql(rows.c.state, event).label(event) for event in events)
    )
    with db.transaction() as session:
        found = session.execute(asked).mappings().all()
    assert len(found) == len(states)
    for row in found:
        for event in events:
            assert row[event] == (expected(moves, row["state"], event) or row["state"])
