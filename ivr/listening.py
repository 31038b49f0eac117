"""Our own engine: a stored recording is opened as a stream, listened to, and what was understood is
written down. Done by a worker that has the model; neither the audio nor a copy of it touches the disk.
"""

import datetime as dt
import functools
import importlib.util
from array import array
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
import structlog
from sqlalchemy import orm

from hotline import clock, config, crypto, db, live, queues, storage
from ivr.sound import PCM, NotAudio, WavFormat, wav_samples
from triage.intake.models import Recording
from triage.recordings import transcripts
from triage.recordings.models import Transcript
from triage.recordings.states import (
    TRANSCRIPT_MOVES,
    TranscriptEvent,
    TranscriptStatus,
    Voice,
)
from triage.recordings.transcripts import Said

if importlib.util.find_spec("sherpa_onnx"):
    import sherpa_onnx

WAITS = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
"""Between the tries; a recording that cannot be written down after them stays without a transcript."""
LEASE = dt.timedelta(seconds=queues.SPEECH_SECONDS)
CHUNK_SECONDS = 0.5
VOICES = (Voice.caller, Voice.line)
"""By channel: a conversation is recorded with the caller's side first (network fact)."""

log = structlog.get_logger()


class NoEngine(Exception):
    """The engine or its model is not installed here."""


class Utterance(NamedTuple):
    """What was said, perhaps nothing, and at which second of the audio it begins."""

    seconds: float
    text: str


class Ear(Protocol):
    """Listens to one channel. Samples lie between -1 and 1."""

    def hear(self, rate: int, samples: "array[float]") -> Utterance | None:
        """Take in what follows (`rate` samples a second); an utterance, if one has just ended."""

    def rest(self) -> Utterance | None:
        """What was being said when the audio ended."""


def listen(transcript_id: int) -> None:
    """Write one recording down, if that is still to be done. Called by a worker."""
    with db.transaction() as session:
        name = _claim(session, transcript_id)
    if name is None:
        return
    try:
        said = list(_understood(name))
    except (NoEngine, storage.StorageError, crypto.Unreadable, NotAudio) as fault:
        with db.transaction() as session:
            _try_again(session, transcript_id, str(fault))
        return
    with db.transaction() as session:
        if transcript := _working(session, transcript_id):
            transcripts.write(session, transcript, said)


def _claim(session: orm.Session, transcript_id: int) -> str | None:
    now = clock.now()
    free = sa.or_(
        Transcript.status == TranscriptStatus.pending,
        sa.and_(Transcript.status == TranscriptStatus.working, Transcript.lease_until <= now),
    )
    row = session.execute(
        sa.select(Transcript, Recording.storage_name)
        .join(Recording, Recording.id == Transcript.recording_id)
        .where(Transcript.id == transcript_id, free)
        .with_for_update(skip_locked=True, of=Transcript)
    ).one_or_none()
    if row is None:
        return None
    transcript, name = row
    transcript.status = TRANSCRIPT_MOVES.after(transcript.status, TranscriptEvent.begin)
    transcript.attempts += 1
    transcript.lease_until = transcript.next_try_at = now + LEASE
    live.announce(session, "recording")
    return str(name)


def _working(session: orm.Session, transcript_id: int) -> Transcript | None:
    """The transcript, locked; None if it is finished, or deleted together with its recording."""
    return session.scalar(
        sa.select(Transcript)
        .where(Transcript.id == transcript_id, Transcript.status == TranscriptStatus.working)
        .with_for_update()
    )


def _try_again(session: orm.Session, transcript_id: int, error: str) -> None:
    if (transcript := _working(session, transcript_id)) is None:
        return
    hopeless = transcript.attempts > len(WAITS)
    event = TranscriptEvent.give_up if hopeless else TranscriptEvent.retry
    transcript.status = TRANSCRIPT_MOVES.after(transcript.status, event)
    wait = None if hopeless else WAITS[transcript.attempts - 1]
    transcript.next_try_at = clock.now() + wait if wait else None
    transcript.lease_until = None
    transcript.error = error
    live.announce(session, "recording")
    log.warning("not_transcribed", transcript=transcript_id, tries=transcript.attempts, error=error)


def _understood(name: str) -> Iterator[Said]:
    utterances = ((voice, one) for voice, one in _utterances(name) if one and one.text)
    for number, (voice, one) in enumerate(utterances):
        yield Said(number, voice, one.text, int(one.seconds))


def _utterances(name: str) -> Iterator[tuple[Voice, Utterance | None]]:
    ears: list[Ear] = []
    with closing(storage.get(name)) as sealed:
        for form, channels in _chunks(wav_samples(crypto.open_stream(sealed))):
            ears = ears or [ear() for _ in channels]
            for voice, one, samples in zip(VOICES, ears, channels, strict=False):
                yield voice, one.hear(form.rate, samples)
    for voice, one in zip(VOICES, ears, strict=False):
        yield voice, one.rest()


def _chunks(
    samples: Iterable[tuple[WavFormat, bytes]],
) -> Iterator[tuple[WavFormat, list["array[float]"]]]:
    """The audio in short pieces, each channel by itself."""
    for form, data in samples:
        if form.kind != PCM or form.frame != 2 * form.channels or form.channels > len(VOICES):
            raise NotAudio("not 16-bit PCM of one or two channels")
        size = int(form.rate * CHUNK_SECONDS) * form.frame
        for at in range(0, len(data), size):
            yield form, _channels(data[at : at + size], form.channels)


def _channels(data: bytes, count: int) -> list["array[float]"]:
    samples = array("h", data)
    return [
        array("f", (sample / 32768 for sample in samples[channel::count]))
        for channel in range(count)
    ]


def ear() -> Ear:
    """A new ear of the configured engine.

    Raises:
        NoEngine: it, or its model, is not here.
    """
    model = config.current().transcription_model
    if model is None or not importlib.util.find_spec("sherpa_onnx"):
        raise NoEngine("sherpa-onnx (hotline[speech]) or TRANSCRIPTION_MODEL is missing")
    return _Sherpa(_recogniser(model))


@functools.cache
def _recogniser(model: Path) -> Any:
    """The model, loaded once for this worker: a transducer if it has a joiner, else a paraformer."""
    found = {part: sorted(model.glob(f"{part}*.onnx")) for part in ("encoder", "decoder", "joiner")}
    parts = {part: str(paths[0]) for part, paths in found.items() if paths}
    make = (
        sherpa_onnx.OnlineRecognizer.from_transducer
        if "joiner" in parts
        else sherpa_onnx.OnlineRecognizer.from_paraformer
    )
    try:
        return make(tokens=str(model / "tokens.txt"), **parts, enable_endpoint_detection=True)
    except (TypeError, AssertionError, ValueError, RuntimeError) as fault:
        raise NoEngine(f"no streaming model in {model}") from fault


class _Sherpa:
    """One stream of the recogniser. An utterance ends where it hears enough silence, or after 20 s."""

    def __init__(self, recogniser: Any) -> None:
        self.recogniser = recogniser
        self.stream = recogniser.create_stream()

    def hear(self, rate: int, samples: "array[float]") -> Utterance | None:
        self.stream.accept_waveform(rate, samples)
        self._decode()
        if not self.recogniser.is_endpoint(self.stream):
            return None
        ended = self._heard()
        self.recogniser.reset(self.stream)
        return ended

    def rest(self) -> Utterance | None:
        self.stream.input_finished()
        self._decode()
        return self._heard()

    def _heard(self) -> Utterance:
        text = str(self.recogniser.get_result(self.stream))
        first = next(iter(self.recogniser.timestamps(self.stream)), 0.0)
        return Utterance(self.recogniser.start_time(self.stream) + first, text)

    def _decode(self) -> None:
        while self.recogniser.is_ready(self.stream):
            self.recogniser.decode_stream(self.stream)
