"""What the network knows and we do not: webhooks get lost, and the caller must not be lost with them.

The network keeps its own list of calls and recordings. Whatever stands there and not here is put through the
same handlers as if its webhooks had come, so it is filed once, however often this runs.
"""

import datetime as dt
from dataclasses import dataclass

import structlog
from sqlalchemy import orm
from twilio.rest.api.v2010.account.call import CallInstance
from twilio.rest.api.v2010.account.recording import RecordingInstance

from hotline import clock, db
from hotline.carrier import CarrierError, carrier
from ivr import calls
from ivr.calls import Hook
from ivr.outbound import conversation_of, message_of
from triage.intake import service as intake

REGULARLY = dt.timedelta(hours=2)
"""How far back the sweeper asks: far enough for an outage that nobody noticed at once."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Found:
    """How many were filed that we did not know."""

    calls: int
    recordings: int


def run(back: dt.timedelta) -> Found:
    """File what came in during the time `back` from now and is not known here.

    Raises:
        CarrierError: the network did not say; what was filed until then stays filed.
    """
    since = clock.now() - back
    # Calls first: they tell who called, recordings do not.
    unknown_calls = sum(_file_call(call) for call in carrier().calls_since(since))
    unknown_recordings = sum(_file_recording(one) for one in carrier().recordings_since(since))
    return Found(unknown_calls, unknown_recordings)


def sweep() -> int:
    """The regular run; how many were filed. A network that does not answer is asked again next time."""
    try:
        found = run(REGULARLY)
    except CarrierError as fault:
        log.warning("network_not_asked", error=fault.code)
        return 0
    return found.calls + found.recordings


def _file_call(call: CallInstance) -> bool:
    form = {
        "CallSid": call.sid,
        "From": call._from or "",  # noqa: SLF001 - the library has no public name for it
        "To": call.to or "",
        "CallStatus": call.status,
    }
    hook = Hook({}, form, call.start_time or call.date_created or clock.now())
    with db.transaction() as session:
        unknown = calls.file_if_unknown(session, hook)
        if intake.is_in_progress(session, call.sid):
            calls.status(session, hook)
    return unknown


def _file_recording(recording: RecordingInstance) -> bool:
    with db.transaction() as session:
        if recording.status != "completed" or intake.has_recording(session, recording.sid):
            return False
        form = {
            "CallSid": _callers_call(session, recording.call_sid),
            "RecordingSid": recording.sid,
            "RecordingStatus": recording.status,
            "RecordingSource": recording.source or "",
        }
        calls.recording(session, Hook({}, form, recording.date_created or clock.now()))
    return True


def _callers_call(session: orm.Session, call_sid: str) -> str:
    """What was recorded on a leg of ours belongs to the call it was placed for; the network knows only
    the leg, and no leg of ours is a caller with a report."""
    message = message_of(session, call_sid)
    original = conversation_of(session, message)[1] if message else ""
    return original or call_sid
