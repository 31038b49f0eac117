import io
import wave

import pytest

from hotline.simulator import sound


def _wav(frames: bytes, rate: int = 8000, width: int = 2, channels: int = 1) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(frames)
    return target.getvalue()


def test_a_sound_survives_its_file():
    assert sound.from_wav(sound.to_wav([sound.tone(0.5)])) == sound.tone(0.5)


def test_two_channels_are_interleaved_and_the_shorter_filled_up():
    data = sound.to_wav([sound.tone(0.2), sound.silence(0.1)])
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getnframes()) == (2, 1600)
        frames = file.readframes(1600)
    left = b"".join(frames[i : i + 2] for i in range(0, len(frames), 4))
    assert left == sound.tone(0.2).pcm


@pytest.mark.parametrize("rate", [11025, 16000, 22050, 44100, 48000])
def test_any_rate_becomes_the_telephones(rate):
    frames = sound.tone(1.0).pcm  # 8000 samples, whatever rate they are said to have
    converted = sound.from_wav(_wav(frames, rate))
    assert converted.seconds == pytest.approx(8000 / rate, abs=0.001)
    assert not sound.is_silent(converted)


@pytest.mark.parametrize(("width", "quiet"), [(1, b"\x80"), (3, b"\0\0\0"), (4, b"\0\0\0\0")])
def test_other_sample_widths(width, quiet):
    assert sound.is_silent(sound.from_wav(_wav(quiet * 800, width=width)))
    loud = sound.from_wav(_wav((b"\x20" * width + quiet) * 400, width=width))
    assert (loud.seconds, sound.is_silent(loud)) == (0.1, False)


def test_silence_is_trimmed_from_both_ends():
    inside = sound.silence(0.5) + sound.tone(1) + sound.silence(2)
    assert sound.trimmed(inside).seconds == pytest.approx(1, abs=0.05)
    assert sound.trimmed(sound.silence(3)).seconds == 0
    assert sound.is_silent(sound.Sound())


@pytest.mark.parametrize("data", [b"", b"RIFF", b"\xff\xfb\x90\x00" * 40])
def test_what_is_no_wav_file_is_refused(data):
    with pytest.raises(sound.NotSound):
        sound.from_wav(data)
