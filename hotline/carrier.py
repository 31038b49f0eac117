"""REST client of any Twilio-compatible network: Twilio, a self-hosted engine, the pocket network.

Which one it is, only `TWILIO_BASE_URL` says; the code is the official client's in every case.
"""

import datetime as dt
import functools
import json
import logging
from collections.abc import Iterator

import requests
from twilio.base import values
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance
from twilio.rest.api.v2010.account.recording import RecordingInstance

from hotline import config

SECONDS = 10
"""Patience with one request, connect included."""
PIECE = 64 * 1024
PAGE = 200
"""Rows the network gives at once."""

STATUS_ROUTE = "/ivr/message-status"
CALL_ROUTE = "/ivr/outbound"
CALL_STATUS_ROUTE = "/ivr/status"
FALLBACK_ROUTE = "/ivr/fallback"

# Connection overrides: a request of the network that failed is made again (network fact: by default only
# one that could not connect is, after five seconds).
ASK_AGAIN = "#ct=2000&rt=6000&rc=1&rp=ct,rt,5xx"
"""For what somebody waits for: an answer takes five seconds at most, and asked twice there is still time for
the fallback."""
TELL_AGAIN = "#rc=5&rp=all"
"""For notices, which nobody waits for."""

# Answers after which the same request may succeed later: the network is throttling (429 / 20429: not
# processed), slow, or its credentials are being changed. Any other 4xx would fail again: 21211 not a
# number, 21614 not a mobile, 21610 opted out (network facts).
WORTH_RETRYING = frozenset({401, 408, 429})


# The client library logs whole requests: telephone numbers, and what an alert says.
_quiet = logging.getLogger("hotline.carrier.requests")
_quiet.setLevel(logging.WARNING)


class CarrierError(Exception):
    """The network did not take a request. `retry`: whether the same request may succeed later."""

    def __init__(self, code: str, *, retry: bool) -> None:
        super().__init__(f"the network answered {code}")
        self.code, self.retry = code, retry


class NotThere(CarrierError):
    """What was asked for is not (or not yet) at the network."""

    def __init__(self) -> None:
        super().__init__("404", retry=True)


class Carrier:
    """One account at one network."""

    def __init__(self, settings: config.Settings) -> None:
        self.settings = settings
        self.http = TwilioHttpClient(timeout=SECONDS, logger=_quiet)
        self.client = Client(
            settings.twilio_account_sid, settings.twilio_auth_token, http_client=self.http
        )
        self.client.api.base_url = settings.twilio_base_url
        self.media = requests.Session()
        self.media.auth = (settings.twilio_account_sid, settings.twilio_auth_token)

    def send_sms(self, to: str, body: str, message_id: int, valid_seconds: int) -> str:
        """Send an SMS; the network's sid. Our own number rides in the callback's URL, so that a status
        still finds its row if the answer to this request is lost.

        Raises:
            CarrierError: it was not taken.
        """
        with _OurErrors():
            sms = self.client.messages.create(
                to=to,
                from_=self.settings.sms_from,
                body=body,
                status_callback=self._callback(STATUS_ROUTE, message_id),
                validity_period=max(1, min(valid_seconds, 36_000)),
            )
        return str(sms.sid)

    def place_call(self, to: str, message_id: int, ring_seconds: int) -> str:
        """Ring a telephone and let our own call flow speak; the network's sid.

        Raises:
            CarrierError: it was not taken.
        """
        with _OurErrors():
            call = self.client.calls.create(
                to=to,
                from_=self.settings.caller_id,
                url=self._callback(CALL_ROUTE, message_id, ASK_AGAIN),
                fallback_url=self._callback(FALLBACK_ROUTE, message_id),
                status_callback=self._callback(CALL_STATUS_ROUTE, message_id),
                status_callback_event=["initiated", "ringing", "answered", "completed"],
                timeout=ring_seconds,
                byoc=self.settings.twilio_byoc_trunk or values.unset,
            )
        return str(call.sid)

    def redirect_call(self, sid: str, url: str) -> None:
        """Let a call that is going on go on at `url` at once, whatever it is doing; without one, hang
        up, or stop ringing.

        Raises:
            CarrierError: it was not taken. A call that is over (21220) or not known never will be.
        """
        order = {"url": url, "method": "POST"} if url else {"status": "completed"}
        try:
            with _OurErrors():
                self.client.calls(sid).update(**order)
        except NotThere as gone:
            raise CarrierError(gone.code, retry=False) from gone

    def recording(self, sid: str, most_bytes: int) -> Iterator[bytes]:
        """The audio of a recording, in pieces. Only ever fetched from the configured network.

        Raises:
            NotThere: the media is not there yet.
            CarrierError: anything else, among it audio of more than `most_bytes`.
        """
        with (
            _OurErrors(),
            self.media.get(
                self._media_url(sid), timeout=SECONDS, stream=True, allow_redirects=False
            ) as answer,
        ):
            if answer.status_code == requests.codes.not_found:
                raise NotThere
            if answer.status_code != requests.codes.ok:
                raise CarrierError(str(answer.status_code), retry=True)
            got = 0
            for piece in answer.iter_content(PIECE):
                got += len(piece)
                if got > most_bytes:
                    raise CarrierError("too large", retry=False)
                yield piece

    def delete_recording(self, sid: str) -> None:
        """Delete a recording at the network; one that is gone already is fine.

        Raises:
            CarrierError: it was not deleted.
        """
        try:
            with _OurErrors():
                self.client.recordings(sid).delete()
        except NotThere:
            return

    def calls_since(self, moment: dt.datetime) -> Iterator[CallInstance]:
        """Every call that came in since `moment` (UTC), as the network knows it.

        Raises:
            CarrierError: the network did not say.
        """
        with _OurErrors():
            for call in self.client.calls.stream(start_time_after=moment, page_size=PAGE):
                if call.direction == "inbound":
                    yield call

    def recordings_since(self, moment: dt.datetime) -> Iterator[RecordingInstance]:
        """Every recording made since `moment` (UTC) that is still at the network.

        Raises:
            CarrierError: the network did not say.
        """
        with _OurErrors():
            yield from self.client.recordings.stream(date_created_after=moment, page_size=PAGE)

    def reachable(self) -> None:
        """Ask for one's own account: proves address and credentials.

        Raises:
            CarrierError: wrong, or nobody there.
        """
        with _OurErrors():
            self.client.messages.list(limit=1)

    def _media_url(self, sid: str) -> str:
        account = self.settings.twilio_account_sid
        base = self.settings.twilio_base_url
        return f"{base}/2010-04-01/Accounts/{account}/Recordings/{sid}.wav"

    def _callback(self, route: str, message_id: int, overrides: str = TELL_AGAIN) -> str:
        return f"{self.settings.public_url}{route}?message={message_id}{overrides}"


class _OurErrors:
    """Turns whatever the client library raises into a `CarrierError` of the right class."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        if isinstance(fault, TwilioRestException):
            if fault.status == requests.codes.not_found:
                raise NotThere from fault
            raise CarrierError(
                str(fault.code or fault.status), retry=_worth_retrying(fault.status)
            ) from fault
        if page := _refused_page(fault):
            raise CarrierError(
                str(page.status_code), retry=_worth_retrying(page.status_code)
            ) from fault
        if isinstance(fault, requests.Timeout):
            raise CarrierError("time-out", retry=True) from fault
        if isinstance(fault, requests.RequestException | TwilioException):
            raise CarrierError("unreachable", retry=True) from fault
        if isinstance(fault, json.JSONDecodeError):
            raise CarrierError("garbled", retry=True) from fault


def _refused_page(fault: BaseException | None) -> Response | None:
    """A page of a list that the network did not give: the library tells it in a class without a status."""
    found = fault.args[-1] if isinstance(fault, TwilioException) and fault.args else None
    return found if isinstance(found, Response) else None


def _worth_retrying(status: int) -> bool:
    return status >= 500 or status in WORTH_RETRYING


@functools.cache
def _carrier(settings: config.Settings) -> Carrier:
    return Carrier(settings)


def carrier() -> Carrier:
    """This process's client of the configured network."""
    return _carrier(config.current())
