"""Encryption at rest, and how to find again what is encrypted.

What identifies a person is stored through `EncryptedText` (MultiFernet: the first key writes, every
key reads, so keys can be rotated). Equality is looked up by `blind_index`, a keyed digest. Recordings
are sealed in pieces, so that neither a long call nor a jump within it needs the whole in memory.
"""

import base64
import functools
import hashlib
import hmac
import struct
from collections.abc import Iterable, Iterator
from typing import IO, Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hotline import config

PIECE = 64 * 1024
"""Bytes of plain audio in one sealed piece."""
MAGIC = b"LINE1"
_LENGTH = struct.Struct(">H")
_TAG = 16


class Unreadable(Exception):
    """Stored bytes that no configured key opens: a key is missing, or they were tampered with."""


@functools.cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _current_box() -> MultiFernet:
    return _box(tuple(config.current().data_key_list))


def encrypt(text: str) -> bytes:
    """`text` sealed with the newest key."""
    return _current_box().encrypt(text.encode())


def decrypt(sealed: bytes) -> str:
    """The text in `sealed`.

    Raises:
        Unreadable: no key opens it.
    """
    try:
        return _current_box().decrypt(sealed).decode()
    except InvalidToken as fault:
        raise Unreadable("no key in DATA_KEYS opens this text") from fault


def rotate(sealed: bytes) -> bytes:
    """The same text under the newest key.

    Raises:
        Unreadable: no key opens it.
    """
    try:
        return _current_box().rotate(sealed)
    except InvalidToken as fault:
        raise Unreadable("no key in DATA_KEYS opens this text") from fault


class EncryptedText(sa.types.TypeDecorator[str]):
    """A text column whose bytes in the database are sealed."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> bytes | None:
        return None if value is None else encrypt(value)

    def process_result_value(self, value: bytes | None, dialect: Any) -> str | None:
        return None if value is None else decrypt(bytes(value))


@functools.cache
def _index_key(secret: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"blind index").derive(secret.encode())


def blind_index(kind: str, value: str) -> int:
    """A keyed digest of `value`, 63 bits, equal for equal values of the same `kind` only.

    An integer, because PostgreSQL indexes it smallest and fastest. Two different values meet by chance
    once in 2^63; callers that act on a match compare the decrypted values as well.
    """
    key = _index_key(config.current().secret_key)
    digest = hmac.digest(key, f"{kind}:{value}".encode(), hashlib.sha256)
    return int.from_bytes(digest[:8]) >> 1


def seal_stream(pieces: Iterable[bytes], out: IO[bytes]) -> None:
    """Write `pieces` (of any sizes) to `out`, sealed: a header with a data key of its own wrapped by
    the newest key, then AES-256-GCM pieces of `PIECE` bytes. Each piece is bound to its place and the
    last one to being the last, so that none can be moved, dropped or cut off unnoticed."""
    key = AESGCM.generate_key(256)
    wrapped = _current_box().encrypt(base64.b64encode(key))
    out.write(MAGIC + _LENGTH.pack(len(wrapped)) + wrapped)
    box, number, held = AESGCM(key), 0, b""
    for piece in pieces:
        held += piece
        while len(held) > PIECE:
            out.write(box.encrypt(_nonce(number), held[:PIECE], b"more"))
            number, held = number + 1, held[PIECE:]
    out.write(box.encrypt(_nonce(number), held, b"last"))


def open_stream(sealed: IO[bytes]) -> Iterator[bytes]:
    """The plain pieces of what `seal_stream` wrote.

    Raises:
        Unreadable: no key opens it, or it is damaged or cut short.
    """
    try:
        yield from _plain_pieces(sealed)
    except (InvalidTag, InvalidToken, struct.error) as fault:
        raise Unreadable(
            "a recording cannot be opened: key missing, damaged or cut short"
        ) from fault


def _plain_pieces(sealed: IO[bytes]) -> Iterator[bytes]:
    if sealed.read(len(MAGIC)) != MAGIC:
        raise Unreadable("not a sealed recording")
    (length,) = _LENGTH.unpack(sealed.read(_LENGTH.size))
    box = AESGCM(base64.b64decode(_current_box().decrypt(sealed.read(length))))
    number, piece = 0, sealed.read(PIECE + _TAG)
    if not piece:
        raise Unreadable("a recording is cut off after its header")
    while piece:
        following = sealed.read(PIECE + _TAG)
        yield box.decrypt(_nonce(number), piece, b"more" if following else b"last")
        number, piece = number + 1, following


def _nonce(number: int) -> bytes:
    # The data key serves one recording only, so a counter never repeats under it.
    return number.to_bytes(12)
