"""Everything that can be made to go wrong, and that it goes wrong as announced."""

import time

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from hotline.simulator.driver import Network, Telephone
from tests.simulator.conftest import Application

POLICE = "13800000003"
RECORD = '<Record action="/done" recordingStatusCallback="/recording"/>'


@pytest.fixture
def police(network):
    return network.phone(POLICE)


def _message(application: Application, client: Client) -> MessageInstance:
    return client.messages.create(
        to=POLICE, from_="12355", body="您好", status_callback=f"{application.base}/message"
    )


def _recorded(application: Application, network: Network, caller: Telephone) -> str:
    application.pages |= {"/voice": RECORD, "/done": "<Hangup/>"}
    caller.dial("12355").says(seconds=1).presses("#").is_hung_up_on()
    network.settles()
    return application.at("/done")[0]["RecordingUrl"]


def test_media_that_is_late(application, network, caller, media):
    network.faults(media_late=2)
    url = _recorded(application, network, caller)
    assert [media(url).status_code for _ in range(4)] == [404, 404, 200, 200]


def test_recordings_that_fail(application, network, caller, media):
    network.faults(recordings_fail=True)
    url = _recorded(application, network, caller)
    assert application.at("/recording")[0]["RecordingStatus"] == "failed"
    assert media(url).status_code == 404


def test_callbacks_come_twice_with_one_token(application, network, caller):
    network.faults(callback_copies=2)
    _recorded(application, network, caller)
    copies = [got for got in application.got if got.path == "/recording"]
    assert len(copies) == 2
    assert len({got.token for got in copies}) == 1
    assert len(application.at("/done")) == 1


def test_requests_come_three_times_at_once(application, network, caller):
    network.faults(request_copies=3)
    application.pages["/voice"] = "<Say>您好</Say>"
    caller.dial("12355").hears("您好").is_hung_up_on()
    for _ in range(50):
        if len(application.at("/voice")) == 3:
            break
        time.sleep(0.02)
    assert len({form["CallSid"] for form in application.at("/voice")}) == 1
    assert len(application.at("/voice")) == 3


def test_callbacks_out_of_order(application, network, client, police):
    network.faults(callbacks_shuffled=True)
    _message(application, client)
    network.settles()
    assert [form["MessageStatus"] for form in application.at("/message")] == ["delivered", "sent"]


def test_a_recording_can_be_announced_before_its_action(application, network, caller):
    network.faults(callbacks_shuffled=True)
    announced = []

    def done(_):
        for _ in range(100):
            if application.at("/recording"):
                break
            time.sleep(0.02)
        announced.extend(application.at("/recording"))
        return "<Hangup/>"

    application.pages |= {"/voice": RECORD, "/done": done}
    caller.dial("12355").says(seconds=1).presses("#").is_hung_up_on()
    assert [form["RecordingStatus"] for form in announced] == ["completed"]


def test_callbacks_are_dropped_by_repeatable_dice(application, network, client, police):
    network.faults(callbacks_dropped=1.0)
    _message(application, client)
    network.settles()
    assert application.at("/message") == []
    assert {event["kind"] for event in network.events} >= {"dropped"}


@pytest.mark.parametrize("number", [POLICE, "+86 138 0000 0003", "*"])
def test_messages_that_do_not_arrive(application, network, client, police, number):
    network.faults(sms_undelivered={number: 30008})
    _message(application, client)
    network.settles()
    statuses = [(f["MessageStatus"], f.get("ErrorCode")) for f in application.at("/message")]
    assert statuses == [("sent", None), ("undelivered", "30008")]
    assert police.messages == []


def test_an_unreachable_telephone_gets_no_message(application, network, client, police):
    police.is_unreachable()
    _message(application, client)
    network.settles()
    assert application.at("/message")[-1]["ErrorCode"] == "30003"


def test_statuses_that_no_document_lists(application, network, client, police):
    network.faults(sms_odd_words=True)
    _message(application, client)
    network.settles()
    words = [form["MessageStatus"] for form in application.at("/message")]
    assert words == ["sent", "partially_delivered", "delivered", "read"]


def test_nobody_answers_anywhere(application, network, client, police):
    network.faults(nobody_answers=True)
    call = client.calls.create(to=POLICE, from_="12355", url=f"{application.base}/alert")
    network.settles()
    assert client.calls(call.sid).fetch().status == "no-answer"


@pytest.mark.parametrize(
    ("fault", "status", "code"), [("rest_errors", 503, 20503), ("rest_throttled", 429, 20429)]
)
def test_the_api_refuses_as_often_as_asked(
    application, network, client, police, refused, fault, status, code
):
    network.faults(**{fault: 2}, rest_resource="Messages")
    assert client.calls.list() == []
    assert refused(lambda: _message(application, client)) == (status, code)
    assert refused(lambda: _message(application, client)) == (status, code)
    assert _message(application, client).status == "queued"
    assert len(client.messages.list()) == 1


def test_the_api_never_answers_and_does_nothing(application, network, client, police):
    network.faults(rest_hangs=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        _message(application, client)
    assert client.messages.list() == []


def test_the_api_does_it_and_the_answer_is_lost(application, network, client, police):
    network.faults(rest_answers_lost=1, rest_resource="Messages")
    with pytest.raises(requests.exceptions.ConnectionError):
        _message(application, client)
    police.receives_sms("您好")
    assert len(client.messages.list()) == 1


def test_all_faults_can_be_healed(application, network, client, police):
    network.faults(rest_errors=5, nobody_answers=True)
    network.heals()
    assert _message(application, client).status == "queued"
    police.receives_sms("您好")


@pytest.mark.parametrize("wrong", [{"no_such_fault": 1}, {"media_late": "two"}])
def test_a_fault_that_does_not_exist_is_refused(network, client, wrong):
    with pytest.raises(ValueError, match="422"):
        network.faults(**wrong)
    with pytest.raises(TwilioRestException):
        client.calls("CA" + "0" * 32).fetch()


def test_lost_webhooks_are_time_outs_and_lost_callbacks_are_missing(application, network, caller):
    network.line("12355", fallback_url=f"{application.base}/fallback")
    application.pages |= {"/voice": "<Hangup/>", "/fallback": "<Hangup/>"}
    network.faults(webhooks_lost=1.0)
    caller.dial("12355").hears("application error").is_hung_up_on()
    network.settles()
    assert application.got == []
    assert [error["code"] for error in network.errors] == [11205, 11205]


def test_a_lost_webhook_goes_to_the_fallback(application, network, caller):
    network.line("12355", fallback_url=f"{application.base}/fallback")
    application.pages |= {"/voice": "<Say>您好</Say>", "/fallback": "<Say>请留言</Say>"}
    network.faults(webhooks_lost=0.5, seed=1)
    caller.dial("12355").is_hung_up_on()
    assert application.at("/voice") == []
    assert application.at("/fallback")[0]["ErrorCode"] == "11205"
    assert "请留言" in caller.heard
