"""What the telephone side asks and writes of a caller, a statement each, built once: a caller waits for
every one of them (see `triage.intake.statements`)."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from hotline.db import Base
from triage.alerts.models import Alert
from triage.alerts.states import AlertStatus
from triage.callers.models import Answer, EnquiryTry
from triage.cases.models import Case
from triage.intake.models import Call, CallAnswer, CallerFlag, Disposition, Recording, Report
from triage.intake.statements import SAFE_TO_CALL, said_safe
from triage.intake.states import REPORT_MOVES, RecordingStatus, ReportEvent


def _table(model: type[Base]) -> sa.Table:
    return Base.metadata.tables[model.__tablename__]


CALLS, ANSWERS, REPORTS, FLAGS = map(_table, (Call, CallAnswer, Report, CallerFlag))
RECORDINGS, TRIES, ALERTS, CASES = map(_table, (Recording, EnquiryTry, Alert, Case))
SID = sa.bindparam("sid", type_=sa.Text())
MOMENT: sa.BindParameter[dt.datetime] = sa.bindparam("moment", type_=sa.DateTime(timezone=True))
SINCE: sa.BindParameter[dt.datetime] = sa.bindparam("since", type_=sa.DateTime(timezone=True))

MOST_BY_CALLER = 5
MOST_FOR_NUMBER = 5
MOST_NAMELESS = 50
"""Wrong tries within the hour, after which the next is not looked at: of one caller; for one receipt
number by whomever; of all callers together who do not say who they are."""

ALERT_CODE = "alert_code"
POLICE_ALERT = "police_alert"
POLICE_CONTACT = "police_contact"
POLICE_AGENCY = "police_agency"
"""What the police ask for by a code; and after it was accepted the alert, and who calls: the contact whose
telephone it is, or the agency whose PIN was entered."""

QUIET = (
    "language",
    "enquiry_number",
    "text_receipt",
    SAFE_TO_CALL,
    ALERT_CODE,
    POLICE_ALERT,
    POLICE_CONTACT,
    POLICE_AGENCY,
)
"""Questions whose answers tell nothing about a child."""

_OWN = REPORTS.alias("own")
"""The report of the call in which somebody asks after another one."""


def _answered(question: str) -> sa.ScalarSelect[str]:
    of_call = sa.select(ANSWERS.c.value).where(ANSWERS.c.call_id == CALLS.c.id)
    return of_call.where(ANSWERS.c.question == question).correlate(CALLS).scalar_subquery()


FLAGGED = sa.select(
    sa.exists()
    .where(FLAGS.c.caller_index == REPORTS.c.caller_index)
    .where(FLAGS.c.lifted_at.is_(None), FLAGS.c.expires_at > MOMENT)
    .where(REPORTS.c.call_id == CALLS.c.id, CALLS.c.call_sid == SID)
)
"""Whether the caller of this call has a running flag."""


def _wrong_tries(of_whom: sa.ColumnElement[bool], most: int) -> sa.ColumnElement[bool]:
    """Whether there were at least `most` of them since SINCE; counting stops there."""
    some = (
        sa.select(TRIES.c.id)
        .where(TRIES.c.answer == Answer.wrong, TRIES.c.at > SINCE, of_whom)
        .limit(most)
        .correlate(_OWN, CALLS)
        .subquery()
    )
    return sa.select(sa.func.count()).select_from(some).scalar_subquery() >= most


def _locked() -> sa.ColumnElement[bool]:
    nameless = sa.and_(_OWN.c.caller_index.is_(None), TRIES.c.caller_index.is_(None))
    return sa.or_(
        _wrong_tries(TRIES.c.caller_index == _OWN.c.caller_index, MOST_BY_CALLER),
        _wrong_tries(TRIES.c.number == _answered("enquiry_number"), MOST_FOR_NUMBER),
        _wrong_tries(nameless, MOST_NAMELESS),
    )


LOCKED = (
    sa.select(_locked())
    .select_from(CALLS.join(_OWN, _OWN.c.call_id == CALLS.c.id))
    .where(CALLS.c.call_sid == SID)
)
"""Whether this caller, or the number they asked after, has to wait."""

_ACKNOWLEDGED = sa.exists().where(
    ALERTS.c.report_id == REPORTS.c.id,
    ALERTS.c.status.in_([AlertStatus.acknowledged, AlertStatus.resolved]),
)

ASKED = (
    sa.select(
        CALLS.c.id.label("call_id"),
        _OWN.c.caller_index,
        _answered("enquiry_number").label("number"),
        _answered("language").label("language"),
        _locked().label("locked"),
        REPORTS.c.id.label("report_id"),
        REPORTS.c.status,
        REPORTS.c.disposition,
        CASES.c.status.label("case_status"),
        _ACKNOWLEDGED.label("acknowledged"),
    )
    .select_from(
        CALLS.join(_OWN, _OWN.c.call_id == CALLS.c.id)
        .outerjoin(REPORTS, REPORTS.c.number == _answered("enquiry_number"))
        .outerjoin(CASES, CASES.c.id == REPORTS.c.case_id)
    )
    .where(CALLS.c.call_sid == SID)
)
"""Where the report stands that this call asks after, and whether it may ask."""

NOTE_TRY = (
    postgresql.insert(TRIES)
    .values(
        call_id=sa.bindparam("of_call", type_=sa.BigInteger()),
        number=sa.bindparam("asked", type_=sa.Text()),
        pin_index=sa.bindparam("pin", type_=sa.BigInteger()),
        caller_index=sa.bindparam("caller", type_=sa.BigInteger()),
        answer=sa.bindparam("told", type_=TRIES.c.answer.type),
        at=MOMENT,
    )
    .on_conflict_do_nothing()
    .cte("try")
)
"""A number and PIN typed in a call; the same again leaves the first as it is."""

_TOLD = sa.exists().where(
    TRIES.c.call_id == CALLS.c.id, TRIES.c.answer.not_in([Answer.wrong, Answer.locked])
)
_SAID_MORE = sa.exists().where(ANSWERS.c.call_id == CALLS.c.id, ANSWERS.c.question.not_in(QUIET))
_RECORDED = sa.exists().where(
    RECORDINGS.c.call_sid == CALLS.c.call_sid, RECORDINGS.c.status != RecordingStatus.absent
)
SETTLE = (
    sa.update(REPORTS)
    .where(
        REPORTS.c.call_id == CALLS.c.id,
        CALLS.c.call_sid == SID,
        # Nobody talked to them, and they did not want to wait for somebody either.
        CALLS.c.answered_at.is_(None),
        CALLS.c.waiting_since.is_(None),
        REPORTS.c.status.in_(REPORT_MOVES.sources(ReportEvent.settle)),
        REPORTS.c.urgency.is_(None),
        _TOLD,
        sa.not_(_SAID_MORE),
        sa.not_(_RECORDED),
    )
    .values(
        status=REPORT_MOVES.sql(REPORTS.c.status, ReportEvent.settle),
        disposition=Disposition.enquiry,
        triaged_at=MOMENT,
    )
    .returning(REPORTS.c.id)
)
"""The own report of a call that only asked after another, or was the police's about an alert, was told, and
is over."""

WRITABLE = (
    sa.select(
        CALLS.c.caller_kind,
        CALLS.c.caller,
        REPORTS.c.id.label("report_id"),
        REPORTS.c.number,
        said_safe(CALLS.c.id, REPORTS.c.caller_index).label("safe"),
        _answered("text_receipt").label("wanted"),
        _answered("language").label("language"),
    )
    .join(REPORTS, REPORTS.c.call_id == CALLS.c.id)
    .where(CALLS.c.call_sid == SID)
)
"""What decides whether a caller may be texted."""
