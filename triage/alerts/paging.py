"""An emergency that no officer has taken: officers are called, then supervisors, then it goes to the
police by itself, marked as not verified; where AUTO_FORWARD_SECONDS is 0, the supervisors are called again
and again until somebody takes it."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, config, live, outbox, queues
from hotline.accounts.permissions import Role
from hotline.outbox import Channel, Lane
from triage.alerts import service, wording
from triage.intake.models import Report
from triage.intake.service import PAGE
from triage.places import service as places

FLOW = "page"
REASON = "有紧急报告无人领取"
VALID_FOR = dt.timedelta(minutes=10)
AGAIN = dt.timedelta(minutes=5)
"""Between two calls of supervisors who have been called in vain."""
MOST = 100

STEPS: tuple[Role | None, ...] = (Role.officer, Role.supervisor, None)
"""Who is called, in order; None is the forward by itself."""


def sweep() -> int:
    """Take the next step for every unclaimed emergency that is due, row by row; how many."""
    return queues.row_by_row(_due, _take)


def _due(session: orm.Session) -> Sequence[int]:
    ready = sa.select(Report.id).where(_is_due())
    return session.scalars(ready.order_by(Report.next_page_at).limit(MOST)).all()


def _take(session: orm.Session, number: int) -> None:
    """Unless an officer is just taking it."""
    found = sa.select(Report).where(Report.id == number, _is_due())
    if report := session.scalar(found.with_for_update(skip_locked=True)):
        _take_step(session, report)
        live.announce(session, "report", number)


def _is_due() -> sa.ColumnElement[bool]:
    """Its time has come, or is further off than any wait, because the clock was put back."""
    settings = config.current()
    longest = max(
        settings.page_officers_seconds,
        settings.page_supervisors_seconds,
        settings.auto_forward_seconds,
        int(AGAIN.total_seconds()),
    )
    strayed = Report.next_page_at > clock.now() + dt.timedelta(seconds=longest + 1)
    return sa.or_(Report.next_page_at <= clock.now(), strayed)


def _take_step(session: orm.Session, report: Report) -> None:
    role = STEPS[report.page_step]
    if role is None:
        _forward(session, report)
        return
    for account in places.on_duty(session, role):
        for channel in (Channel.sms, Channel.call):
            _page(session, report, account.id, account.name, account.phone or "", channel)
    audit.record(session, audit.SWEEPER, "page", "report", report.id, role=role)
    if STEPS[report.page_step + 1] is None and not config.current().auto_forward_seconds:
        # The next step would be none: this one is made again, so that nothing rests in silence.
        report.next_page_at = clock.now() + AGAIN
        return
    report.next_page_at = _next(report)
    report.page_step += 1


def _next(report: Report) -> dt.datetime:
    """When the step after the present one is due, counted from the present one's own time."""
    settings = config.current()
    times = (
        settings.page_officers_seconds,
        settings.page_supervisors_seconds,
        settings.auto_forward_seconds,
    )
    wait = max(1, times[report.page_step + 1] - times[report.page_step])
    assert report.next_page_at is not None
    return min(report.next_page_at, clock.now()) + dt.timedelta(seconds=wait)


def _forward(session: orm.Session, report: Report) -> None:
    report.next_page_at = None
    # Somebody may have forwarded it and then given the report back: the police have it already.
    if not service.already_forwarded(session, report.id):
        service.raise_alert(session, report.id, audit.SWEEPER, verified=False)


def _page(
    session: orm.Session, report: Report, account_id: int, name: str, phone: str, channel: Channel
) -> None:
    assert report.next_page_at is not None
    outbox.add(
        session,
        dedupe_key=f"page:{report.id}:{report.next_page_at.timestamp():.0f}:{account_id}:{channel}",
        topic=PAGE,
        ref=report.id,
        lane=Lane.page,
        channel=channel,
        to=phone,
        to_name=name,
        body=wording.unclaimed(report.number) if channel is Channel.sms else REASON,
        flow=FLOW if channel is Channel.call else "",
        valid_for=VALID_FOR,
    )
