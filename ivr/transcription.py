"""What is said, written down by a machine: the two ways, and which of them is on (`TRANSCRIPTION`).

The network's own way is `<Start><Transcription>`, which listens while the call goes on and tells each
utterance in a webhook: it knows Mandarin, Cantonese and English, and both sides of a conversation. (The
older `<Record transcribe="true">` knows English only, and recordings of 2 to 120 seconds; network
fact.) Our own way begins when a recording is stored: a row, and a nudge to the worker that has the model
(`ivr.listening`).
"""

import datetime as dt
import json
from collections.abc import Mapping

import sqlalchemy as sa
import structlog
from sqlalchemy import orm
from twilio.twiml.voice_response import Start, VoiceResponse

from hotline import clock, config, db, queues
from ivr.sound import WAV
from triage.intake.models import Recording
from triage.recordings import transcripts
from triage.recordings.models import Transcript
from triage.recordings.states import TranscriptEvent, Voice
from triage.recordings.transcripts import Said

ROUTE = "/ivr/transcription"
LISTEN = "ivr.listening.listen"
"""The job that writes a recording down. Named, not imported: only its worker loads the engine."""
VOICES = {"inbound_track": Voice.caller, "outbound_track": Voice.line}
ENDS = {
    "transcription-stopped": TranscriptEvent.finish,
    "transcription-error": TranscriptEvent.give_up,
}
LARGEST_NUMBER = 2**31 - 1
LONGEST_NUMBER = 11
"""Digits that are read of a number; more of them are beyond the largest already."""
NUDGE_AGAIN = dt.timedelta(minutes=10)
"""The pace at which the worker is reminded of what nobody has begun with."""
AT_ONCE = 50

log = structlog.get_logger()


def begin(answer: VoiceResponse, base_url: str, language: str, name: str) -> None:
    """Let the network listen from here on, to this language (its own name for it); `name` is one of
    several in a call. What callers tell must not be made harmless, so its profanity filter is off."""
    start = Start()
    start.transcription(
        name=name,
        status_callback_url=base_url.rstrip("/") + ROUTE,
        track="both_tracks",
        language_code=language,
        transcription_engine="google",
        partial_results=False,
        profanity_filter=False,
        enable_automatic_punctuation=True,
    )
    answer.append(start)


def came(session: orm.Session, call_sid: str, form: Mapping[str, str]) -> None:
    """The network tells what it has understood of a call, or that it has stopped. What cannot be read
    is left: a transcript is a help, never a reason to fail."""
    event, sid = form.get("TranscriptionEvent", ""), form.get("TranscriptionSid")
    if not sid:
        return
    if event == "transcription-content":
        if said := _said(form):
            transcripts.hear(session, call_sid, sid, said)
    elif event in ENDS:
        fault = form.get("TranscriptionErrorCode", "")
        transcripts.end(session, call_sid, sid, ENDS[event], fault)


def _said(form: Mapping[str, str]) -> Said | None:
    number = form.get("SequenceId", "")
    if form.get("Final", "true").lower() != "true" or not number.isdecimal():
        return None
    try:
        said = json.loads(form.get("TranscriptionData", ""))["transcript"].strip()
    except (ValueError, KeyError, TypeError, AttributeError):
        log.warning("transcription_unreadable")
        return None
    # JSON may hold half a character (\ud83d), which no text that is sealed can.
    text = said.encode(errors="replace").decode()
    voice = VOICES.get(form.get("Track", ""), Voice.caller)
    count = min(int(number[:LONGEST_NUMBER]), LARGEST_NUMBER)
    return Said(count, voice, text) if text else None


def wanted(session: orm.Session, recording: Recording) -> None:
    """A recording has been stored: ask our own engine for it, if that is the way chosen. It reads WAV,
    which is what the network is asked for."""
    if config.current().transcription != "local" or recording.media_type != WAV:
        return
    number = transcripts.want(session, recording)
    queues.enqueue(session, queues.SPEECH, LISTEN, number)


def sweep() -> int:
    """Remind the worker of what is due and nobody has begun with, or was begun by one that died; how
    many. The sweeper does not listen itself: it would be busy for minutes."""
    if config.current().transcription != "local":
        return 0
    now = clock.now()
    with db.transaction() as session:
        due = session.scalars(
            sa.select(Transcript)
            .where(Transcript.next_try_at <= now)
            .order_by(Transcript.next_try_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        for transcript in due:
            transcript.next_try_at = now + NUDGE_AGAIN
            queues.enqueue(session, queues.SPEECH, LISTEN, transcript.id)
    return len(due)
