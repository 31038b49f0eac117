"""What tests of exercises begin from: a drill, and a run of tests of the contacts."""

from typing import Any

import sqlalchemy as sa

from hotline import clock, db, delivery
from hotline.outbox import OutboxMessage
from tests.triage.people import do, officer, place
from triage.alerts.models import Alert
from triage.alerts.previews import exercise_code
from triage.exercises import contact_tests, drills
from triage.exercises.drills import Drill
from triage.exercises.models import ContactTest, ContactTestRun
from triage.intake.states import Situation
from triage.places.models import Agency, Contact


def station(name: str = "长桥派出所") -> int:
    with db.transaction() as session:
        return session.scalars(sa.select(Agency.id).where(Agency.name == name)).one()


def contact(name: str) -> Contact:
    with db.transaction() as session:
        return session.scalars(sa.select(Contact).where(Contact.name.contains(name))).one()


def change(name: str, **values: Any) -> None:
    with db.transaction() as session:
        session.execute(sa.update(Contact).where(Contact.name.contains(name)).values(**values))


def plan(**more: Any) -> Drill:
    usual = {
        "agency_id": station(),
        "situation": Situation.missing,
        "place_id": place("990101001"),
        "note": "",
        "code": exercise_code(),
        "at": clock.now(),
    }
    return Drill(**{**usual, **more})


def drilled(**more: Any) -> int:
    drill = plan(**more)
    text = do(drills.preview, drill).text
    return do(drills.start, officer("daiban"), drill, text).id


def alert_row(number: int) -> Alert:
    with db.transaction() as session:
        return session.get_one(Alert, number)


def messages(topic: str = contact_tests.TOPIC) -> list[OutboxMessage]:
    with db.transaction() as session:
        wanted = sa.select(OutboxMessage).where(OutboxMessage.topic == topic)
        return list(session.scalars(wanted.order_by(OutboxMessage.id)))


def status_came(message: OutboxMessage, word: str) -> None:
    sid = f"X{message.id}"
    do(delivery.status_came, message_id=message.id, sid=sid, status=word, error_code="")


def all_of_run() -> dict[str, ContactTest]:
    """The tests of the last run by the contact's name."""
    with db.transaction() as session:
        last = sa.select(sa.func.max(ContactTestRun.id)).scalar_subquery()
        rows = session.execute(
            sa.select(Contact.name, ContactTest)
            .join(Contact, Contact.id == ContactTest.contact_id)
            .where(ContactTest.run_id == last)
        )
        return {row.name: row.ContactTest for row in rows}


def of_run(name: str) -> ContactTest:
    return next(test for who, test in all_of_run().items() if name in who)


def only(*names: str) -> None:
    """Everybody else is no longer in use."""
    with db.transaction() as session:
        for one in session.scalars(sa.select(Contact)):
            if not any(name in one.name for name in names):
                one.position = None


def runs() -> list[str | None]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(ContactTestRun.month).order_by(ContactTestRun.id)))
