"""What an officer does with a conversation from the console: a colleague, or the police, come into it,
and somebody leaves it. That is for whoever is in it or holds its report, and for supervisors: nobody else
breaks into what a child is telling.
"""

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, config
from hotline.accounts.models import Account
from hotline.accounts.permissions import PERMISSIONS, Permission
from triage.conversations import legs, service
from triage.conversations.callbacks import CannotRing, Obstacle, ring_person
from triage.conversations.models import Leg, LegKind
from triage.conversations.states import LegStatus
from triage.intake.models import Call, Report
from triage.places import service as places
from triage.places.models import Contact

EMERGENCY_NUMBER = "110"


def transfer(session: orm.Session, report_id: int, account_id: int, actor: audit.Actor) -> None:
    """Ask a second officer into the conversation; who accepts takes the report over, and the first may
    hang up.

    Raises:
        CannotRing: nobody talks, it is not theirs, or the colleague takes no calls or has no free telephone.
    """
    call = _conversation(session, report_id, actor)
    ring_person(session, call, LegKind.transfer, _colleague(session, account_id))
    audit.record(session, actor, "transfer_call", "report", report_id, account=account_id)


def bring_police(
    session: orm.Session, report_id: int, contact_id: int | None, actor: audit.Actor
) -> None:
    """Ask the police into the conversation: a desk of the station that answers for the place, or, with
    no contact, 110 by its local number.

    Raises:
        CannotRing: nobody talks, it is not theirs, there is no such number, or they are rung already.
    """
    call = _conversation(session, report_id, actor)
    name, number = _police(session, session.get_one(Report, report_id), contact_id)
    if any((leg.kind, leg.name) == (LegKind.police, name) for leg in legs.active(session, call.id)):
        raise CannotRing(Obstacle.busy)
    legs.ring(session, call, LegKind.police, number, name)
    audit.record(session, actor, "conference_police", "report", report_id, contact=contact_id)


def hang_up(session: orm.Session, report_id: int, leg: Leg, actor: audit.Actor) -> None:
    """Take one telephone out of the conversation, or let it stop ringing; one's own always.

    Raises:
        CannotRing: the conversation is not theirs.
    """
    if leg.account_id != actor.account_id and not may_direct(session, report_id, actor.account_id):
        raise CannotRing(Obstacle.others_call)
    service.hang_up(session, leg.id, actor)


def may_direct(session: orm.Session, report_id: int, account_id: int | None) -> bool:
    """Whether this conversation is theirs to bring somebody into, or to take somebody out of."""
    report, account = session.get_one(Report, report_id), session.get_one(Account, account_id)
    if Permission.direct_any_call in PERMISSIONS[account.role] or report.claimed_by == account.id:
        return True
    theirs = sa.exists().where(
        Leg.call_id == report.call_id,
        Leg.account_id == account.id,
        Leg.status == LegStatus.joined,
    )
    return bool(session.scalar(sa.select(theirs)))


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


def _colleague(session: orm.Session, account_id: int) -> Account:
    found = session.get(Account, account_id)
    if found is None or not found.active or Permission.claim not in PERMISSIONS[found.role]:
        raise CannotRing(Obstacle.no_colleague)
    return found


def _conversation(session: orm.Session, report_id: int, actor: audit.Actor) -> Call:
    of_report = sa.select(Call).join(Report, Report.call_id == Call.id)
    call = session.scalar(of_report.where(Report.id == report_id).with_for_update(of=Call))
    if call is None or not legs.is_accompanied(session, call.id):
        raise CannotRing(Obstacle.nobody_there)
    if not may_direct(session, report_id, actor.account_id):
        raise CannotRing(Obstacle.others_call)
    return call
