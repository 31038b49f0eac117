"""Recordings: list, fetch, media, delete."""

from typing import Any

from flask import Response, jsonify, request

from hotline.simulator.calls import API_VERSION
from hotline.simulator.recordings import Recording
from hotline.simulator.rest.api import (
    ApiError,
    exchange,
    matches,
    not_found,
    page,
    resource_blueprint,
    rfc2822,
    within,
)

blueprint = resource_blueprint("recordings")


@blueprint.get("/Recordings.json")
@blueprint.get("/Calls/<call_sid>/Recordings.json")
def listing(account: str, call_sid: str = "") -> Response:
    """Recordings, of one call or of all, newest first."""
    with exchange().bell.lock:
        recordings = list(reversed(exchange().archive.recordings.values()))
    found = [
        r
        for r in recordings
        if call_sid in ("", r.call_sid)
        and matches(CallSid=r.call_sid)
        and within("DateCreated", r.started)
    ]
    return page("recordings", found, _shown)


@blueprint.get("/Recordings/<sid>.json")
@blueprint.get("/Calls/<call_sid>/Recordings/<sid>.json")
def fetch(account: str, sid: str, call_sid: str = "") -> Response:
    """What is known of one recording."""
    return jsonify(_shown(_find(sid)))


@blueprint.get("/Recordings/<sid>")
@blueprint.get("/Recordings/<sid>.wav")
def media(account: str, sid: str) -> Response:
    """The sound itself; 404 while it is not there yet. `RequestedChannels` is 1 or 2."""
    recording, channels = _find(sid), request.args.get("RequestedChannels", 0, type=int)
    if channels > max(1, len(recording.tracks)):
        raise ApiError(
            400, 16113, "Cannot download a dual-channel presentation of a mono recording"
        )
    data = recording.media(channels)
    if data is None:
        raise not_found()
    return Response(data, mimetype="audio/x-wav")


@blueprint.delete("/Recordings/<sid>.json")
@blueprint.delete("/Calls/<call_sid>/Recordings/<sid>.json")
def delete(account: str, sid: str, call_sid: str = "") -> tuple[str, int]:
    """Delete the recording and its sound."""
    with exchange().bell.lock:
        if exchange().archive.recordings.pop(sid, None) is None:
            raise not_found()
    return "", 204


def _find(sid: str) -> Recording:
    recording = exchange().archive.recordings.get(sid)
    if recording is None:
        raise not_found()
    return recording


def _shown(recording: Recording) -> dict[str, Any]:
    lasting = recording.status in ("completed", "failed")
    return {
        "sid": recording.sid,
        "account_sid": recording.account_sid,
        "api_version": API_VERSION,
        "call_sid": recording.call_sid,
        "conference_sid": recording.conference_sid or None,
        "channels": recording.channels,
        "date_created": rfc2822(recording.started),
        "date_updated": rfc2822(recording.updated),
        "start_time": rfc2822(recording.started),
        "duration": str(recording.duration) if lasting else None,
        "encryption_details": None,
        "error_code": 16104 if recording.status == "failed" else None,
        "media_url": exchange().archive.url(recording),
        "price": None,
        "price_unit": "USD",
        "source": recording.source,
        "status": recording.status,
        "subresource_uris": {},
        "uri": f"{recording.path}.json",
    }
