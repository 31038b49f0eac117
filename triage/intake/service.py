"""A call becomes a report before anyone has said a word, and nothing afterwards can lose it.

What the telephone side writes is one statement each, because a caller waits for every one of them
(network fact: an answer is due within seconds, and webhooks come again, late, and in any order).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, config, crypto, live, outbox, phones, queues
from hotline.phones import Kind
from triage.intake import statements
from triage.intake.models import Call, Recording, Report
from triage.intake.states import (
    CALL_MOVES,
    FIRST_ACTION_DUE,
    REPORT_MOVES,
    CallEvent,
    CallStatus,
    RecordingEvent,
    ReportEvent,
    ReportStatus,
)

FETCH = "ivr.recordings.fetch"
"""The job that brings a recording home. Named, not imported: it lives a floor above."""
PAGE = "page"
"""Topic of the messages that call somebody to an emergency nobody has taken (`triage.alerts.paging`)."""
LONGEST_CALL = dt.timedelta(hours=2)
"""A call of which no end was heard for so long has ended (its status webhook was lost)."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the network says of a call: raw, as it came."""

    call_sid: str
    caller: str
    line_number: str
    flow: str
    at: dt.datetime
    channel: str = "phone"


def file_report(session: orm.Session, arrival: Arrival) -> str:
    """File the call and its report, and return the receipt number; the same call again, at the same
    moment or years later, gives the same number and changes nothing but a caller not known before (a
    recording may be announced before the call that it belongs to)."""
    caller = phones.normalise(arrival.caller)
    values = {
        "sid": arrival.call_sid,
        "number": caller.text,
        "kind": caller.kind,
        "dialled": arrival.line_number,
        "way": arrival.flow,
        "moment": arrival.at,
        "medium": arrival.channel,
        "due": arrival.at + FIRST_ACTION_DUE[None],
        "index": caller_index(caller),
    }
    number: str = session.execute(statements.FILE, values).scalar_one()
    live.announce(session, "report")
    return number


def file_text(session: orm.Session, arrival: Arrival, body: str) -> str:
    """File an SMS to the line as a report of its own, and return the receipt number."""
    number = file_report(session, arrival)
    session.execute(
        sa.update(Report)
        .where(Report.number == number, Report.summary.is_(None))
        .values(summary=body, status=REPORT_MOVES.sql(Report.status, ReportEvent.call_ended))
    )
    session.execute(
        sa.update(Call)
        .where(Call.call_sid == arrival.call_sid)
        .values(status=CALL_MOVES.sql(Call.status, CallEvent.ended), ended_at=arrival.at)
    )
    return number


def is_known(session: orm.Session, call_sid: str) -> bool:
    """Whether this call has been filed."""
    return session.scalar(statements.IS_KNOWN, {"sid": call_sid}) is not None


def is_in_progress(session: orm.Session, call_sid: str) -> bool:
    """Whether no end of this call has been heard."""
    going_on = sa.select(Call.id).where(
        Call.call_sid == call_sid, Call.status == CallStatus.in_progress
    )
    return session.scalar(going_on) is not None


def has_recording(session: orm.Session, recording_sid: str) -> bool:
    """Whether this recording has been announced to us."""
    known = sa.select(Recording.id).where(Recording.recording_sid == recording_sid)
    return session.scalar(known) is not None


def caller_index(caller: phones.Number) -> int | None:
    """What the same caller is found again by; none for those that do not say who they are."""
    if caller.kind in {Kind.withheld, Kind.odd, Kind.short_code}:
        return None
    return crypto.blind_index("phone", caller.text)


@dataclass(frozen=True, slots=True)
class Step:
    """What a caller did: the how-manieth step it is, at which node, the event, and the keys; how long our
    answer before it took (ms); and if it answers a question, that and the answer."""

    number: int
    node: str
    event: str
    keys: str = ""
    answer_ms: int | None = None
    answer: tuple[str, str] | None = None


def note_step(session: orm.Session, call_sid: str, step: Step) -> bool:
    """Write down one step of a call, and what it answers, so that it stands on the report even if the
    line drops now; whether the step was new. The same step again leaves the first one as it is, the last
    answer to a question counts, and a call we never heard of gets neither."""
    values: dict[str, object] = {
        "sid": call_sid,
        "count": step.number,
        "moment": clock.now(),
        "place": step.node,
        "heard": step.event,
        "keys": step.keys[:32],
        "took": step.answer_ms,
    }
    statement: sa.Executable = statements.NOTE_STEP
    if step.answer:
        question, answer = step.answer
        values |= {"asked": question, "answered": answer[:32]}
        statement = statements.NOTE_ANSWERED_STEP
        live.announce(session, "report")
    return session.scalar(statement, values) is not None


def mark_emergency(session: orm.Session, call_sid: str) -> None:
    """The caller says a child is in danger now: to the top of the queue, and the clocks start that
    wake people if nobody takes it. A report that an officer has judged already keeps that judgement."""
    now = clock.now()
    first_page = now + dt.timedelta(seconds=config.current().page_officers_seconds)
    values = {"sid": call_sid, "moment": now, "first_page": first_page}
    marked = session.scalar(statements.MARK_EMERGENCY, values)
    if marked:
        live.announce(session, "report", marked)
        live.announce(session, "emergency", marked)


def accept_call(session: orm.Session, call_sid: str, account_id: int) -> None:
    """An officer took the call by a key: it is theirs, and so is its report if nobody has it yet."""
    now = clock.now()
    session.execute(
        sa.update(Call)
        .where(Call.call_sid == call_sid, Call.answered_by.is_(None))
        .values(answered_by=account_id, answered_at=now)
    )
    lease = now + dt.timedelta(seconds=config.current().claim_lease_seconds)
    taken = session.scalar(
        sa.update(Report)
        .where(
            Report.call_id == _call_id(call_sid),
            Report.status.in_([ReportStatus.incoming, ReportStatus.waiting]),
        )
        .values(
            status=REPORT_MOVES.sql(Report.status, ReportEvent.claim),
            claimed_by=account_id,
            claimed_at=now,
            lease_until=lease,
            next_page_at=None,
        )
        .returning(Report.id)
    )
    if taken:
        outbox.withdraw(session, [PAGE], taken)
        audit.record(
            session, audit.NETWORK, "claim_by_telephone", "report", taken, account=account_id
        )
        live.announce(session, "report", taken)


def end_call(session: orm.Session, call_sid: str, event: CallEvent) -> bool:
    """The network says that a call has ended, or broke: its report is no longer `incoming`. Whether the
    call was known."""
    values = {"sid": call_sid, "moment": clock.now()}
    report = session.scalar(statements.END_CALL[event], values)
    live.announce(session, "report", report)
    return report is not None


def attach_recording(
    session: orm.Session, recording_sid: str, call_sid: str, event: RecordingEvent, source: str
) -> None:
    """The network announces a recording, or that there is none. Announcements come twice, before the
    call's own webhooks, and contradict each other; the state table decides."""
    now = clock.now()
    values = {"recording": recording_sid, "sid": call_sid, "origin": source, "moment": now}
    row = session.execute(statements.ATTACH[event], values).one()
    if event is RecordingEvent.announce:
        if row.next_fetch_at == now:  # and not since an earlier announcement
            queues.enqueue(session, queues.RECORDINGS, FETCH, row.id)
        session.execute(statements.WAS_NOT_EARLY, {"sid": call_sid})
    live.announce(session, "recording")


def end_forgotten_calls() -> int:
    """End the calls of which no end was ever heard, row by row; how many."""
    return queues.row_by_row(_forgotten, _end_forgotten)


def _forgotten(session: orm.Session) -> Sequence[int]:
    return session.scalars(sa.select(Call.id).where(_is_forgotten()).limit(100)).all()


def _end_forgotten(session: orm.Session, number: int) -> None:
    """Unless its end is just being told."""
    found = sa.select(Call.call_sid).where(Call.id == number, _is_forgotten())
    if sid := session.scalar(found.with_for_update(skip_locked=True)):
        end_call(session, sid, CallEvent.broke)


def _is_forgotten() -> sa.ColumnElement[bool]:
    longest_ago = clock.now() - LONGEST_CALL
    return sa.and_(Call.status == CallStatus.in_progress, Call.started_at < longest_ago)


def _call_id(call_sid: str) -> sa.ScalarSelect[int]:
    return sa.select(Call.id).where(Call.call_sid == call_sid).scalar_subquery()
