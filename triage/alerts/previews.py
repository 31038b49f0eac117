"""What would go out, to whom: shown before it is sent, and sent as it was shown."""

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import orm

from hotline import crypto
from triage.alerts import policy, threads, wording
from triage.alerts.models import Alert
from triage.alerts.states import NoticeKind, Purpose
from triage.alerts.wording import Facts, Words
from triage.intake.models import Report
from triage.intake.states import Situation
from triage.places import service as places
from triage.places.models import Agency, Contact


class AlreadyRunning(Exception):
    """This report is on its way to this agency already, in these very words."""

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
    """Of the agency, those on hand at this moment."""
    place_name: str
    facts: Facts
    words: Words
    thread: Alert | None
    """The alert that is open there about the same child: then this is an update of it, no second alert."""
    policy: str

    @property
    def kind(self) -> NoticeKind:
        """What it would be."""
        return NoticeKind.update if self.thread else NoticeKind.alert

    @property
    def code(self) -> str:
        """Four digits that are easy to say."""
        return self.facts.code

    @property
    def verified(self) -> bool:
        """Whether an officer has judged what is forwarded."""
        return self.facts.verified

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


def of_report(
    session: orm.Session,
    report_id: int,
    agency_id: int | None = None,
    *,
    note: str = "",
    verified: bool = True,
) -> Preview:
    """The exact words and the way they would go. The code is the report's own, so that what was shown
    is what is sent; an update keeps the code of its thread."""
    report = session.get_one(Report, report_id)
    agency = (
        session.get_one(Agency, agency_id)
        if agency_id
        else places.police_for(session, report.place_id, report.line_number)
    )
    thread = threads.open_thread(session, report, agency.id if agency else None)
    where = threads.place_name(session, report.place_id)
    judged = verified and report.situation is not None
    code = thread.code if thread else _code(report)
    names = threads.names_of(session, report)
    known = wording.facts_of(report, where, code, names=names, verified=judged, note=note)
    return Preview(
        agency=agency,
        contacts=places.on_hand(session, agency.id) if agency else [],
        place_name=where,
        facts=known,
        words=wording.compose(NoticeKind.update if thread else NoticeKind.alert, known),
        thread=thread,
        policy=policy_for(session, Purpose.police, report.place_id, report.situation),
    )


def of_exercise(
    session: orm.Session,
    agency_id: int,
    situation: Situation,
    place_id: int,
    note: str,
    code: str,
    at: dt.datetime,
) -> Preview:
    """The same for a drill: a report of a child who does not exist, received `at`."""
    agency = session.get_one(Agency, agency_id)
    known = Facts(
        code=code,
        place=threads.place_name(session, place_id),
        received_at=at,
        situation=situation,
        verified=True,
        exercise=True,
        note=note,
    )
    return Preview(
        agency=agency,
        contacts=places.on_hand(session, agency.id),
        place_name=known.place,
        facts=known,
        words=wording.compose(NoticeKind.alert, known),
        thread=None,
        policy=policy_for(session, Purpose.police, place_id, situation),
    )


def exercise_code() -> str:
    """A code for a drill, which has no receipt number to make one of."""
    return f"{secrets.randbelow(10_000):04d}"


def policy_for(
    session: orm.Session, purpose: Purpose, place_id: int | None, situation: Situation | None
) -> str:
    """The name of the policy that an alert about this place and situation follows."""
    codes = [place.code for place in places.chain(session, place_id)] if place_id else []
    return policy.choose(purpose, codes, situation).name


def _code(report: Report) -> str:
    """Four digits derived from the receipt number, so that preview and message agree, and different for
    10 000 reports in a row. Keyed: whoever knows a receipt number must not know the code."""
    secret = crypto.blind_index("alert code", "")
    return f"{(int(report.number) * 7919 + secret) % 10_000:04d}"
