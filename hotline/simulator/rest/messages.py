"""Messages: create, fetch, list."""

from typing import Any

from flask import Response, jsonify

from hotline.simulator import numbering, texting
from hotline.simulator.calls import API_VERSION, Callback
from hotline.simulator.messages import MAX_CHARACTERS, Message, segments
from hotline.simulator.rest.api import (
    ApiError,
    exchange,
    known_form,
    matches,
    not_found,
    page,
    resource_blueprint,
    rfc2822,
    within,
)

blueprint = resource_blueprint("messages")
_KNOWN = ("To", "From", "Body", "StatusCallback", "ValidityPeriod", "ProvideFeedback", "RiskCheck")


@blueprint.post("/Messages.json")
def create(account: str) -> tuple[Response, int]:
    """Accept a message, or refuse it at once."""
    form = known_form(*_KNOWN)
    message = Message(
        account,
        form.get("From", ""),
        form.get("To", ""),
        form.get("Body", ""),
        "outbound-api",
        callback=Callback(form.get("StatusCallback", "")),
    )
    _refuse_unsendable(message)
    answer = jsonify(_shown(message))
    texting.send(exchange(), message)
    return answer, 201


def _refuse_unsendable(message: Message) -> None:
    if not message.body:
        raise ApiError(400, 21602, "Message body is required.")
    if len(message.body) > MAX_CHARACTERS:
        raise ApiError(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    if exchange().line(message.from_) is None:
        text = f"'From' {message.from_} is not a Twilio phone number or Short Code of this account"
        raise ApiError(400, 21606, text)
    if not numbering.is_dialable(message.to):
        raise ApiError(400, 21211, f"Invalid 'To' Phone Number: {message.to}")
    if not exchange().takes_sms(message.to):
        text = f"'To' number: {message.to}, is not a mobile number"
        raise ApiError(400, 21614, text)


@blueprint.get("/Messages/<sid>.json")
def fetch(account: str, sid: str) -> Response:
    """One message."""
    message = exchange().messages.get(sid)
    if message is None:
        raise not_found()
    return jsonify(_shown(message))


@blueprint.get("/Messages.json")
def listing(account: str) -> Response:
    """Messages, newest first."""
    with exchange().bell.lock:
        messages = list(reversed(exchange().messages.values()))
    found = [m for m in messages if matches(To=m.to, From=m.from_) and within("DateSent", m.sent)]
    return page("messages", found, _shown)


def _shown(message: Message) -> dict[str, Any]:
    uri = f"/{API_VERSION}/Accounts/{message.account_sid}/Messages/{message.sid}"
    return {
        "sid": message.sid,
        "account_sid": message.account_sid,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": rfc2822(message.created),
        "date_updated": rfc2822(message.sent or message.created),
        "date_sent": rfc2822(message.sent),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "from": message.from_,
        "to": message.to,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "uri": f"{uri}.json",
    }
