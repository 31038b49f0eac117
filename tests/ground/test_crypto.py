"""Sealed text and sealed recordings: keys rotate, and nothing is changed, moved or cut unnoticed."""

import io
from contextlib import contextmanager

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hotline import config, crypto
from hotline.crypto import PIECE, Unreadable

SEALED_PIECE = PIECE + 16


OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


@contextmanager
def in_force(*keys: str):
    """These DATA_KEYS for a while."""
    with pytest.MonkeyPatch.context() as patch:
        settings = config.Settings.model_construct(data_keys=",".join(keys))
        patch.setattr(config, "_current", settings)
        yield


def sealed(audio: bytes) -> bytes:
    out = io.BytesIO()
    crypto.seal_stream([audio], out)
    return out.getvalue()


def opened(whole: bytes) -> bytes:
    return b"".join(crypto.open_stream(io.BytesIO(whole)))


def header(whole: bytes) -> int:
    """Where the first piece begins."""
    start = len(crypto.MAGIC) + 2
    return start + int.from_bytes(whole[start - 2 : start])


def test_text_comes_back_and_never_looks_the_same_twice(settings):
    one, other = crypto.encrypt("李小雨"), crypto.encrypt("李小雨")
    assert one != other
    assert "李小雨".encode() not in one
    assert crypto.decrypt(one) == crypto.decrypt(other) == "李小雨"


def test_every_key_reads_and_the_newest_writes():
    with in_force(OLD):
        before = crypto.encrypt("before")
    with in_force(NEW, OLD):
        assert crypto.decrypt(before) == "before"
        after, renewed = crypto.encrypt("after"), crypto.rotate(before)
    with in_force(NEW):
        assert crypto.decrypt(after) == "after"
        assert crypto.decrypt(renewed) == "before"
        with pytest.raises(Unreadable):
            crypto.decrypt(before)
        with pytest.raises(Unreadable):
            crypto.rotate(before)


def test_a_recording_is_read_by_an_older_key():
    with in_force(OLD):
        whole = sealed(b"sound")
    with in_force(NEW, OLD):
        assert opened(whole) == b"sound"
    with in_force(NEW), pytest.raises(Unreadable):
        opened(whole)


def test_tampered_text_is_unreadable(settings):
    token = bytearray(crypto.encrypt("text"))
    token[30] ^= 1
    with pytest.raises(Unreadable):
        crypto.decrypt(bytes(token))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1])
def test_a_recording_of_any_size_comes_back(settings, size):
    audio = bytes(range(256)) * (size // 256 + 1)
    assert opened(sealed(audio[:size])) == audio[:size]


@given(sizes=st.lists(st.sampled_from([0, 1, 2, 1000, PIECE - 1, PIECE, PIECE + 1]), max_size=5))
@hypothesis_settings(max_examples=30, deadline=None)
def test_a_recording_in_pieces_of_any_sizes_comes_back(sizes):
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    out = io.BytesIO()
    with in_force(NEW):
        crypto.seal_stream(pieces, out)
        assert opened(out.getvalue()) == b"".join(pieces)
    size, sealed_pieces = sum(sizes), max(1, -(-sum(sizes) // PIECE))
    assert len(out.getvalue()) == header(out.getvalue()) + size + 16 * sealed_pieces


AUDIO = b"".join(bytes([number]) * PIECE for number in range(3)) + b"the end"


def tampered() -> dict[str, bytes]:
    with in_force(NEW):
        whole, other = sealed(AUDIO), sealed(AUDIO)
    start = header(whole)
    head, body = whole[:start], whole[start:]
    pieces = [body[at : at + SEALED_PIECE] for at in range(0, len(body), SEALED_PIECE)]
    assert len(pieces) == 4
    flipped = bytearray(whole)
    flipped[start + 10] ^= 1
    return {
        "nothing": b"",
        "no header": b"RIFF....WAVE",
        "half a header": head[:40],
        "a header alone": head,
        "a header length alone": head[:7],
        "cut in a piece": whole[:-3],
        "last piece dropped": head + b"".join(pieces[:-1]),
        "only the first piece": head + pieces[0],
        "first piece dropped": head + b"".join(pieces[1:]),
        "middle piece dropped": head + pieces[0] + pieces[2] + pieces[3],
        "two pieces exchanged": head + pieces[1] + pieces[0] + pieces[2] + pieces[3],
        "a piece twice": head + pieces[0] + pieces[0] + b"".join(pieces[1:]),
        "something appended": whole + b"x",
        "one bit flipped": bytes(flipped),
        "another recording's piece": head
        + other[header(other) :][:SEALED_PIECE]
        + body[SEALED_PIECE:],
    }


TAMPERED = tampered()


@pytest.mark.parametrize(("how", "damaged"), TAMPERED.items(), ids=TAMPERED)
def test_a_damaged_recording_is_unreadable(how, damaged):
    with in_force(NEW), pytest.raises(Unreadable):
        opened(damaged)


def test_a_blind_index_is_equal_for_equals_of_one_kind_only(settings, monkeypatch):
    index = crypto.blind_index("phone", "+8610000000001")
    assert index == crypto.blind_index("phone", "+8610000000001")
    assert 0 <= index < 2**63
    assert index != crypto.blind_index("phone", "+8610000000002")
    assert index != crypto.blind_index("name", "+8610000000001")
    other = settings.model_copy(update={"secret_key": "another secret: zyxwvutsrqponmlkjihgf"})
    monkeypatch.setattr(config, "_current", other)
    assert index != crypto.blind_index("phone", "+8610000000001")
