"""What is said, found again although it is sealed: keyed tokens of its syllables.

A machine mistakes characters far more often than syllables (李小雨 for 黎晓宇), so it is the sound that is
looked for. The database sees keyed digests (`crypto.blind_index`) of single syllables and of pairs;
what is found is compared again in the clear, in memory. As with any such index, whoever reads the
database learns which lines share a sound, and nothing of which.
"""

import itertools
import re
from collections.abc import Iterable

from pypinyin import lazy_pinyin

from hotline import crypto

_WORD = re.compile(r"\w+")


def syllables(text: str) -> list[str]:
    """How it sounds: pinyin without tones for characters, whole words for Latin letters and digits."""
    return [sound for word in _WORD.findall(text.lower()) for sound in lazy_pinyin(word)]


def of_line(text: str) -> list[int]:
    """The tokens under which a line is found."""
    sounds = syllables(text)
    return _keyed({*sounds, *_pairs(sounds)})


def of_query(words: str) -> list[int]:
    """The tokens that a line must have all of, to be worth looking at."""
    sounds = syllables(words)
    return _keyed(set(_pairs(sounds)) or set(sounds))


def says(line: str, words: str) -> bool:
    """Whether what is looked for is said there, in one piece."""
    said, sought = syllables(line), syllables(words)
    spans = range(len(said) - len(sought) + 1)
    return bool(sought) and any(said[at : at + len(sought)] == sought for at in spans)


def _pairs(sounds: list[str]) -> list[str]:
    return [" ".join(pair) for pair in itertools.pairwise(sounds)]


def _keyed(sounds: Iterable[str]) -> list[int]:
    return sorted(crypto.blind_index("said", sound) for sound in sounds)
