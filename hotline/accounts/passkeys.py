"""Passkeys (W3C Web Authentication, level 2): what a browser is asked, and whether its answer is right.

The address in `PUBLIC_URL` is the only one at which they work: a passkey is bound to the site's name.
"""

import secrets
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
import webauthn
from sqlalchemy import orm
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers import parse_authentication_credential_json as parsed
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from hotline import clock, config, crypto
from hotline.accounts import ceremonies
from hotline.accounts.factors import ISSUER
from hotline.accounts.models import Means, SecondFactor
from hotline.accounts.service import Person

SETTING_UP = "passkey_setting_up"
CHALLENGE_BYTES = 32
UNSAID = {"http": 80, "https": 443}
"""Ports that browsers leave out of an address (RFC 6454, section 6.2)."""

Options = dict[str, Any]


def origin() -> str:
    """The address of our pages as browsers write it. Loopback has a name here: an address of digits alone
    cannot have passkeys."""
    parts = urlsplit(config.current().public_url)
    host = "localhost" if parts.hostname in config.LOOPBACK else parts.hostname
    is_said = parts.port and parts.port != UNSAID.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if is_said else "")


def _site() -> str:
    return urlsplit(origin()).hostname or ""


def _handle(account_id: int) -> bytes:
    """What a passkey knows of its owner: a number that says nothing outside."""
    return crypto.blind_index("passkey owner", str(account_id)).to_bytes(8)


def ask_new(session: orm.Session, person: Person, known: list[SecondFactor]) -> tuple[Options, str]:
    """What the browser of `person` is asked to make a passkey, and the token by which it answers. Those
    `known` already are not made twice."""
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    options = webauthn.generate_registration_options(
        rp_id=_site(),
        rp_name=ISSUER,
        user_id=_handle(person.account_id),
        user_name=person.username,
        user_display_name=person.name,
        challenge=challenge,
        exclude_credentials=_described(known),
        # Preferred, not required: a plain security key serves beside the password.
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    token = ceremonies.begin(session, SETTING_UP, bytes_to_base64url(challenge), person.account_id)
    return options_to_json_dict(options), token


def made(session: orm.Session, person: Person, token: str, answer: str) -> SecondFactor | None:
    """The passkey that the browser has made; None if this is not the answer to what it was asked."""
    asked = ceremonies.take(session, SETTING_UP, token)
    if asked is None or asked.account_id != person.account_id:
        return None
    try:
        new = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(asked.secret),
            expected_rp_id=_site(),
            expected_origin=origin(),
        )
    except (WebAuthnException, ValueError):
        return None
    if session.scalar(sa.select(SecondFactor.id).where(_is(new.credential_id))):
        return None
    return SecondFactor(
        kind=Means.passkey,
        credential_id=new.credential_id,
        public_key=new.credential_public_key,
        sign_count=new.sign_count,
    )


def ask(
    session: orm.Session,
    purpose: str,
    account_id: int | None = None,
    known: list[SecondFactor] | None = None,
    *,
    alone: bool = True,
) -> tuple[Options, str]:
    """What a browser is asked to prove who sits there, and the token by which it answers: with one of the
    passkeys `known`, or with any. `alone`: no password has been given, so the device must know its owner
    (by a PIN, a finger, a face)."""
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    options = webauthn.generate_authentication_options(
        rp_id=_site(),
        challenge=challenge,
        allow_credentials=_described(known or []),
        user_verification=UserVerificationRequirement.REQUIRED
        if alone
        else UserVerificationRequirement.PREFERRED,
    )
    token = ceremonies.begin(session, purpose, bytes_to_base64url(challenge), account_id)
    return options_to_json_dict(options), token


def used(
    session: orm.Session, purpose: str, token: str, answer: str, *, alone: bool = True
) -> SecondFactor | None:
    """The passkey by which the browser has answered, once; None if the answer is not right, or somebody
    else's. One whose counter went back may have been copied, and is refused as well."""
    asked = ceremonies.take(session, purpose, token)
    factor = asked and _answering(session, answer)
    if not asked or not factor or asked.account_id not in {None, factor.account_id}:
        return None
    assert factor.public_key is not None
    assert factor.sign_count is not None
    try:
        proof = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(asked.secret),
            expected_rp_id=_site(),
            expected_origin=origin(),
            credential_public_key=factor.public_key,
            credential_current_sign_count=factor.sign_count,
            require_user_verification=alone,
        )
    except (WebAuthnException, ValueError):
        return None
    factor.sign_count, factor.last_used_at = proof.new_sign_count, clock.now()
    return factor


def _answering(session: orm.Session, answer: str) -> SecondFactor | None:
    try:
        credential = parsed(answer)
    except (WebAuthnException, ValueError):
        return None
    # Held, so that of two answers with one counter the second is refused.
    theirs = sa.select(SecondFactor).where(_is(credential.raw_id)).with_for_update()
    factor = session.scalar(theirs)
    handle = credential.response.user_handle
    if factor is None or handle not in {None, b"", _handle(factor.account_id)}:
        return None
    return factor


def _is(credential_id: bytes) -> sa.ColumnElement[bool]:
    return SecondFactor.credential_id == credential_id


def _described(known: list[SecondFactor]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=factor.credential_id)
        for factor in known
        if factor.credential_id is not None
    ]
