"""What the telephone side writes and asks, a statement each, built once.

A caller waits for every one of them, and SQLAlchemy takes several times longer to build such a statement
than PostgreSQL to carry it out (`make bench`). They stand on the tables beneath the models, because the
ORM would copy and annotate them anew for each execution.
"""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from hotline.db import Base
from hotline.phones import Kind
from hotline.states import Column
from triage.intake.models import Call, CallAnswer, CallStep, Disposition, Recording, Report
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
    Urgency,
)


def _table(model: type[Base]) -> sa.Table:
    return Base.metadata.tables[model.__tablename__]


def _given(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=sa.Text())


def _moment(name: str = "moment") -> sa.BindParameter[dt.datetime]:
    return sa.bindparam(name, type_=sa.DateTime(timezone=True))


CALLS, REPORTS, STEPS, RECORDINGS = map(_table, (Call, Report, CallStep, Recording))
ANSWERS = _table(CallAnswer)
_OF_CALL = sa.select(CALLS.c.id).where(CALLS.c.call_sid == _given("sid")).scalar_subquery()


def _filing() -> sa.Insert:
    call = postgresql.insert(CALLS).values(
        call_sid=_given("sid"),
        caller=sa.bindparam("number", type_=CALLS.c.caller.type),
        caller_kind=sa.bindparam("kind", type_=CALLS.c.caller_kind.type),
        line_number=_given("dialled"),
        flow=_given("way"),
        status=CallStatus.in_progress,
        started_at=_moment(),
    )
    unknown = CALLS.c.caller_kind == Kind.withheld
    known = {
        name: sa.case((unknown, call.excluded[name]), else_=CALLS.c[name])
        for name in ("caller", "caller_kind")
    }
    filed = call.on_conflict_do_update(index_elements=["call_sid"], set_=known)
    call_id = filed.returning(CALLS.c.id).cte("call").c.id
    values = {
        "call_id": call_id,
        "channel": _given("medium"),
        "line_number": _given("dialled"),
        "status": sa.literal(ReportStatus.incoming, REPORTS.c.status.type),
        "received_at": _moment(),
        "due_at": _moment("due"),
        "caller_index": sa.bindparam("index", type_=sa.BigInteger()),
    }
    report = postgresql.insert(REPORTS).from_select(list(values), sa.select(*values.values()))
    known_caller = sa.func.coalesce(REPORTS.c.caller_index, report.excluded.caller_index)
    # An update rather than DO NOTHING, which would return no row for the second of two at once.
    return report.on_conflict_do_update(
        index_elements=["call_id"], set_={"caller_index": known_caller}
    ).returning(REPORTS.c.number)


SAFE_TO_CALL = "safe_to_call"
"""The question to which a caller says whether calling back is safe."""


def said_safe(call_id: Column, caller_index: Column) -> sa.ScalarSelect[str]:
    """ "yes" or "no", as the same caller has said last, in whichever of their calls; null if they never
    were asked. A "no" in the call itself stands, whatever was said later from that telephone."""
    of_caller = REPORTS.alias("of_caller")
    refused_here = sa.and_(ANSWERS.c.call_id == call_id, ANSWERS.c.value == "no")
    said = (
        sa.select(ANSWERS.c.value)
        .join(of_caller, of_caller.c.call_id == ANSWERS.c.call_id)
        .where(
            ANSWERS.c.question == SAFE_TO_CALL,
            sa.or_(of_caller.c.call_id == call_id, of_caller.c.caller_index == caller_index),
        )
        .order_by(refused_here.desc(), ANSWERS.c.at.desc())
        .limit(1)
    )
    return said.correlate_except(ANSWERS, of_caller).scalar_subquery()


FILE = _filing()
"""A call and its report; gives the receipt number."""

IS_KNOWN = sa.select(CALLS.c.id).where(CALLS.c.call_sid == _given("sid"))


def _noting() -> sa.Insert:
    values = {
        "call_id": CALLS.c.id,
        "step": sa.bindparam("count", type_=sa.Integer()),
        "at": _moment(),
        "node": _given("place"),
        "event": _given("heard"),
        "value": _given("keys"),
        "answer_ms": sa.bindparam("took", type_=sa.Integer()),
    }
    of_call = sa.select(*values.values()).where(CALLS.c.call_sid == _given("sid"))
    note = postgresql.insert(STEPS).from_select(list(values), of_call)
    return note.on_conflict_do_nothing().returning(STEPS.c.step)


def _answering() -> sa.Insert:
    values = {
        "call_id": CALLS.c.id,
        "question": _given("asked"),
        "value": _given("answered"),
        "at": _moment(),
    }
    of_call = sa.select(*values.values()).where(CALLS.c.call_sid == _given("sid"))
    answer = postgresql.insert(ANSWERS).from_select(list(values), of_call)
    return answer.on_conflict_do_update(
        index_elements=["call_id", "question"],
        set_={"value": answer.excluded.value, "at": answer.excluded.at},
    )


NOTE_STEP = _noting()
"""A step of a call; gives nothing if it is not new, or the call not known."""

_STEP = _noting().cte("note")
NOTE_ANSWERED_STEP = sa.select(_STEP.c.step).add_cte(_answering().cte("answer"))
"""The same, with what the caller answered by it: the last answer to a question instead of an earlier."""

_WAS_SETTLED = REPORTS.c.disposition == Disposition.enquiry
_PUT_BACK = REPORT_MOVES.sql(REPORTS.c.status, ReportEvent.reopen)

MARK_EMERGENCY = (
    sa.update(REPORTS)
    .where(
        REPORTS.c.call_id == _OF_CALL,
        REPORTS.c.urgency.is_(None),
        # The key may be heard of after the call's end.
        sa.or_(REPORTS.c.status != ReportStatus.triaged, _WAS_SETTLED),
    )
    .values(
        status=sa.case(
            (_WAS_SETTLED, _PUT_BACK),
            else_=REPORT_MOVES.sql(REPORTS.c.status, ReportEvent.emergency),
        ),
        disposition=None,
        triaged_at=None,
        urgency=Urgency.emergency,
        due_at=_moment(),
        page_step=0,
        next_page_at=sa.case(
            (REPORTS.c.status == ReportStatus.claimed, None), else_=_moment("first_page")
        ),
    )
    .returning(REPORTS.c.id)
)

_RECORDED = sa.exists().where(
    RECORDINGS.c.call_sid == _given("sid"), RECORDINGS.c.status != RecordingStatus.absent
)


def _ending(event: CallEvent) -> sa.Select[int]:
    status = CALL_MOVES.sql(CALLS.c.status, event)
    if event is CallEvent.ended:
        alone = sa.and_(CALLS.c.answered_at.is_(None), sa.not_(_RECORDED))
        early = CALL_MOVES.sql(CALLS.c.status, CallEvent.hung_up_early)
        status = sa.case((alone, early), else_=status)
    ended = (
        sa.update(CALLS)
        .where(CALLS.c.call_sid == _given("sid"))
        .values(status=status, ended_at=sa.func.coalesce(CALLS.c.ended_at, _moment()))
        .returning(CALLS.c.id)
        .cte("ended")
    )
    waiting = (
        sa.update(REPORTS)
        .where(REPORTS.c.call_id == ended.c.id)
        .values(status=REPORT_MOVES.sql(REPORTS.c.status, ReportEvent.call_ended))
        .returning(REPORTS.c.id)
        .cte("waiting")
    )
    return sa.select(waiting.c.id)


END_CALL = {event: _ending(event) for event in (CallEvent.ended, CallEvent.broke)}
"""A call is over, and its report no longer incoming; gives the report, or nothing for a call never heard
of. One that came neither to a person nor to a recording was hung up early."""


def _attaching(event: RecordingEvent) -> sa.Insert:
    there = event is RecordingEvent.announce
    due = _moment() if there else sa.null()
    # Due again if it was thought absent, no longer due if it turns out to be; else as it was.
    changed = RecordingStatus.absent if there else RecordingStatus.announced
    announced = postgresql.insert(RECORDINGS).values(
        recording_sid=_given("recording"),
        call_sid=_given("sid"),
        source=_given("origin"),
        status=RecordingStatus.announced if there else RecordingStatus.absent,
        announced_at=_moment(),
        next_fetch_at=due,
    )
    return announced.on_conflict_do_update(
        index_elements=["recording_sid"],
        set_={
            "status": RECORDING_MOVES.sql(RECORDINGS.c.status, event),
            "next_fetch_at": sa.case(
                (RECORDINGS.c.status == changed, due), else_=RECORDINGS.c.next_fetch_at
            ),
        },
    ).returning(RECORDINGS.c.id, RECORDINGS.c.next_fetch_at)


ATTACH = {
    event: _attaching(event) for event in (RecordingEvent.announce, RecordingEvent.nothing_there)
}

_MORE_THAN_ASKED = (
    # Something was said after all in a call that had been settled as an enquiry: people must hear it.
    sa.update(REPORTS)
    .where(REPORTS.c.call_id == _OF_CALL, _WAS_SETTLED)
    .values(status=_PUT_BACK, disposition=None, triaged_at=None)
    .returning(REPORTS.c.id)
    .cte("more_than_asked")
)
WAS_NOT_EARLY = (
    sa.update(CALLS)
    .where(CALLS.c.call_sid == _given("sid"), CALLS.c.status == CallStatus.abandoned)
    .values(status=CALL_MOVES.sql(CALLS.c.status, CallEvent.recorded))
    .add_cte(_MORE_THAN_ASKED)
)
