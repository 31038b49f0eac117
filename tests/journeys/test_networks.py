"""One network fails, or says nothing: the police hear of the emergency all the same, and hear of it once."""

import threading
import time

import pytest

from hotline import carrier, clock, config, db, networks, relay
from hotline.networks import NetworkState
from hotline.outbox import Channel, Lane, MessageStatus
from hotline.relay import NUDGE_GRACE
from hotline.simulator.config import Line as NumberOnNetwork
from hotline.simulator.driver import Network, Telephone, pocket_network
from tests.ground.people import add
from tests.journeys.looks import alerts, messages

SECOND_ACCOUNT = "AC" + "fedcba9876543210" * 2
SECOND_NUMBER = "+8610000012345"
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def second(line, monkeypatch):
    """A second network, with the same telephones on it as far as they are needed."""
    number = NumberOnNetwork(status_callback=f"{line.settings.public_url}/ivr/status")
    with pocket_network(
        {SECOND_NUMBER: number}, account_sid=SECOND_ACCOUNT, auth_token="token-of-the-second"
    ) as network:
        changes = {
            "twilio_second_account_sid": SECOND_ACCOUNT,
            "twilio_second_auth_token": "token-of-the-second",
            "twilio_second_base_url": network.base_url,
            "second_sms_from": SECOND_NUMBER,
            "second_caller_id": SECOND_NUMBER,
        }
        monkeypatch.setattr(config, "_current", line.settings.model_copy(update=changes))
        yield network
        network.settles(within=5)
        assert network.errors == []


def police_on(network: Network, line) -> Telephone:
    """The same desk's telephone, as the second network reaches it."""
    return network.phone(line.district_police.number, kind="mobile")


def first_is(monkeypatch, base_url: str) -> None:
    """The first network is to be found there from now on."""
    changed = config.current().model_copy(update={"twilio_base_url": base_url})
    monkeypatch.setattr(config, "_current", changed)


def failing() -> list[str]:
    with db.transaction() as session:
        return [
            one.name
            for one in session.query(NetworkState).filter(NetworkState.failing_since.is_not(None))
        ]


def test_the_first_network_is_away_and_the_alert_arrives_by_the_second(line, second, monkeypatch):
    number, police = line.emergency(), police_on(second, line)
    first_is(monkeypatch, NOBODY)
    text = line.officer().forwards(number)
    line.works()
    assert police.receives_sms("紧急警情")["body"] == text
    second.settles()
    [sms] = messages()
    assert (sms.status, sms.network, sms.attempts) == ("delivered", "second", 1)
    [alert] = alerts()
    assert [one["network"] for one in alert["messages"]] == ["second"]
    assert failing() == ["first"]

    # Nobody reacts: the call goes by the second as well, and a key in it counts.
    line.waits(61)
    police.answers().hears("确认收到").presses("1").hears("已签收").stays_silent().is_hung_up_on()
    second.settles()
    assert [one["status"] for one in alerts()] == ["acknowledged"]
    assert [one["network"] for one in alerts()[0]["messages"]] == ["second", "second"]


def test_the_first_network_comes_back(line, second, monkeypatch):
    number, police = line.emergency(), police_on(second, line)
    there = config.current().twilio_base_url
    first_is(monkeypatch, NOBODY)
    line.officer().forwards(number)
    line.works()
    police.receives_sms("紧急警情")
    first_is(monkeypatch, there)
    line.waits(networks.PAUSE.total_seconds())
    assert failing() == []
    line.waits(40)
    line.district_police.rings().lets_it_ring()
    second.settles()
    line.network.settles()
    assert [message.network for message in messages()][:2] == ["second", "first"]


def test_an_account_that_is_refused_stops_no_alert(line, second, monkeypatch):
    number, police = line.emergency(), police_on(second, line)
    wrong = config.current().model_copy(update={"twilio_auth_token": "changed this morning"})
    monkeypatch.setattr(config, "_current", wrong)
    line.officer().forwards(number)
    line.works()
    police.receives_sms("紧急警情")
    assert failing() == ["first"]
    second.settles()


def test_an_answer_that_was_lost_with_every_callback_makes_no_second_sms(line):
    number = line.emergency()
    line.network.faults(rest_answers_lost=1, rest_resource="Messages", callbacks_dropped=1.0)
    line.officer().forwards(number)
    line.works()
    line.network.settles()
    [sms] = messages()
    assert (sms.status, sms.carrier_sid) == ("pending", None)
    line.waits_without_workers(3)
    [sms] = messages()
    [there] = line.district_police.messages
    assert (sms.status, sms.carrier_sid, sms.attempts) == ("delivered", there["sid"], 2)


def test_what_the_first_took_and_never_said_does_not_go_by_the_second(line, second):
    number, police = line.emergency(), police_on(second, line)
    line.network.faults(rest_answers_lost=1, rest_resource="Messages", callbacks_dropped=1.0)
    line.officer().forwards(number)
    line.works()
    line.district_police.receives_sms("紧急警情")
    line.network.settles()
    [sms] = messages()
    assert (sms.network, sms.attempts) == ("first", 1)
    assert police.messages == []


def test_a_call_whose_answer_was_lost_rings_once(line):
    number = line.emergency()
    line.network.faults(sms_undelivered={"*": 30006}, rest_answers_lost=1, rest_resource="Calls")
    line.officer().forwards(number)
    line.works()
    line.network.settles()
    line.network.faults(callbacks_dropped=1.0)
    line.waits(2)
    line.district_police.rings()
    assert [(one.channel, one.carrier_sid) for one in messages()[1:]] == [(Channel.call, None)]
    line.network.heals()
    line.waits_without_workers(3)
    [_, call] = messages()
    assert (call.attempts, call.carrier_sid) == (2, line.district_police.call["sid"])
    line.district_police.answers().hears("确认收到").presses("1").hears(
        "已签收"
    ).stays_silent().is_hung_up_on()
    line.network.settles()
    assert [one["status"] for one in alerts()] == ["acknowledged"]


def test_a_handset_that_was_off_gets_the_sms_later(line):
    number = line.emergency()
    line.network.faults(sms_undelivered={"*": 30003})
    line.officer().forwards(number)
    line.works()
    line.network.settles()
    line.network.heals()
    assert line.district_police.messages == []
    # The alert does not wait for that: the telephone rings at once.
    line.waits(2)
    line.district_police.rings().declines()
    line.waits(31)
    line.district_police.receives_sms("紧急警情")
    line.network.settles()


@pytest.mark.parametrize("lane", [Lane.alert, Lane.other])
def test_one_request_that_hangs_holds_up_no_alert(line, monkeypatch, lane):
    """Twenty alerts are due in the same second, and the network leaves one request hanging."""
    monkeypatch.setattr(carrier, "SEND_SECONDS", 20)
    carrier._carrier.cache_clear()
    with db.transaction() as session:
        if lane is Lane.other:
            add(session, lane=lane)
    line.network.faults(rest_hangs=1, rest_resource="Messages")
    sweepers = [threading.Thread(target=relay.sweep_others)]
    clock.shift(NUDGE_GRACE)
    if lane is Lane.other:
        sweepers[0].start()
        time.sleep(0.3)
    with db.transaction() as session:
        for _ in range(20):
            add(session, line.district_police.number)
    clock.shift(NUDGE_GRACE)
    urgent = threading.Thread(target=relay.sweep_urgent)
    began = time.monotonic()
    urgent.start()
    expected = 20 if lane is Lane.other else 19
    while (
        sum(one.status is not MessageStatus.sending and one.attempts for one in messages())
        < expected
    ):
        assert time.monotonic() - began < 2.8, "the others wait for the one that hangs"
        time.sleep(0.02)
    urgent.join(20)
    if lane is Lane.other:
        sweepers[0].join(20)
    line.network.settles()
    carrier._carrier.cache_clear()
