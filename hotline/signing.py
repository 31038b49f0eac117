"""Signatures after Standard Webhooks 1.0.0 (standardwebhooks.com), symmetric kind."""

import base64
import binascii
import hashlib
import hmac

SHORTEST_KEY = 24
"""Bytes; the standard says 24 to 64."""


def key(secret: str) -> bytes:
    """The key in a secret of the form `whsec_<base64>`; empty if it is none."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return b""


def signature(secret: str, name: str, moment: str, body: bytes) -> str:
    """The value of `webhook-signature` for a document: `name` its id, `moment` in Unix seconds, both as
    they are sent."""
    digest = hmac.digest(key(secret), f"{name}.{moment}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"
