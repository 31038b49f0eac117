"""A whole line for one test: real web server, real network on loopback, real PostgreSQL and Redis."""

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from argon2 import PasswordHasher
from rq import Queue
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty
from werkzeug.serving import BaseWSGIServer, make_server

from hotline import app, clock, config, queues, streams, sweeper
from hotline.accounts import passwords
from hotline.config import Settings
from hotline.embedded import demo
from hotline.embedded.processes import free_port
from hotline.simulator.config import Line as NumberOnNetwork
from hotline.simulator.driver import Network, Telephone, pocket_network
from ivr.flow import load
from ivr.nodes import Wait
from tests.journeys.looks import alerts, reports
from tests.journeys.people import Officer
from tests.journeys.wire import Wire

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""The demo people's passwords are no secret, and real parameters cost a second for each test."""
HANGS = 3
"""Seconds for which the network leaves a request hanging when that fault is on."""
WORKS_AT_MOST = 30
SELDOM = 600
"""Seconds between two rounds of a duty that a journey runs by itself, if it means it."""
SIGN_INS = {person.username: person for person in demo.SIGN_INS}


class _Worker(queues.Worker):
    # Jobs are timed by a thread: the test's own time-out uses the alarm signal.
    death_penalty_class = TimerDeathPenalty

    def subscribe(self) -> None:
        """Nobody tells it to stop, and a tenth of a second to hang up is long for a job that takes less."""


def _waiting_jobs() -> int:
    return sum(Queue(name, connection=queues.connection()).count for name in queues.ALL)


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
    district_police: Telephone
    signed_in: dict[str, Officer] = field(default_factory=dict)

    def officer(self, username: str = "zhiban") -> Officer:
        """Somebody signed in at the console."""
        if username not in self.signed_in:
            person = Officer(self.settings.public_url)
            person.sign_in(username, SIGN_INS[username].password)
            self.signed_in[username] = person
        return self.signed_in[username]

    def emergency(self, caller: Telephone | None = None) -> str:
        """Somebody presses 1, no officer picks up, and the statement is recorded: the receipt number."""
        caller = caller or self.caller
        caller.dial("12355").hears("儿童保护热线").presses("1").hears("正在为你接通值班员")
        self.no_officer_takes_it(caller, danger=True)
        caller.hears("听到嘀的一声").says(seconds=2).stays_silent()
        caller.hears("受理编号").is_hung_up_on()
        self.settles()
        return str(reports()[-1]["number"])

    def works_until(self, phone: Telephone, hears: str) -> Telephone:
        """The workers go on until somebody hears what follows from their work."""
        for _ in range(WORKS_AT_MOST):
            self.works()
            try:
                return phone.hears(hears, within=0.2)
            except AssertionError:
                continue
        return phone.hears(hears)

    def officers_ring(self) -> Telephone:
        """A caller waits, and the telephone of the officer on duty rings."""
        self.works()
        return self.officers_phone.rings()

    def no_officer_takes_it(self, caller: Telephone | None = None, *, danger: bool = False) -> None:
        """The officer lets it ring, and the caller stays on the line until the recording is offered."""
        self.officers_ring().lets_it_ring()
        self.stays_to_the_recording(caller, danger=danger)

    def stays_to_the_recording(
        self, caller: Telephone | None = None, *, danger: bool = False
    ) -> None:
        """The caller waits in silence until all rounds are over."""
        wait = load("12355").nodes["danger" if danger else "officer"]
        assert isinstance(wait, Wait)
        for _ in range(wait.rounds):
            (caller or self.caller).stays_silent()

    def alert(self) -> str:
        """An emergency comes in and the officer on duty forwards it: the alert's number."""
        self.officer().forwards(self.emergency())
        return str(alerts()[-1]["number"])

    def waits(self, seconds: float) -> None:
        """Time passes, the sweeper goes round, and the workers do what follows from it."""
        self.waits_without_workers(seconds)
        self.works()

    def waits_without_workers(self, seconds: float) -> None:
        """Time passes, and the sweeper goes round; no worker lives."""
        clock.shift(dt.timedelta(seconds=seconds))
        self.sweeps()

    def works(self) -> None:
        """The workers do what has been asked of them so far, and what follows from it."""
        queues.flush()
        while _waiting_jobs():
            _Worker(
                list(queues.ALL), connection=queues.connection(), serializer=JSONSerializer
            ).work(burst=True, logging_level="CRITICAL")
            # What a job asks for is queued after its commit, by a thread of its own.
            queues.flush()

    def sweeps(self) -> dict[str, int]:
        """The sweeper goes round once."""
        return sweeper.sweep_once([duty for duty in app.duties() if duty.every < SELDOM])

    def settles(self) -> None:
        """Everything that is under way arrives."""
        self.network.settles()
        self.works()
        self.network.settles()


@pytest.fixture
def line(database: Settings, redis: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[TheLine]:
    """The line with its demo people, taking calls."""
    monkeypatch.setattr(streams, "KEEP_ALIVE_SECONDS", 0.2)
    monkeypatch.setattr(passwords, "_hasher", QUICK)
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    number = NumberOnNetwork(
        voice_url=f"{public}/ivr/voice",
        fallback_url=f"{public}/ivr/fallback",
        status_callback=f"{public}/ivr/status",
        sms_url=f"{public}/ivr/sms",
    )
    with pocket_network(
        {"12355": number, database.caller_id: number},
        account_sid=database.twilio_account_sid,
        auth_token=database.twilio_auth_token,
        hang_seconds=HANGS,
    ) as network:
        settings = config.current().model_copy(
            update={"public_url": public, "twilio_base_url": network.base_url}
        )
        monkeypatch.setattr(config, "_current", settings)
        demo.load()
        with _Serving(port, settings):
            yield _the_line(settings, network)
            network.settles(within=5)
        assert network.errors == []


def _the_line(settings: Settings, network: Network) -> TheLine:
    return TheLine(
        settings=settings,
        network=network,
        caller=network.phone("10000000001", kind="mobile"),
        officers_phone=network.phone("10000000101", kind="mobile"),
        supervisors_phone=network.phone("10000000201", kind="mobile"),
        police=network.phone("10000000301", kind="mobile"),
        second_contact=network.phone("10000000302", kind="mobile"),
        district_police=network.phone("10000000311", kind="mobile"),
    )


class _Serving:
    def __init__(self, port: int, settings: Settings) -> None:
        application = app.create_app(settings)
        self.server: BaseWSGIServer = make_server("127.0.0.1", port, application, threaded=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *fault: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        queues.flush()


@pytest.fixture
def wire(line: TheLine) -> Wire:
    """The network's own way of posting to us, by hand."""
    return Wire(line.settings)
