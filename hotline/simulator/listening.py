"""Start / Transcription: what is said is told in webhooks while the call goes on.

After the network's page on `<Transcription>`: one webhook when it starts, one for each utterance, one
when it stops, counted by `SequenceId`; the caller of the leg is the inbound track. What is "understood" is
what the simulated people said as text; a tone is understood as nothing.
"""

import json
from datetime import UTC, datetime

from hotline.simulator.calls import Call, new_sid
from hotline.simulator.courier import Request
from hotline.simulator.exchange import Exchange
from hotline.simulator.stage import Document, Stage
from hotline.simulator.twiml import SCHEMA_WARNING, Verb

TRACKS = {"inbound_track", "outbound_track"}


class Listening:
    """One transcription of one call."""

    def __init__(self, exchange: Exchange, call: Call, noun: Verb, url: str) -> None:
        self.sid = new_sid("GT")
        self.name = noun.get("name")
        self._exchange, self._call, self._noun, self._url = exchange, call, noun, url
        self._sequence = 0
        wanted = noun.get("track", "both_tracks")
        self._tracks = TRACKS if wanted == "both_tracks" else {wanted}

    def started(self) -> None:
        """Tell that it has begun."""
        self._tell("transcription-started", {"LanguageCode": self._noun.get("languageCode")})

    def hears(self, track: str, text: str) -> None:
        """Somebody on this leg, or at the other end, has said something."""
        if track in self._tracks:
            data = json.dumps({"transcript": text, "confidence": 0.93}, ensure_ascii=False)
            said = {"Track": track, "TranscriptionData": data, "Final": "true"}
            language = {"LanguageCode": self._noun.get("languageCode")}
            self._tell("transcription-content", said | language)

    def stopped(self) -> None:
        """Tell that it is over."""
        self._tell("transcription-stopped", {})

    def _tell(self, event: str, more: dict[str, str]) -> None:
        self._sequence += 1
        params = {
            "AccountSid": self._call.account_sid,
            "CallSid": self._call.sid,
            "TranscriptionSid": self.sid,
            "TranscriptionEvent": event,
            "SequenceId": str(self._sequence),
            "Timestamp": datetime.now(UTC).isoformat(),
            **more,
        }
        request = Request("transcription", self._url, "POST", params, self._call.sid)
        self._exchange.courier.notify(self.sid, request)


def start(stage: Stage, verb: Verb) -> Document | None:
    """Begin what the verb holds, and go on at once. A name serves once in a call."""
    call = stage.call
    for noun in verb.children:
        name = noun.get("name")
        if name and name in (one.name for one in call.listeners):
            message = f"Transcription name already in use: {name}"
            stage.exchange.journal.error(SCHEMA_WARNING, message, call.sid, stage.url)
            continue
        url = stage.absolute(noun.get("statusCallbackUrl"))
        listening = Listening(stage.exchange, call, noun, url)
        call.listeners.append(listening)
        listening.started()
    return None
