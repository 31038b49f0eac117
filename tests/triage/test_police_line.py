"""Which alert a code means, and whose telephone may speak of it."""

import sqlalchemy as sa

from hotline import audit, db, phones
from tests.triage.people import claimed, do, officer, place, seconds
from triage.alerts import police_line, previews, service, steps
from triage.alerts.models import Alert
from triage.intake.states import Situation
from triage.places import contacts
from triage.places import service as places
from triage.places.models import Agency, Contact

SUBSTITUTE = "+8610000000398"


def raised() -> Alert:
    return do(service.raise_alert, claimed(place_id=place("990101001")), officer())


def speaks(alert: Alert, number: str) -> bool:
    return do(police_line.known, [alert], phones.normalise(number)) is not None


def stood_in_for(alert: Alert) -> int:
    """The first contact is away, and somebody of another agency stands in."""
    with db.transaction() as session:
        first = places.contacts(session, alert.agency_id or 0)[0]
        other = sa.select(Agency.id).where(Agency.id != alert.agency_id, Agency.kind == "police")
        substitute = Contact(
            agency_id=session.scalars(other.order_by(Agency.id.desc())).first(),
            position=9,
            name="代班",
            number=SUBSTITUTE,
            takes_sms=True,
            takes_calls=True,
        )
        session.add(substitute)
        session.flush()
        first.workdays, first.weekends, first.substitute_id = "", "", substitute.id
        return substitute.id


def test_whoever_stands_in_at_another_agency_speaks_of_what_they_were_sent(district):
    alert = raised()
    number = stood_in_for(alert)
    assert not speaks(alert, SUBSTITUTE)
    seconds(61)
    steps.sweep()
    assert speaks(alert, SUBSTITUTE)
    with db.transaction() as session:
        contacts.remove(session, audit.SYSTEM, session.get_one(Contact, number))
    assert not speaks(alert, SUBSTITUTE)


def test_a_code_means_the_emergency_before_an_exercise(district):
    alert = raised()
    exercise = do(
        service.raise_exercise,
        officer("daiban"),
        alert.agency_id or 0,
        Situation.missing,
        place("990101001"),
        code=alert.code,
    )
    meant = do(police_line.meant_by, alert.code)
    assert [one.id for one in meant] == [alert.id, exercise.id]


def test_a_receipt_number_does_not_give_the_code_away(district, monkeypatch):
    number = claimed(place_id=place("990101001"))
    code = do(previews.of_report, number).code
    assert code == do(previews.of_report, number).code
    changed = district.model_copy(update={"secret_key": "b" * 64})
    monkeypatch.setattr("hotline.config._current", changed)
    assert code != do(previews.of_report, number).code
