"""Webhooks on their way: signed, timed, retried as the URL asks, and in order unless told not to."""

import ipaddress
import re
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock, Thread
from urllib.parse import quote, urldefrag, urlencode, urlsplit

import urllib3
from twilio.request_validator import RequestValidator

from hotline.simulator.bell import Bell
from hotline.simulator.calls import Pace
from hotline.simulator.faults import Faults
from hotline.simulator.journal import Journal
from hotline.simulator.overrides import Overrides

INVALID_URL = 11100
HTTP_FAILURE = 11200
CONNECTION_FAILURE = 11205
FORBIDDEN_HOST = 11210
CALLBACK_WARNING = 15003
_HOLD = {True: 2.0, False: 0.05}  # seconds for a later callback to overtake, by real pace
_FLEETING = re.compile(r"no-store|no-cache|max-age=0")
_URL_CHARACTERS = "%/?#[]@!$&'()*+,;=:~-._"


class WebhookFailure(Exception):
    """No usable answer came from a URL; carries the network's error code."""

    def __init__(self, code: int, message: str, url: str) -> None:
        super().__init__(message)
        self.code = code
        self.url = url


@dataclass(frozen=True)
class Request:
    """A webhook before it is sent. `kind` is what the journal calls it."""

    kind: str
    url: str
    method: str
    params: Mapping[str, str]
    sid: str = ""


@dataclass(frozen=True)
class Reply:
    """What came back with a status of 2xx. `lasting`: it may be kept and used again."""

    url: str
    content_type: str
    body: bytes
    lasting: bool = True


class Courier:
    """Sends every webhook of the network. Nothing leaves the loopback interface."""

    def __init__(
        self, token: str, seconds: float, pace: Pace, faults: Faults, journal: Journal, bell: Bell
    ) -> None:
        """`seconds`: hard limit for one webhook, its retries included."""
        self._validator = RequestValidator(token)
        self._seconds = seconds
        self._pace = pace
        self._faults = faults
        self._journal = journal
        self._bell = bell
        self._pool = urllib3.PoolManager(num_pools=8, maxsize=64, retries=False)
        self._lock = Lock()
        self._waiting: dict[str, deque[Request]] = {}

    @property
    def busy(self) -> bool:
        """Whether callbacks are still under way."""
        with self._lock:
            return bool(self._waiting)

    def ask(self, request: Request) -> Reply:
        """Send a request whose answer the call needs. Raises WebhookFailure."""
        token = str(uuid.uuid4())
        for _ in range(self._faults.switches.request_copies - 1):
            _in_background(self._send_copy, request, token)
        return self._send(request, token, self._faults.loses_webhook)

    def notify(self, key: str, request: Request) -> None:
        """Send a status callback some time soon; those of one key go in order."""
        if not request.url:
            return
        with self._lock:
            queue = self._waiting.get(key)
            if queue is not None:
                queue.append(request)
                return
            self._waiting[key] = deque([request])
        _in_background(self._deliver, key)

    def _deliver(self, key: str) -> None:
        while True:
            if self._faults.switches.callbacks_shuffled:
                time.sleep(_HOLD[self._pace.real])
            with self._lock:
                queue = self._waiting[key]
                if not queue:
                    del self._waiting[key]
                    break
                last = self._faults.switches.callbacks_shuffled
                request = queue.pop() if last else queue.popleft()
            self._call_back(request)
        self._bell.ring()

    def _call_back(self, request: Request) -> None:
        if self._faults.drops_callback() or self._faults.loses_webhook():
            self._journal.event("dropped", f"{request.kind} {request.url}", sid=request.sid)
            return
        token = str(uuid.uuid4())
        copies = [
            _in_background(self._send_copy, request, token)
            for _ in range(self._faults.switches.callback_copies - 1)
        ]
        self._send_copy(request, token)
        for copy in copies:
            copy.join()

    def _send_copy(self, request: Request, token: str) -> None:
        try:
            self._send(request, token)
        except WebhookFailure as failure:
            self._journal.error(CALLBACK_WARNING, str(failure), request.sid, failure.url)

    def _send(
        self, request: Request, token: str, lost: Callable[[], bool] = lambda: False
    ) -> Reply:
        url, fragment = urldefrag(_as_sent(request.url))
        overrides = self._asked_by(fragment, request)
        _refuse_the_world(url)
        until = time.monotonic() + min(overrides.total, self._seconds)
        for attempt in range(overrides.retries + 1):
            try:
                if lost():
                    self._lose(request, url, min(overrides.read, until - time.monotonic()))
                return self._attempt(request, url, token, overrides.timeout(until))
            except _Repeatable as trouble:
                last = attempt == overrides.retries or time.monotonic() >= until
                if last or trouble.reason not in overrides.after:
                    raise trouble.failure from trouble
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _asked_by(self, fragment: str, request: Request) -> Overrides:
        overrides, nonsense = Overrides.asked_by(fragment)
        for part in nonsense:
            message = f"Invalid URL format: no connection override {part!r}"
            self._journal.error(INVALID_URL, message, request.sid, request.url)
        return overrides

    def _lose(self, request: Request, url: str, seconds: float) -> None:
        """The fault `webhooks_lost`: it never arrives; at the fast pace that takes no time."""
        if self._pace.real:
            time.sleep(seconds)
        self._log(request, None, time.perf_counter())
        message = f"ReadTimeoutError after {seconds:g} s at most: {url}"
        raise _Repeatable("rt", WebhookFailure(CONNECTION_FAILURE, message, url))

    def _attempt(self, request: Request, url: str, token: str, timeout: urllib3.Timeout) -> Reply:
        began = time.perf_counter()
        try:
            response = self._exchange(request, url, token, timeout)
        except urllib3.exceptions.HTTPError as error:
            self._log(request, None, began)
            late = isinstance(error, urllib3.exceptions.ReadTimeoutError)
            message = f"{type(error).__name__} after {self._seconds:g} s at most: {url}"
            failure = WebhookFailure(CONNECTION_FAILURE, message, url)
            raise _Repeatable("rt" if late else "ct", failure) from error
        self._log(request, response.status, began)
        if not 200 <= response.status < 300:
            failure = WebhookFailure(HTTP_FAILURE, f"HTTP {response.status} from {url}", url)
            raise _Repeatable(f"{response.status // 100}xx", failure)
        lasting = not _FLEETING.search(response.headers.get("Cache-Control", ""))
        kind = response.headers.get("Content-Type", "")
        return Reply(request.url, kind, response.data, lasting)

    def _exchange(
        self, request: Request, url: str, token: str, timeout: urllib3.Timeout
    ) -> urllib3.BaseHTTPResponse:
        in_query = request.method == "GET"
        if in_query and request.params:
            url += ("&" if "?" in url else "?") + urlencode(request.params)
        signed = {} if in_query else request.params
        headers = {
            "X-Twilio-Signature": self._validator.compute_signature(url, signed),
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            # A kept connection may be closed under the next request, and a carrier comes afresh.
            "Connection": "close",
        }
        body = None if in_query else urlencode(request.params)
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        return self._pool.request(
            request.method, url, body=body, headers=headers, redirect=False, timeout=timeout
        )

    def _log(self, request: Request, status: int | None, began: float) -> None:
        ms = (time.perf_counter() - began) * 1000
        self._journal.event(
            request.kind, f"{request.method} {request.url}", status, ms, request.sid
        )


class _Repeatable(Exception):
    """A failed attempt, and the word by which a URL asks for a retry after it."""

    def __init__(self, reason: str, failure: WebhookFailure) -> None:
        super().__init__(reason)
        self.reason = reason
        self.failure = failure


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, without asking a name server."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _as_sent(url: str) -> str:
    """The URL byte for byte as it goes out, which is what the signature must cover."""
    try:
        return urllib3.util.parse_url(quote(url, safe=_URL_CHARACTERS)).url
    except urllib3.exceptions.LocationParseError as error:
        raise WebhookFailure(FORBIDDEN_HOST, f"Not a URL: {url!r}", url) from error


def _refuse_the_world(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not is_loopback(parts.hostname or ""):
        message = f"This network reaches only the loopback interface, not {url!r}"
        raise WebhookFailure(FORBIDDEN_HOST, message, url)


def _in_background(work: Callable[..., None], *arguments: object) -> Thread:
    thread = Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread
