"""The client against a network that speaks the real protocol, over real HTTP."""

import datetime as dt
import time

import pytest

from hotline import config
from hotline.carrier import Carrier, CarrierError, NotThere
from hotline.network import FIRST
from hotline.simulator.config import Line
from hotline.simulator.driver import pocket_network
from hotline.troubles import Trouble

POLICE = "10000000301"
MUCH = 10_000_000
TWIML = '<Response><Record action="{0}/none" recordingStatusCallback="{0}/none"/></Response>'


@pytest.fixture(scope="module")
def running():
    """One pocket network for the tests of this module."""
    with pocket_network(
        {"+8610000012355": Line()}, account_sid="AC1", auth_token="t", hang_seconds=1
    ) as network:
        yield network


@pytest.fixture
def network(running):
    """The network, without faults."""
    running.heals()
    yield running
    running.heals()
    running.settles()


@pytest.fixture
def carrier(network, settings):
    """A client of that network."""
    return client(at(settings, network.base_url))


def client(settings: config.Settings) -> Carrier:
    return Carrier(settings.networks[FIRST], settings.public_url)


def at(settings: config.Settings, base_url: str, **changes: str) -> config.Settings:
    return settings.model_copy(
        update={
            "twilio_base_url": base_url,
            "twilio_account_sid": "AC1",
            "twilio_auth_token": "t",
            **changes,
        }
    )


def document(page: bytes) -> bytes:
    """An answer that carries TwiML."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n"
    return head % len(page) + page


def refused(act) -> CarrierError:
    with pytest.raises(CarrierError) as fault:
        act()
    return fault.value


def test_an_sms_arrives(network, carrier):
    police = network.phone(POLICE, kind="mobile")
    sid = carrier.send_sms(POLICE, "紧急警情，代码0138", 7, 600)
    assert sid.startswith("SM")
    assert police.receives_sms("代码0138")["sid"] == sid


def test_our_own_number_rides_in_the_callback(network, carrier, settings):
    network.phone(POLICE, kind="mobile")
    carrier.send_sms(POLICE, "x", 7, 600)
    network.settles()
    urls = [error["url"] for error in network.errors]
    assert f"{settings.public_url}/ivr/message-status?message=7" in urls


def test_a_call_rings(network, carrier, settings):
    police = network.phone(POLICE, kind="mobile")
    network.forgets()
    sid = carrier.place_call(POLICE, 7, 30)
    police.rings().declines()
    network.settles()
    assert police.call["sid"] == sid
    urls = [error["url"] for error in network.errors]
    assert f"{settings.public_url}/ivr/status?message=7" in urls


def test_a_call_goes_out_by_the_carriers_own_trunk(network, carrier, settings):
    police = network.phone(POLICE, kind="mobile")
    trunk = "BY" + "0" * 32
    by_trunk = client(at(settings, network.base_url, twilio_byoc_trunk=trunk))
    assert by_trunk.place_call(POLICE, 7, 30).startswith("CA")
    police.rings().declines()
    by_nonsense = client(at(settings, network.base_url, twilio_byoc_trunk="trunk"))
    assert refused(lambda: by_nonsense.place_call(POLICE, 8, 30)).code == "21231"
    network.settles()


def test_a_call_that_rings_is_hung_up_and_then_cannot_be_again(network, carrier):
    police = network.phone(POLICE, kind="mobile")
    sid = carrier.place_call(POLICE, 7, 30)
    police.rings()
    carrier.redirect_call(sid, "")
    network.settles()
    fault = refused(lambda: carrier.redirect_call(sid, "https://line.example.org/ivr/step"))
    assert (fault.code, fault.retry) == ("21220", False)


def test_a_call_in_progress_goes_on_at_another_address(network, carrier, impostor):
    talks = document(b"<Response><Gather><Say>wait</Say></Gather></Response>")
    network.line("12399", voice_url=impostor(talks) + "/voice")
    moved = impostor(document(b"<Response><Gather><Say>moved</Say></Gather></Response>"))
    caller = network.phone("10000000001")
    sid = caller.dial("12399").hears("wait").call["sid"]
    carrier.redirect_call(sid, f"{moved}/elsewhere")
    caller.hears("moved").hangs_up()
    network.settles()


def test_a_call_nobody_knows_is_not_moved_for_ever(network, carrier):
    fault = refused(lambda: carrier.redirect_call("CA" + "0" * 32, ""))
    assert (fault.code, fault.retry) == ("404", False)


@pytest.mark.parametrize(
    ("to", "kind", "code"),
    [("not a number", "mobile", "21211"), ("010-65550000", "landline", "21614")],
)
def test_what_can_never_succeed_is_not_tried_again(network, carrier, to, kind, code):
    if kind == "landline":
        network.phone(to, kind=kind)
    fault = refused(lambda: carrier.send_sms(to, "x", 1, 60))
    assert (fault.code, fault.trouble, fault.retry) == (code, Trouble.refused, False)


@pytest.mark.parametrize(
    ("switch", "code", "trouble"),
    [
        ("rest_errors", "20503", Trouble.unanswered),
        ("rest_throttled", "20429", Trouble.throttled),
        ("rest_answers_lost", "unreachable", Trouble.unanswered),
    ],
)
def test_trouble_of_the_network_is_tried_again(network, carrier, switch, code, trouble):
    network.phone(POLICE, kind="mobile")
    network.faults(**{switch: 1})
    fault = refused(lambda: carrier.send_sms(POLICE, "x", 1, 60))
    assert (fault.code, fault.trouble, fault.retry) == (code, trouble, True)
    assert carrier.send_sms(POLICE, "x", 1, 60)


def test_a_network_that_hangs_is_given_up(network, carrier):
    carrier.sender.http_client.timeout = 0.2
    network.faults(rest_hangs=1)
    fault = refused(lambda: carrier.place_call(POLICE, 1, 30))
    assert (fault.code, fault.trouble) == ("time-out", Trouble.unanswered)


def test_nobody_there(settings):
    fault = refused(lambda: client(settings).send_sms(POLICE, "x", 1, 60))
    assert (fault.code, fault.trouble) == ("unreachable", Trouble.away)


def test_a_number_that_is_not_ours_is_barred_here(settings, network):
    stranger = client(at(settings, network.base_url, sms_from="+8610000099999"))
    fault = refused(lambda: stranger.send_sms(POLICE, "x", 1, 60))
    assert (fault.code, fault.trouble, fault.retry) == ("21606", Trouble.barred, False)


@pytest.mark.parametrize(("header", "asked"), [(b"Retry-After: 7\r\n", 7), (b"", 0)])
def test_how_long_we_are_throttled_is_told(settings, impostor, header, asked):
    answer = b"HTTP/1.1 429 Slow\r\n" + header + b"Content-Length: 2\r\n\r\nno"
    fault = refused(lambda: client(at(settings, impostor(answer))).send_sms(POLICE, "x", 1, 60))
    assert (fault.code, fault.trouble, fault.wait) == ("429", Trouble.throttled, asked)


def long_ago() -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)


def test_an_sms_whose_answer_was_lost_is_there(network, carrier):
    network.phone(POLICE, kind="mobile")
    network.faults(rest_answers_lost=1)
    refused(lambda: carrier.send_sms(POLICE, "紧急警情 0138", 1, 60))
    carrier.send_sms(POLICE, "紧急警情 0139", 2, 60)
    network.settles()
    [found] = carrier.sent_sms(POLICE, "紧急警情 0138", long_ago())
    assert (found.sid[:2], found.status, found.error_code) == ("SM", "delivered", "")
    assert carrier.sent_sms(POLICE, "紧急警情", long_ago()) == []
    assert carrier.sent_sms("10000000302", "紧急警情 0138", long_ago()) == []
    in_a_minute = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    assert carrier.sent_sms(POLICE, "紧急警情 0138", in_a_minute) == []


def test_what_the_police_wrote_is_not_what_we_sent(network, carrier):
    network.phone(POLICE, kind="mobile").sends_sms("+8610000012355", "1234 收到")
    network.settles()
    assert carrier.sent_sms("+8610000012355", "1234 收到", long_ago()) == []


def test_a_call_whose_answer_was_lost_is_there_while_it_rings(network, carrier):
    police = network.phone("10000000303", kind="mobile")
    network.faults(rest_answers_lost=1)
    refused(lambda: carrier.place_call("10000000303", 1, 30))
    police.rings()
    [found] = carrier.placed_calls("10000000303", long_ago())
    assert (found.sid, found.status) == (police.call["sid"], "ringing")
    police.declines()
    network.settles()


def test_one_does_not_look_for_long(network, carrier):
    network.faults(rest_hangs=1)
    carrier.looker.http_client.timeout = 0.2
    began = time.monotonic()
    assert refused(lambda: carrier.sent_sms(POLICE, "x", long_ago())).code == "time-out"
    assert time.monotonic() - began < 0.9


def test_reachable_proves_address_and_credentials(network, carrier, settings):
    carrier.reachable()
    wrong = client(at(settings, network.base_url, twilio_auth_token="wrong"))
    assert refused(wrong.reachable).trouble is Trouble.account


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n<html></html", "garbled"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "403"),
    ],
)
def test_an_answer_that_is_no_answer_of_the_network(settings, impostor, answer, code):
    carrier = client(at(settings, impostor(answer)))
    assert refused(lambda: carrier.send_sms(POLICE, "x", 1, 60)).code == code


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/stolen\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nRIFF",
    ],
    ids=["redirected elsewhere", "failed", "broken off"],
)
def test_media_that_is_not_the_whole_from_the_network_itself(settings, impostor, answer):
    carrier = client(at(settings, impostor(answer)))
    fault = refused(lambda: list(carrier.recording("RE1", MUCH)))
    assert fault.retry
    assert not isinstance(fault, NotThere)


def test_media_not_there_yet(network, carrier):
    fault = refused(lambda: list(carrier.recording("RE" + "0" * 32, MUCH)))
    assert isinstance(fault, NotThere)
    assert fault.retry


@pytest.fixture
def recording(network, impostor):
    """The sid of a recording that lies at the network."""
    page = b'<Response><Record trim="do-not-trim"/></Response>'
    network.line("12399", voice_url=impostor(document(page)) + "/voice")
    caller = network.phone("10000000001")
    caller.dial("12399").says(text="杏花社区幸福里三号楼").hangs_up()
    network.settles()
    listed = network._http.get(
        f"{network.base_url}/2010-04-01/Accounts/AC1/Recordings.json", auth=("AC1", "t"), timeout=5
    )
    return listed.json()["recordings"][0]["sid"]


def test_a_recording_comes_in_pieces_and_is_deleted_once_or_twice(carrier, recording):
    pieces = list(carrier.recording(recording, MUCH))
    audio = b"".join(pieces)
    assert audio[:4] == b"RIFF"
    assert all(len(piece) <= 64 * 1024 for piece in pieces)
    fault = refused(lambda: list(carrier.recording(recording, len(audio) - 1)))
    assert (fault.code, fault.retry) == ("too large", False)
    assert b"".join(carrier.recording(recording, len(audio))) == audio
    carrier.delete_recording(recording)
    carrier.delete_recording(recording)
    with pytest.raises(NotThere):
        list(carrier.recording(recording, MUCH))


def test_what_cannot_be_deleted_is_told(network, carrier, recording):
    network.faults(rest_errors=1)
    assert refused(lambda: carrier.delete_recording(recording)).code == "20503"
