"""What browsers are asked when somebody wants to use a passkey, or to make one: JSON for `passkey.js`."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from hotline import db
from hotline.accounts import factors, passkeys, stages
from hotline.accounts.asking import is_asked
from hotline.accounts.guard import (
    FACTORS,
    SECOND_STEP,
    SIGN_IN,
    current_person,
    during,
    public,
    signed_in,
)
from hotline.accounts.limits import by_sign_in, limiter
from hotline.accounts.models import Stage

blueprint = Blueprint("passkeys", __name__)


@blueprint.post(f"{SIGN_IN}/passkey/options")
@limiter.limit("60 per minute")
@public("the way in")
def for_sign_in() -> ResponseReturnValue:
    """For signing in with a passkey alone: any that this device has for us."""
    with db.transaction() as session:
        options, token = passkeys.ask(session, stages.SIGN_IN)
    is_asked(stages.SIGN_IN, token)
    return jsonify(options)


@blueprint.post(f"{SECOND_STEP}/passkey/options")
@limiter.limit("20 per minute", key_func=by_sign_in)
@during(Stage.half)
def for_second_step() -> ResponseReturnValue:
    """For the second step: one of the owner's."""
    return _one_of_theirs(stages.SECOND_STEP, alone=False)


@blueprint.post("/unlock/passkey/options")
@limiter.limit("20 per minute", key_func=by_sign_in)
@during(Stage.open, Stage.locked)
def for_proof() -> ResponseReturnValue:
    """For unlocking, and for whatever asks once more: one of the owner's, on a device that knows them."""
    return _one_of_theirs(stages.PROVING, alone=True)


def _one_of_theirs(purpose: str, *, alone: bool) -> ResponseReturnValue:
    account_id = current_person().account_id
    with db.transaction() as session:
        known = factors.of(session, account_id)
        options, token = passkeys.ask(session, purpose, account_id, known, alone=alone)
    is_asked(purpose, token)
    return jsonify(options)


@blueprint.post(f"{FACTORS}/passkey/options")
@limiter.limit("20 per minute", key_func=by_sign_in)
@signed_in
def for_new() -> ResponseReturnValue:
    """For making a passkey."""
    person = current_person()
    with db.transaction() as session:
        known = factors.of(session, person.account_id)
        options, token = passkeys.ask_new(session, person, known)
    is_asked(passkeys.SETTING_UP, token)
    return jsonify(options)
