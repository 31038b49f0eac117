"""The network's webhooks by hand: signed as it signs them, posted to the whole application."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import sqlalchemy as sa
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from hotline import db
from hotline.config import Settings
from hotline.db import Base
from hotline.outbox import OutboxMessage
from triage.conversations import service as conversations
from triage.conversations.statements import LEG
from triage.intake.models import Call, CallStep, Recording, Report
from triage.intake.states import CallStatus

Row = TypeVar("Row", bound=Base)
CALLER = "+8610000000001"


@dataclass
class Wire:
    """Posts webhooks to an application."""

    client: FlaskClient
    settings: Settings

    def post(self, path: str, /, **form: str) -> ET.Element:
        """A genuine webhook of call CA1; the document it is answered with."""
        answer = self.send(path, {"CallSid": "CA1", "From": CALLER, "To": "12355", **form})
        assert answer.status_code == 200, answer.text
        assert answer.mimetype == "text/xml"
        return ET.fromstring(answer.data)

    def send(self, path: str, form: dict[str, str], **how: str) -> TestResponse:
        """A webhook signed with `token`, or carrying `signature` as it is."""
        form = {"AccountSid": self.settings.twilio_account_sid, **form}
        signature = how.get("signature")
        if signature is None:
            token = how.get("token", self.settings.twilio_auth_token)
            url = self.settings.public_url + path
            signature = RequestValidator(token).compute_signature(url, form)
        return self.client.post(path, data=form, headers={"X-Twilio-Signature": signature})

    def step(self, node: str, number: int, event: str = "digits", /, **form: str) -> ET.Element:
        """A step of call CA1 at a node of the line's own flow."""
        place = {"flow": "12355", "node": node, "lang": "zh", "tries": "0", "step": str(number)}
        return self.post(f"/ivr/step?{urlencode(place | {'event': event})}", **form)


@dataclass
class Counted:
    """What the database was asked."""

    statements: list[str] = field(default_factory=list)
    transactions: int = 0


@contextmanager
def counted(engine: sa.Engine):
    """Counts statements and transactions."""
    seen = Counted()

    def statement(connection, cursor, text, parameters, context, many) -> None:
        seen.statements.append(text)

    def begin(connection) -> None:
        seen.transactions += 1

    sa.event.listen(engine, "before_cursor_execute", statement)
    sa.event.listen(engine, "begin", begin)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", statement)
        sa.event.remove(engine, "begin", begin)


def everything() -> dict[str, int]:
    """How many rows a call has left."""
    with db.transaction() as session:
        return {
            kind.__tablename__: session.scalar(sa.select(sa.func.count()).select_from(kind)) or 0
            for kind in (Call, CallStep, Recording, Report)
        }


def rung() -> list[int]:
    """Rings whoever is to be rung now; the messages that do it, oldest first."""
    with db.transaction() as session:
        for number in session.scalars(sa.select(Call.id).where(Call.ring_at.is_not(None))).all():
            conversations.ring_due(session, number)
        legs = sa.select(OutboxMessage.id).where(OutboxMessage.topic == LEG)
        return list(session.scalars(legs.order_by(OutboxMessage.id)))


def over(wire, word: str = "completed") -> CallStatus:
    wire.post("/ivr/status", CallStatus=word)
    return the(Call).status


def accepts(wire, sid: str = "CA-officer") -> ET.Element:
    """The only one we have rung picks up and presses 1."""
    (message,) = rung()
    offer = wire.post(f"/ivr/outbound?message={message}", CallSid=sid)
    (gather,) = offer.findall("Gather")
    action = gather.get("action", "").removeprefix(wire.settings.public_url)
    return wire.post(action.partition("#")[0], CallSid=sid, Digits="1")


NOTHING = {"calls": 0, "call_steps": 0, "recordings": 0, "reports": 0}


def the(kind: type[Row]) -> Row:
    """The only row of that kind."""
    with db.transaction() as session:
        return session.scalars(sa.select(kind)).one()
