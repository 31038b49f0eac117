"""REST client of any Twilio-compatible network: Twilio, a self-hosted engine, the pocket network.

Which one it is, only `TWILIO_BASE_URL` (and `TWILIO_SECOND_BASE_URL`) says; the code is the official
client's in every case.
"""

import datetime as dt
import functools
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import requests
from twilio.base import values
from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance
from twilio.rest.api.v2010.account.recording import RecordingInstance
from urllib3.exceptions import NewConnectionError

from hotline import config, troubles
from hotline.network import FIRST, Network
from hotline.troubles import TREATMENT, Trouble

SECONDS = 10
"""Patience with a list or with audio, to connect and again to answer."""
SEND_SECONDS: float | tuple[float, float] = (2, 4)
"""Patience with what somebody's life may depend on: to connect, and to answer."""
LOOK_SECONDS = 1.5
"""Patience when asking whether something was sent already: then it is rather sent twice."""
PIECE = 64 * 1024
PAGE = 200
"""Rows the network gives at once."""
NEWEST = 50
"""Messages or calls to one number among which a lost one is looked for."""

NO_CONNECTION = (
    requests.ConnectTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
)
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

# The client library logs whole requests: telephone numbers, and what an alert says.
_quiet = logging.getLogger("hotline.carrier.requests")
_quiet.setLevel(logging.WARNING)


class CarrierError(Exception):
    """The network did not take a request. `trouble` says which class of failure it is, `wait` for how many
    seconds the network has asked not to be asked again."""

    def __init__(self, code: str, trouble: Trouble, wait: float = 0) -> None:
        super().__init__(f"the network answered {code}")
        self.code, self.trouble, self.wait = code, trouble, wait

    @property
    def retry(self) -> bool:
        """Whether the same request may succeed later."""
        return TREATMENT[self.trouble].retry


class NotThere(CarrierError):
    """What was asked for is not (or not yet) at the network; not even our account, if something was to be
    sent."""

    def __init__(self) -> None:
        super().__init__("404", Trouble.account)


@dataclass(frozen=True, slots=True)
class Found:
    """Something of ours that the network has: its name there, and how it fares, in the network's word."""

    sid: str
    status: str
    error_code: str


class _Http(TwilioHttpClient):  # type: ignore[misc]  # it carries no types
    """The library's transport. It forgets the headers of an answer that is no success, and one of them
    says for how long we are throttled."""

    def request(self, *arguments: object, **named: object) -> Response:
        answer = super().request(*arguments, **named)
        if answer.status_code == requests.codes.too_many_requests:
            asked = answer.headers.get("Retry-After", "")
            raise CarrierError(
                _code(answer), Trouble.throttled, float(asked) if asked.isdecimal() else 0
            )
        return answer


def _code(answer: Response) -> str:
    try:
        return str(json.loads(answer.text)["code"])
    except (ValueError, LookupError, TypeError):
        return str(answer.status_code)


class Carrier:
    """One account at one network."""

    def __init__(self, network: Network, public_url: str) -> None:
        self.network, self.public_url = network, public_url
        self.client = self._client(SECONDS)
        self.sender = self._client(SEND_SECONDS)
        self.looker = self._client(LOOK_SECONDS)
        self.media = requests.Session()
        self.media.auth = (network.account_sid, network.auth_tokens[0])

    def _client(self, patience: float | tuple[float, float]) -> Client:
        http = _Http(logger=_quiet)
        http.timeout = patience
        client = Client(self.network.account_sid, self.network.auth_tokens[0], http_client=http)
        client.api.base_url = self.network.base_url
        return client

    def send_sms(self, to: str, body: str, message_id: int, valid_seconds: int) -> str:
        """Send an SMS; the network's sid. Our own number rides in the callback's URL, so that a status
        still finds its row if the answer to this request is lost.

        Raises:
            CarrierError: it was not taken.
        """
        with _OurErrors():
            sms = self.sender.messages.create(
                to=to,
                from_=self.network.sms_from,
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
            call = self.sender.calls.create(
                to=to,
                from_=self.network.caller_id,
                url=self._callback(CALL_ROUTE, message_id, ASK_AGAIN),
                fallback_url=self._callback(FALLBACK_ROUTE, message_id),
                status_callback=self._callback(CALL_STATUS_ROUTE, message_id),
                status_callback_event=["initiated", "ringing", "answered", "completed"],
                timeout=ring_seconds,
                byoc=self.network.byoc_trunk or values.unset,
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
                self.sender.calls(sid).update(**order)
        except NotThere as gone:
            raise CarrierError(gone.code, Trouble.refused) from gone

    def sent_sms(self, to: str, body: str, since: dt.datetime) -> list[Found]:
        """SMS with exactly this text that we have sent to a number since `since` (UTC), newest first.

        Not asked for by date: the network filters by the day on which an SMS left, and one that still
        waits there has none (network fact).

        Raises:
            CarrierError: the network did not say in time.
        """
        with _OurErrors():
            return [
                Found(one.sid, str(one.status), str(one.error_code or ""))
                for one in self.looker.messages.list(to=to, limit=NEWEST)
                if one.direction.startswith("outbound")
                and one.body == body
                and one.date_created >= since
            ]

    def placed_calls(self, to: str, since: dt.datetime) -> list[Found]:
        """Calls that we have placed to a number since `since` (UTC), newest first.

        Raises:
            CarrierError: the network did not say in time.
        """
        with _OurErrors():
            return [
                Found(one.sid, str(one.status), "")
                for one in self.looker.calls.list(to=to, limit=NEWEST)
                if one.direction.startswith("outbound-api") and one.date_created >= since
            ]

    def call(self, sid: str) -> Found:
        """How a call of ours fares.

        Raises:
            CarrierError: the network did not say in time, or does not know it.
        """
        with _OurErrors():
            one = self.looker.calls(sid).fetch()
        return Found(one.sid, str(one.status), "")

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
                raise CarrierError(str(answer.status_code), Trouble.unanswered)
            got = 0
            for piece in answer.iter_content(PIECE):
                got += len(piece)
                if got > most_bytes:
                    raise CarrierError("too large", Trouble.refused)
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
        account = self.network.account_sid
        base = self.network.base_url
        return f"{base}/2010-04-01/Accounts/{account}/Recordings/{sid}.wav"

    def _callback(self, route: str, message_id: int, overrides: str = TELL_AGAIN) -> str:
        return f"{self.public_url}{route}?message={message_id}{overrides}"


class _OurErrors:
    """Turns whatever the client library raises into a `CarrierError` of the right class."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        if isinstance(fault, TwilioRestException | TwilioServiceException):
            raise _refusal(fault.status, str(fault.code or fault.status)) from fault
        if page := _refused_page(fault):
            raise _refusal(page.status_code, _code(page)) from fault
        if isinstance(fault, requests.Timeout):
            raise CarrierError("time-out", _how_far(fault)) from fault
        if isinstance(fault, requests.RequestException | TwilioException):
            raise CarrierError("unreachable", _how_far(fault)) from fault
        if isinstance(fault, json.JSONDecodeError):
            raise CarrierError("garbled", Trouble.unanswered) from fault


def _refusal(status: int, code: str) -> CarrierError:
    if status == requests.codes.not_found:
        return NotThere()
    return CarrierError(code, troubles.trouble(status, code))


def _how_far(fault: BaseException) -> Trouble:
    """Without a connection nothing has arrived: refused, too late, a name that nobody knows, TLS."""
    reason = getattr(fault.args[0], "reason", None) if fault.args else None
    never = isinstance(fault, NO_CONNECTION) or isinstance(reason, NewConnectionError)
    return Trouble.away if never else Trouble.unanswered


def _refused_page(fault: BaseException | None) -> Response | None:
    """A page of a list that the network did not give: the library tells it in a class without a status."""
    found = fault.args[-1] if isinstance(fault, TwilioException) and fault.args else None
    return found if isinstance(found, Response) else None


@functools.cache
def _carrier(network: Network, public_url: str) -> Carrier:
    return Carrier(network, public_url)


def carrier(name: str = FIRST) -> Carrier:
    """This process's client of a configured network; recordings and lists of calls are the first one's."""
    settings = config.current()
    return _carrier(settings.networks[name], settings.public_url)
