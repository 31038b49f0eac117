"""A whole line for one test: real web server, real network on loopback, real PostgreSQL and Redis."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty
from werkzeug.serving import BaseWSGIServer, make_server

from hotline import app, config, live, queues, sweeper
from hotline.config import Settings
from hotline.embedded import demo
from hotline.embedded.processes import free_port
from hotline.simulator.config import Line as NumberOnNetwork
from hotline.simulator.driver import Network, Telephone, pocket_network
from tests.journeys.people import Officer

SIGN_INS = {person.username: person for person in demo.SIGN_INS}


class _Worker(queues.Worker):
    # Jobs are timed by a thread: the test's own time-out uses the alarm signal.
    death_penalty_class = TimerDeathPenalty


@dataclass
class TheLine:
    """The line, its people and its telephones."""

    settings: Settings
    network: Network
    caller: Telephone
    officers_phone: Telephone
    supervisors_phone: Telephone
    police: Telephone
    second_contact: Telephone
    signed_in: dict[str, Officer] = field(default_factory=dict)

    def officer(self, username: str = "zhiban") -> Officer:
        """Somebody signed in at the console."""
        if username not in self.signed_in:
            person = Officer(self.settings.public_url)
            person.sign_in(username, SIGN_INS[username].password)
            self.signed_in[username] = person
        return self.signed_in[username]

    def works(self) -> None:
        """The workers do what has been asked of them so far."""
        queues.flush()
        _Worker(list(queues.ALL), connection=queues.connection(), serializer=JSONSerializer).work(
            burst=True, logging_level="CRITICAL"
        )

    def sweeps(self) -> dict[str, int]:
        """The sweeper goes round once."""
        return sweeper.sweep_once(app.duties())

    def settles(self) -> None:
        """Everything that is under way arrives."""
        self.network.settles()
        self.works()
        self.network.settles()


@pytest.fixture
def line(database: Settings, redis: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[TheLine]:
    """The line with its demo people, taking calls."""
    monkeypatch.setattr(live, "KEEP_ALIVE_SECONDS", 0.2)
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    number = NumberOnNetwork(
        voice_url=f"{public}/ivr/voice",
        fallback_url=f"{public}/ivr/fallback",
        status_callback=f"{public}/ivr/status",
        sms_url=f"{public}/ivr/sms",
    )
    with pocket_network(
        {"12355": number},
        account_sid=database.twilio_account_sid,
        auth_token=database.twilio_auth_token,
    ) as network:
        settings = database.model_copy(
            update={"public_url": public, "twilio_base_url": network.base_url}
        )
        monkeypatch.setattr(config, "_current", settings)
        demo.load()
        with _Serving(port, settings):
            yield _the_line(settings, network)
        assert network.errors == []


def _the_line(settings: Settings, network: Network) -> TheLine:
    return TheLine(
        settings=settings,
        network=network,
        caller=network.phone("10000000001"),
        officers_phone=network.phone("10000000101"),
        supervisors_phone=network.phone("10000000201"),
        police=network.phone("10000000301"),
        second_contact=network.phone("10000000302"),
    )


class _Serving:
    def __init__(self, port: int, settings: Settings) -> None:
        application = app.create_app(settings)
        self.server: BaseWSGIServer = make_server("127.0.0.1", port, application, threaded=True)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *fault: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        queues.flush()
