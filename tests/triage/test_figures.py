"""How the line answers: what the figures say of calls whose course is known."""

import datetime as dt

import pytest
import sqlalchemy as sa

from hotline import clock, config, db, queues
from tests.triage.conversing import comes_in, hangs_up, rings, talks, waits
from tests.triage.people import CALLER, arrival, do, report, seconds
from triage.conversations import service as conversations
from triage.conversations.states import CallbackStatus
from triage.figures import gauges, kept, queries
from triage.figures.queries import A_DAY, Figures, Outcome, Overview, Times
from triage.intake import service as intake
from triage.intake.models import Call, Disposition, Report
from triage.intake.service import Step
from triage.intake.states import CallEvent, RecordingEvent, ReportStatus

A_WEEK = dt.timedelta(days=7)


def overview(since: dt.timedelta = A_DAY) -> Overview:
    return queries.told(do(queries.count, since))


def total(since: dt.timedelta = A_DAY) -> Figures:
    return overview(since).total


def outcomes() -> dict[str, int]:
    return {outcome.value: count for outcome, count in total().outcomes.items() if count}


def connected(sid: str, after: float) -> None:
    """A caller waits for so many seconds, and is then connected."""
    waits(sid)
    seconds(after)
    comes_in(sid)
    hangs_up(sid)


def test_nobody_has_called(district):
    figures = total()
    assert (figures.calls, figures.waited, figures.connected_share) == (0, 0, None)
    assert figures.waiting == figures.to_greeting == Times(None, None)
    assert not figures.falls_short
    assert overview().by_line == []
    assert overview().by_time == []


def test_each_call_counts_once_by_what_came_of_it(district):
    talks("CA1")
    report("CA2")
    for sid in ("CA3", "CA4", "CA5", "CA6", "CA7"):
        report(sid)
    do(intake.attach_recording, "RE3", "CA3", RecordingEvent.announce, "RecordVerb")
    hangs_up("CA3")
    do(conversations.ask_callback, "CA4")
    hangs_up("CA4")
    hangs_up("CA5", CallEvent.broke)
    hangs_up("CA6")
    settled("CA7")
    assert outcomes() == {
        "person": 1,
        "going_on": 1,
        "statement": 1,
        "callback": 1,
        "broke": 1,
        "hung_up": 1,
        "enquiry": 1,
    }
    assert total().calls == sum(outcomes().values())


def settled(sid: str) -> None:
    """A caller asked after an earlier report, and was answered."""
    hangs_up(sid)
    with db.transaction() as session:
        of_call = sa.select(Call.id).where(Call.call_sid == sid).scalar_subquery()
        answered = {"status": ReportStatus.triaged, "disposition": Disposition.enquiry}
        session.execute(sa.update(Report).where(Report.call_id == of_call).values(answered))


def test_a_recording_that_is_none_is_no_statement(district):
    report("CA1")
    do(intake.attach_recording, "RE1", "CA1", RecordingEvent.nothing_there, "RecordVerb")
    hangs_up("CA1")
    assert outcomes() == {"hung_up": 1}


def test_an_sms_is_no_call(district):
    text = intake.Arrival("SM1", CALLER, "12355", "sms", clock.now(), channel="sms")
    do(intake.file_text, text, "有人在打孩子")
    report("CA1")
    assert total().calls == 1


def test_only_those_who_waited_can_be_connected(district):
    for number in range(9):
        connected(f"CA{number}", after=5)
    report("CA50")
    hangs_up("CA50")
    assert total().connected_share == 1.0
    assert not total().falls_short
    waits("CA51")
    hangs_up("CA51")
    figures = total()
    assert (figures.calls, figures.waited, figures.connected) == (11, 10, 9)
    assert figures.connected_share == 0.9
    assert figures.falls_short


def test_fifteen_seconds_of_waiting_are_in_time(district):
    connected("CA1", after=14)
    connected("CA2", after=16)
    figures = total()
    assert (figures.in_time, figures.in_time_share) == (1, 0.5)
    assert figures.waiting.median == pytest.approx(15, abs=1)
    assert figures.waiting.p95 == pytest.approx(16, abs=1)


def test_the_time_to_a_person_counts_from_the_first_ring(district):
    report("CA1")
    seconds(40)
    connected("CA1", after=10)
    figures = total()
    assert figures.to_person.median == pytest.approx(50, abs=1)
    assert figures.waiting.median == pytest.approx(10, abs=1)


def test_who_waits_in_vain_gives_up_after_a_time(district):
    for sid, patience in (("CA1", 20), ("CA2", 40)):
        waits(sid)
        seconds(patience)
        hangs_up(sid)
    connected("CA3", after=5)
    figures = total()
    assert figures.gave_up == 2
    assert figures.gave_up_after.median == pytest.approx(30, abs=1)


def test_who_waits_and_then_leaves_a_statement_has_not_given_up(district):
    waits("CA1")
    do(intake.attach_recording, "RE1", "CA1", RecordingEvent.announce, "RecordVerb")
    hangs_up("CA1")
    assert (total().waited, total().gave_up) == (1, 0)


def test_who_still_waits_is_not_counted_against_the_line_yet(district):
    waits("CA1")
    assert (total().calls, total().waited) == (1, 0)
    hangs_up("CA1")
    assert total().waited == 1


def test_the_time_to_the_greeting_is_that_of_a_calls_first_step(district):
    report("CA1")
    report("CA2")
    do(intake.note_step, "CA1", Step(0, "greeting", "timeout", "", 40))
    do(intake.note_step, "CA1", Step(1, "officer", "timeout", "", 9000))
    do(intake.note_step, "CA2", Step(0, "greeting", "digits", "1", 60))
    report("CA3")
    assert total().to_greeting.median == pytest.approx(0.05)


def test_calls_by_line_the_busiest_first(district):
    report("CA1")
    with db.transaction() as session:
        for sid in ("CA2", "CA3"):
            intake.file_report(session, arrival(sid, line="4711"))
    assert [(line, figures.calls) for line, figures in overview().by_line] == [
        ("4711", 2),
        ("12355 儿童保护热线", 1),
    ]


def test_the_police_line_answers_the_police_and_counts_for_nothing(district, monkeypatch):
    numbers = f"{district.hotline_numbers},12399=police_line"
    settings = district.model_copy(update={"hotline_numbers": numbers})
    monkeypatch.setattr(config, "_current", settings)
    do(intake.file_report, arrival("CA1", line="12399"))
    assert overview().total.calls == 0
    do(intake.file_report, arrival("CA2"))
    assert overview().total.calls == 1


def test_one_day_by_the_hour_and_more_by_the_day_in_the_lines_own_zone(district):
    report("CA1")
    seconds(3600)
    report("CA2")
    hours = overview().by_time
    assert [figures.calls for _, figures in hours] == [1, 1]
    assert hours[0][0] - hours[1][0] == dt.timedelta(hours=1)
    assert hours[0][0].utcoffset() == dt.timedelta(hours=8)
    assert dt.timedelta(0) <= clock.now() - hours[0][0] <= dt.timedelta(hours=1, seconds=30)
    days = overview(A_WEEK).by_time
    assert sum(figures.calls for _, figures in days) == 2
    assert {(begins.hour, begins.minute) for begins, _ in days} == {(0, 0)}


def test_a_stretch_of_time_ends(district):
    report("CA1")
    seconds(A_DAY.total_seconds() + 60)
    report("CA2")
    assert (total().calls, total(A_WEEK).calls) == (1, 2)


def test_callbacks_by_where_they_stand(district):
    for sid in ("CA1", "CA2"):
        waits(sid)
        hangs_up(sid)
    assert total().callbacks == {
        CallbackStatus.open: 2,
        CallbackStatus.done: 0,
        CallbackStatus.given_up: 0,
    }


def test_who_waits_now(district):
    assert do(queries.now) == queries.Now(0, 0, dt.timedelta(0))
    waits("CA1")
    seconds(12)
    waits("CA2")
    report("CA3")
    now = do(queries.now)
    assert (now.in_progress, now.waiting) == (3, 2)
    assert now.longest_wait.total_seconds() == pytest.approx(12, abs=1)
    assert rings("CA1")
    comes_in("CA1")
    hangs_up("CA1")
    assert do(queries.now).waiting == 1


def test_figures_to_be_scraped(district):
    connected("CA1", after=5)
    waits("CA2")
    seconds(7)
    found = {
        (sample.name, sample.labels.get("outcome")): sample.value
        for metric in gauges.CallFigures().collect()
        for sample in metric.samples
    }
    assert found["hotline_calls_waiting", None] == 1
    assert found["hotline_calls_longest_wait_seconds", None] == pytest.approx(7, abs=1)
    assert found["hotline_calls_last_day", "person"] == 1
    assert found["hotline_calls_last_day", "going_on"] == 1
    assert {outcome for name, outcome in found if name == "hotline_calls_last_day"} == set(Outcome)
    for name in ("waited", "connected", "in_time"):
        assert found[f"hotline_{name}_last_day", None] == 1


LOOKED_AT = ("calls", "reports", "call_steps", "recordings", "callbacks")
A_YEAR_OF_CALLS = """
    WITH filed AS (
        INSERT INTO calls (call_sid, caller, caller_kind, line_number, flow, status, started_at)
        SELECT 'CA' || n, '', 'withheld', '12355', '12355', 'completed', :now - n * interval '1 hour'
        FROM generate_series(1, 9000) AS n RETURNING id, call_sid, started_at),
    reported AS (
        INSERT INTO reports (call_id, channel, line_number, status, received_at, due_at)
        SELECT id, 'phone', '12355', 'waiting', started_at, started_at FROM filed
        RETURNING id, received_at),
    stepped AS (
        INSERT INTO call_steps (call_id, step, at, node, event, value)
        SELECT id, 0, started_at, 'greeting', 'timeout', '' FROM filed),
    recorded AS (
        INSERT INTO recordings (recording_sid, call_sid, source, status, announced_at)
        SELECT call_sid, call_sid, 'RecordVerb', 'stored', started_at FROM filed)
    INSERT INTO callbacks (report_id, reason, status, next_try_at, created_at)
    SELECT id, 'missed', 'open', received_at, received_at FROM reported
"""


def test_a_day_of_many_is_found_by_indexes(district):
    with db.transaction() as session:
        # Truncated, they are no longer known as small: a plan made for few rows would look through all.
        session.execute(sa.text("TRUNCATE calls, reports CASCADE"))
        session.execute(sa.text(A_YEAR_OF_CALLS), {"now": clock.now()})
        for table in LOOKED_AT:
            session.execute(sa.text(f"ANALYZE {table}"))
        asked = queries._figures(A_DAY).compile(session.get_bind())
        explained = session.connection().exec_driver_sql(f"EXPLAIN {asked}", asked.params)
        plan = "\n".join(explained.scalars())
    assert "ix_calls_started_at" in plan
    for table in LOOKED_AT:
        assert f"Seq Scan on {table}" not in plan, plan
    assert total().calls == outcomes()["statement"] == 23


def page(since: dt.timedelta = A_WEEK) -> tuple[int, dt.timedelta]:
    """How many calls the page tells of, and how long ago they were counted."""
    overview, at = do(kept.overview, since)
    return overview.total.calls, clock.now() - at


def test_many_calls_are_counted_ahead_and_say_when(district, redis, monkeypatch):
    connected("CA1", 3)
    connected("CA2", 30)
    monkeypatch.setattr(kept, "MANY", 1)
    before = overview(A_WEEK)
    assert kept.sweep() == 2
    assert do(kept.overview, A_WEEK)[0] == before, "all of it comes back as it was counted"
    report("CA3")
    seconds(60)
    calls, age = page()
    assert calls == 2
    assert dt.timedelta(seconds=60) <= age < dt.timedelta(seconds=90)
    assert page(A_DAY)[0] == 3, "the last day is told as it stands"
    kept.sweep()
    assert page()[0] == 3


def test_few_calls_are_counted_for_whoever_asks(district, redis, monkeypatch):
    report("CA1")
    monkeypatch.setattr(kept, "MANY", 0)
    kept.sweep()
    report("CA2")
    assert page()[0] == 1
    monkeypatch.setattr(kept, "MANY", 2)
    assert kept.sweep() == 0
    assert page()[0] == 2


def test_what_another_release_has_counted_is_counted_again(district, redis):
    report("CA1")
    queues.connection().set(
        "figures:7", '{"at": "2026-01-01T00:00:00+00:00", "rows": [{"begins": null}]}'
    )
    assert page()[0] == 1


def test_without_redis_they_are_counted_for_whoever_asks(district, monkeypatch):
    report("CA1")
    away = district.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    monkeypatch.setattr(config, "_current", away)
    assert page()[0] == 1
