"""Calls: create, fetch, update, list."""

import re
from typing import Any

from flask import Response, jsonify, request

from hotline.simulator import life, numbering
from hotline.simulator.calls import API_VERSION, EVENTS, Call, Callback, Destination
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

blueprint = resource_blueprint("calls")
_CALLBACK = ("StatusCallback", "StatusCallbackMethod", "StatusCallbackEvent")
_DESTINATION = ("Url", "Method", "Twiml", "FallbackUrl", "FallbackMethod")
_RING_SECONDS = 60


@blueprint.post("/Calls.json")
def create(account: str) -> tuple[Response, int]:
    """Call somebody."""
    form = known_form("To", "From", "Timeout", "Byoc", *_DESTINATION, *_CALLBACK)
    _refuse_trunk(form.get("Byoc", ""))
    destination = _destination(form)
    _refuse_undialable(form.get("From", ""), form.get("To", ""))
    events = request.form.getlist("StatusCallbackEvent") or ["completed"]
    if set(events) - set(EVENTS):
        raise ApiError(400, 21626, f"Invalid StatusCallbackEvent: {', '.join(events)}")
    method = form.get("StatusCallbackMethod", "POST")
    call = exchange().new_call(
        form["From"],
        form["To"],
        "outbound-api",
        callback=Callback(form.get("StatusCallback", ""), method, events),
        fallback=Destination(form.get("FallbackUrl", ""), form.get("FallbackMethod", "POST")),
    )
    answer = jsonify(_shown(call))
    life.dial_out(exchange(), call, destination, float(form.get("Timeout", _RING_SECONDS)))
    return answer, 201


def _destination(form: dict[str, str]) -> Destination:
    if not (form.get("Url") or form.get("Twiml")):
        raise ApiError(400, 21205, "Url parameter is required.")
    return Destination(form.get("Url", ""), form.get("Method", "POST"), form.get("Twiml", ""))


def _refuse_trunk(sid: str) -> None:
    """A trunk is named by its sid; which trunks there are, this network does not ask."""
    if sid and not re.fullmatch(r"BY[0-9a-f]{32}", sid):
        raise ApiError(400, 21231, f"Invalid Byoc: {sid}")


def _refuse_undialable(from_: str, to: str) -> None:
    if not numbering.is_dialable(to):
        raise ApiError(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if exchange().line(from_) is None:
        text = f"The source phone number provided, {from_}, is not yet verified for your account."
        raise ApiError(400, 21210, text)


@blueprint.get("/Calls/<sid>.json")
def fetch(account: str, sid: str) -> Response:
    """One call."""
    return jsonify(_shown(_find(sid)))


@blueprint.post("/Calls/<sid>.json")
def update(account: str, sid: str) -> Response:
    """End a call (`Status`), or send it to another document (`Url`, `Twiml`)."""
    call = _find(sid)
    form = known_form("Status", *_DESTINATION, *_CALLBACK)
    status = form.get("Status")
    if call.over or (status is None and call.started is None):
        raise ApiError(400, 21220, "Call is not in-progress. Cannot redirect.")
    if status not in (None, "completed", "canceled"):
        raise ApiError(400, 21218, f"Invalid Status: {status}")
    if status == "completed" or (status == "canceled" and call.started is None):
        call.change(gone=True, by_api=True)
    elif status is None:
        call.change(moved_to=_destination(form), by_api=True)
    return jsonify(_shown(call))


@blueprint.get("/Calls.json")
def listing(account: str) -> Response:
    """Calls, newest first."""
    with exchange().bell.lock:
        calls = list(reversed(exchange().calls.values()))
    return page("calls", [call for call in calls if _wanted(call)], _shown)


def _wanted(call: Call) -> bool:
    return (
        matches(To=call.to, From=call.from_, Status=call.status, ParentCallSid=call.parent_sid)
        and within("StartTime", call.started or call.created)
        and within("EndTime", call.ended)
    )


def _find(sid: str) -> Call:
    call = exchange().calls.get(sid)
    if call is None:
        raise not_found()
    return call


def _shown(call: Call) -> dict[str, Any]:
    uri = f"/{API_VERSION}/Accounts/{call.account_sid}/Calls/{call.sid}"
    return {
        "sid": call.sid,
        "account_sid": call.account_sid,
        "api_version": API_VERSION,
        "parent_call_sid": call.parent_sid or None,
        "date_created": rfc2822(call.created),
        "date_updated": rfc2822(call.ended or call.started or call.created),
        "start_time": rfc2822(call.started),
        "end_time": rfc2822(call.ended),
        "duration": None if call.duration is None else str(call.duration),
        "direction": call.direction,
        "from": call.from_,
        "from_formatted": call.from_,
        "to": call.to,
        "to_formatted": call.to,
        "status": call.status,
        "answered_by": None,
        "caller_name": None,
        "forwarded_from": None,
        "group_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "trunk_sid": None,
        "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
        "uri": f"{uri}.json",
    }
