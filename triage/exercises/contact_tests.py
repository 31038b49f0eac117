"""The monthly test of every contact: does whoever is to answer an emergency answer the telephone?

A run has one row for each contact in use; the sweeper asks a few at a time, in the lane behind everything
else, and never an agency to which an emergency is on its way. Whoever takes no calls gets an SMS that asks
to call back.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import audit, clock, config, db, live, outbox, queues
from hotline.accounts.permissions import Role
from hotline.outbox import Channel, Lane, MessageStatus, OutboxMessage
from triage.alerts.models import Alert
from triage.alerts.states import RUNNING
from triage.exercises import wording
from triage.exercises.models import ContactTest, ContactTestRun
from triage.exercises.states import (
    CONTACT_TEST_MOVES,
    OPEN,
    ContactTestEvent,
    ContactTestStatus,
)
from triage.places import service as places
from triage.places.models import Agency, Contact

TOPIC = "contact_test"
REPORT_TOPIC = "contact_test_report"
FLOW = "contact_test"

AT_ONCE = 3
"""Calls under way at any moment."""
ATTEMPTS = 2
BETWEEN_ATTEMPTS = dt.timedelta(minutes=30)
BEHIND_AN_ALERT = dt.timedelta(minutes=5)
"""When to look again at an agency that has an emergency to answer."""
WITHIN = dt.timedelta(days=1)
"""Of the beginning of a run: whoever's hours begin later is not tested by it."""
VALID_FOR = {Channel.call: dt.timedelta(minutes=3), Channel.sms: dt.timedelta(minutes=20)}
PATIENCE = {Channel.call: dt.timedelta(minutes=6), Channel.sms: dt.timedelta(minutes=25)}
"""After which an attempt has failed, even if the network never says so."""
REPORT_VALID_FOR = dt.timedelta(hours=2)
MOST = 100

S, E = ContactTestStatus, ContactTestEvent


def start(session: orm.Session, actor: audit.Actor, month: str | None = None) -> int | None:
    """Begin a run, that of a month (`2026-03`) or one in between; its number. None if this month's has been,
    or another is going on."""
    run: int | None = session.scalar(
        postgresql.insert(ContactTestRun)
        .values(month=month, started_by=actor.account_id, started_at=clock.now())
        .on_conflict_do_nothing()
        .returning(ContactTestRun.id)
    )
    if run is None:
        return None
    everyone = sa.select(
        sa.literal(run),
        Contact.id,
        sa.literal(S.waiting.value),
        sa.literal(0),
        sa.literal(clock.now()),
    ).where(Contact.position.is_not(None), sa.or_(Contact.takes_calls, Contact.takes_sms))
    columns = ["run_id", "contact_id", "status", "attempts", "due_at"]
    session.execute(sa.insert(ContactTest).from_select(columns, everyone.order_by(Contact.id)))
    audit.record(session, actor, "start", "contact_test_run", run, month=month)
    live.announce(session, TOPIC, run)
    return run


def confirm(session: orm.Session, test_id: int, actor: audit.Actor) -> None:
    """The contact has answered: by a key in our call, or called back and an officer says so."""
    test = session.get_one(ContactTest, test_id, with_for_update=True)
    if test.status is S.answered:
        return
    _move(session, test, E.confirm)
    test.answered_at = session.get_one(Contact, test.contact_id).answered_at = clock.now()
    outbox.withdraw(session, (TOPIC,), test_id)
    audit.record(session, actor, "confirm", "contact_test", test_id)


def sweep() -> int:
    """Begin the month's run on its day, and bring every run on; how many rows were worked on."""
    duties = ((_failed_or_delivered, _settle), (_to_ask, _ask), (_over, _end))
    return _begin_month() + sum(queues.row_by_row(find, act) for find, act in duties)


def _begin_month() -> int:
    """A sweeper that was down at the time begins it later that day, but on no other: nobody expects to be
    called then."""
    month = _month_due()
    if month is None:
        return 0
    with db.transaction() as session:
        known = sa.select(sa.exists().where(ContactTestRun.month == month))
        return 0 if session.scalar(known) or not start(session, audit.SWEEPER, month) else 1


def _month_due() -> str | None:
    set_for = config.current().contact_test_day
    local = clock.now().astimezone(config.current().zone)
    if set_for is None or (local.day, local.time()) < set_for or local.day != set_for[0]:
        return None
    return f"{local:%Y-%m}"


def _to_ask(session: orm.Session) -> Sequence[int]:
    """Whose turn it is. The order is fixed, so that two sweepers do not call more than one would."""
    calls = sa.select(sa.func.count()).select_from(ContactTest).join(Contact)
    under_way = session.scalar(calls.where(ContactTest.status == S.asked, Contact.takes_calls)) or 0
    ready = sa.select(ContactTest.id).where(_is_ready())
    return session.scalars(
        ready.order_by(ContactTest.due_at, ContactTest.id).limit(max(0, AT_ONCE - under_way))
    ).all()


def _is_ready() -> sa.ColumnElement[bool]:
    return sa.and_(ContactTest.status == S.waiting, ContactTest.due_at <= clock.now())


def _ask(session: orm.Session, number: int) -> None:
    found = sa.select(ContactTest).where(ContactTest.id == number, _is_ready())
    test = session.scalar(found.with_for_update(skip_locked=True))
    if test is None:
        return
    contact = session.get_one(Contact, test.contact_id)
    if contact.position is None or contact.id in places.away_now(session):
        _move(session, test, E.skip)
    elif not contact.hours.open_at(clock.now(), config.current().zone):
        _wait_for_hours(session, test, contact)
    elif _has_an_emergency(session, contact.agency_id):
        test.due_at = clock.now() + BEHIND_AN_ALERT
    else:
        _send(session, test, contact)


def _wait_for_hours(session: orm.Session, test: ContactTest, contact: Contact) -> None:
    """A night desk is tested at night, if that comes soon enough."""
    run = session.get_one(ContactTestRun, test.run_id)
    opens = contact.hours.opens_next(clock.now(), config.current().zone)
    if opens and opens < run.started_at + WITHIN:
        test.due_at = opens
    else:
        _move(session, test, E.skip)


def _has_an_emergency(session: orm.Session, agency_id: int) -> bool:
    real = (Alert.agency_id == agency_id, Alert.status.in_(RUNNING), Alert.exercise.is_(False))
    return session.scalar(sa.select(sa.exists().where(*real))) or False


def _send(session: orm.Session, test: ContactTest, contact: Contact) -> None:
    channel = Channel.call if contact.takes_calls else Channel.sms
    agency = session.get_one(Agency, contact.agency_id)
    _move(session, test, E.ask)
    test.attempts += 1
    test.asked_at, test.due_at = clock.now(), clock.now() + PATIENCE[channel]
    outbox.add(
        session,
        dedupe_key=f"{TOPIC}:{test.id}:{test.attempts}",
        topic=TOPIC,
        ref=test.id,
        lane=Lane.other,
        channel=channel,
        to=contact.number,
        to_name=f"{agency.name} {contact.name}",
        body=wording.call_back() if channel is Channel.sms else "",
        flow=FLOW if channel is Channel.call else "",
        valid_for=VALID_FOR[channel],
    )


def _failed_or_delivered(session: orm.Session) -> Sequence[int]:
    """Of whose present attempt the network has said the last word, or nobody will any more."""
    said = sa.or_(_attempt(_is_over()), ContactTest.due_at <= clock.now())
    return session.scalars(
        sa.select(ContactTest.id).where(ContactTest.status == S.asked, said).limit(MOST)
    ).all()


def _settle(session: orm.Session, number: int) -> None:
    found = sa.select(ContactTest, _attempt(_is_delivered_sms()).label("delivered"))
    wanted = found.where(ContactTest.id == number, ContactTest.status == S.asked)
    row = session.execute(wanted.with_for_update(skip_locked=True, of=ContactTest)).one_or_none()
    if row is None:
        return
    test: ContactTest = row.ContactTest
    assert test.asked_at
    if row.delivered:
        _move(session, test, E.deliver)
    elif test.attempts < ATTEMPTS:
        _move(session, test, E.again)
        test.due_at = test.asked_at + BETWEEN_ATTEMPTS
    else:
        _move(session, test, E.give_up)


def _attempt(what: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether that holds for a message of the present attempt."""
    return sa.exists().where(
        OutboxMessage.topic == TOPIC,
        OutboxMessage.ref == ContactTest.id,
        OutboxMessage.created_at >= ContactTest.asked_at,
        what,
    )


def _is_delivered_sms() -> sa.ColumnElement[bool]:
    delivered = OutboxMessage.status == MessageStatus.delivered
    return sa.and_(OutboxMessage.channel == Channel.sms, delivered)


def _is_over() -> sa.ColumnElement[bool]:
    """A call has ended or was never placed; an SMS was delivered. One that could not be is sent again by
    itself, so that only its time ends the attempt."""
    failed = OutboxMessage.status.in_([MessageStatus.undelivered, MessageStatus.failed])
    ended = sa.or_(failed, OutboxMessage.settled_at.is_not(None))
    return sa.or_(_is_delivered_sms(), sa.and_(OutboxMessage.channel == Channel.call, ended))


def _over(session: orm.Session) -> Sequence[int]:
    return session.scalars(sa.select(ContactTestRun.id).where(_is_finished())).all()


def _is_finished() -> sa.ColumnElement[bool]:
    left = sa.exists().where(ContactTest.run_id == ContactTestRun.id, ContactTest.status.in_(OPEN))
    return sa.and_(ContactTestRun.ended_at.is_(None), sa.not_(left))


def _end(session: orm.Session, number: int) -> None:
    """Nobody is left to ask: the supervisors are told what came of it."""
    found = sa.select(ContactTestRun).where(ContactTestRun.id == number, _is_finished())
    run = session.scalar(found.with_for_update(skip_locked=True))
    if run is None:
        return
    run.ended_at = clock.now()
    statuses = session.scalars(sa.select(ContactTest.status).where(ContactTest.run_id == number))
    text = wording.over(Counter(statuses))
    for account in places.on_duty(session, Role.supervisor):
        outbox.add(
            session,
            dedupe_key=f"{REPORT_TOPIC}:{number}:{account.id}",
            topic=REPORT_TOPIC,
            ref=number,
            lane=Lane.other,
            channel=Channel.sms,
            to=account.phone or "",
            to_name=account.name,
            body=text,
            valid_for=REPORT_VALID_FOR,
        )
    live.announce(session, TOPIC, number)


def _move(session: orm.Session, test: ContactTest, event: ContactTestEvent) -> None:
    test.status = CONTACT_TEST_MOVES.after(test.status, event)
    if test.status not in OPEN:
        test.due_at = None
    live.announce(session, TOPIC, test.run_id)
