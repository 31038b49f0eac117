"""A voice that says nothing, in the rhythm of speech: pure, the same for the same chance.

8 kHz, 16 bit, one channel: as the network delivers a statement.
"""

import functools
import io
import math
import wave
from array import array
from collections.abc import Iterator
from random import Random

RATE = 8000
LOUDEST = 9000
VOWELS = ((750, 1250), (320, 2300), (520, 950), (420, 1900), (350, 800))
"""The first two resonances of a mouth, in hertz: a, i, o, e, u."""
BREADTH = 180
"""Of a resonance, in hertz."""
VOICES = (115, 190, 245)
"""The pitch of a man, a woman and a child, in hertz."""
TONES = ((1.1, 1.1), (0.95, 1.2), (0.95, 0.9), (1.25, 0.85))
"""Pitch at the beginning and the end of a syllable, for the four tones of Mandarin."""


def wav(seconds: int, chance: Random) -> bytes:
    """A WAV file of exactly so many seconds: phrases of a few syllables, with a breath between them."""
    pitch, samples = chance.choice(VOICES), array("h")
    while len(samples) < seconds * RATE:
        for _ in range(chance.randrange(4, 11)):
            samples.extend(_syllable(pitch, chance))
        samples.extend(_pause(chance.uniform(0.25, 0.7)))
    return _file(samples[: seconds * RATE])


def _pause(seconds: float) -> "array[int]":
    return array("h", bytes(2 * round(seconds * RATE)))


def _syllable(pitch: int, chance: Random) -> Iterator[int]:
    vowel, (first, last) = chance.randrange(len(VOWELS)), chance.choice(TONES)
    length = round(chance.uniform(0.12, 0.24) * RATE)
    loud, at = LOUDEST * chance.uniform(0.5, 1), 0
    while at < length:
        gone = at / length
        period = _period(vowel, round(RATE / (pitch * (first + (last - first) * gone))))
        swell = loud * math.sin(math.pi * gone) ** 0.6
        yield from (int(swell * sample) for sample in period)
        at += len(period)


@functools.cache
def _period(vowel: int, length: int) -> tuple[float, ...]:
    """One opening of the vocal cords: every harmonic as strongly as this mouth lets it through."""
    strengths = [_passed(vowel, RATE * step / length) / step for step in range(1, length // 2)]
    wave_ = [
        sum(
            strength * math.sin(2 * math.pi * step * at / length)
            for step, strength in enumerate(strengths, start=1)
        )
        for at in range(length)
    ]
    peak = max(map(abs, wave_))
    return tuple(sample / peak for sample in wave_)


def _passed(vowel: int, hertz: float) -> float:
    return sum(1 / (1 + ((hertz - middle) / BREADTH) ** 2) for middle in VOWELS[vowel])


def _file(samples: "array[int]") -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()
