"""What an audio is, by its own bytes and in pieces of any size."""

import io
import struct
import wave

import pytest

from ivr.sound import MP3, WAV, NotAudio, Sniffer, Sound, wav_samples


def wav(seconds: float = 1, channels: int = 1, rate: int = 8000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(range(1, 1 + 2 * channels)) * int(rate * seconds))
    return out.getvalue()


def chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    padded = content + b"\0" * (len(content) % 2)
    return name + struct.pack("<I", len(content) if size is None else size) + padded


def riff(*chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + b"".join(chunks)


def form(
    kind: int = 1, channels: int = 1, rate: int = 8000, frame: int = 2, more: bytes = b""
) -> bytes:
    packed = struct.pack("<HHIIHH", kind, channels, rate, rate * frame, frame, 8 * frame)
    return chunk(b"fmt ", packed + more)


DATA = b"\1\2" * 8000

# Silence of MPEG 2 Layer III, 16 kHz, 32 kbit/s, one channel: 144 bytes a frame, 36 ms each.
FRAME = b"\xff\xf3\x48\xc0" + bytes(140)
# The same of MPEG 1, 44.1 kHz, 128 kbit/s, two channels: 417 bytes, and one more where padded.
FRAME_1 = b"\xff\xfb\x90\x00" + bytes(413)
PADDED_1 = b"\xff\xfb\x92\x00" + bytes(414)
ID3 = b"ID3\3\0\0\0\0\1\1" + bytes(129)


def sniffed(audio: bytes, size: int = 1000) -> Sound:
    sniffer = Sniffer()
    for at in range(0, len(audio), size):
        sniffer.feed(audio[at : at + size])
    return sniffer.end()


@pytest.mark.parametrize(
    ("audio", "channels", "seconds"),
    [
        (wav(2), 1, 2),
        (wav(2, channels=2), 2, 2),
        (wav(1, rate=16_000), 1, 1),
        (riff(form(), chunk(b"data", DATA)), 1, 1),
        (
            riff(chunk(b"LIST", b"odd"), form(), chunk(b"fact", bytes(4)), chunk(b"data", DATA)),
            1,
            1,
        ),
        (riff(form(more=b"\0\0"), chunk(b"data", DATA), chunk(b"LIST", bytes(999))), 1, 1),
        # Written as a stream, its size is not known when its head is written.
        (riff(form(), chunk(b"data", DATA, size=0xFFFFFFFF)), 1, 1),
        (riff(form(), chunk(b"data", DATA, size=0x7FFFFFFF)), 1, 1),
        (riff(form(), chunk(b"data", DATA, size=0)), 1, 1),
        # A-law and mu-law, as telephones speak them: one byte a sample.
        (riff(form(kind=6, frame=1), chunk(b"data", DATA)), 1, 2),
        (riff(form(kind=7, channels=2, frame=2), chunk(b"data", DATA)), 2, 1),
        (riff(form(kind=0xFFFE, more=bytes(24)), chunk(b"data", DATA)), 1, 1),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000, 10**6])
def test_wav(audio, channels, seconds, size):
    sound = sniffed(audio, size)
    assert (sound.media_type, sound.channels) == (WAV, channels)
    assert sound.seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("audio", "channels", "rate", "seconds"),
    [
        (FRAME * 100, 1, 16_000, 3.6),
        (ID3 + FRAME * 100, 1, 16_000, 3.6),
        (FRAME * 100 + b"TAG" + bytes(125), 1, 16_000, 3.6),
        ((FRAME_1 + PADDED_1) * 50, 2, 44_100, 100 * 1152 / 44_100),
    ],
)
@pytest.mark.parametrize("size", [1, 100, 10**6])
def test_mp3(audio, channels, rate, seconds, size):
    sound = sniffed(audio, size)
    assert (sound.media_type, sound.channels, sound.rate) == (MP3, channels, rate)
    assert sound.seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    "audio",
    [
        b"",
        b"RIFF",
        b"<html><body>not found</body></html>",
        b"\0" * 4000,
        b"OggS" + bytes(400),
        wav()[:-100],
        wav()[:40],
        riff(form()),
        riff(chunk(b"data", DATA), form()),
        riff(chunk(b"fmt ", b"\1\0"), chunk(b"data", DATA)),
        riff(form(kind=0x31), chunk(b"data", DATA)),
        riff(form(channels=0), chunk(b"data", DATA)),
        riff(form(rate=0), chunk(b"data", DATA)),
        riff(form(frame=0), chunk(b"data", DATA)),
        FRAME,
        FRAME * 10 + FRAME[:50],
        FRAME * 10 + b"<html>" + bytes(500),
        ID3 + b"nothing at all",
        b"\xff\xf3\xf8\xc0" + bytes(140),
    ],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_what_is_neither_or_is_cut_short(audio, size):
    with pytest.raises(NotAudio):
        sniffed(audio, size)


def test_a_lying_chunk_is_never_waited_for_in_memory():
    sniffer = Sniffer()
    sniffer.feed(riff(b"fmt " + struct.pack("<I", 0xFFFFFFF0) + form()[8:]))
    for _ in range(100):
        sniffer.feed(bytes(10_000))
        assert len(sniffer._held) < 100
    with pytest.raises(NotAudio):
        sniffer.end()


@pytest.mark.parametrize("size", [1, 3, 50, 10**6])
def test_the_samples_alone_in_whole_frames(size):
    audio = riff(chunk(b"LIST", b"odd"), form(channels=2, frame=4), chunk(b"data", b"abcd" * 50))
    pieces = [audio[at : at + size] for at in range(0, len(audio), size)]
    got = list(wav_samples(pieces))
    assert b"".join(data for _, data in got) == b"abcd" * 50
    assert all(len(data) % 4 == 0 for _, data in got)
    assert {found.channels for found, _ in got} == {2}
