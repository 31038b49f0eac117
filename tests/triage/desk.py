"""Calls that have come in, and people at the console who deal with them."""

import io
import itertools
import re
from html import unescape

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from hotline import clock, crypto, db, storage
from hotline.accounts import passwords
from hotline.accounts import service as accounts
from hotline.accounts.models import Account
from hotline.app import create_app
from hotline.audit import Actor, AuditEntry
from hotline.config import Settings
from hotline.embedded import demo
from triage.intake import service as intake
from triage.intake.models import Call, Recording, Report
from triage.intake.states import CallEvent, RecordingEvent, RecordingStatus

PASSWORDS = {person.username: person.password for person in demo.SIGN_INS}
CALLER = "+8610000000001"
JUDGED = {
    "urgency": "emergency",
    "situation": "domestic_violence",
    "child_name": "李小雨",
    "child_age": "8",
    "child_sex": "female",
    "place": "云溪区 / 长桥街道 / 杏花社区",
    "address": "杏花里3号楼",
    "summary": "躲在卫生间里。",
}
"""A classification as the form sends it."""
_calls = itertools.count(1)


def open_line(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The whole application with the demo people. Their passwords are hashed at little cost."""
    monkeypatch.setattr(
        passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    )
    app = create_app(settings)
    demo.load()
    return app


class Desk:
    """One person at one browser."""

    def __init__(self, app: Flask, username: str) -> None:
        self.client = app.test_client()
        self.username = username
        with db.transaction() as session:
            token = accounts.sign_in(session, username, PASSWORDS[username], "127.0.0.1")
        with self.client.session_transaction() as browser:
            browser["_user_id"] = token

    def sees(self, path: str, status: int = 200) -> str:
        """The page at `path`, as text."""
        answer = self.client.get(path)
        assert answer.status_code == status, f"{path}: {answer.status}"
        return unescape(answer.get_data(as_text=True))

    def does(self, path: str, /, **fields: str) -> TestResponse:
        """Post as a form of the console would."""
        return self.client.post(path, data=fields | {"csrf_token": self._token()})

    def asks(self, path: str, /, **fields: str) -> TestResponse:
        """Post as htmx does, for a piece of a page."""
        headers = {"HX-Request": "true", "X-CSRFToken": self._token()}
        return self.client.post(path, data=fields, headers=headers)

    def _token(self) -> str:
        found = re.search(r'"X-CSRFToken": "([^"]+)"', self.sees("/password"))
        assert found, "no forgery token on the page"
        return found[1]

    def is_told(self, words: str) -> bool:
        """Whether the next page says so in a toast."""
        return words in self.sees("/password")


def call(
    caller: str = CALLER, *, emergency: bool = False, ended: bool = True, sound: bytes = b""
) -> str:
    """A call comes in, perhaps with a recording that is stored already: its receipt number."""
    sid = f"CA{next(_calls):032d}"
    with db.transaction() as session:
        arrival = intake.Arrival(sid, caller, "12355", "12355", clock.now())
        number = intake.file_report(session, arrival)
        intake.note_step(session, sid, intake.Step(1, "greeting", "start", ""))
        if emergency:
            intake.note_step(session, sid, intake.Step(2, "danger", "digits", "1"))
            intake.mark_emergency(session, sid)
        if ended:
            intake.end_call(session, sid, CallEvent.ended)
    if sound:
        _record(sid, sound)
    return number


def text_message(body: str) -> str:
    """An SMS comes in: its receipt number."""
    with db.transaction() as session:
        arrival = intake.Arrival("SM1", CALLER, "12355", "sms", clock.now(), channel="sms")
        return intake.file_text(session, arrival, body)


def record(number: str, sound: bytes) -> None:
    """The recording of a call arrives and is stored."""
    _record(sid_of(number), sound)


def sid_of(number: str) -> str:
    """The call of a report, as the network names it."""
    with db.transaction() as session:
        of_report = sa.select(Call.call_sid).join(Report, Report.call_id == Call.id)
        return session.scalars(of_report.where(Report.number == number)).one()


def _record(sid: str, sound: bytes) -> None:
    sealed = io.BytesIO()
    crypto.seal_stream([sound], sealed)
    storage.put(sid, io.BytesIO(sealed.getvalue()))
    with db.transaction() as session:
        intake.attach_recording(session, f"RE{sid[2:]}", sid, RecordingEvent.announce, "RecordVerb")
        session.execute(
            sa.update(Recording)
            .where(Recording.call_sid == sid)
            .values(
                status=RecordingStatus.stored,
                storage_name=sid,
                size=len(sound),
                seconds=3,
                next_fetch_at=None,
            )
        )


def recording_of(number: str) -> int:
    """The row of a report's only recording."""
    with db.transaction() as session:
        return session.scalars(
            sa.select(Recording.id)
            .join(Call, Call.call_sid == Recording.call_sid)
            .join(Report, Report.call_id == Call.id)
            .where(Report.number == number)
        ).one()


def report(number: str) -> Report:
    """How a report stands."""
    with db.transaction() as session:
        return session.scalars(sa.select(Report).where(Report.number == number)).one()


def actor(username: str) -> Actor:
    """Somebody, as services know them."""
    with db.transaction() as session:
        found = session.scalars(sa.select(Account).where(Account.username == username)).one()
        return Actor(found.username, found.id, "127.0.0.1")


def written(action: str, subject: str) -> list[AuditEntry]:
    """What the audit log says of it, the oldest first."""
    with db.transaction() as session:
        return list(
            session.scalars(
                sa.select(AuditEntry)
                .where(AuditEntry.action == action, AuditEntry.subject == subject)
                .order_by(AuditEntry.id)
            )
        )
