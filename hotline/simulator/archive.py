"""The recordings of the account: how they appear, who is told, and what they are transcribed to."""

from collections import OrderedDict
from email.utils import format_datetime
from threading import Timer

from hotline.simulator.bell import Bell
from hotline.simulator.calls import Call, Callback, Pace, as_params, new_sid
from hotline.simulator.courier import Courier, Request
from hotline.simulator.faults import Faults
from hotline.simulator.journal import Journal
from hotline.simulator.recordings import Recording

_MEDIA_DELAY = 1.5
_FAILED = 16104
_NOT_TRANSCRIBED = 13617
_LEAST, _MOST = 2, 120  # seconds: what is transcribed is longer and shorter (its page on <Record>)


class Archive:
    """All recordings, until somebody deletes them."""

    def __init__(
        self,
        account_sid: str,
        pace: Pace,
        bell: Bell,
        faults: Faults,
        courier: Courier,
        journal: Journal,
    ) -> None:
        self.base_url = ""  # known when the server listens
        self.recordings: OrderedDict[str, Recording] = OrderedDict()
        self._account_sid = account_sid
        self._pace = pace
        self._bell = bell
        self._faults = faults
        self._courier = courier
        self._journal = journal

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
        if recording.transcribed_to and recording.ready:
            self._transcribe(call, recording)
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

    def _transcribe(self, call: Call, recording: Recording) -> None:
        """Report what was said, as far as it was said as text.

        The real network does this for American English only.
        """
        if not _LEAST < recording.duration < _MOST:
            message = f"Recording length is out of range for transcription: {recording.duration} s"
            self._journal.error(_NOT_TRANSCRIBED, message, recording.sid)
            return
        sid = new_sid("TR")
        params = call.params() | {
            "TranscriptionSid": sid,
            "TranscriptionText": recording.text,
            "TranscriptionStatus": "completed" if recording.text else "failed",
            "TranscriptionUrl": f"{self.url(recording)}/Transcriptions/{sid}",
            "RecordingSid": recording.sid,
            "RecordingUrl": self.url(recording),
        }
        # The same queue as the recording's own callback: it comes after that.
        request = Request("transcription", recording.transcribed_to, "POST", params, recording.sid)
        self._courier.notify(recording.sid, request)
