"""Webhooks of a recorded call as the network posts them: signed, with every parameter it sends."""

import itertools
import re
from collections.abc import Generator, Iterator
from html import unescape
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator

from hotline.config import Settings
from tests.bench.load import Ask, Failed, Talk

VOICE = "/ivr/voice"
STATUS = "/ivr/status"
RECORDING = "/ivr/recording"

MOMENT = "asked for a moment"
WAITED, GATHER = b"waited=", b"<Gather"

_numbers = itertools.count(1)
_PLACES = ("From", "To", "Caller", "Called")


class _Elsewhere(Failed):
    """The call is not where it should be by now."""


class Caller:
    """Dials the line, says the child is in danger, waits for an officer in vain, leaves a statement."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.validator = RequestValidator(settings.twilio_auth_token)
        self.host = urlsplit(settings.public_url).netloc
        self.number = next(_numbers)
        self.call = f"CA{self.number:032x}"
        self.recording = f"RE{self.number:032x}"
        self.heard = b""
        self.went_on_alone = False
        """The line could not ask its database in time, and led the caller elsewhere than it would have."""

    def recorded_call(self, pause: float = 0.0) -> Talk:
        """The whole call, `pause` seconds between an answer and the next webhook."""
        try:
            menu = yield from self._hears(self.rings())
            round_1 = yield from self._hears(self.presses_1(menu, pause))
            round_2 = yield from self._hears(self.still_waits(round_1, pause))
            statement = yield from self._hears(self.still_waits(round_2, pause))
            yield from self._hears(self.has_spoken(statement, pause))
            yield self.recording_is_there(pause)
        except _Elsewhere:
            self.went_on_alone = True
        yield self.has_hung_up(pause)

    def _hears(self, ask: Ask) -> Generator[Ask, bytes, bytes]:
        """The answer, after every moment that the line asks for."""
        document = yield ask
        while WAITED in document and GATHER not in document:
            document = yield self._ask(MOMENT, _url(document, "Redirect"), {})
        return document

    def rings(self) -> Ask:
        """The call comes in."""
        return self._ask("voice", self.settings.public_url + VOICE, {})

    def still_rings(self) -> Ask:
        """A call's status that changes nothing."""
        params = {"CallStatus": "ringing", "SequenceNumber": "1"}
        return self._ask("ringing", self.settings.public_url + STATUS, params)

    def presses_1(self, menu: bytes, after: float = 0.0) -> Ask:
        """The key for a child in danger."""
        return self._ask("key 1", _url(menu, "Gather"), {"Digits": "1"}, after)

    def says_nothing(self, menu: bytes) -> Ask:
        """No key: is the caller marked, and if not, the waiting begins."""
        return self._ask("no key", _url(menu, "Redirect"), {})

    def still_waits(self, waiting: bytes, after: float = 0.0) -> Ask:
        """A round of waiting is over, and nobody has accepted the call."""
        return self._ask("round of waiting", _url(waiting, "Redirect"), {}, after)

    def has_spoken(self, statement: bytes, after: float = 0.0) -> Ask:
        """The statement is over; its media comes later."""
        params = {**self._recording(), "RecordingDuration": "5", "Digits": "#"}
        return self._ask("recorded", _url(statement, "Record"), params, after)

    def recording_is_there(self, after: float = 0.0) -> Ask:
        """The network announces the media."""
        params = {
            **self._recording(),
            "RecordingStatus": "completed",
            "RecordingDuration": "5",
            "RecordingChannels": "1",
            "RecordingSource": "RecordVerb",
            "ErrorCode": "0",
        }
        account = {"CallSid": self.call, "AccountSid": self.settings.twilio_account_sid}
        url = self.settings.public_url + RECORDING
        return Ask("recording callback", self._request(url, account | params), after)

    def has_hung_up(self, after: float = 0.0) -> Ask:
        """The call is over."""
        params = {"CallStatus": "completed", "CallDuration": "31", "SequenceNumber": "3"}
        return self._ask("call status", self.settings.public_url + STATUS, params, after)

    def _recording(self) -> dict[str, str]:
        return {"RecordingSid": self.recording, "RecordingUrl": f"{self.host}/{self.recording}"}

    def _ask(self, name: str, url: str, params: dict[str, str], after: float = 0.0) -> Ask:
        return Ask(name, self._request(url, self._usual() | params), after)

    def _usual(self) -> dict[str, str]:
        """What every voice webhook carries."""
        caller = f"+861000{self.number:07}"
        params = {
            "CallSid": self.call,
            "AccountSid": self.settings.twilio_account_sid,
            "ApiVersion": "2010-04-01",
            "CallStatus": "in-progress",
            "Direction": "inbound",
            "From": caller,
            "Caller": caller,
            "To": "12355",
            "Called": "12355",
        }
        for name in _PLACES:
            params |= {f"{name}City": "", f"{name}State": "", f"{name}Zip": ""}
            params[f"{name}Country"] = "CN"
        return params

    def _request(self, url: str, params: dict[str, str]) -> bytes:
        body = urlencode(params)
        target = url.removeprefix(self.settings.public_url)
        head = (
            f"POST {target} HTTP/1.1",
            f"Host: {self.host}",
            "User-Agent: TwilioProxy/1.1",
            "Accept: */*",
            "Content-Type: application/x-www-form-urlencoded; charset=utf-8",
            f"Content-Length: {len(body)}",
            f"X-Twilio-Signature: {self.validator.compute_signature(url, params)}",
        )
        return "\r\n".join([*head, "", body]).encode()


def callers(settings: Settings) -> Iterator[Caller]:
    """Callers without end, no two alike."""
    while True:
        yield Caller(settings)


def _url(document: bytes, verb: str) -> str:
    """Where the network posts next: the verb's action, or what a Redirect holds."""
    text = document.decode()
    found = re.search(rf'<{verb}\b[^>]*?\baction="([^"]+)"', text) or re.search(
        rf"<{verb}\b[^>]*>([^<]+)<", text
    )
    if not found:
        raise _Elsewhere(f"no {verb} in {text}")
    return unescape(found[1])
