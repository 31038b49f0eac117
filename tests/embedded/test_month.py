"""The demo month: believable, the same each time, loaded once, and nothing in it rings."""

import datetime as dt
import hashlib
import io
from collections import Counter
from random import Random

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from hotline import clock, crypto, db, phones, storage
from hotline.accounts import passwords
from hotline.accounts.models import Account
from hotline.app import duties
from hotline.embedded import demo
from hotline.embedded.month import load, murmur, papers, statements, stories, today
from hotline.outbox import OutboxMessage
from ivr.sound import Sniffer
from triage.alerts.models import Alert
from triage.cases import attachments, secrecy, sniffing, tasks
from triage.cases.access import visible
from triage.cases.models import Attachment, Case, CaseNote
from triage.intake.models import Call, Recording, Report
from triage.intake.states import OPEN, Situation, Urgency
from triage.queue import saved_views, skills
from triage.recordings import notes, transcripts
from triage.suggestion.models import UrgencySuggestion

NOON = dt.datetime(2026, 3, 18, 12, tzinfo=dt.timezone(dt.timedelta(hours=8)))
SELDOM = 600


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", cheap)


def test_a_month_is_told_the_same_way_each_time_and_holds_everything():
    told = stories.month(NOON)
    assert told == stories.month(NOON)
    assert 450 < len(told) < 800
    matters = [one.matter for one in told if one.matter]
    assert {one.situation for one in matters} == set(Situation)
    assert {one.urgency for one in matters} == set(Urgency)
    assert all("{" not in one.summary for one in matters)
    assert {one.way for one in told} == set(stories.Way)
    pupils = {one.child.age(NOON.date()) for one in matters if one.child.school.endswith("小学")}
    assert {7, 9, 11} <= pupils <= set(range(5, 14))
    for one in told:
        caller = phones.normalise(one.caller)
        assert caller.kind is phones.Kind.withheld or caller.text.startswith("+86100000")
        assert one.at < NOON


def test_the_hours_are_those_of_people():
    hours = Counter(one.at.hour for one in stories.month(NOON))
    assert sum(hours[hour] for hour in range(6)) < hours[16] + hours[17]
    assert min(hours[hour] for hour in range(8, 22)) > 0


def test_what_is_heard_and_drawn_is_the_same_each_time(database):
    assert murmur.wav(2, Random(3)) == murmur.wav(2, Random(3)) != murmur.wav(2, Random(4))
    assert papers.drawing(Random(3)) == papers.drawing(Random(3))
    assert papers.store(NOON, Random("a")) == papers.store(NOON, Random("a"))


def test_it_is_loaded_once_and_nothing_in_it_rings(database, redis, monkeypatch):
    demo.load()
    assert load.load()
    before = _counted()
    assert not load.load()
    assert _counted() == before
    with db.transaction() as session:
        open_ = session.scalars(sa.select(Report).where(Report.status.in_(OPEN))).all()
        assert len(open_) == len(today.QUEUE)
        assert not [one for one in open_ if one.emergency]
        late = [one for one in open_ if one.due_at < clock.now()]
        assert 0 < len(late) < len(open_)
        case_ids = sa.select(Case.id)
        assert not session.scalars(
            case_ids.where(~sa.exists().where(CaseNote.case_id == Case.id))
        ).all()
        assert len(set(session.scalars(sa.select(Case.status)))) == 5
        assert set(session.scalars(sa.select(Alert.status))) == {"acknowledged", "resolved"}
    _plays_what_was_said()
    _holds_what_belongs_to_cases()
    _knows_how_officers_work()
    # An hour of a whole line: leases run out, nobody is texted or called.
    for minutes in (0, 60):
        clock.shift(dt.timedelta(minutes=minutes))
        for duty in duties():
            if duty.every < SELDOM and duty.name not in {"watchdog", "search index"}:
                duty.run()
    with db.transaction() as session:
        assert session.scalars(sa.select(OutboxMessage)).all() == []


def _plays_what_was_said() -> None:
    with db.transaction() as session:
        recordings = session.scalars(sa.select(Recording)).all()
        noted = [notes.of(session, one.id) for one in recordings]
        of_call = sa.select(Report.id).join(Call, Call.id == Report.call_id)
        said = [
            transcripts.of_report(session, number)
            for number in session.scalars(
                of_call.where(Call.call_sid.in_([one.call_sid for one in recordings]))
            )
        ]
    assert len(recordings) == statements.HOW_MANY
    for one in recordings:
        assert one.storage_name
        content = b"".join(crypto.open_stream(storage.get(one.storage_name)))
        sniffer = Sniffer()
        sniffer.feed(content)
        assert (sniffer.end().media_type, sniffer.end().seconds) == (one.media_type, one.seconds)
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (one.sha256, one.size)
    assert sum(map(bool, noted)) > 5
    assert sum(map(bool, said)) > 5
    for shown in filter(None, said):
        [(last, length)] = [(one.lines[-1].seconds, one.recording) for one in shown]
        assert 0 < (last or 0) < ((length and length.seconds) or 0)


def _holds_what_belongs_to_cases() -> None:
    with db.transaction() as session:
        files = session.scalars(sa.select(Attachment)).all()
        assert len({one.case_id for one in files}) == 4
        assert {one.media_type for one in files} == {"application/pdf", "image/png"}
        for one in files:
            content = b"".join(attachments.content(one))
            assert sniffing.media_type(io.BytesIO(content)) == one.media_type
            assert hashlib.sha256(content).hexdigest() == one.sha256
        hidden = session.scalars(sa.select(Case).where(Case.confidential)).one()
        named = {row.CaseMember.account_id for row in secrecy.members(session, hidden.id)}
        assert set(_ids("zhiban", "daiban")) <= named
        for account in session.scalars(sa.select(Account.id)):
            seen = sa.select(Case.id).where(Case.id == hidden.id, visible(account))
            assert bool(session.scalar(seen)) == (account in named)
        assert [row.UrgentAccess.reviewed_by for row in secrecy.looks(session)] == _ids("daiban")


def _knows_how_officers_work() -> None:
    officer, supervisor = _ids("zhiban", "daiban")
    with db.transaction() as session:
        theirs = tasks.counts(session, officer)
        assert (theirs.mentions, tasks.counts(session, supervisor).mentions) == (2, 1)
        assert min(theirs.overdue, theirs.due) > 0
        assert theirs.open > theirs.overdue + theirs.due
        assert [len(saved_views.visible(session, one)) for one in (officer, supervisor)] == [2, 1]
        assert skills.of(session, officer)
        compared = session.scalars(sa.select(UrgencySuggestion)).all()
        agreed = [one for one in compared if one.suggested is one.chosen]
        assert 0 < len(agreed) < len(compared)


def _ids(*usernames: str) -> list[int]:
    with db.transaction() as session:
        of = {one.username: one.id for one in session.scalars(sa.select(Account))}
    return [of[one] for one in usernames]


def _counted() -> list[int]:
    with db.transaction() as session:
        kinds = (Call, Report, Case, CaseNote, Alert, Recording, Attachment)
        return [session.scalar(sa.select(sa.func.count()).select_from(kind)) or 0 for kind in kinds]
