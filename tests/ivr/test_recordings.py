"""A recording's way home: checked, sealed, stored, read back, and only then deleted at the network."""

import datetime as dt
import hashlib
import io
import struct
import wave
from pathlib import Path

import pytest
import sqlalchemy as sa

from hotline import clock, crypto, db, live, queues, storage
from hotline.carrier import CarrierError, NotThere
from hotline.troubles import Trouble
from ivr import recordings
from tests.ivr.people import the
from triage.intake import service as intake
from triage.intake.models import Recording
from triage.intake.states import RecordingEvent, RecordingStatus


def sound(seconds: float, channels: int = 1) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(range(1, 1 + 2 * channels)) * int(8000 * seconds))
    return out.getvalue()


def most_memory(*, anew: bool = False) -> int:
    """The most bytes this process has had at once, libraries included (Linux), perhaps from now on."""
    if anew:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


AUDIO = sound(12)


class Network:
    """Has one audio, or says what is wrong with it."""

    def __init__(self) -> None:
        self.audio, self.asked = AUDIO, 0
        self.deleted: list[str] = []
        self.fault: Exception | None = None
        self.delete_fault: CarrierError | None = None
        self.meanwhile = lambda: None

    def recording(self, sid: str, most: int):
        self.asked += 1
        self.meanwhile()
        if self.fault:
            raise self.fault
        for start in range(0, len(self.audio), 10_000):
            yield self.audio[start : start + 10_000]

    def delete_recording(self, sid: str) -> None:
        if self.delete_fault:
            raise self.delete_fault
        self.deleted.append(sid)


@pytest.fixture
def network(database, monkeypatch):
    """The network; how the real client fails is `tests/ground/test_carrier`'s."""
    one = Network()
    monkeypatch.setattr(recordings, "carrier", lambda: one)
    monkeypatch.setattr(queues, "_enqueue", print)
    monkeypatch.setattr(live, "_publish", print)
    yield one
    queues.flush()


def announce(sid: str = "RE1") -> int:
    with db.transaction() as session:
        intake.attach_recording(session, sid, "CA1", RecordingEvent.announce, "RecordVerb")
        return session.scalars(sa.select(Recording.id).where(Recording.recording_sid == sid)).one()


def at(number: int) -> Recording:
    with db.transaction() as session:
        return session.get_one(Recording, number)


def until_due(number: int) -> dt.timedelta:
    due = at(number).next_fetch_at
    assert due
    return due - clock.now()


def test_home_sealed_read_back_and_deleted_at_the_network(network, tmp_path):
    number = announce()
    recordings.fetch(number)
    one = at(number)
    assert (one.status, one.seconds, one.size) == (RecordingStatus.stored, 12, len(AUDIO))
    assert one.sha256 == hashlib.sha256(AUDIO).hexdigest()
    assert one.storage_name
    with storage.get(one.storage_name) as sealed:
        assert b"".join(crypto.open_stream(sealed)) == AUDIO
    on_disk = next(path for path in (tmp_path / "recordings").rglob("RE1")).read_bytes()
    assert AUDIO[1000:1016] not in on_disk
    assert b"WAVE" not in on_disk
    assert network.deleted == ["RE1"]
    assert one.removed_at_network_at is not None
    recordings.fetch(number)
    assert network.asked == 1


def test_both_sides_of_a_conversation_are_kept(network):
    network.audio = sound(3, channels=2)
    number = announce()
    recordings.fetch(number)
    one = at(number)
    assert (one.media_type, one.channels, one.seconds) == ("audio/wav", 2, 3)
    assert one.storage_name
    with storage.get(one.storage_name) as sealed:
        assert b"".join(crypto.open_stream(sealed)) == network.audio


def test_what_it_is_is_seen_not_believed(network):
    # Asked for a WAV, the network gives an MP3: 36 ms a frame.
    network.audio = (b"\xff\xf3\x48\xc0" + bytes(140)) * 100
    number = announce()
    recordings.fetch(number)
    one = at(number)
    assert (one.status, one.media_type, one.channels) == (RecordingStatus.stored, "audio/mpeg", 1)
    assert one.seconds == 4


def test_an_hour_needs_no_more_memory_than_a_minute(network, monkeypatch):
    # Both sides of a conversation of one hour: 115 MB, made as they are read.
    seconds, second = 3600, bytes(32_000)
    size = seconds * len(second)
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", size + 36, b"WAVE"),
        *(b"fmt ", 16, 1, 2, 8000, 32_000, 4, 16),
        *(b"data", size),
    )

    def hour(sid: str, most: int):
        yield head
        for _ in range(seconds):
            yield second

    monkeypatch.setattr(network, "recording", hour)
    number = announce()
    before = most_memory(anew=True)
    recordings.fetch(number)
    one = at(number)
    assert (one.status, one.seconds, one.size) == (RecordingStatus.stored, 3600, size + 44)
    assert most_memory() - before < 40_000_000


def test_a_number_that_is_no_recording(network):
    recordings.fetch(4711)
    assert network.asked == 0


@pytest.mark.parametrize("fault", [NotThere(), CarrierError("503", Trouble.unanswered)])
def test_not_there_yet_is_tried_again(network, fault):
    number = announce()
    network.fault = fault
    recordings.fetch(number)
    one = at(number)
    assert (one.status, one.attempts, network.deleted) == (RecordingStatus.announced, 1, [])
    assert until_due(number) > dt.timedelta(0)
    recordings.fetch(number)
    assert network.asked == 1
    network.fault = None
    clock.shift(recordings.WAITS[0] + recordings.NUDGE_GRACE)
    assert recordings.sweep() == 1
    assert at(number).status is RecordingStatus.stored


@pytest.mark.parametrize("audio", [b"", b"<html>not found</html>", b"RIFF", AUDIO[:30], b"\0" * 99])
def test_what_is_no_sound_is_kept_at_the_network_and_tried_again(network, audio):
    number = announce()
    network.audio = audio
    recordings.fetch(number)
    assert at(number).status is RecordingStatus.announced
    assert network.deleted == []


def test_after_many_tries_it_is_an_alarm_and_goes_on_slowly_for_ever(network):
    number = announce()
    network.fault = NotThere()
    for _ in range(recordings.TRIES_BEFORE_ALARM):
        assert at(number).status is RecordingStatus.announced
        recordings.fetch(number)
        clock.shift(until_due(number))
    assert at(number).status is RecordingStatus.failed
    for _ in range(3):
        recordings.fetch(number)
        one = at(number)
        assert one.status is RecordingStatus.failed
        waits = until_due(number)
        assert recordings.SLOWLY - dt.timedelta(seconds=5) < waits <= recordings.SLOWLY
        clock.shift(waits)
    # Also while it is being tried: an alarm that comes and goes is none.
    network.fault, seen = None, []
    network.meanwhile = lambda: seen.append(at(number).status)
    recordings.fetch(number)
    assert seen == [RecordingStatus.failed]
    assert at(number).status is RecordingStatus.stored


def test_what_the_storage_changed_is_not_deleted_at_the_network(network, monkeypatch):
    number, real = announce(), storage.put

    def spoils(name: str, content) -> None:
        whole = bytearray(content.read())
        whole[-5] ^= 1
        real(name, io.BytesIO(bytes(whole)))

    monkeypatch.setattr(storage, "put", spoils)
    recordings.fetch(number)
    assert at(number).status is RecordingStatus.announced
    assert network.deleted == []


def test_another_recording_read_back_is_not_taken_for_it(network, monkeypatch):
    number, real = announce(), storage.put

    def exchanges(name: str, content) -> None:
        other = io.BytesIO()
        crypto.seal_stream([sound(1)], other)
        real(name, io.BytesIO(other.getvalue()))

    monkeypatch.setattr(storage, "put", exchanges)
    recordings.fetch(number)
    assert at(number).error == "2026/11/RE1 was stored but does not read back the same".replace(
        "2026/11", f"{at(number).announced_at:%Y/%m}"
    )
    assert network.deleted == []


def test_a_process_that_dies_is_taken_over(network):
    number = announce()
    network.fault = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        recordings.fetch(number)
    assert at(number).status is RecordingStatus.fetching
    network.fault = None
    recordings.fetch(number)
    assert network.asked == 1
    clock.shift(recordings.LEASE + recordings.NUDGE_GRACE)
    recordings.sweep()
    assert at(number).status is RecordingStatus.stored


@pytest.mark.parametrize("fault", [None, NotThere()])
def test_one_that_was_overtaken_changes_nothing(network, fault):
    number = announce()

    def another_is_faster() -> None:
        network.meanwhile = lambda: None
        clock.shift(recordings.LEASE)
        recordings.fetch(number)
        network.fault = fault

    network.meanwhile = another_is_faster
    recordings.fetch(number)
    one = at(number)
    assert (one.status, one.next_fetch_at) == (RecordingStatus.stored, None)
    assert network.deleted == ["RE1"]


def test_what_could_not_be_deleted_is_deleted_later(network):
    number = announce()
    network.delete_fault = CarrierError("503", Trouble.unanswered)
    recordings.fetch(number)
    assert (at(number).status, at(number).removed_at_network_at) == (RecordingStatus.stored, None)
    network.delete_fault = None
    assert recordings.sweep() == 0
    clock.shift(recordings.SLOWLY + dt.timedelta(seconds=1))
    assert recordings.sweep() == 1
    assert network.deleted == ["RE1"]
    assert recordings.sweep() == 0


def test_one_that_fails_in_an_unheard_of_way_holds_up_no_other(network):
    announce("RE1")
    second = announce("RE2")
    network.fault = ZeroDivisionError()

    def only_once() -> None:
        if network.asked == 2:
            network.fault = None

    network.meanwhile = only_once
    clock.shift(recordings.NUDGE_GRACE)
    recordings.sweep()
    assert at(second).status is RecordingStatus.stored


def test_the_sweeper_leaves_workers_their_moment(network):
    announce()
    assert recordings.sweep() == 0
    clock.shift(recordings.NUDGE_GRACE)
    assert recordings.sweep() == 1
    assert the(Recording).status is RecordingStatus.stored
