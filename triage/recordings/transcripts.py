"""Transcripts: written down line by line, found by what is said. Machine-made, so nothing is decided
by them: no status, no urgency, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock, live
from triage.cases.access import reports_visible
from triage.intake.models import Call, Recording, Report
from triage.recordings import statements, tokens
from triage.recordings.models import Transcript, TranscriptLine
from triage.recordings.states import (
    TRANSCRIPT_MOVES,
    Engine,
    TranscriptEvent,
    TranscriptStatus,
    Voice,
)

MOST_FOUND = 200


@dataclass(frozen=True, slots=True)
class Said:
    """One utterance as an engine understood it. `number` orders those of one transcript; `seconds` is
    where in the recording it begins, if the engine knows."""

    number: int
    voice: Voice
    text: str
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A report in which something was said, and the lines that say it."""

    report: Report
    lines: list[TranscriptLine]


@dataclass(frozen=True, slots=True)
class Shown:
    """A transcript with its lines, and the recording it was made of, if it was made of one."""

    transcript: Transcript
    recording: Recording | None
    lines: list[TranscriptLine]


def hear(session: orm.Session, call_sid: str, network_sid: str, said: Said) -> None:
    """The network has understood something. It tells it twice, late and in any order."""
    values = {
        "sid": call_sid,
        "network": network_sid,
        "moment": clock.now(),
        "count": said.number,
        "whose": said.voice,
        "words": said.text,
        "found_by": tokens.of_line(said.text),
    }
    session.execute(statements.HEAR, values)
    live.announce(session, "recording")


def end(
    session: orm.Session, call_sid: str, network_sid: str, event: TranscriptEvent, fault: str = ""
) -> None:
    """The network has stopped listening (`finish`), or could not (`give_up`)."""
    values = {"sid": call_sid, "network": network_sid, "moment": clock.now(), "fault": fault}
    session.execute(statements.END[event], values)
    live.announce(session, "recording")


def want(session: orm.Session, recording: Recording) -> int:
    """Ask for a stored recording to be written down by our own engine; the transcript's row."""
    now = clock.now()
    wanted = Transcript(
        call_sid=recording.call_sid,
        engine=Engine.local,
        recording_id=recording.id,
        status=TranscriptStatus.pending,
        created_at=now,
        next_try_at=now,
    )
    session.add(wanted)
    session.flush()
    return wanted.id


def write(session: orm.Session, transcript: Transcript, said: Iterable[Said]) -> None:
    """Everything our own engine has understood; what an earlier try wrote is replaced."""
    session.execute(sa.delete(TranscriptLine).where(TranscriptLine.transcript_id == transcript.id))
    session.add_all(_line(transcript, one) for one in said)
    transcript.status = TRANSCRIPT_MOVES.after(transcript.status, TranscriptEvent.finish)
    transcript.finished_at = clock.now()
    transcript.next_try_at = transcript.lease_until = None
    transcript.error = ""
    live.announce(session, "recording")


def _line(transcript: Transcript, said: Said) -> TranscriptLine:
    return TranscriptLine(
        transcript_id=transcript.id,
        number=said.number,
        voice=said.voice,
        seconds=said.seconds,
        text=said.text,
        tokens=tokens.of_line(said.text),
    )


def of_report(session: orm.Session, report_id: int) -> list[Shown]:
    """The transcripts of a report's call, the oldest first."""
    rows = session.execute(
        sa.select(Transcript, Recording)
        .join(Call, Call.call_sid == Transcript.call_sid)
        .join(Report, Report.call_id == Call.id)
        .join(Recording, Recording.id == Transcript.recording_id, isouter=True)
        .where(Report.id == report_id)
        .order_by(Transcript.id)
    ).all()
    lines = _lines(session, [transcript.id for transcript, _ in rows])
    return [Shown(one, recording, lines.get(one.id, [])) for one, recording in rows]


def _lines(session: orm.Session, transcripts: list[int]) -> dict[int, list[TranscriptLine]]:
    found: dict[int, list[TranscriptLine]] = {}
    for line in session.scalars(
        sa.select(TranscriptLine)
        .where(TranscriptLine.transcript_id.in_(transcripts))
        .order_by(TranscriptLine.transcript_id, TranscriptLine.number, TranscriptLine.voice)
    ):
        found.setdefault(line.transcript_id, []).append(line)
    return found


def search(session: orm.Session, words: str, account_id: int) -> list[Found]:
    """The reports, of those this account may see, in which `words` were said, by their sound and in one
    utterance, the newest first; of those that share its syllables at most `MOST_FOUND` lines are looked
    at."""
    if not (wanted := tokens.of_query(words)):
        return []
    rows = session.execute(
        sa.select(TranscriptLine, Report)
        .join(Transcript, Transcript.id == TranscriptLine.transcript_id)
        .join(Call, Call.call_sid == Transcript.call_sid)
        .join(Report, Report.call_id == Call.id)
        .where(TranscriptLine.tokens.contains(wanted), reports_visible(account_id))
        .order_by(Report.id.desc(), TranscriptLine.transcript_id, TranscriptLine.number)
        .limit(MOST_FOUND)
    )
    found: dict[int, Found] = {}
    for line, report in rows:
        if tokens.says(line.text, words):
            found.setdefault(report.id, Found(report, [])).lines.append(line)
    return list(found.values())
