"""A recording's way home: fetched from the network, checked, sealed, stored, and only then deleted there.

Each half is a short transaction with the work between them; if the process dies, the lease runs out and
the sweeper starts again. The audio at the network is kept until ours is stored and read back.
"""

import datetime as dt
import hashlib
import io
import tempfile
import wave
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from sqlalchemy import orm

from hotline import audit, clock, crypto, db, live, queues, storage
from hotline.carrier import CarrierError, carrier
from triage.intake.models import Recording
from triage.intake.states import RECORDING_MOVES, RecordingEvent, RecordingStatus

MOST_BYTES = 256 * 1024 * 1024
IN_MEMORY = 1024 * 1024
HEAD = 4096
"""Bytes from the start that are kept to see what an audio is."""
PLAIN_HEADER = 44
"""Bytes of a plain WAV header (RIFF, fmt, data)."""
LEASE = dt.timedelta(minutes=3)
NUDGE_GRACE = dt.timedelta(seconds=2)
"""How long a worker has, before the sweeper fetches a recording itself."""
WAITS = tuple(dt.timedelta(seconds=s) for s in (1, 2, 4, 8, 15, 30, 60, 120, 300))
AT_ONCE = 20
TRIES_BEFORE_ALARM = len(WAITS)
SLOWLY = dt.timedelta(minutes=15)
"""A failed one is tried again at this pace for ever: the audio is still at the network."""

log = structlog.get_logger()


class NotAudio(Exception):
    """What came is not a WAV file, whatever its name or header says."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of an audio once it lies in the storage."""

    name: str
    sha256: str
    size: int
    seconds: int


def fetch(recording_id: int) -> None:
    """Bring one recording home, if it is still to be brought. Called by a worker, or the sweeper."""
    with db.transaction() as session:
        recording = _claim(session, recording_id)
    if recording is None:
        return
    try:
        stored = _bring_home(recording)
    except (CarrierError, storage.StorageError, crypto.Unreadable, NotAudio) as fault:
        with db.transaction() as session:
            if ours := _still_ours(session, recording):
                _try_again(session, ours, str(fault))
        return
    with db.transaction() as session:
        if (ours := _still_ours(session, recording)) is None:
            return
        _settle(session, ours, stored)
    _remove_at_network(recording)


def sweep() -> int:
    """Fetch what is due and no worker has taken in time, and delete at the network what is stored but
    could not be deleted there before; how many."""
    late = clock.now() - NUDGE_GRACE
    with db.transaction() as session:
        due = session.scalars(
            sa.select(Recording.id)
            .where(Recording.next_fetch_at <= late)
            .order_by(Recording.next_fetch_at)
            .limit(AT_ONCE)
        ).all()
        left = session.scalars(
            sa.select(Recording)
            .where(
                Recording.removed_at_network_at.is_(None),
                Recording.stored_at < clock.now() - SLOWLY,
            )
            .limit(AT_ONCE)
        ).all()
    queues.try_each(due, fetch)
    for recording in left:
        _remove_at_network(recording)
    return len(due) + len(left)


def _claim(session: orm.Session, recording_id: int) -> Recording | None:
    now = clock.now()
    free = sa.or_(
        Recording.status.in_([RecordingStatus.announced, RecordingStatus.failed]),
        sa.and_(Recording.status == RecordingStatus.fetching, Recording.lease_until <= now),
    )
    recording = session.scalar(
        sa.select(Recording)
        .where(Recording.id == recording_id, Recording.next_fetch_at <= now, free)
        .with_for_update(skip_locked=True)
    )
    if recording is None:
        return None
    recording.status = RECORDING_MOVES.after(recording.status, RecordingEvent.fetch)
    recording.attempts += 1
    recording.lease_until = recording.next_fetch_at = now + LEASE
    return recording


def _still_ours(session: orm.Session, claimed: Recording) -> Recording | None:
    """The recording, locked, unless its lease ran out and somebody else has taken it over: then what
    becomes of it is theirs to say."""
    recording = session.get_one(Recording, claimed.id, with_for_update=True)
    return recording if recording.lease_until == claimed.lease_until else None


def _bring_home(recording: Recording) -> Stored:
    name = f"{recording.announced_at:%Y/%m}/{recording.recording_sid}"
    audio = _Passing(carrier().recording(recording.recording_sid, MOST_BYTES))
    # Only sealed pieces ever lie in a file: a child's voice is never on the disk in the clear.
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as sealed:
        crypto.seal_stream(audio, sealed)
        stored = Stored(name, audio.digest.hexdigest(), audio.size, audio.seconds())
        sealed.seek(0)
        storage.put(name, sealed)
    _verify(name, stored.sha256)
    return stored


class _Passing:
    """Audio on its way through: counted, digested, and its head kept to see what it is."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.digest = hashlib.sha256()
        self.size = 0
        self.head = b""

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.digest.update(piece)
            self.size += len(piece)
            self.head += piece[: max(0, HEAD - len(self.head))]
            yield piece

    def seconds(self) -> int:
        """Length by the audio itself; what its name and the network say is not trusted."""
        try:
            with wave.open(io.BytesIO(self.head)) as sound:
                frame = sound.getnchannels() * sound.getsampwidth()
                seconds: float = (self.size - PLAIN_HEADER) / (frame * sound.getframerate())
                return round(seconds)
        except (wave.Error, EOFError, ZeroDivisionError) as fault:
            raise NotAudio("not a WAV file") from fault


def _verify(name: str, sha256: str) -> None:
    digest = hashlib.sha256()
    with storage.get(name) as sealed:
        for piece in crypto.open_stream(sealed):
            digest.update(piece)
    if digest.hexdigest() != sha256:
        raise storage.StorageError(f"{name} was stored but does not read back the same")


def _settle(session: orm.Session, recording: Recording, stored: Stored) -> None:
    recording.status = RECORDING_MOVES.after(recording.status, RecordingEvent.store)
    recording.storage_name, recording.sha256 = stored.name, stored.sha256
    recording.size, recording.seconds = stored.size, stored.seconds
    recording.stored_at = clock.now()
    recording.next_fetch_at = recording.lease_until = None
    recording.error = ""
    audit.record(session, audit.SYSTEM, "store", "recording", recording.id, sha256=stored.sha256)
    live.announce(session, "recording")
    log.info("recording_stored", recording=recording.id, seconds=stored.seconds)


def _try_again(session: orm.Session, recording: Recording, error: str) -> None:
    hopeless = recording.attempts >= TRIES_BEFORE_ALARM
    event = RecordingEvent.give_up if hopeless else RecordingEvent.retry
    recording.status = RECORDING_MOVES.after(recording.status, event)
    wait = SLOWLY if hopeless else WAITS[recording.attempts - 1]
    recording.next_fetch_at, recording.lease_until = clock.now() + wait, None
    recording.error = error
    live.announce(session, "recording")
    report = log.error if hopeless else log.info
    report("recording_not_fetched", recording=recording.id, tries=recording.attempts, error=error)


def _remove_at_network(recording: Recording) -> None:
    try:
        carrier().delete_recording(recording.recording_sid)
    except CarrierError as fault:
        log.warning("recording_not_removed", recording=recording.id, error=fault.code)
        return
    with db.transaction() as session:
        session.execute(
            sa.update(Recording)
            .where(Recording.id == recording.id)
            .values(removed_at_network_at=clock.now())
        )
