"""Typed text becomes sound."""

import subprocess
import sys
from functools import lru_cache

from hotline.simulator.sound import Sound, from_wav

_MAX_CHARACTERS = 2000
_SECONDS = 30
VOICES = {"en": "en", "yue": "yue"}


class Speechless(RuntimeError):
    """Text could not be spoken; the message says what is missing."""


@lru_cache(maxsize=256)
def spoken(text: str, language: str = "zh") -> Sound:
    """The text as a synthetic voice says it, in the language of a locale; Mandarin if it is not known.

    Raises Speechless.
    """
    voice = VOICES.get(language.partition("-")[0], "cmn")
    done = subprocess.run(
        [sys.executable, "-m", "hotline.simulator.espeak", voice],
        input=text[:_MAX_CHARACTERS].encode(),
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        raise Speechless(done.stderr.decode(errors="replace").strip().rpartition("\n")[2])
    return from_wav(done.stdout)
