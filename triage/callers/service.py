"""Callers as such: asking after a report, a receipt by SMS, and those who only disturb.

What a caller hears of a report is where it stands, never what it is about: number and PIN may be in
somebody else's hands.
"""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, checkdigits, clock, crypto, live, outbox
from hotline.outbox import Channel, Lane
from hotline.phones import Kind
from triage.callers import statements
from triage.callers.models import Answer
from triage.callers.wording import Office, receipt_text
from triage.cases.states import CaseStatus
from triage.intake.models import CallerFlag, Disposition, Report
from triage.intake.states import ReportStatus

PIN_DIGITS = 4
TRIES_COUNT_FOR = dt.timedelta(hours=1)
RECEIPT_VALID_FOR = dt.timedelta(minutes=30)
"""A receipt that comes later surprises whoever then holds the telephone."""
RECEIPT_TOPIC = "receipt"
LONGEST_FLAG = dt.timedelta(days=90)


class Nameless(Exception):
    """The caller did not say who they are, so nothing can be kept about them."""


def pin_of(report_number: str) -> str:
    """The four digits that go with a receipt number: a keyed digest, so that none is stored, and the
    same after the data keys were rotated."""
    digest = crypto.blind_index("pin", report_number)
    return f"{digest % 10**PIN_DIGITS:0{PIN_DIGITS}d}"


def enquiry_allowed(session: orm.Session, call_sid: str) -> bool:
    """Whether this caller may (still) ask after a report: see `statements.MOST_BY_CALLER`. A number
    already typed in this call counts as well. A call we never heard of may not."""
    values = {"sid": call_sid, "since": clock.now() - TRIES_COUNT_FOR}
    return session.scalar(statements.LOCKED, values) is False


def enquire(session: orm.Session, call_sid: str, pin: str) -> Answer:
    """What the caller is told who typed `pin` after the receipt number this call has answered with
    (question `enquiry_number`). Each try is written down."""
    now = clock.now()
    since = {"sid": call_sid, "since": now - TRIES_COUNT_FOR}
    asked = session.execute(statements.ASKED, since).one_or_none()
    if asked is None:
        return Answer.wrong
    answer = _answer(asked, pin)
    values = {
        "of_call": asked.call_id,
        "asked": asked.number or "",
        "pin": crypto.blind_index("pin tried", pin),
        "caller": asked.caller_index,
        "told": answer,
        "moment": now,
    }
    line = audit.line(
        audit.NETWORK,
        "enquire",
        "report",
        asked.report_id,
        answer=answer,
        call=asked.call_id,
    )
    written = sa.select(sa.literal(1)).add_cte(statements.NOTE_TRY, line.cte("line"))
    session.execute(written, values)
    return answer


def office_of(session: orm.Session, call_sid: str) -> Office:
    """Who has the report that this call asks after, as a kind of office: the police, or another
    department. Never a station's or a person's name."""
    since = {"sid": call_sid, "since": clock.now()}
    asked = session.execute(statements.ASKED, since).one_or_none()
    return Office.police if asked and asked.acknowledged else Office.department


def settle_enquiry(session: orm.Session, call_sid: str) -> None:
    """At the end of a call: if all it did was to ask after a report and be told, its own report is no
    work for the queue. It stays there if anything was said, recorded or answered besides, if nobody
    could tell them, or if an officer talked to them or has it."""
    settled = session.scalar(statements.SETTLE, {"sid": call_sid, "moment": clock.now()})
    if settled:
        live.announce(session, "report", settled)


def text_possible(session: orm.Session, call_sid: str) -> bool:
    """Whether this caller could be sent an SMS: from a mobile, and not said to be unsafe."""
    caller = session.execute(statements.WRITABLE, {"sid": call_sid}).one_or_none()
    return caller is not None and _may_be_texted(caller)


def text_receipt(session: orm.Session, call_sid: str) -> None:
    """Text the receipt number and its PIN to a caller who asked for it by key (`text_receipt`), once."""
    caller = session.execute(statements.WRITABLE, {"sid": call_sid}).one_or_none()
    if caller is None or caller.wanted != "yes" or not _may_be_texted(caller):
        return
    outbox.add(
        session,
        dedupe_key=f"receipt:{caller.report_id}",
        topic=RECEIPT_TOPIC,
        ref=caller.report_id,
        lane=Lane.other,
        channel=Channel.sms,
        to=caller.caller,
        to_name="来电人",
        body=receipt_text(caller.number, pin_of(caller.number), caller.language),
        valid_for=RECEIPT_VALID_FOR,
    )


def flagged(session: orm.Session, call_sid: str) -> bool:
    """Whether the caller of this call has a running nuisance flag. Nobody who withholds their number
    has one."""
    values = {"sid": call_sid, "moment": clock.now()}
    return bool(session.scalar(statements.FLAGGED, values))


def set_flag(
    session: orm.Session,
    report_id: int,
    actor: audit.Actor,
    reason: str,
    lasts: dt.timedelta,
) -> None:
    """Mark the caller of this report as a nuisance for a time; an earlier flag of theirs ends.

    Raises:
        Nameless: the caller withheld the number, or it is nobody's own (a short code).
    """
    report = session.get_one(Report, report_id)
    if report.caller_index is None:
        raise Nameless
    assert actor.account_id is not None
    now = clock.now()
    _lift(session, report.caller_index, actor, reason)
    session.add(
        CallerFlag(
            caller_index=report.caller_index,
            report_id=report_id,
            reason=reason,
            set_by=actor.account_id,
            set_at=now,
            expires_at=now + min(lasts, LONGEST_FLAG),
        )
    )
    audit.record(session, actor, "flag_caller", "report", report_id, days=lasts.days)
    live.announce(session, "report", report_id)


def lift_flag(session: orm.Session, flag_id: int, actor: audit.Actor, reason: str) -> None:
    """End a caller's flag before its time."""
    flag = session.get_one(CallerFlag, flag_id)
    _lift(session, flag.caller_index, actor, reason)
    audit.record(session, actor, "lift_caller_flag", "report", flag.report_id)
    live.announce(session, "report", flag.report_id)


def _lift(session: orm.Session, caller_index: int, actor: audit.Actor, reason: str) -> None:
    now = clock.now()
    session.execute(
        sa.update(CallerFlag)
        .where(
            CallerFlag.caller_index == caller_index,
            CallerFlag.lifted_at.is_(None),
            CallerFlag.expires_at > now,
        )
        .values(lifted_at=now, lifted_by=actor.account_id, lifted_reason=reason)
    )


def _answer(asked: sa.Row[tuple[object, ...]], pin: str) -> Answer:
    if asked.locked:
        return Answer.locked
    if (
        asked.report_id is None
        or not checkdigits.holds(asked.number)
        or pin != pin_of(asked.number)
    ):
        return Answer.wrong
    return _standing(asked)


def _standing(asked: sa.Row[tuple[object, ...]]) -> Answer:
    """Where a report stands, in the order in which a caller wants to know it."""
    if asked.case_status is CaseStatus.closed:
        return Answer.closed
    if asked.acknowledged or asked.disposition is Disposition.transferred:
        return Answer.handed_over
    if asked.case_status is not None or asked.status is ReportStatus.claimed:
        return Answer.handling
    return Answer.closed if asked.status is ReportStatus.triaged else Answer.received


def _may_be_texted(caller: sa.Row[tuple[object, ...]]) -> bool:
    return caller.caller_kind is Kind.mobile and caller.safe != "no"
