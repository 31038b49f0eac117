"""Where recordings lie: a local folder or an object store, behind one interface (obstore)."""

from __future__ import annotations

import functools
import io
from typing import IO, BinaryIO

import obstore
from obstore.store import ObjectStore, from_url

from hotline import config

PARTS_AT_ONCE = 2
"""Parts of 5 MB that are on their way together: left to itself, the library holds 60 MB in memory."""


class StorageError(Exception):
    """The storage did not do what was asked."""


@functools.cache
def _store(url: str) -> ObjectStore:
    return from_url(url, mkdir=True) if url.startswith("file:") else from_url(url)


def _current() -> ObjectStore:
    try:
        return _store(config.current().recordings_url)
    except (obstore.exceptions.BaseError, OSError) as fault:
        raise StorageError("the storage in RECORDINGS_URL cannot be opened") from fault


def put(name: str, content: IO[bytes]) -> None:
    """Store `content` as `name`, whole or not at all; an earlier one is replaced.

    Raises:
        StorageError: it was not stored.
    """
    try:
        obstore.put(_current(), name, content, max_concurrency=PARTS_AT_ONCE)
    except (
        obstore.exceptions.BaseError,
        OSError,
        ValueError,
    ) as fault:  # ValueError: a name like ..
        raise StorageError(f"{name} was not stored") from fault


def get(name: str) -> BinaryIO:
    """What is stored as `name`, read as one goes.

    Raises:
        StorageError: it is not there or cannot be read.
    """
    try:
        # The store's reader gives buffers of its own kind; what reads it wants bytes.
        return io.BufferedReader(_Raw(obstore.open_reader(_current(), name)))  # type: ignore[type-var]
    except (obstore.exceptions.BaseError, OSError) as fault:
        raise StorageError(f"{name} cannot be read") from fault


def delete(name: str) -> None:
    """Remove `name`; one that is gone already is fine.

    Raises:
        StorageError: it was not removed.
    """
    try:
        obstore.delete(_current(), name)
    except FileNotFoundError:
        return
    except (obstore.exceptions.BaseError, OSError) as fault:
        raise StorageError(f"{name} was not removed") from fault


def check() -> None:
    """Write, read and remove a small object.

    Raises:
        StorageError: one of them failed.
    """
    put("doctor", io.BytesIO(b"fit"))
    with get("doctor") as content:
        if content.read() != b"fit":
            raise StorageError("what was read is not what was written")
    delete("doctor")


class _Raw(io.RawIOBase):
    def __init__(self, reader: obstore.ReadableFile) -> None:
        self.reader = reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        try:
            piece = bytes(self.reader.read(len(buffer)))
        except (obstore.exceptions.BaseError, OSError) as fault:
            raise StorageError("the storage stopped in the middle of an object") from fault
        buffer[: len(piece)] = piece
        return len(piece)
