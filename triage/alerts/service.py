"""An alert from raising it to the acknowledgement by a named person, and to what the police found.

`raise_alert` takes the first step at once; the sweeper takes every further one (`steps`) until somebody
acknowledges. An alert that is running always has a next step due: the database refuses one without.
"""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, live, outbox
from triage.alerts import feedback, news, previews, steps, threads, wording
from triage.alerts.models import FOR_CHANGE, Alert, LogKind, Notice
from triage.alerts.previews import AlreadyRunning, Preview, TextChanged, policy_for
from triage.alerts.sending import ALARM_TOPIC, FEEDBACK_TOPIC, TOPIC, log
from triage.alerts.states import (
    ALERT_MOVES,
    RUNNING,
    AcknowledgedHow,
    AlertEvent,
    AlertStatus,
    Finding,
    Measure,
    NoticeKind,
    Purpose,
)
from triage.alerts.threads import join, tell_case
from triage.alerts.wording import Facts, Words
from triage.cases.models import Case
from triage.intake.models import Report
from triage.intake.states import Situation
from triage.places import service as places
from triage.places.models import Agency

TOPICS = (TOPIC, ALARM_TOPIC, FEEDBACK_TOPIC)
"""What leaves no more once an alert is acknowledged or has ended."""
FIRST = {Purpose.police: NoticeKind.alert, Purpose.office: NoticeKind.office}
"""What begins a thread, and is said at every step of it."""


def raise_alert(
    session: orm.Session,
    report_id: int,
    actor: audit.Actor,
    *,
    text_seen: str | None = None,
    agency_id: int | None = None,
    because: str = "",
    note: str = "",
    verified: bool = True,
) -> Alert:
    """Send an emergency on its way and take the first step; if one is open there about the same child,
    send what is new as an update of it.

    `text_seen` is what the officer was shown; empty where nobody looked (automatic, command line).
    `because` is why the officer chose this agency and not the one of the place.

    Raises:
        AlreadyRunning: a second click, or a colleague's, with nothing new.
        TextChanged: the report was changed since the preview.
    """
    report = session.get_one(Report, report_id, with_for_update=FOR_CHANGE)
    if report.case_id:
        # Two officers with two reports about one child raise one alert.
        session.get_one(Case, report.case_id, with_for_update=FOR_CHANGE)
    shown = previews.of_report(session, report_id, agency_id, note=note, verified=verified)
    if shown.thread and _has_ended(session, shown.thread):
        shown = previews.of_report(session, report_id, agency_id, note=note, verified=verified)
    if shown.thread and threads.known_there(session, shown.thread, report_id, shown.facts):
        # The roll-back that follows must not take away what the handler tells of it.
        session.expunge(shown.thread)
        raise AlreadyRunning(shown.thread)
    if text_seen is not None and text_seen != shown.text:
        raise TextChanged(shown)
    report.next_page_at = None
    if shown.thread:
        return _update(session, shown.thread, shown, report_id, actor)
    alert = _begin(session, _alert_from(report, shown, actor, because), actor)
    tell_case(session, alert, f"推送{alert.agency_name}：{alert.text}")
    live.announce(session, "report", report_id)
    return alert


def raise_exercise(
    session: orm.Session,
    actor: audit.Actor,
    agency_id: int,
    situation: Situation,
    place_id: int,
    note: str = "",
    *,
    code: str = "",
    at: dt.datetime | None = None,
    text_seen: str | None = None,
) -> Alert:
    """An alert about nobody, for practice: every message says so, and nothing else is different. `code` and
    `at` are those of the preview in which `text_seen` was shown.

    Raises:
        TextChanged: what was shown is no longer what would go out.
    """
    shown = previews.of_exercise(
        session,
        agency_id,
        situation,
        place_id,
        note,
        code or previews.exercise_code(),
        at or clock.now(),
    )
    if text_seen is not None and text_seen != shown.text:
        raise TextChanged(shown)
    alert = Alert(
        exercise=True,
        place_id=place_id,
        policy=shown.policy,
        **_common(shown.facts, shown.words, shown.agency, actor),
    )
    return _begin(session, alert, actor)


def acknowledge(
    session: orm.Session,
    alert_id: int,
    who: str,
    how: AcknowledgedHow,
    actor: audit.Actor,
    note: str = "",
    contact_id: int | None = None,
    said_at: dt.datetime | None = None,
) -> Alert:
    """A named person has it. The first acknowledgement counts; a later one is written down.

    `contact_id` is the contact who answered, if it is one we know; `said_at` when the words were written
    that a call of ours said to them: the newest news before that was among them.
    """
    alert = session.get_one(Alert, alert_id, with_for_update=FOR_CHANGE)
    kind = LogKind.acknowledged_again
    if alert.status in RUNNING:
        kind = LogKind.acknowledged
        alert.acknowledged_by, alert.acknowledged_how = who, how
        alert.acknowledged_at, alert.acknowledged_contact_id = clock.now(), contact_id
        alert.next_step_at = None
        feedback.expect(alert)
    alert.status = ALERT_MOVES.after(alert.status, AlertEvent.acknowledge)
    log(session, alert, kind, who, details=how, note=note, contact_id=contact_id)
    audit.record(session, actor, kind, "alert", alert_id, how=how)
    if kind is LogKind.acknowledged:
        outbox.withdraw(session, TOPICS, alert_id)
        tell_case(session, alert, f"{alert.agency_name}已签收：{who}")
    if said_at and (said := news.newest(session, alert_id, said_at)):
        news.heard_with(session, said, who, how, actor)
    _announce(session, alert)
    return alert


def heard(session: orm.Session, alert_id: int, who: str) -> None:
    """A supervisor has confirmed an alarm by a key: somebody of the line knows, the police may not. The
    next alarm leaves them time to act."""
    alert = session.get_one(Alert, alert_id, with_for_update=FOR_CHANGE)
    log(session, alert, LogKind.heard, who)
    if alert.status is AlertStatus.unanswered:
        alert.next_step_at = steps.after_heard(alert)
    _announce(session, alert)


def words_of(session: orm.Session, alert_id: int, kind: NoticeKind, note: str) -> Words:
    """The exact words of a correction or cancellation that would go out now."""
    alert = session.get_one(Alert, alert_id)
    return wording.compose(kind, threads.facts(session, alert, note=note))


def correct(session: orm.Session, alert_id: int, actor: audit.Actor, note: str) -> Notice:
    """Tell the agency what was wrong, with the report as it stands now.

    Raises:
        IllegalTransition: the alert has ended.
    """
    alert = session.get_one(Alert, alert_id, with_for_update=FOR_CHANGE)
    alert.status = ALERT_MOVES.after(alert.status, AlertEvent.correct)
    known = threads.facts(session, alert, note=note)
    _say_from_now_on(alert, known)
    words = wording.compose(NoticeKind.correction, known)
    notice = news.send_out(session, alert, NoticeKind.correction, words, actor, alert.report_id)
    tell_case(session, alert, f"更正{alert.agency_name}：{words.text}")
    _announce(session, alert)
    return notice


def cancel(session: orm.Session, alert_id: int, actor: audit.Actor, reason: str) -> Alert:
    """Call an alert off, and tell everybody who had a message.

    Raises:
        IllegalTransition: the police have reported what they found.
    """
    alert = session.get_one(Alert, alert_id, with_for_update=FOR_CHANGE)
    if alert.status is not AlertStatus.cancelled:
        alert = _end(session, alert, actor, AlertEvent.cancel, LogKind.cancelled, reason)
        if news.was_sent(session, alert):
            words = words_of(session, alert_id, NoticeKind.cancel, reason)
            news.send_out(session, alert, NoticeKind.cancel, words, actor)
    return alert


def resolve(
    session: orm.Session,
    alert_id: int,
    actor: audit.Actor,
    outcome: str,
    finding: Finding | None = None,
    measures: tuple[Measure, ...] = (),
) -> Alert:
    """Write down what the police found and did (paper 000 五(二)3), and tell the town or street office of
    the child's place (paper 001 二(五)).

    Raises:
        IllegalTransition: nobody has acknowledged it yet.
    """
    alert = session.get_one(Alert, alert_id, with_for_update=FOR_CHANGE)
    if alert.status is not AlertStatus.resolved:
        alert.finding, alert.measures = finding, list(measures)
        alert = _end(session, alert, actor, AlertEvent.resolve, LogKind.resolved, outcome)
        if alert.purpose is Purpose.police and finding is not Finding.unfounded:
            _tell_office(session, alert, actor)
    return alert


def _has_ended(session: orm.Session, thread: Alert) -> bool:
    """Whether it ended while its words were put together; else nobody ends it until we have added to it."""
    session.refresh(thread, with_for_update=FOR_CHANGE)
    return thread.status not in threads.OPEN


def already_forwarded(session: orm.Session, report_id: int) -> bool:
    """Whether this report has been sent on its way before, and not called off."""
    sent = sa.select(Alert.id).where(
        threads.about(report_id), Alert.status != AlertStatus.cancelled
    )
    return session.scalar(sent.limit(1)) is not None


def _begin(session: orm.Session, alert: Alert, actor: audit.Actor) -> Alert:
    """It exists, its first notice is written down, and its first step is taken."""
    session.add(alert)
    session.flush()
    session.add(
        Notice(
            alert_id=alert.id,
            kind=FIRST[alert.purpose],
            report_id=alert.report_id,
            text=alert.text,
            spoken=alert.spoken,
            raised_by=alert.raised_by,
            at=alert.raised_at,
            step=0,
        )
    )
    log(session, alert, LogKind.raised, actor.name, note=alert.because)
    audit.record(
        session,
        actor,
        "raise",
        "alert",
        alert.id,
        report=alert.report_id,
        purpose=alert.purpose,
        verified=alert.verified,
        exercise=alert.exercise,
    )
    steps.advance(session, alert)
    live.announce(session, "alert", alert.id)
    return alert


def _update(
    session: orm.Session, alert: Alert, shown: Preview, report_id: int, actor: audit.Actor
) -> Alert:
    join(session, alert, report_id)
    _say_from_now_on(alert, shown.facts)
    news.send_out(session, alert, NoticeKind.update, shown.words, actor, report_id)
    if alert.status is AlertStatus.acknowledged and alert.feedback_due_at is None:
        # They were asked in vain, and no more since: of what is new they are asked again.
        feedback.expect(alert)
    tell_case(session, alert, f"更新{alert.agency_name}：{shown.text}")
    _announce(session, alert)
    live.announce(session, "report", report_id)
    return alert


def _say_from_now_on(alert: Alert, known: Facts) -> None:
    """Further steps say the newest words from the start; news follows those that had the first."""
    if alert.status in RUNNING:
        newest = wording.compose(FIRST[alert.purpose], known)
        alert.text, alert.spoken, alert.place_name = newest.text, newest.situation, newest.place


def _end(
    session: orm.Session,
    alert: Alert,
    actor: audit.Actor,
    event: AlertEvent,
    kind: LogKind,
    words: str,
) -> Alert:
    alert.status = ALERT_MOVES.after(alert.status, event)
    alert.outcome, alert.ended_at = words, clock.now()
    alert.next_step_at = alert.feedback_due_at = None
    log(session, alert, kind, actor.name)
    audit.record(session, actor, kind, "alert", alert.id)
    outbox.withdraw(session, TOPICS, alert.id)
    tell_case(session, alert, f"{alert.agency_name}：{words}")
    _announce(session, alert)
    return alert


def _tell_office(session: orm.Session, alert: Alert, actor: audit.Actor) -> None:
    office = places.office_for(session, alert.place_id)
    if office is None:
        # The timeline says that nobody could be told, so that an officer does it.
        log(session, alert, LogKind.office_told, "")
        return
    known = threads.facts(session, alert)
    words = wording.compose(NoticeKind.office, known)
    if waiting := _not_heard_yet(session, alert, office):
        # An earlier alert about this child ended as well, and the office has not answered yet.
        _say_from_now_on(waiting, known)
        news.send_out(session, waiting, NoticeKind.update, words, actor, alert.report_id)
        log(session, alert, LogKind.office_told, office.name, details=waiting.number)
        return
    report = session.get(Report, alert.report_id) if alert.report_id else None
    told = Alert(
        purpose=Purpose.office,
        exercise=alert.exercise,
        parent_id=alert.id,
        report_id=alert.report_id,
        place_id=alert.place_id,
        policy=policy_for(
            session, Purpose.office, alert.place_id, report.situation if report else None
        ),
        **_common(known, words, office, actor),
    )
    _begin(session, told, actor)
    log(session, alert, LogKind.office_told, office.name, details=told.number)


def _not_heard_yet(session: orm.Session, alert: Alert, office: Agency) -> Alert | None:
    return session.scalar(
        sa.select(Alert)
        .where(
            Alert.status.in_(RUNNING),
            Alert.purpose == Purpose.office,
            Alert.agency_id == office.id,
            Alert.report_id == alert.report_id,
            Alert.exercise == alert.exercise,
        )
        .with_for_update(key_share=True)
    )


def _alert_from(report: Report, shown: Preview, actor: audit.Actor, because: str) -> Alert:
    return Alert(
        report_id=report.id,
        place_id=report.place_id,
        because=because or None,
        policy=shown.policy,
        **_common(shown.facts, shown.words, shown.agency, actor),
    )


def _common(
    known: Facts, words: Words, agency: Agency | None, actor: audit.Actor
) -> dict[str, Any]:
    now = clock.now()
    return {
        "code": known.code,
        "status": AlertStatus.raised,
        "agency_id": agency.id if agency else None,
        "agency_name": agency.name if agency else "",
        "place_name": words.place,
        "text": words.text,
        "spoken": words.situation,
        "verified": known.verified,
        "raised_by": actor.account_id,
        "raised_at": now,
        "step": 0,
        "next_step_at": now,
    }


def _announce(session: orm.Session, alert: Alert) -> None:
    live.announce(session, "alert", alert.id)
    if alert.report_id:
        live.announce(session, "report", alert.report_id)
