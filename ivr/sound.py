"""What an audio is by its own bytes, found while it passes and never held: WAV and MP3, the two that
telephone networks deliver. What its name, its header `Content-Type` or the network says is not trusted.

A parser says what it wants next, so many bytes to look at or so many to let pass; the sniffer gives it
that from pieces of any size. So an hour of audio needs the memory of one piece.
"""

import math
import struct
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass

WAV, MP3 = "audio/wav", "audio/mpeg"

PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
PLAYABLE = frozenset({PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE})
"""Kinds of WAV in which every sample has its place, and that a browser plays."""
UNKNOWN_SIZE = 0x7FFF0000
"""A WAV written as a stream says 0, or this and more, where the size of its data should stand."""

_FORMAT = struct.Struct("<HHIIHH")
_CHUNK = struct.Struct("<4sI")
_SYNC = 0xFFE0
# Kilobits a second by index, and samples a second, of MPEG 1, 2 and 2.5 Layer III (ISO/IEC 11172-3 and
# 13818-3). The zeros are "free" and "bad", which no network sends.
_BITRATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_RATES = {
    3: (44_100, 48_000, 32_000, 0),
    2: (22_050, 24_000, 16_000, 0),
    0: (11_025, 12_000, 8000, 0),
}
_MPEG_1, _LAYER_3, _ONE_CHANNEL = 3, 1, 3


class NotAudio(Exception):
    """Neither a WAV nor an MP3 file, or one that is cut short."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What an audio is. `rate` is in samples a second, of each channel."""

    media_type: str
    channels: int
    rate: int
    seconds: float


@dataclass(frozen=True, slots=True)
class WavFormat:
    """What a WAV says of its samples. `frame` is the bytes of one sample of every channel."""

    kind: int
    channels: int
    rate: int
    frame: int


@dataclass(frozen=True, slots=True)
class _Take:
    """The parser wants to see the next `size` bytes; it gets fewer only where the audio ends."""

    size: int


@dataclass(frozen=True, slots=True)
class _Pass:
    """The parser lets the next `size` bytes pass unseen, and is told how many there were."""

    size: float
    samples: bool = False


_Parser = Generator[_Take | _Pass, int | bytes, Sound]


class Sniffer:
    """Fed with an audio's pieces, knows at the end what it was. `samples` is called with whatever lies
    in a WAV's data, as it passes."""

    def __init__(self, samples: Callable[[bytes], None] | None = None) -> None:
        self.samples = samples
        self.format: WavFormat | None = None
        self.sound: Sound | None = None
        self._parser = self._either()
        self._wanted: _Take | _Pass | None = next(self._parser)
        self._held = b""
        self._passed = 0

    def feed(self, piece: bytes) -> None:
        """The next piece, of any size.

        Raises:
            NotAudio: it is none.
        """
        at = 0
        while self._wanted and at < len(piece):
            at += self._give(self._wanted, piece, at)

    def end(self) -> Sound:
        """What it was, now that nothing follows.

        Raises:
            NotAudio: it is none, or the end is missing.
        """
        while self._wanted:
            self._answer(self._held if isinstance(self._wanted, _Take) else self._passed)
        assert self.sound
        return self.sound

    def _give(self, wanted: _Take | _Pass, piece: bytes, at: int) -> int:
        if isinstance(wanted, _Take):
            part = piece[at : at + wanted.size - len(self._held)]
            self._held += part
            if len(self._held) == wanted.size:
                self._answer(self._held)
            return len(part)
        here = int(min(len(piece) - at, wanted.size - self._passed))
        if wanted.samples and self.samples:
            self.samples(piece[at : at + here])
        self._passed += here
        if self._passed == wanted.size:
            self._answer(self._passed)
        return here

    def _answer(self, what: bytes | int) -> None:
        self._held, self._passed = b"", 0
        try:
            self._wanted = self._parser.send(what)
        except StopIteration as known:
            self._wanted, self.sound = None, known.value

    def _either(self) -> _Parser:
        start = yield _Take(12)
        assert isinstance(start, bytes)
        if start[:4] == b"RIFF" and start[8:] == b"WAVE":
            return (yield from self._wav())
        if start[:3] == b"ID3" or _frame(start[:4]):
            return (yield from _mp3(start))
        raise NotAudio("neither WAV nor MP3")

    def _wav(self) -> _Parser:
        data = 0
        while len(head := (yield from _bytes(8))) == 8:
            name, size = _CHUNK.unpack(head)
            if name == b"fmt ":
                self.format = _wav_format((yield from _bytes(min(size, _FORMAT.size))))
                yield _Pass(size + size % 2 - _FORMAT.size)
            elif name == b"data":
                if self.format is None:
                    raise NotAudio("a WAV that does not say what its data is")
                data += yield from _wav_data(size)
            else:
                yield _Pass(size + size % 2)
        if self.format is None or not data:
            raise NotAudio("a WAV without data")
        form = self.format
        return Sound(WAV, form.channels, form.rate, data / (form.frame * form.rate))


def _bytes(size: int) -> Generator[_Take | _Pass, int | bytes, bytes]:
    got = yield _Take(size)
    assert isinstance(got, bytes)
    return got


def _wav_format(chunk: bytes) -> WavFormat:
    if len(chunk) < _FORMAT.size:
        raise NotAudio("a WAV that does not say what its data is")
    kind, channels, rate, _, frame, _ = _FORMAT.unpack(chunk)
    if kind not in PLAYABLE or not (channels and rate and frame):
        raise NotAudio(f"a WAV of kind {kind}, which no browser plays")
    return WavFormat(kind, channels, rate, frame)


def _wav_data(size: int) -> Generator[_Take | _Pass, int | bytes, int]:
    streamed = size == 0 or size >= UNKNOWN_SIZE
    passed = yield _Pass(math.inf if streamed else size, samples=True)
    assert isinstance(passed, int)
    if not streamed and passed < size:
        raise NotAudio("a WAV that is cut short")
    if size % 2 and not streamed:
        yield _Pass(1)
    return passed


@dataclass(frozen=True, slots=True)
class _Frame:
    size: int
    samples: int
    rate: int
    channels: int


def _frame(head: bytes) -> _Frame | None:
    """The MP3 frame that begins so; None if none does."""
    if len(head) < 4:
        return None
    bits = int.from_bytes(head[:4])
    version, layer = bits >> 19 & 3, bits >> 17 & 3
    if bits >> 16 & _SYNC != _SYNC or layer != _LAYER_3 or version not in _RATES:
        return None
    first = version == _MPEG_1
    kilobits = (_BITRATES_1 if first else _BITRATES_2)[bits >> 12 & 15]
    rate = _RATES[version][bits >> 10 & 3]
    if not (kilobits and rate):
        return None
    samples = 1152 if first else 576
    size = samples // 8 * kilobits * 1000 // rate + (bits >> 9 & 1)
    return _Frame(size, samples, rate, 1 if bits >> 6 & 3 == _ONE_CHANNEL else 2)


def _mp3(start: bytes) -> _Parser:
    if start[:3] == b"ID3":
        yield _Pass(_id3_size(start) - len(start))
        start = yield from _bytes(4)
    first = frame = _frame(start)
    frames = 0
    while frame:
        left = frame.size - len(start)
        if (yield _Pass(left)) != left:
            raise NotAudio("an MP3 that is cut short")
        frames += 1
        start = yield from _bytes(4)
        frame = _frame(start)
    # A tag may follow (ID3v1, APE); anything else is damage.
    if first is None or frames < 2 or (start and start[:3] not in {b"TAG", b"APE"}):
        raise NotAudio("an MP3 that breaks off or is damaged")
    yield _Pass(math.inf)
    return Sound(MP3, first.channels, first.rate, frames * first.samples / first.rate)


def _id3_size(head: bytes) -> int:
    """Bytes of the tag before an MP3's first frame, itself of ten and more: the size stands in four
    bytes of seven bits each (ID3v2, section 3.1)."""
    size = 10
    for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True):
        size += (byte & 127) << shift
    return max(size, len(head))


def wav_samples(pieces: Iterable[bytes]) -> Iterator[tuple[WavFormat, bytes]]:
    """A WAV's samples as they pass, whole frames only, each time with what they are.

    Raises:
        NotAudio: it is no WAV.
    """
    waiting: list[bytes] = []
    sniffer, rest = Sniffer(waiting.append), b""
    for piece in pieces:
        sniffer.feed(piece)
        if sniffer.format is None or not waiting:
            continue
        data = rest + b"".join(waiting)
        waiting.clear()
        whole = len(data) - len(data) % sniffer.format.frame
        yield sniffer.format, data[:whole]
        rest = data[whole:]
    sniffer.end()
