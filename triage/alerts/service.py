"""An alert from raising it to the acknowledgement by a named person.

`raise_alert` takes the first step at once; the sweeper takes every further one (`sweep`) until somebody
acknowledges. An alert that is running always has a next step due: the database refuses one without.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, live, outbox
from triage.alerts import steps, wording
from triage.alerts.models import AcknowledgedHow, Alert, AlertLog, LogKind
from triage.alerts.states import ALERT_MOVES, RUNNING, AlertEvent, AlertStatus
from triage.alerts.wording import Words
from triage.cases import service as cases
from triage.intake.models import Report
from triage.places import service as places
from triage.places.models import Agency, Contact


class AlreadyRunning(Exception):
    """This report is on its way to this agency already."""

    def __init__(self, alert: Alert) -> None:
        super().__init__(f"alert {alert.number} is running")
        self.alert = alert


class TextChanged(Exception):
    """What the officer saw is no longer what would go out; `preview` has the present words."""

    def __init__(self, preview: "Preview") -> None:
        super().__init__("the text has changed since it was shown")
        self.preview = preview


@dataclass(frozen=True, slots=True)
class Preview:
    """What would go out, to whom."""

    agency: Agency | None
    contacts: list[Contact]
    place_name: str
    code: str
    words: Words
    verified: bool
    """Whether an officer has judged what is forwarded."""

    @property
    def text(self) -> str:
        """The SMS, byte for byte."""
        return self.words.text

    @property
    def spoken(self) -> str:
        """What an alert call says has happened."""
        return self.words.situation

    @property
    def characters(self) -> int:
        """See `Words.characters`."""
        return self.words.characters

    @property
    def segments(self) -> int:
        """See `Words.segments`."""
        return self.words.segments


def preview(
    session: orm.Session, report_id: int, agency_id: int | None = None, *, verified: bool = True
) -> Preview:
    """The exact words and the way they would go. The code is the report's own, so that what was shown
    is what is sent."""
    report = session.get_one(Report, report_id)
    agency = (
        session.get_one(Agency, agency_id)
        if agency_id
        else places.police_for(session, report.place_id, report.line_number)
    )
    place_name = _place_name(session, report)
    code = _code(report)
    judged = verified and report.situation is not None
    return Preview(
        agency=agency,
        contacts=places.contacts(session, agency.id) if agency else [],
        place_name=place_name,
        code=code,
        words=wording.compose(report, place_name, code, verified=judged),
        verified=judged,
    )


def raise_alert(
    session: orm.Session,
    report_id: int,
    actor: audit.Actor,
    *,
    text_seen: str | None = None,
    agency_id: int | None = None,
    verified: bool = True,
) -> Alert:
    """Send an emergency on its way and take the first step.

    `text_seen` is what the officer was shown; empty where nobody looked (automatic, command line).

    Raises:
        AlreadyRunning: a second click, or a colleague's.
        TextChanged: the report was changed since the preview.
    """
    report = session.get_one(Report, report_id, with_for_update=True)
    shown = preview(session, report_id, agency_id, verified=verified)
    if running := _running(session, report_id, shown.agency):
        # The roll-back that follows must not take away what the handler tells of it.
        session.expunge(running)
        raise AlreadyRunning(running)
    if text_seen is not None and text_seen != shown.text:
        raise TextChanged(shown)
    alert = _alert_from(report, shown, actor)
    session.add(alert)
    session.flush()
    _log(session, alert, LogKind.raised, actor.name)
    report.next_page_at = None
    audit.record(
        session, actor, "raise", "alert", alert.id, report=report_id, verified=alert.verified
    )
    _tell_case(session, alert, f"推送{alert.agency_name}：{alert.text}")
    steps.advance(session, alert)
    live.announce(session, "alert", alert.id)
    live.announce(session, "report", report_id)
    return alert


def acknowledge(
    session: orm.Session,
    alert_id: int,
    who: str,
    how: AcknowledgedHow,
    actor: audit.Actor,
    note: str = "",
) -> Alert:
    """A named person has it. The first acknowledgement counts; a later one is written down."""
    alert = session.get_one(Alert, alert_id, with_for_update=True)
    kind = LogKind.acknowledged_again
    if alert.status in RUNNING:
        kind = LogKind.acknowledged
        alert.acknowledged_by, alert.acknowledged_how = who, how
        alert.acknowledged_at = clock.now()
        alert.next_step_at = None
    alert.status = ALERT_MOVES.after(alert.status, AlertEvent.acknowledge)
    _log(session, alert, kind, who, note)
    audit.record(session, actor, kind, "alert", alert_id, how=how)
    if kind is LogKind.acknowledged:
        outbox.withdraw(session, steps.TOPICS, alert_id)
        _tell_case(session, alert, f"{alert.agency_name}已签收：{who}")
    _announce(session, alert)
    return alert


def heard(session: orm.Session, alert_id: int, who: str) -> None:
    """A supervisor has confirmed an alarm by a key: somebody of the line knows, the police may not."""
    alert = session.get_one(Alert, alert_id)
    _log(session, alert, LogKind.heard, who)
    _announce(session, alert)


def cancel(session: orm.Session, alert_id: int, actor: audit.Actor, reason: str) -> Alert:
    """Call an alert off.

    Raises:
        IllegalTransition: it was acknowledged already.
    """
    return _end(session, alert_id, actor, AlertEvent.cancel, LogKind.cancelled, reason)


def resolve(session: orm.Session, alert_id: int, actor: audit.Actor, outcome: str) -> Alert:
    """Write down what the police found and did (paper 000 五(二)3).

    Raises:
        IllegalTransition: nobody has acknowledged it yet.
    """
    return _end(session, alert_id, actor, AlertEvent.resolve, LogKind.resolved, outcome)


def _end(
    session: orm.Session,
    alert_id: int,
    actor: audit.Actor,
    event: AlertEvent,
    kind: LogKind,
    words: str,
) -> Alert:
    alert = session.get_one(Alert, alert_id, with_for_update=True)
    after = ALERT_MOVES.after(alert.status, event)
    if after is alert.status:
        return alert
    alert.status = after
    alert.outcome, alert.ended_at, alert.next_step_at = words, clock.now(), None
    _log(session, alert, kind, actor.name)
    audit.record(session, actor, kind, "alert", alert_id)
    outbox.withdraw(session, steps.TOPICS, alert_id)
    _tell_case(session, alert, f"{alert.agency_name}：{words}")
    _announce(session, alert)
    return alert


def _alert_from(report: Report, shown: Preview, actor: audit.Actor) -> Alert:
    now = clock.now()
    return Alert(
        code=shown.code,
        status=AlertStatus.raised,
        report_id=report.id,
        agency_id=shown.agency.id if shown.agency else None,
        agency_name=shown.agency.name if shown.agency else "",
        place_name=shown.words.place,
        text=shown.text,
        spoken=shown.spoken,
        verified=shown.verified,
        raised_by=actor.account_id,
        raised_at=now,
        step=0,
        next_step_at=now,
    )


def already_forwarded(session: orm.Session, report_id: int) -> bool:
    """Whether this report has been sent on its way before, and not called off."""
    sent = sa.select(Alert.id).where(
        Alert.report_id == report_id, Alert.status != AlertStatus.cancelled
    )
    return session.scalar(sent.limit(1)) is not None


def _running(session: orm.Session, report_id: int, agency: Agency | None) -> Alert | None:
    return session.scalar(
        sa.select(Alert).where(
            Alert.report_id == report_id,
            Alert.status.in_(RUNNING),
            sa.func.coalesce(Alert.agency_id, 0) == (agency.id if agency else 0),
        )
    )


def _place_name(session: orm.Session, report: Report) -> str:
    """From the second level down: the police know which district they are in."""
    chain = places.chain(session, report.place_id) if report.place_id else []
    names = [place.name for place in reversed(chain)]
    return "".join(names[1:] or names)


def _code(report: Report) -> str:
    """Four digits derived from the receipt number, so that preview and message agree."""
    return f"{int(report.number) * 7919 % 10_000:04d}"


def _log(session: orm.Session, alert: Alert, kind: LogKind, who: str, details: str = "") -> None:
    session.add(
        AlertLog(
            alert_id=alert.id, at=clock.now(), kind=kind, step=alert.step, who=who, details=details
        )
    )


def _tell_case(session: orm.Session, alert: Alert, words: str) -> None:
    case_id = session.get_one(Report, alert.report_id).case_id
    if case_id:
        cases.tell(session, case_id, words)


def _announce(session: orm.Session, alert: Alert) -> None:
    live.announce(session, "alert", alert.id)
    live.announce(session, "report", alert.report_id)
