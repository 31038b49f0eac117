"""Hang-ups and wrong numbers closed many at once, and had back within half a minute.

A child who cannot speak hangs up, too. So nothing is closed unseen that bears any sign of having been
more than that: each report that was chosen is asked for every sign, and is left to be looked at by itself
if it has one.
"""

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock
from hotline.audit import AuditEntry
from triage.intake.models import Call, CallAnswer, Disposition, Recording, Report
from triage.intake.queries import IS_SILENT
from triage.intake.states import CallStatus, RecordingStatus, ReportStatus
from triage.mandated.queries import IS_MANDATED
from triage.queue import judging, service
from triage.queue.models import BulkClosing

DISPOSITIONS = (Disposition.no_content, Disposition.wrong_number, Disposition.nuisance)
MOST = 100
SHORT_SECONDS = 1
"""A stored recording that is no longer says no more than that somebody hung up. In three seconds a child can
whisper for help."""
WAITED = dt.timedelta(seconds=15)
"""Whoever stays on the line so long to speak to somebody has not dialled by mistake."""
MANY_CALLS = 3
A_DAY = dt.timedelta(hours=24)
UNDO = dt.timedelta(seconds=30)
GRACE = dt.timedelta(seconds=5)
"""A click at the last moment is still on its way."""


class Kept(enum.StrEnum):
    """Why a report was left out. Their order is that of weight: the first that holds is told."""

    busy = "busy"
    dealt_with = "dealt_with"
    emergency = "emergency"
    claimed = "claimed"
    calling = "calling"
    silent = "silent"
    alarm = "alarm"
    mandated = "mandated"
    child = "child"
    text = "text"
    judged = "judged"
    not_fetched = "not_fetched"
    unheard = "unheard"
    waited = "waited"
    known_caller = "known_caller"
    calls_again = "calls_again"


class TooLate(Exception):
    """It cannot be had back any more: half a minute has gone by, or it has been."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it. `closing` names it for the undo; None if nothing was closed."""

    closing: int | None
    closed: list[str]
    kept: Mapping[str, Kept]


def close(
    session: orm.Session,
    reports: Sequence[str],
    actor: audit.Actor,
    disposition: Disposition,
    reason: str,
) -> Result:
    """Close those of the reports (receipt numbers, at most `MOST`) that may be closed together."""
    chosen = list(dict.fromkeys(reports))[:MOST]
    found = {row.number: row for row in session.execute(_asked(chosen, actor, disposition))}
    kept = {number: Kept.busy for number in chosen if number not in found}
    kept |= {number: Kept(row.kept) for number, row in found.items() if row.kept}
    free = [row for row in found.values() if not row.kept]
    for row in free:
        service.claim(session, row.id, actor)
        judging.dispose(session, row.id, actor, disposition, reason)
    return Result(
        closing=_remember(session, [row.id for row in free], actor, disposition) if free else None,
        closed=[row.number for row in free],
        kept={number: kept[number] for number in chosen if number in kept},
    )


def undo(session: orm.Session, closing_id: int, actor: audit.Actor) -> list[str]:
    """Put back what one has just closed; which reports (receipt numbers). Whatever somebody has taken up
    since stays as it is.

    Raises:
        TooLate: more than half a minute has gone by, it was undone already, or another closed them.
    """
    found = sa.select(BulkClosing).where(
        BulkClosing.id == closing_id,
        BulkClosing.account_id == actor.account_id,
        BulkClosing.undone_at.is_(None),
        BulkClosing.at > clock.now() - UNDO - GRACE,
    )
    closing = session.scalar(found.with_for_update())
    if closing is None:
        raise TooLate
    closing.undone_at = clock.now()
    still = sa.select(Report.id).where(
        Report.id.in_(closing.reports),
        Report.status == ReportStatus.triaged,
        Report.triaged_by == actor.account_id,
        Report.triaged_at <= closing.at,
    )
    ids = session.scalars(still.order_by(Report.id)).all()
    return [judging.reopen(session, one, actor, "undone").number for one in ids]


def _remember(
    session: orm.Session, ids: list[int], actor: audit.Actor, disposition: Disposition
) -> int:
    assert actor.account_id is not None
    closing = BulkClosing(account_id=actor.account_id, at=clock.now(), reports=ids)
    session.add(closing)
    session.flush()
    audit.record(session, actor, "close_many", "report", reports=ids, disposition=disposition)
    return closing.id


def _asked(
    numbers: list[str], actor: audit.Actor, disposition: Disposition
) -> sa.Select[tuple[int, str, str | None]]:
    """The reports, locked, each with the sign for which it is left out. What somebody is just changing is
    not waited for, and is not among them."""
    signs = _signs(actor, disposition)
    return (
        sa.select(
            Report.id,
            Report.number,
            sa.case(*((sign, str(kept)) for kept, sign in signs.items())).label("kept"),
        )
        .where(Report.number.in_(numbers))
        .order_by(Report.id)
        .with_for_update(of=Report, skip_locked=True)
    )


def _signs(actor: audit.Actor, disposition: Disposition) -> Mapping[Kept, sa.ColumnElement[bool]]:
    mine = Report.claimed_by == actor.account_id
    signs: dict[Kept, sa.ColumnElement[bool]] = {
        Kept.dealt_with: Report.status == ReportStatus.triaged,
        Kept.emergency: Report.emergency.is_(sa.true()),
        Kept.claimed: sa.and_(Report.status == ReportStatus.claimed, sa.not_(mine)),
        Kept.calling: sa.or_(Report.status == ReportStatus.incoming, _IS_CALLING),
        Kept.silent: IS_SILENT,
        Kept.alarm: _answered_alarm(),
        Kept.mandated: IS_MANDATED,
        Kept.child: _answered("who", "child"),
        Kept.text: Report.channel != "phone",
        Kept.judged: sa.or_(Report.urgency.is_not(None), Report.situation.is_not(None)),
        Kept.not_fetched: _has_recording(_IS_ON_ITS_WAY),
        Kept.unheard: _has_recording(sa.and_(_IS_LONG, sa.not_(_heard_by(actor)))),
        Kept.waited: _HAS_WAITED,
        Kept.known_caller: _caller_has(sa.or_(_OTHER.emergency, _OTHER.case_id.is_not(None))),
    }
    if disposition is not Disposition.nuisance:
        # Somebody who tries again and again wants something; a nuisance does so, too.
        signs[Kept.calls_again] = _calls_again()
    return signs


_IS_CALLING = sa.exists().where(Call.id == Report.call_id, Call.status == CallStatus.in_progress)
_HAS_WAITED = sa.exists().where(
    Call.id == Report.call_id,
    sa.or_(Call.talking_since.is_not(None), Call.ended_at - Call.waiting_since >= WAITED),
)
_OTHER = orm.aliased(Report)
_IS_ON_ITS_WAY = Recording.status.in_(
    [RecordingStatus.announced, RecordingStatus.fetching, RecordingStatus.failed]
)
_IS_LONG = sa.and_(
    Recording.status == RecordingStatus.stored,
    sa.or_(Recording.seconds.is_(None), Recording.seconds > SHORT_SECONDS),
)


def _answered(question: str, value: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        CallAnswer.call_id == Report.call_id,
        CallAnswer.question == question,
        CallAnswer.value == value,
    )


def _answered_alarm() -> sa.ColumnElement[bool]:
    """They are in danger, hurt, want the police, a call back, or not to be called for their safety."""
    asked = [("danger", "yes"), ("hurt", "yes"), ("police", "yes"), ("callback", "yes")]
    return sa.or_(*(_answered(*one) for one in asked), _answered("safe_to_call", "no"))


def _has_recording(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        Call.id == Report.call_id, Recording.call_sid == Call.call_sid, condition
    )


def _heard_by(actor: audit.Actor) -> sa.ColumnElement[bool]:
    """Whether they have played it themselves: who closes a report answers for what is on it."""
    return sa.exists().where(
        AuditEntry.subject == "recording",
        AuditEntry.subject_id == Recording.id,
        AuditEntry.action == "read",
        AuditEntry.account_id == actor.account_id,
    )


def _caller_has(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        _OTHER.caller_index == Report.caller_index, _OTHER.id != Report.id, condition
    )


def _calls_again() -> sa.ColumnElement[bool]:
    calls = sa.select(sa.func.count()).where(
        _OTHER.caller_index == Report.caller_index,
        _OTHER.received_at > Report.received_at - A_DAY,
        _OTHER.received_at < Report.received_at + A_DAY,
    )
    return calls.correlate(Report).scalar_subquery() >= MANY_CALLS
