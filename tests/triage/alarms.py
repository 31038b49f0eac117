"""Emergencies on their way, as the board shows them."""

import datetime as dt
import re
from typing import Any

import sqlalchemy as sa

from hotline import audit, clock, db
from hotline.accounts import service as accounts
from hotline.accounts.permissions import Role
from tests.triage import desk
from triage.alerts import feedback, news, previews, service, steps
from triage.alerts.models import Alert, Notice
from triage.alerts.states import AcknowledgedHow, Feedback, Finding, Measure
from triage.intake.states import Situation, Urgency
from triage.places.models import Agency, AgencyKind, Contact, Place
from triage.queue import judging
from triage.queue import service as queue
from triage.queue.judging import Classification

STATION = "长桥派出所"
OTHER = "青禾派出所"
PLACES = ("990101001", "990101002", "990103001", "990102001")


def screen() -> None:
    """The account of a screen on the wall; sign in with `desk.PASSWORDS`."""
    desk.PASSWORDS["daping"] = "yunxi-daping-1"
    with db.transaction() as session:
        accounts.add(
            session,
            audit.SYSTEM,
            username="daping",
            name="大屏",
            role=Role.screen,
            password=desk.PASSWORDS["daping"],
        )


def office(name: str = "长桥街道办事处", code: str = "990101") -> None:
    """A street office with somebody to be told."""
    with db.transaction() as session:
        place = session.scalars(sa.select(Place.id).where(Place.code == code)).one()
        agency = Agency(kind=AgencyKind.street_office, name=name, place_id=place)
        session.add(agency)
        session.flush()
        session.add(
            Contact(
                agency_id=agency.id,
                position=1,
                name="民政办 顾敏",
                number="+8610000000401",
                takes_sms=True,
                takes_calls=True,
            )
        )


def judged(number: str, code: str = "990101001", **more: Any) -> int:
    """An officer claims it and says what it is; the report's row."""
    found = desk.report(number).id
    with db.transaction() as session:
        place = session.scalars(sa.select(Place.id).where(Place.code == code)).one()
        usual = {"urgency": Urgency.emergency, "situation": Situation.domestic_violence}
        queue.claim(session, found, desk.actor("zhiban"))
        judging.classify(
            session,
            found,
            desk.actor("zhiban"),
            Classification(**usual | {"place_id": place} | more),
        )
    return found


def raised(code: str = "990101001", **more: Any) -> int:
    """An alert on its way to the police of a place."""
    number = desk.call(emergency=True)
    report = judged(number, code, **more)
    with db.transaction() as session:
        return service.raise_alert(session, report, desk.actor("zhiban")).id


def unanswered(code: str = "990101001") -> int:
    """An alert that nobody has acknowledged in all its steps."""
    alert_id = raised(code)
    with db.transaction() as session:
        alert = session.get_one(Alert, alert_id, with_for_update=True)
        while alert.status == "raised":
            steps.advance(session, alert)
    return alert_id


def acknowledged(code: str = "990101001", **more: Any) -> int:
    """An alert that the first contact has acknowledged."""
    alert_id = raised(code, **more)
    with db.transaction() as session:
        alert = session.get_one(Alert, alert_id)
        contact = session.scalars(
            sa.select(Contact).where(Contact.agency_id == alert.agency_id).order_by(Contact.id)
        ).first()
        service.acknowledge(
            session,
            alert_id,
            f"{alert.agency_name} {contact.name if contact else ''}",
            AcknowledgedHow.keypress,
            audit.NETWORK,
            contact_id=contact.id if contact else None,
        )
    return alert_id


def said(alert_id: int, what: Feedback, who: str = "王建国") -> None:
    """The police report back."""
    with db.transaction() as session:
        feedback.came(session, alert_id, what, who, audit.NETWORK)


def corrected(alert_id: int, note: str = "门牌是5号楼") -> int:
    """A correction that nobody has heard yet: the notice."""
    with db.transaction() as session:
        return service.correct(session, alert_id, desk.actor("zhiban"), note).id


def untold(alert_id: int) -> int:
    """A correction that has reached nobody by all its steps: the notice."""
    number = corrected(alert_id)
    with db.transaction() as session:
        alert, notice = session.get_one(Alert, alert_id), session.get_one(Notice, number)
        for _ in range(5):
            news._advance(session, alert, notice)
    return number


def silent(alert_id: int) -> None:
    """The police were asked again and again."""
    with db.transaction() as session:
        alert = session.get_one(Alert, alert_id)
        alert.feedback_asked = 3
        feedback._give_up(session, alert)


def resolved(alert_id: int) -> None:
    """The police have said what they found; the office is told."""
    with db.transaction() as session:
        service.resolve(
            session,
            alert_id,
            desk.actor("zhiban"),
            "孩子已随祖母居住，母亲就医。",
            Finding.domestic_violence,
            (Measure.violence_stopped, Measure.to_shelter),
        )


def exercise() -> int:
    """A drill on its way."""
    with db.transaction() as session:
        agency = session.scalars(sa.select(Agency.id).where(Agency.name == STATION)).one()
        place = session.scalars(sa.select(Place.id).where(Place.code == PLACES[0])).one()
        return service.raise_exercise(
            session, desk.actor("daiban"), agency, Situation.missing, place
        ).id


def busy() -> None:
    """A bad night: one row of every kind."""
    clock.shift(dt.timedelta(minutes=-47))
    waits = acknowledged("990102001")
    silent(waits)
    clock.shift(dt.timedelta(minutes=20))
    needs = acknowledged("990103001")
    said(needs, Feedback.needs_others, "赵海")
    untold(acknowledged("990101002"))
    clock.shift(dt.timedelta(minutes=19))
    unanswered("990101001")
    clock.shift(dt.timedelta(minutes=6))
    acknowledged("990101001", situation=Situation.missing)
    desk.call(emergency=True)
    clock.shift(dt.timedelta(minutes=1, seconds=40))
    raised("990103001", situation=Situation.accident)
    resolved(acknowledged("990101002", situation=Situation.neglected))
    exercise()
    clock.shift(dt.timedelta(seconds=20))


def alerts() -> list[Alert]:
    """All of them, oldest first."""
    with db.transaction() as session:
        return list(session.scalars(sa.select(Alert).order_by(Alert.id)))


def text(number: str) -> str:
    """What would go out now."""
    with db.transaction() as session:
        return previews.of_report(session, desk.report(number).id).text


def step_on(alert_id: int) -> None:
    """Its next step, whatever the time."""
    with db.transaction() as session:
        steps.advance(session, session.get_one(Alert, alert_id, with_for_update=True))


def agency(name: str) -> str:
    """The number of an agency, as a form sends it."""
    with db.transaction() as session:
        return str(session.scalars(sa.select(Agency.id).where(Agency.name == name)).one())


def notices(alert_id: int) -> list[Notice]:
    """All that was said about it, in its order."""
    with db.transaction() as session:
        found = sa.select(Notice).where(Notice.alert_id == alert_id).order_by(Notice.id)
        return list(session.scalars(found))


def shown(page: str, name: str = "text_seen") -> str:
    """The words that a page would send back as seen."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no {name} on the page"
    return found[1]
