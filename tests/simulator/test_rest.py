"""The API, by the account's official client library."""

from datetime import UTC, datetime, timedelta

import pytest
import requests
from twilio.rest import Client

POLICE, LANDLINE = "13800000003", "02100000000"


@pytest.fixture
def police(network):
    return network.phone(POLICE)


# calls


def test_an_alert_call_from_the_first_ring_to_the_key(application, network, client, police):
    application.pages |= {
        "/alert": '<Gather numDigits="1" action="/ack"><Say>紧急警情</Say></Gather>',
        "/ack": "<Say>已签收</Say>",
    }
    call = client.calls.create(
        to=POLICE,
        from_="12355",
        url=f"{application.base}/alert",
        status_callback=f"{application.base}/progress",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
        timeout=25,
    )
    assert (call.status, call.direction) == ("queued", "outbound-api")
    police.answers().hears("紧急警情").presses("1").hears("已签收").is_hung_up_on()
    network.settles()
    assert application.at("/alert")[0]["Direction"] == "outbound-api"
    progress = [(f["SequenceNumber"], f["CallStatus"]) for f in application.at("/progress")]
    assert progress == [
        ("0", "initiated"),
        ("1", "ringing"),
        ("2", "in-progress"),
        ("3", "completed"),
    ]
    assert client.calls(call.sid).fetch().status == "completed"
    assert int(client.calls(call.sid).fetch().duration) >= 1


@pytest.mark.parametrize(("does", "status"), [("declines", "busy"), ("lets_it_ring", "no-answer")])
def test_a_call_that_nobody_takes(application, network, client, police, does, status):
    call = client.calls.create(
        to=POLICE,
        from_="12355",
        url=f"{application.base}/alert",
        status_callback=f"{application.base}/progress",
    )
    getattr(police, does)()
    network.settles()
    assert client.calls(call.sid).fetch().status == status
    assert [form["CallStatus"] for form in application.at("/progress")] == [status]
    assert application.at("/alert") == []


def test_a_ringing_call_is_canceled(application, network, client, police):
    call = client.calls.create(to=POLICE, from_="12355", url=f"{application.base}/alert")
    police.rings()
    client.calls(call.sid).update(status="canceled")
    police.is_hung_up_on()
    assert client.calls(call.sid).fetch().status == "canceled"


def test_only_a_call_in_progress_can_be_moved(application, client, police, caller, refused):
    application.pages["/voice"] = "<Hangup/>"
    call = client.calls.create(to=POLICE, from_="12355", url=f"{application.base}/alert")
    police.rings()
    elsewhere = f"{application.base}/elsewhere"
    assert refused(lambda: client.calls(call.sid).update(url=elsewhere)) == (400, 21220)
    client.calls(call.sid).update(status="completed")
    police.is_hung_up_on()
    caller.dial("12355").is_hung_up_on()
    over = caller.call["sid"]
    assert refused(lambda: client.calls(over).update(url=elsewhere)) == (400, 21220)
    assert refused(lambda: client.calls(over).update(status="completed")) == (400, 21220)


def test_a_call_in_progress_cannot_be_canceled(application, client, caller):
    application.pages["/voice"] = "<Gather><Say>您好</Say></Gather>"
    caller.dial("12355").hears("您好")
    client.calls(caller.call["sid"]).update(status="canceled")
    assert caller.state == "talking"
    caller.hangs_up()


@pytest.mark.parametrize(
    "document",
    [
        '<Gather action="/never"><Say>您好</Say></Gather><Redirect>/never</Redirect>',
        '<Say>您好</Say><Record action="/never"/><Redirect>/never</Redirect>',
        '<Say>您好</Say><Dial action="/never">13800000003</Dial><Redirect>/never</Redirect>',
        '<Say>您好</Say><Dial action="/never"><Conference waitUrl="">a</Conference></Dial>',
    ],
    ids=["gather", "record", "dial", "conference"],
)
def test_a_move_interrupts_and_nothing_else_is_asked_for(
    application, network, client, caller, police, document
):
    application.pages |= {"/voice": document, "/elsewhere": "<Say>换一处</Say>"}
    caller.dial("12355").hears("您好")
    client.calls(caller.call["sid"]).update(url=f"{application.base}/elsewhere", method="GET")
    caller.hears("换一处").is_hung_up_on()
    network.settles()
    assert [got.path for got in application.got] == ["/voice", "/elsewhere", "/ended"]
    assert application.got[1].method == "GET"
    assert network.errors == []


def test_a_call_in_progress_is_moved_and_ended(application, client, caller):
    application.pages["/voice"] = "<Gather><Say>您好</Say></Gather>"
    caller.dial("12355").hears("您好")
    sid = caller.call["sid"]
    client.calls(sid).update(twiml="<Response><Gather><Say>换一处</Say></Gather></Response>")
    caller.hears("换一处")
    client.calls(sid).update(status="completed")
    caller.is_hung_up_on()
    assert client.calls(sid).fetch().status == "completed"


def test_an_ended_call_cannot_be_moved(application, client, caller, refused):
    application.pages["/voice"] = "<Hangup/>"
    caller.dial("12355").is_hung_up_on()
    update = client.calls(caller.call["sid"]).update
    assert refused(lambda: update(url=f"{application.base}/x")) == (400, 21220)


def test_calls_are_listed_in_pages_and_by_filters(application, network, client):
    application.pages["/voice"] = "<Hangup/>"
    for last in range(5):
        network.phone(f"1380000002{last}").dial("12355").is_hung_up_on()
    network.settles()
    assert [call._from[-1] for call in client.calls.list(page_size=2)] == list("43210")
    assert len(client.calls.list(from_="13800000021")) == 1
    assert len(client.calls.list(status="completed")) == 5
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    assert len(client.calls.list(start_time_after=now - hour)) == 5
    assert client.calls.list(start_time_before=now - hour) == []
    assert client.calls.list(start_time_after=now + hour) == []


@pytest.mark.parametrize(
    ("to", "from_", "code"),
    [("anonymous", "12355", 21211), ("", "12355", 21211), (POLICE, "13911111111", 21210)],
)
def test_calls_that_are_refused(application, client, refused, to, from_, code):
    def attempt():
        client.calls.create(to=to, from_=from_, url=f"{application.base}/alert")

    assert refused(attempt) == (400, code)


# messages


def test_a_message_is_delivered_and_the_account_told(application, network, client, police):
    message = client.messages.create(
        to=POLICE,
        from_="12355",
        body="紧急：请回电",
        validity_period=300,
        status_callback=f"{application.base}/message?id=7",
    )
    assert (message.status, message.num_segments) == ("queued", "1")
    assert police.receives_sms("请回电")["from"] == "12355"
    network.settles()
    statuses = application.at("/message")
    assert [form["MessageStatus"] for form in statuses] == ["sent", "delivered"]
    assert {form["id"] for form in statuses} == {"7"}
    assert {(form["MessageSid"], form["SmsSid"]) for form in statuses} == {(message.sid,) * 2}
    assert client.messages(message.sid).fetch().status == "delivered"


@pytest.mark.parametrize(
    ("to", "body", "code"),
    [
        (LANDLINE, "您好", 21614),
        ("110", "您好", 21614),
        ("12345", "您好", 21614),
        ("anonymous", "您好", 21211),
        (POLICE, "", 21602),
        (POLICE, "长" * 1601, 21617),
    ],
)
def test_messages_that_are_refused_at_once(application, network, client, refused, to, body, code):
    def attempt():
        client.messages.create(
            to=to, from_="12355", body=body, status_callback=f"{application.base}/message"
        )

    assert refused(attempt) == (400, code)
    network.settles()
    assert application.at("/message") == []


def test_a_message_from_a_number_that_is_not_ours_is_refused(client, refused):
    def attempt():
        client.messages.create(to=POLICE, from_="13911111111", body="您好")

    assert refused(attempt) == (400, 21606)


def test_a_telephone_declared_a_landline_refuses_messages(network, client, refused):
    network.phone("13800000088", kind="landline")

    def attempt():
        client.messages.create(to="13800000088", from_="12355", body="您好")

    assert refused(attempt) == (400, 21614)


@pytest.mark.parametrize(("characters", "segments"), [(70, "1"), (71, "2"), (134, "2"), (135, "3")])
def test_chinese_messages_are_counted_in_segments(client, characters, segments):
    message = client.messages.create(to=POLICE, from_="12355", body="警" * characters)
    assert message.num_segments == segments


def test_addresses_in_messages_are_filtered(application, network, client, police):
    message = client.messages.create(
        to=POLICE,
        from_="12355",
        body="见 https://example.org/1",
        status_callback=f"{application.base}/message",
    )
    network.settles()
    assert application.at("/message")[-1]["ErrorCode"] == "30007"
    assert client.messages(message.sid).fetch().error_code == 30007
    assert police.messages == []


def test_an_answer_by_message_and_the_reply_to_it(application, network, police):
    application.pages["/sms"] = "<Message><Body>已签收 4827</Body></Message>"
    police.sends_sms("12355", "收到 4827").receives_sms("已签收 4827")
    (form,) = application.at("/sms")
    assert (form["Body"], form["From"], form["To"]) == ("收到 4827", POLICE, "12355")
    assert (form["SmsStatus"], form["NumMedia"]) == ("received", "0")
    assert form["MessageSid"] == form["SmsSid"] == form["SmsMessageSid"]
    assert network.errors == []


# recordings


@pytest.fixture
def recorded(application, network, caller):
    application.pages["/voice"] = '<Record action="/done"/>'
    caller.dial("12355").says(seconds=2).hangs_up()
    network.settles()
    return application.at("/done")[0]["RecordingSid"]


def test_recordings_are_found_and_deleted(client, caller, recorded, media, network, refused):
    sid = caller.call["sid"]
    found = [
        client.recordings.list(),
        client.recordings.list(call_sid=sid),
        client.calls(sid).recordings.list(),
        client.recordings.list(date_created_after=datetime.now(UTC) - timedelta(hours=1)),
    ]
    assert [[recording.sid for recording in each] for each in found] == [[recorded]] * 4
    assert client.recordings.list(call_sid="CA" + "0" * 32) == []
    fetched = client.recordings(recorded).fetch()
    assert (fetched.status, fetched.duration, fetched.source) == ("completed", "2", "RecordVerb")
    assert media(fetched.media_url).status_code == 200
    assert client.recordings(recorded).delete()
    assert media(fetched.media_url).status_code == 404
    assert refused(lambda: client.recordings(recorded).fetch()) == (404, 20404)


# who may ask


def test_a_wrong_token_is_refused_in_the_networks_own_words(network, client):
    wrong = Client(client.username, "wrong", http_client=client.http_client)
    answer = requests.get(
        f"{network.base_url}/2010-04-01/Accounts/{client.username}/Calls.json",
        auth=(wrong.username, "wrong"),
        timeout=5,
    )
    body = answer.json()
    assert (answer.status_code, body["code"], body["status"]) == (401, 20003, 401)
    assert body["message"]
    assert "20003" in body["more_info"]


def test_an_unknown_parameter_is_an_error_in_plain_sight(network, client, refused):
    def attempt():
        client.calls.create(to=POLICE, from_="12355", url="http://127.0.0.1/", send_digits="1")

    assert refused(attempt) == (400, 20001)
    assert "SendDigits" in network.errors[0]["message"]


def test_nothing_leaves_this_machine(network, client, police):
    client.calls.create(to=POLICE, from_="12355", url="http://example.org/twiml")
    police.answers().is_hung_up_on()
    assert [error["code"] for error in network.errors] == [11210]


def test_a_posted_form_cannot_reach_the_side_door(network):
    answer = requests.post(
        f"{network.base_url}/control/dial", data={"number": "1", "to": "12355"}, timeout=5
    )
    assert answer.status_code == 415
    foreign = requests.get(
        f"{network.base_url}/control/state", headers={"Host": "evil.example"}, timeout=5
    )
    assert foreign.status_code == 400


def test_another_account_is_not_here(client, refused):
    other = client.api.v2010.accounts("AC" + "8" * 32)

    def attempt():
        other.messages.create(to=POLICE, from_="12355", body="您好")

    assert refused(attempt) == (404, 20404)
