"""What lies in the storage, sealed as the product seals it."""

import hashlib
import io
from dataclasses import dataclass

from hotline import crypto, storage


@dataclass(frozen=True, slots=True)
class Sealed:
    """Something stored: its name there, and what it was before it was sealed (`size` in bytes)."""

    name: str
    sha256: str
    size: int


def keep(name: str, content: bytes) -> Sealed:
    """Store it; an earlier one of that name is replaced.

    Raises:
        storage.StorageError: it was not stored.
    """
    box = io.BytesIO()
    crypto.seal_stream([content], box)
    box.seek(0)
    storage.put(name, box)
    return Sealed(name, hashlib.sha256(content).hexdigest(), len(content))
