"""Sound as the network carries it: 8 kHz, 16 bit, one or two channels, in WAV files."""

import io
import math
import sys
import wave
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

RATE = 8000
_WIDTH = 2
_WINDOW = RATE // 50
_QUIET = 150  # peak of a 20 ms window under which a telephone hears silence (about -47 dBFS)


class NotSound(ValueError):
    """The bytes are not a PCM WAV file."""


@dataclass(frozen=True)
class Sound:
    """One channel of 16-bit little-endian samples at 8 kHz."""

    pcm: bytes = b""

    @property
    def seconds(self) -> float:
        return len(self.pcm) / (RATE * _WIDTH)

    def __add__(self, other: "Sound") -> "Sound":
        return Sound(self.pcm + other.pcm)

    def first(self, seconds: float) -> "Sound":
        """The beginning, no longer than `seconds`."""
        return Sound(self.pcm[: round(seconds * RATE) * _WIDTH])


Piece = tuple[bool, Sound]
"""What was spoken at one moment: whether on the first channel, and what."""


def silence(seconds: float) -> Sound:
    """Nothing, for so long."""
    return Sound(bytes(round(seconds * RATE) * _WIDTH))


@lru_cache(maxsize=32)
def tone(seconds: float, hertz: float = 440.0) -> Sound:
    """A steady tone: speech enough for a network, cheap enough for a thousand calls."""
    step = 2 * math.pi * hertz / RATE
    return _pack([round(9000 * math.sin(step * i)) for i in range(round(seconds * RATE))])


def on_channels(pieces: Sequence[Piece], *, dual: bool) -> tuple[Sound, ...]:
    """A conversation as it is recorded: one side on each channel, or both on one."""
    if not dual:
        return (Sound(b"".join(said.pcm for _, said in pieces)),)
    return tuple(
        Sound(
            b"".join(said.pcm if here == first else bytes(len(said.pcm)) for here, said in pieces)
        )
        for first in (True, False)
    )


def mixed(tracks: Sequence[Sound]) -> Sound:
    """All channels on one. Nobody here speaks at the same time as another, so they simply join."""
    whole = 0
    for track in tracks:
        whole |= int.from_bytes(track.pcm, "little")
    return Sound(whole.to_bytes(max(len(track.pcm) for track in tracks), "little"))


def is_silent(sound: Sound) -> bool:
    """Whether a telephone network would call this silence."""
    return _loud_windows(sound) is None


def trimmed(sound: Sound) -> Sound:
    """Without the silence before and after, as `trim="trim-silence"` leaves it."""
    span = _loud_windows(sound)
    if span is None:
        return Sound()
    return Sound(sound.pcm[span[0] * _WINDOW * _WIDTH : (span[1] + 1) * _WINDOW * _WIDTH])


def _loud_windows(sound: Sound) -> tuple[int, int] | None:
    """The first and the last window that is no silence; only the silence outside is looked at."""
    samples = _unpack(sound.pcm)
    windows = range(-(-len(samples) // _WINDOW))
    first = _first_loud(samples, windows)
    last = _first_loud(samples, reversed(windows))
    return None if first is None or last is None else (first, last)


def _first_loud(samples: "array[int]", windows: Iterable[int]) -> int | None:
    loud = (n for n in windows if _peak(samples[n * _WINDOW : (n + 1) * _WINDOW]) > _QUIET)
    return next(loud, None)


def _peak(samples: "array[int]") -> int:
    return max(max(samples), -min(samples))  # noqa: PLW3301 - three times as fast as one call


def to_wav(channels: Sequence[Sound]) -> bytes:
    """A WAV file of one or two channels; the shorter is filled up with silence."""
    longest = max(channels, key=lambda sound: sound.seconds)
    padded = [sound.pcm.ljust(len(longest.pcm), b"\0") for sound in channels]
    frames = padded[0] if len(padded) == 1 else _interleaved(padded)
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(_WIDTH)
        file.setframerate(RATE)
        file.writeframes(frames)
    return target.getvalue()


def _interleaved(channels: Sequence[bytes]) -> bytes:
    mixed = bytearray(sum(map(len, channels)))
    for place, channel in enumerate(channels):
        for byte in range(_WIDTH):
            mixed[place * _WIDTH + byte :: len(channels) * _WIDTH] = channel[byte::_WIDTH]
    return bytes(mixed)


def from_wav(data: bytes) -> Sound:
    """Any PCM WAV, brought to one channel at 8 kHz. Raises NotSound."""
    try:
        with wave.open(io.BytesIO(data), "rb") as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise NotSound(f"not a PCM WAV file: {error}") from error
    samples = _mono(_sixteen_bit(frames, width), channels)
    return _pack(_resampled(samples, rate))


def _sixteen_bit(frames: bytes, width: int) -> Sequence[int]:
    if width == 1:
        return [(byte - 128) << 8 for byte in frames]
    if width == _WIDTH:
        return _unpack(frames)
    top = bytearray(len(frames) // width * _WIDTH)
    top[0::2], top[1::2] = frames[width - 2 :: width], frames[width - 1 :: width]
    return _unpack(bytes(top))


def _mono(samples: Sequence[int], channels: int) -> Sequence[int]:
    if channels == 1:
        return samples
    return [
        sum(frame) // channels
        for frame in zip(*(samples[c::channels] for c in range(channels)), strict=False)
    ]


def _resampled(samples: Sequence[int], rate: int) -> Sequence[int]:
    """Linear interpolation after a box filter: a telephone's quality, without a library."""
    if rate == RATE or not samples:
        return samples
    step, last = rate / RATE, len(samples) - 1
    box = max(1, int(step))
    averaged = (
        [sum(samples[i : i + box]) // box for i in range(len(samples))] if box > 1 else samples
    )
    resampled = []
    for n in range(int(len(samples) / step)):
        place = n * step
        left = int(place)
        share = place - left
        resampled.append(
            round(averaged[left] * (1 - share) + averaged[min(left + 1, last)] * share)
        )
    return resampled


def _pack(samples: Sequence[int]) -> Sound:
    packed = array("h", samples)
    if sys.byteorder == "big":
        packed.byteswap()
    return Sound(packed.tobytes())


def _unpack(pcm: bytes) -> "array[int]":
    samples = array("h")
    samples.frombytes(pcm[: len(pcm) // _WIDTH * _WIDTH])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples
