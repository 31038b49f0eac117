"""How the telephone network really behaves, a fact each, where no other test says it already.

Which test says which fact stands in `docs/telephony-facts.md`.
"""

import json
import re
import zlib
from html import unescape

import pytest
import requests
from requests.auth import HTTPBasicAuth

from hotline import queues
from hotline.carrier import carrier
from hotline.simulator.rest.api import known_form
from ivr.calls import HANDLERS
from tests.journeys.looks import calls, counted, recordings, reports
from tests.journeys.wire import incoming


def test_the_fallback_is_told_error_code_and_address_of_what_failed_and_still_records(line, wire):
    wire.post("/ivr/voice", incoming())
    failed = f"{line.settings.public_url}/ivr/step?flow=12355&node=officer&lang=en&step=4"
    answer = wire.post("/ivr/fallback", incoming(ErrorCode="11200", ErrorUrl=failed))
    assert answer.status_code == 200
    assert "<Record" in answer.text
    assert "en-US" in answer.text
    assert len(reports()) == 1


def test_every_address_that_a_caller_depends_on_asks_for_retries(wire):
    document = unescape(wire.post("/ivr/voice", incoming()).text)
    addresses = re.findall(r'action="([^"]+)"|<Redirect[^>]*>([^<]+)<', document)
    assert addresses
    for address in addresses:
        _, _, overrides = "".join(address).partition("#")
        asked = dict(part.split("=") for part in overrides.split("&"))
        assert int(asked["rc"]) >= 1
        assert {"ct", "rt", "5xx"} <= set(asked["rp"].split(","))


@pytest.mark.parametrize("route", ["voice", "status", "recording", "sms"])
def test_a_retry_with_its_idempotency_token_changes_nothing(line, wire, route):
    assert route in HANDLERS
    form = incoming(CallStatus="completed", RecordingSid="RE" + "1" * 32, Body="你好")
    wire.post("/ivr/voice", incoming())
    path = f"/ivr/{route}"
    signed = {"X-Twilio-Signature": wire.signature(path, form)}
    seen = []
    for _ in range(3):
        answer = wire._send(path, form, signed | {"I-Twilio-Idempotency-Token": "the same"})
        assert answer.status_code == 200
        seen.append(counted())
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize(
    "order",
    [
        ("completed", "ringing", "in-progress", "initiated"),
        ("ringing", "completed", "completed", "in-progress"),
    ],
)
def test_call_events_in_any_order_leave_the_same_end(line, wire, order):
    for number, word in enumerate(order):
        wire.post("/ivr/status", incoming(CallStatus=word, SequenceNumber=str(number)))
    wire.post("/ivr/voice", incoming())
    assert [call.status for call in calls()] == ["abandoned"]
    assert len(reports()) == 1


def test_media_needs_the_accounts_own_credentials(line):
    line.caller.dial("12355").hears("儿童保护热线").presses("*").presses("2")
    line.caller.hears("先说孩子在哪里").says(seconds=2).hangs_up()
    line.network.settles()
    [recording] = recordings()
    media = carrier()._media_url(recording.recording_sid)
    assert requests.get(media, timeout=10).status_code == 401
    wrong = HTTPBasicAuth(line.settings.twilio_account_sid, "wrong")
    assert requests.get(media, auth=wrong, timeout=10).status_code == 401
    line.works()
    assert [one.status for one in recordings()] == ["stored"]


def test_an_emergency_is_valid_for_minutes_not_for_ten_hours(line, monkeypatch):
    asked = []

    def heard(*names):
        asked.append(known_form(*names))
        return asked[-1]

    monkeypatch.setattr("hotline.simulator.rest.messages.known_form", heard)
    line.alert()
    line.works()
    [sms] = asked
    assert 0 < int(sms["ValidityPeriod"]) <= 1800


def test_no_sms_that_leaves_holds_an_address_on_the_web_or_a_third_segment(line):
    line.alert()
    line.works()
    line.network.settles()
    [sms] = line.district_police.messages
    assert not re.search(r"https?:|www\.|//", sms["body"])
    assert len(sms["body"].encode("utf-16-le")) // 2 <= 134


def test_what_lies_in_redis_is_json_and_nothing_that_could_be_run(line, redis):
    number = line.emergency()
    line.officer().forwards(number)
    queues.flush()
    [job] = [redis.hget(key, "data") for key in redis.keys("rq:job:*")]
    assert json.loads(zlib.decompress(job))[0] == "hotline.relay.deliver"
