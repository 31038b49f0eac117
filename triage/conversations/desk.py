"""What an officer does with a conversation from the console: a colleague, or the police, come into it."""

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, config
from hotline.accounts.models import Account
from triage.conversations import legs
from triage.conversations.callbacks import CannotRing, Obstacle, ring_person
from triage.conversations.models import LegKind
from triage.intake.models import Call, Report
from triage.places import service as places
from triage.places.models import Contact

EMERGENCY_NUMBER = "110"


def transfer(session: orm.Session, report_id: int, account_id: int, actor: audit.Actor) -> None:
    """Ask a second officer into the conversation; who accepts takes the report over, and the first may
    hang up.

    Raises:
        CannotRing: nobody talks, or the colleague has no free telephone.
    """
    call = _conversation(session, report_id)
    ring_person(session, call, LegKind.transfer, session.get_one(Account, account_id))
    audit.record(session, actor, "transfer_call", "report", report_id, account=account_id)


def bring_police(
    session: orm.Session, report_id: int, contact_id: int | None, actor: audit.Actor
) -> None:
    """Ask the police into the conversation: a desk of the station that answers for the place, or, with
    no contact, 110 by its local number.

    Raises:
        CannotRing: nobody talks, or there is no such number.
    """
    call = _conversation(session, report_id)
    name, number = _police(session, session.get_one(Report, report_id), contact_id)
    legs.ring(session, call, LegKind.police, number, name)
    audit.record(session, actor, "conference_police", "report", report_id, contact=contact_id)


def police_contacts(session: orm.Session, report: Report) -> list[tuple[Contact, str]]:
    """Whom of the police a telephone reaches for this report, and what the screen calls them."""
    station = places.police_for(session, report.place_id, report.line_number)
    if station is None:
        return []
    return [
        (contact, f"{station.name} {contact.name}")
        for contact in places.contacts(session, station.id)
        if contact.takes_calls
    ]


def _police(session: orm.Session, report: Report, contact_id: int | None) -> tuple[str, str]:
    if contact_id is None:
        known = [(EMERGENCY_NUMBER, config.current().police_local_number)]
    else:
        found = police_contacts(session, report)
        known = [(name, contact.number) for contact, name in found if contact.id == contact_id]
    if not known or not known[0][1]:
        raise CannotRing(Obstacle.no_contact)
    return known[0]


def _conversation(session: orm.Session, report_id: int) -> Call:
    of_report = sa.select(Call).join(Report, Report.call_id == Call.id)
    call = session.scalar(of_report.where(Report.id == report_id).with_for_update(of=Call))
    if call is None or not legs.is_accompanied(session, call.id):
        raise CannotRing(Obstacle.nobody_there)
    return call
