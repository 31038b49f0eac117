"""Each webhook costs the database little, loses nothing, and is answered whatever happens."""

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import config, db, queues
from ivr import calls, patience, spool, webhooks
from tests.ivr.people import CALLER, counted, everything, the
from triage.conversations.service import RING, conference
from triage.intake import service
from triage.intake.models import Call, CallStep, Recording, Report

DEAD = "postgresql+psycopg://nobody@127.0.0.1:9/nowhere"


WEBHOOKS = {
    "voice": (1, lambda wire: wire.post("/ivr/voice", CallSid="CA2")),
    "a plain step": (1, lambda wire: wire.step("statement", 2, "timeout")),
    "an answer": (1, lambda wire: wire.step("quiet_who", 2, Digits="1")),
    "an answer that means danger": (2, lambda wire: wire.step("quiet_danger", 2, Digits="1")),
    "danger": (3, lambda wire: wire.step("greeting", 3, Digits="1")),
    "waiting begins": (3, lambda wire: wire.step("greeting", 3, "timeout")),
    "a round of waiting": (2, lambda wire: wire.step("officer", 3, "timeout")),
    "moved to who has gone": (3, lambda wire: wire.step("officer", 3, "answered")),
    "a call-back wished for": (3, lambda wire: wire.step("officer", 3, Digits="3")),
    "a call-back asked for": (2, lambda wire: wire.step("callback_safe", 3, Digits="1")),
    "an institution's code": (1, lambda wire: wire.step("mandated_code", 3, Digits="100105")),
    "an enquiry": (2, lambda wire: wire.step("greeting", 3, Digits="4")),
    "a PIN": (3, lambda wire: wire.step("enquiry_pin", 3, Digits="4711")),
    "a statement": (3, lambda wire: wire.step("statement", 3, "recorded", RecordingSid="RE2")),
    "a receipt by SMS": (3, lambda wire: wire.step("text_ask", 3, Digits="1")),
    "a recording": (3, lambda wire: wire.post("/ivr/recording", RecordingSid="RE1")),
    "an unknown status": (0, lambda wire: wire.post("/ivr/status", CallStatus="pondering")),
    "the end": (3, lambda wire: wire.post("/ivr/status", CallStatus="completed")),
}


@pytest.mark.parametrize("name", WEBHOOKS)
def test_what_a_webhook_asks_of_the_database(wire, name):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, Digits="9")
    most, webhook = WEBHOOKS[name]
    with counted(db.engine()) as seen:
        webhook(wire)
    assert seen.transactions <= 1
    assert len(seen.statements) == most, "\n".join(seen.statements)


def test_no_webhook_of_a_caller_takes_more_than_three_statements():
    assert max(most for most, _ in WEBHOOKS.values()) == 3


@pytest.mark.parametrize(
    ("path", "free"), [("/ivr/step", True), ("/ivr/prompts/zh/greeting.wav", True), ("/", False)]
)
def test_nothing_that_a_caller_waits_for_asks_redis_how_often(path, free):
    with Flask(__name__).test_request_context(path):
        assert webhooks._unlimited() is free


def test_the_first_ring_files_the_call_and_asks_for_the_next_step(wire):
    answer = wire.post("/ivr/voice")
    assert everything() == {"calls": 1, "call_steps": 0, "recordings": 0, "reports": 1}
    [redirect] = answer.findall("Redirect")
    assert redirect.text.startswith(f"{wire.settings.public_url}/ivr/step?")
    assert "flow=12355&node=greeting" in redirect.text
    assert f"report={the(Report).number}" in redirect.text


@pytest.mark.parametrize(
    "to", ["12355", "+8612355", "", "anonymous", "4711", "x" * 500, "12\x00355"]
)
def test_no_dialled_number_refuses_a_call(wire, to):
    assert wire.post("/ivr/voice", To=to).find("Gather") is not None
    assert everything()["reports"] == 1


@pytest.mark.parametrize("numbers", ["12355=nosuch", "12355=police"])
def test_no_setting_refuses_a_call(wire, monkeypatch, numbers):
    wrong = wire.settings.model_copy(update={"hotline_numbers": numbers})
    monkeypatch.setattr(config, "_current", wrong)
    assert wire.post("/ivr/voice").find("Gather") is not None
    assert the(Call).flow == "12355"


@pytest.mark.parametrize(
    "form",
    [
        {"From": ""},
        {"From": "anonymous"},
        {"From": "sip:x@\x00y"},
        {"CallSid": "CA\x00"},
        {"From": "😀" * 300},
    ],
)
def test_no_caller_is_refused(wire, form):
    wire.post("/ivr/voice", **form)
    assert everything()["reports"] == 1
    assert list(spool.waiting()) == []


@pytest.mark.parametrize("digits", ["1\x00", "hangup", "*", "#", "99999", "壹", "1; DROP TABLE"])
def test_no_key_is_refused(wire, digits):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, Digits=digits)
    assert everything()["call_steps"] == 1
    assert list(spool.waiting()) == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?flow=nosuch&node=nosuch&lang=xx&tries=-1&step=x",
        "?flow=12355&node=officer&step=99999999999999999999",
        "?flow=12355&node=greeting&step=%D9%A3&event=teleported",
    ],
)
def test_a_step_from_nowhere_is_answered_and_filed(wire, query):
    assert len(wire.post(f"/ivr/step{query}")) > 0
    assert everything()["reports"] == 1


def test_danger_of_a_call_whose_first_webhook_was_lost(wire):
    wire.step("greeting", 1, Digits="1")
    report = the(Report)
    assert report.emergency
    assert report.next_page_at is not None


ROUTES = ["voice", "step", "fallback", "status", "recording", "message-status", "sms", "outbound"]


@pytest.mark.parametrize("route", ROUTES)
def test_without_a_database_every_webhook_is_kept_and_answered(wire, monkeypatch, route):
    monkeypatch.setattr(config, "_current", wire.settings.model_copy(update={"database_url": DEAD}))
    query = "?message=1" if route == "outbound" else ""
    wire.post(f"/ivr/{route}{query}", RecordingSid="RE1", CallStatus="completed")
    assert len(list(spool.waiting())) == 1


@pytest.mark.parametrize("route", ["voice", "step", "fallback"])
def test_without_a_database_and_with_a_full_disk_a_caller_is_answered(wire, monkeypatch, route):
    def full(*what) -> None:
        raise OSError

    monkeypatch.setattr(spool, "keep", full)
    monkeypatch.setattr(config, "_current", wire.settings.model_copy(update={"database_url": DEAD}))
    assert len(wire.post(f"/ivr/{route}")) > 0


def test_without_a_database_the_caller_still_finds_who_has_come(wire, monkeypatch):
    def away(session, hook) -> str:
        raise sa.exc.OperationalError("", {}, Exception())

    wire.post("/ivr/voice")
    monkeypatch.setitem(calls.HANDLERS, "step", away)
    moved = wire.step("officer", 2, "answered")
    assert moved.findtext("Dial/Conference") == conference("CA1")


def test_a_fault_of_our_own_costs_no_caller_the_answer(wire, monkeypatch):
    def broken(session, hook) -> str:
        raise ZeroDivisionError

    monkeypatch.setitem(calls.HANDLERS, "voice", broken)
    assert wire.post("/ivr/voice").find("Gather") is not None
    assert len(list(spool.waiting())) == 1


@pytest.fixture
def late(wire, monkeypatch):
    """For the first webhook of each route the database takes longer than anybody waits."""
    begun = set()
    monkeypatch.setattr(patience, "SECONDS", 0.3)
    monkeypatch.setattr(patience, "AWAY_SECONDS", 0.1)
    monkeypatch.setattr(patience, "_slow", patience._Slow())

    def slow(route, handler):
        def handle(session, hook) -> str:
            if route not in begun:
                begun.add(route)
                session.execute(sa.select(sa.func.pg_sleep(20)))
            return handler(session, hook)

        return handle

    for route, handler in list(calls.HANDLERS.items()):
        monkeypatch.setitem(calls.HANDLERS, route, slow(route, handler))


@pytest.fixture
def unheard(wire, monkeypatch):
    """Each webhook's work succeeds, and the word of it is lost on its way from the database."""

    def done(handler):
        def handle(session, hook) -> str:
            with db.transaction() as own:
                handler(own, hook)
            raise sa.exc.OperationalError("", {}, Exception())

        return handle

    handlers = dict(calls.HANDLERS)
    for route, handler in handlers.items():
        monkeypatch.setitem(calls.HANDLERS, route, done(handler))
    return lambda: calls.HANDLERS.update(handlers)


def _again(wire, answer) -> str:
    address: str = answer.findtext("Redirect")
    return address.partition("#")[0].removeprefix(wire.settings.public_url)


def test_a_caller_who_is_asked_to_wait_is_understood_afterwards(wire, late):
    first = wire.post("/ivr/voice")
    assert "请稍等" in first.findtext("Say")
    assert wire.post(_again(wire, first)).find("Gather") is not None
    asked = wire.step("greeting", 1, Digits="1")
    assert "请稍等" in asked.findtext("Say")
    assert "请稍等" not in "".join(wire.post(_again(wire, asked)).itertext())
    assert the(Report).emergency
    assert len(list(spool.waiting())) == 2


def test_a_webhook_that_had_succeeded_is_replayed_and_changes_nothing(wire, unheard):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, Digits="1")
    wire.post("/ivr/recording", RecordingSid="RE1", RecordingStatus="completed")
    wire.post("/ivr/status", CallStatus="completed")
    assert everything() == {"calls": 1, "call_steps": 1, "recordings": 1, "reports": 1}
    before = _rows()
    unheard()
    assert spool.replay() == 4
    assert _rows() == before


def _rows() -> list[dict[str, object]]:
    """All that a call has left."""
    with db.transaction() as session:
        return [
            dict(row)
            for kind in (Call, CallStep, Recording, Report)
            for row in session.execute(sa.select(kind.__table__)).mappings()
        ]


def test_two_spellings_of_one_line_are_one(wire):
    wire.post("/ivr/voice", To="+8612355")
    assert the(Report).line_number == "12355"
    assert the(Call).caller == CALLER


def test_a_recording_before_the_call_and_twice(wire):
    for _ in range(2):
        wire.post("/ivr/recording", RecordingSid="RE1", RecordingStatus="completed")
    wire.post("/ivr/voice")
    assert everything() == {"calls": 1, "call_steps": 0, "recordings": 1, "reports": 1}
    with db.transaction() as session:
        assert session.scalar(sa.select(Recording.call_sid)) == "CA1"


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """What workers are asked for."""
    names: list[str] = []
    monkeypatch.setattr(queues, "_enqueue", lambda *what: names.append(what[2]))
    return names


def test_a_recording_told_of_twice_is_fetched_once(wire, asked):
    for _ in range(2):
        wire.post("/ivr/recording", RecordingSid="RE1", RecordingStatus="completed")
    queues.flush()
    assert asked == [service.FETCH]
    wire.post("/ivr/recording", RecordingSid="RE2", RecordingStatus="absent")
    wire.post("/ivr/recording", RecordingSid="RE2", RecordingStatus="completed")
    queues.flush()
    assert asked == [service.FETCH] * 2, "it is there after all"


def test_for_who_goes_on_waiting_officers_are_asked_to_be_rung_once(wire, asked):
    wire.post("/ivr/voice")
    wire.step("greeting", 1, "timeout")
    wire.step("officer", 2, "timeout")
    queues.flush()
    assert asked == [RING]
    with db.transaction() as session:
        session.execute(sa.update(Call).values(ring_at=None))
    wire.step("officer", 3, "timeout")
    queues.flush()
    assert asked == [RING] * 2, "those who were rung have not come"
