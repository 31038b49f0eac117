"""A recording's way home: fetched from the network, checked, sealed, stored, and only then deleted there.

Each half is a short transaction with the work between them; if the process dies, the lease runs out and
the sweeper starts again. The audio at the network is kept until ours is stored and read back.
"""

import datetime as dt
import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from sqlalchemy import orm

from hotline import audit, clock, crypto, db, live, queues, storage
from hotline.carrier import CarrierError, carrier
from ivr import transcription
from ivr.sound import NotAudio, Sniffer, Sound
from triage.intake.models import Recording
from triage.intake.states import RECORDING_MOVES, RecordingEvent, RecordingStatus

MOST_BYTES = 256 * 1024 * 1024
"""Two hours of both sides of a conversation, as the network delivers it (8 kHz, 16 bit)."""
IN_MEMORY = 1024 * 1024
LEASE = dt.timedelta(minutes=3)
NUDGE_GRACE = dt.timedelta(seconds=2)
"""How long a worker has, before the sweeper fetches a recording itself."""
WAITS = tuple(dt.timedelta(seconds=s) for s in (1, 2, 4, 8, 15, 30, 60, 120, 300))
AT_ONCE = 20
TRIES_BEFORE_ALARM = len(WAITS)
SLOWLY = dt.timedelta(minutes=15)
"""A failed one is tried again at this pace for ever: the audio is still at the network."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of an audio once it lies in the storage."""

    name: str
    sha256: str
    size: int
    sound: Sound


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
        stored = Stored(name, audio.digest.hexdigest(), audio.size, audio.sniffer.end())
        sealed.seek(0)
        storage.put(name, sealed)
    _verify(name, stored.sha256)
    return stored


class _Passing:
    """Audio on its way through: counted, digested, and looked at to see what it is. Nothing of it is
    kept, so that an hour needs no more memory than a minute."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.digest = hashlib.sha256()
        self.size = 0
        self.sniffer = Sniffer()

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.digest.update(piece)
            self.size += len(piece)
            self.sniffer.feed(piece)
            yield piece


def _verify(name: str, sha256: str) -> None:
    digest = hashlib.sha256()
    with storage.get(name) as sealed:
        for piece in crypto.open_stream(sealed):
            digest.update(piece)
    if digest.hexdigest() != sha256:
        raise storage.StorageError(f"{name} was stored but does not read back the same")


def _settle(session: orm.Session, recording: Recording, stored: Stored) -> None:
    stored_late = recording.status is RecordingStatus.failed
    recording.status = RECORDING_MOVES.after(recording.status, RecordingEvent.store)
    recording.storage_name, recording.sha256 = stored.name, stored.sha256
    recording.size, recording.seconds = stored.size, round(stored.sound.seconds)
    recording.media_type, recording.channels = stored.sound.media_type, stored.sound.channels
    recording.stored_at = clock.now()
    recording.next_fetch_at = recording.lease_until = None
    recording.error = ""
    transcription.wanted(session, recording)
    audit.record(session, audit.SYSTEM, "store", "recording", recording.id, sha256=stored.sha256)
    live.announce(session, "recording")
    if stored_late:
        live.announce(session, "alarm")
    log.info("recording_stored", recording=recording.id, seconds=recording.seconds)


def _try_again(session: orm.Session, recording: Recording, error: str) -> None:
    hopeless = recording.attempts >= TRIES_BEFORE_ALARM
    event = RecordingEvent.give_up if hopeless else RecordingEvent.retry
    recording.status = RECORDING_MOVES.after(recording.status, event)
    wait = SLOWLY if hopeless else WAITS[recording.attempts - 1]
    recording.next_fetch_at, recording.lease_until = clock.now() + wait, None
    recording.error = error
    live.announce(session, "recording")
    if hopeless:
        live.announce(session, "alarm")
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
