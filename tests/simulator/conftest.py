"""A small application that answers with whatever TwiML a test puts up, and the network beside it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import requests
from flask import Flask, Response, request
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from werkzeug.serving import make_server

from hotline.simulator.driver import Network, Telephone, pocket_network
from hotline.simulator.sound import to_wav, tone

ACCOUNT = "AC" + "7" * 32
TOKEN = "a-token-of-the-tests"
LINE = "12355"

Answer = str | int | Response | Callable[[dict[str, str]], str | int | Response]


@dataclass(frozen=True)
class Got:
    """One request that the application received."""

    path: str
    query: str
    form: dict[str, str]
    signed: bool
    token: str
    method: str


@dataclass
class Application:
    """`pages`: what to answer under each path; anything else gets 204. `got`: what came in."""

    base: str = ""
    pages: dict[str, Answer] = field(default_factory=dict)
    got: list[Got] = field(default_factory=list)

    def at(self, path: str) -> list[dict[str, str]]:
        return [got.form for got in list(self.got) if got.path == path]

    def answer(self, path: str) -> Response:
        page = self.pages.get(path, 204)
        if callable(page) and not isinstance(page, Response):
            page = page(request.values.to_dict())
        if isinstance(page, int):
            return Response(status=page)
        if isinstance(page, Response):
            return page
        return Response(f"<Response>{page}</Response>", mimetype="text/xml")


def _receive(application: Application, path: str) -> Response:
    url = f"{application.base}{request.environ['RAW_URI']}"
    form = request.form.to_dict()
    signature = request.headers.get("X-Twilio-Signature", "")
    application.got.append(
        Got(
            path,
            request.query_string.decode(),
            request.values.to_dict(),
            RequestValidator(TOKEN).validate(url, form, signature),
            request.headers.get("I-Twilio-Idempotency-Token", ""),
            request.method,
        )
    )
    return application.answer(path)


@pytest.fixture(scope="session")
def _application() -> Iterator[Application]:
    state, app = Application(), Flask(__name__)

    @app.route("/<path:path>", methods=["GET", "POST"])
    def receive(path: str) -> Response:
        return _receive(state, f"/{path}")

    server = make_server("127.0.0.1", 0, app, threaded=True)
    state.base = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def application(_application: Application) -> Application:
    _application.pages.clear()
    _application.got.clear()
    return _application


@pytest.fixture(scope="session")
def _network() -> Iterator[Network]:
    with pocket_network(account_sid=ACCOUNT, auth_token=TOKEN, hang_seconds=0.2) as network:
        yield network


@pytest.fixture
def network(_network: Network, application: Application) -> Iterator[Network]:
    base = application.base
    _network.line(
        LINE, voice_url=f"{base}/voice", status_callback=f"{base}/ended", sms_url=f"{base}/sms"
    )
    yield _network
    _network.starts_over()


@pytest.fixture
def caller(network: Network) -> Telephone:
    return network.phone("13800000001")


class _ToThePocket:
    """The official client's transport, with only the host changed."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._wire = TwilioHttpClient(timeout=5)

    def request(self, method, url, *arguments, **more):
        here = url.replace("https://api.twilio.com", self._base)
        return self._wire.request(method, here, *arguments, **more)


@pytest.fixture
def client(network: Network) -> Client:
    return Client(ACCOUNT, TOKEN, http_client=_ToThePocket(network.base_url))


@pytest.fixture
def client_of() -> Callable[[Network], Client]:
    """The client of a network that a test has started itself, as account AC1."""
    return lambda network: Client("AC1", "t", http_client=_ToThePocket(network.base_url))


@pytest.fixture
def refused() -> Callable[[Callable[[], object]], tuple[int, int]]:
    """Status and code of the error with which the API refuses something."""

    def refusal(attempt: Callable[[], object]) -> tuple[int, int]:
        with pytest.raises(TwilioRestException) as caught:
            attempt()
        return caught.value.status, caught.value.code

    return refusal


@pytest.fixture
def media(network: Network) -> Callable[[str], requests.Response]:
    """The media of a RecordingUrl, asked for with the account's credentials."""
    return lambda url: requests.get(url, auth=(ACCOUNT, TOKEN), timeout=5)


@pytest.fixture
def wav() -> Callable[[float], Response]:
    """A WAV file as an application would serve it."""
    return lambda seconds: Response(to_wav([tone(seconds)]), mimetype="audio/x-wav")


@pytest.fixture
def anonymous_media() -> Callable[[str], requests.Response]:
    """The same, without credentials."""
    return lambda url: requests.get(url, timeout=5)
