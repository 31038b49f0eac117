"""A device that holds a passkey, in software: P-256, counts its uses (W3C Web Authentication, section 6)."""

import hashlib
import json

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from hotline import clock, db
from hotline.accounts import passkeys
from hotline.accounts.models import Means, SecondFactor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
ID = b"a passkey of sixteen or more bytes"


class Device:
    """Answers what a browser would be asked, for `site`."""

    def __init__(self, site: str = "localhost", *, verifies: bool = True) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.site, self.count = site, 0
        self.flags = PRESENT | (VERIFIED if verifies else 0)
        self.origin = passkeys.origin()

    def kept(self, account_id: int) -> None:
        """As if it had been set up by `account_id`."""
        with db.transaction() as session:
            session.add(
                SecondFactor(
                    account_id=account_id,
                    kind=Means.passkey,
                    name="U 盾",
                    credential_id=ID,
                    public_key=self._public_key(),
                    sign_count=0,
                    created_at=clock.now(),
                )
            )

    def makes(self, options: passkeys.Options) -> str:
        """A new passkey."""
        new = bytes(16) + len(ID).to_bytes(2) + ID + self._public_key()
        made = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + new}
        return self._written("webauthn.create", options, attestationObject=cbor2.dumps(made))

    def answers(self, options: passkeys.Options, owner: bytes = b"") -> str:
        """That its owner is there; each time the count is one more."""
        self.count += 1
        data, client = self._data(), self._client("webauthn.get", options)
        signed = data + hashlib.sha256(client).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._written(
            "webauthn.get", options, authenticatorData=data, signature=signature, userHandle=owner
        )

    def _public_key(self) -> bytes:
        point = self.key.public_key().public_numbers()
        x, y = point.x.to_bytes(32), point.y.to_bytes(32)
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _data(self, more: int = 0) -> bytes:
        site = hashlib.sha256(self.site.encode()).digest()
        return site + bytes([self.flags | more]) + self.count.to_bytes(4)

    def _client(self, kind: str, options: passkeys.Options) -> bytes:
        asked = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(asked).encode()

    def _written(self, kind: str, options: passkeys.Options, **parts: bytes) -> str:
        response = {"clientDataJSON": self._client(kind, options), **parts}
        name = bytes_to_base64url(ID)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": {key: bytes_to_base64url(part) for key, part in response.items()},
            }
        )


def challenge(options: passkeys.Options) -> bytes:
    """What the device was asked to sign."""
    return base64url_to_bytes(options["challenge"])
