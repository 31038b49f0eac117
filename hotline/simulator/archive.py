"""The recordings of the account: how they appear, and who is told."""

from collections import OrderedDict
from email.utils import format_datetime
from threading import Timer

from hotline.simulator.bell import Bell
from hotline.simulator.calls import Call, Callback, Pace, as_params
from hotline.simulator.courier import Courier, Request
from hotline.simulator.faults import Faults
from hotline.simulator.recordings import Recording

_MEDIA_DELAY = 1.5
_FAILED = 16104


class Archive:
    """All recordings, until somebody deletes them."""

    def __init__(
        self,
        account_sid: str,
        pace: Pace,
        bell: Bell,
        faults: Faults,
        courier: Courier,
    ) -> None:
        self.base_url = ""  # known when the server listens
        self.recordings: OrderedDict[str, Recording] = OrderedDict()
        self._account_sid = account_sid
        self._pace = pace
        self._bell = bell
        self._faults = faults
        self._courier = courier

    def new(self, call: Call, source: str) -> Recording:
        """A recording that has begun."""
        recording = Recording(self._account_sid, call.sid, source)
        with self._bell.lock:
            self.recordings[recording.sid] = recording
        return recording

    def url(self, recording: Recording) -> str:
        """Where its media will be."""
        return self.base_url + recording.path

    def publish(self, call: Call, recording: Recording, callback: Callback) -> None:
        """Make the media appear, after the network's usual delay, and report it."""
        if self._pace.real and recording.status == "processing":
            timer = Timer(_MEDIA_DELAY, self._publish, (call, recording, callback))
            timer.daemon = True
            timer.start()
        else:
            self._publish(call, recording, callback)

    def _publish(self, call: Call, recording: Recording, callback: Callback) -> None:
        if recording.status == "processing":
            failed = self._faults.switches.recordings_fail
            recording.late = self._faults.switches.media_late
            recording.ready = not failed
            recording.becomes("failed" if failed else "completed")
        event = "absent" if recording.status == "absent" else "completed"
        if event in callback.events:
            params = self._params(call, recording)
            request = Request("recording", callback.url, callback.method, params, recording.sid)
            self._courier.notify(recording.sid, request)
        self._bell.ring()

    def _params(self, call: Call, recording: Recording) -> dict[str, str]:
        """What a recordingStatusCallback carries."""
        return as_params(
            {
                "AccountSid": self._account_sid,
                "CallSid": None if recording.conference_sid else call.sid,
                "ConferenceSid": recording.conference_sid or None,
                "RecordingSid": recording.sid,
                "RecordingUrl": self.url(recording),
                "RecordingStatus": recording.status,
                "RecordingDuration": recording.duration,
                "RecordingChannels": recording.channels,
                "RecordingSource": recording.source,
                "RecordingStartTime": format_datetime(recording.started),
                "RecordingTrack": "both",
                "ErrorCode": 0 if recording.status != "failed" else _FAILED,
            }
        )
