"""Statements that can be played: the newest of those who spoke to the recording, with what a machine is said
to have understood and what officers noted. Nobody's voice: they are murmurs (`murmur`)."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from sqlalchemy import orm

from hotline.audit import AuditEntry
from hotline.embedded.month import murmur
from hotline.embedded.month.calls import Told
from hotline.embedded.month.sealed import Sealed, keep
from hotline.embedded.month.stories import Way, words
from triage.intake.models import Recording
from triage.intake.states import RecordingStatus
from triage.recordings import tokens
from triage.recordings.models import RecordingNote, Transcript, TranscriptLine
from triage.recordings.states import Engine, TranscriptStatus, Voice

HOW_MANY = 14
SHORTEST, LONGEST = 8, 16
"""Seconds of a murmur."""
SPOKEN = frozenset({Way.message, Way.mandated, Way.silent})
"""Whoever came this way was recorded."""
FETCHED_AFTER = dt.timedelta(seconds=4)
NARRATED = re.compile(r"^[^，：]*?(?:反映|来电|称|咨询|想了解)[，：说]*")
"""How an officer begins to tell what somebody else has said."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One that is stored, and nobody's yet."""

    sid: str
    sealed: Sealed
    seconds: int


def store(now: dt.datetime, chance: Random) -> list[Statement]:
    """Make them and put them into the storage, where the product would.

    Raises:
        storage.StorageError: one was not stored.
    """
    return [_store(now, chance) for _ in range(HOW_MANY)]


def _store(now: dt.datetime, chance: Random) -> Statement:
    sid, seconds = f"RE{chance.getrandbits(128):032x}", chance.randint(SHORTEST, LONGEST)
    sealed = keep(f"{now:%Y/%m}/{sid}", murmur.wav(seconds, chance))
    return Statement(sid, sealed, seconds)


def write(
    session: orm.Session, told: Sequence[Told], statements: list[Statement], chance: Random
) -> None:
    """Give each to one of the newest who left one; the longer to those who spoke longer."""
    left = [one for one in told if one.story.way in SPOKEN]
    newest = sorted(left, key=lambda one: one.story.at)[-len(statements) :]
    newest.sort(key=lambda one: one.story.spoke)
    by_length = sorted(statements, key=lambda one: one.seconds)
    pairs = [
        (one, _recording(one, statement)) for one, statement in zip(newest, by_length, strict=False)
    ]
    session.add_all(recording for _, recording in pairs)
    session.flush()
    for one, recording in pairs:
        session.add_all(_heard(one, recording, chance))
        if one.story.matter and one.story.way is not Way.silent:
            _transcribe(session, one, recording, chance)


def _recording(told: Told, statement: Statement) -> Recording:
    ended = told.call.ended_at
    assert ended
    return Recording(
        recording_sid=statement.sid,
        call_sid=told.call.call_sid,
        source="RecordVerb",
        status=RecordingStatus.stored,
        announced_at=ended,
        seconds=statement.seconds,
        sha256=statement.sealed.sha256,
        size=statement.sealed.size,
        storage_name=statement.sealed.name,
        channels=1,
        attempts=1,
        stored_at=ended + FETCHED_AFTER,
        removed_at_network_at=ended + FETCHED_AFTER,
    )


def _heard(
    told: Told, recording: Recording, chance: Random
) -> Iterator[RecordingNote | AuditEntry]:
    """Whoever has judged the report has heard it, and noted two moments of it."""
    if told.report.urgency is None:
        return
    at = recording.announced_at + dt.timedelta(minutes=chance.randrange(2, 9))
    at = min(at, told.report.triaged_at or at)
    assert recording.seconds
    yield AuditEntry(
        at=at,
        actor=told.officer.username,
        account_id=told.officer.id,
        address="127.0.0.1",
        action="read",
        subject="recording",
        subject_id=recording.id,
        reason="",
        details={},
    )
    for part, body in zip(
        (0.2, 0.6), chance.sample(words()["statements"]["notes"], 2), strict=True
    ):
        yield RecordingNote(
            recording_id=recording.id,
            seconds=int(recording.seconds * part),
            body=body,
            author_id=told.officer.id,
            at=at,
        )


def _transcribe(session: orm.Session, told: Told, recording: Recording, chance: Random) -> None:
    transcript = Transcript(
        call_sid=recording.call_sid,
        engine=Engine.local,
        recording_id=recording.id,
        status=TranscriptStatus.done,
        created_at=recording.stored_at,
        finished_at=recording.stored_at,
        attempts=1,
    )
    session.add(transcript)
    session.flush()
    said = spoken(told, chance)
    assert recording.seconds
    for number, text in enumerate(said):
        session.add(
            TranscriptLine(
                transcript_id=transcript.id,
                number=number,
                voice=Voice.caller,
                seconds=recording.seconds * number // len(said),
                text=text,
                tokens=tokens.of_line(text),
            )
        )


def spoken(told: Told, chance: Random) -> list[str]:
    """What was told as whoever called would have said it, a sentence a line."""
    assert told.story.matter
    matter = NARRATED.sub("", told.story.matter.summary).removeprefix("说")
    of = words()["statements"]
    sentences = [one for one in re.split("(?<=。)", matter) if one]
    return [chance.choice(of["opening"]), *sentences, chance.choice(of["closing"])]
