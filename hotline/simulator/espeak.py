"""The speaking process: text on standard input, a WAV file on standard output.

Run as `python -m hotline.simulator.espeak cmn`. A process of its own, because the library is not
thread-safe and a crash in it should cost one sentence, not the network.
"""

import ctypes
import sys
import wave
from collections.abc import Callable
from typing import Any

import espeakng_loader

_SYNCHRONOUS = 2
_UTF8 = 1
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def main(voice: str) -> None:
    """Speak standard input with `voice` (`cmn`, `en`)."""
    pcm, rate = synthesise(sys.stdin.buffer.read(), voice)
    with wave.open(sys.stdout.buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)


def synthesise(text: bytes, voice: str) -> tuple[bytes, int]:
    """16-bit samples and their rate in hertz."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    data = str(espeakng_loader.get_data_path()).encode()
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data, 0)
    if rate <= 0 or library.espeak_SetVoiceByName(voice.encode()):
        raise SystemExit(f"espeak-ng has no voice {voice}")
    pcm = bytearray()
    callback = _Callback(_into(pcm))
    library.espeak_SetSynthCallback(callback)
    library.espeak_Synth(text, ctypes.c_size_t(len(text) + 1), 0, 0, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    return bytes(pcm), rate


def _into(pcm: bytearray) -> Callable[[Any, int, Any], int]:
    def collect(samples: Any, count: int, _events: Any) -> int:
        if samples and count:
            pcm.extend(ctypes.string_at(samples, count * 2))
        return 0

    return collect


if __name__ == "__main__":
    main(sys.argv[1])
