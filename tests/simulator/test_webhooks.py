"""How webhooks are sent: signed, in time, with a fallback, retried where the URL asks."""

import time

import pytest

from hotline.simulator.config import Line
from hotline.simulator.courier import Retries
from hotline.simulator.driver import pocket_network

APOLOGY = "application error"


def test_every_request_is_signed_over_the_exact_url(application, network, caller):
    application.pages |= {
        "/voice": '<Gather numDigits="1" action="/key?问=你好&amp;b=%E4%BD%A0&amp;c="/>',
        "/key": "<Hangup/>",
    }
    caller.dial("12355").presses("1").is_hung_up_on()
    network.settles()
    assert [got.path for got in application.got] == ["/voice", "/key", "/ended"]
    assert all(got.signed for got in application.got)
    assert application.got[1].form["问"] == "你好"
    assert all(got.token for got in application.got)


@pytest.mark.parametrize(
    ("page", "code"),
    [(500, 11200), (404, 11200), (302, 11200), ("<Nonsense/>", 12200), ("<Say", 12100)],
)
def test_a_failing_document_goes_to_the_fallback(application, network, caller, page, code):
    network.line("12355", fallback_url=f"{application.base}/fallback")
    application.pages |= {"/voice": page, "/fallback": "<Say>请留言</Say>"}
    caller.dial("12355").hears("请留言").is_hung_up_on()
    (form,) = application.at("/fallback")
    assert form["ErrorCode"] == str(code)
    assert form["ErrorUrl"] == f"{application.base}/voice"
    assert form["CallSid"] == caller.call["sid"]
    assert [error["code"] for error in network.errors] == [code]


def test_too_slow_is_a_failure(application):
    line = Line(f"{application.base}/voice", f"{application.base}/fallback")

    def late(_):
        time.sleep(0.8)
        return "<Hangup/>"

    application.pages |= {"/voice": late, "/fallback": "<Say>请留言</Say>"}
    with pocket_network(
        {"12355": line}, account_sid="AC1", auth_token="t", webhook_seconds=0.4
    ) as hasty:
        hasty.phone("13800000001").dial("12355").hears("请留言").is_hung_up_on()
    assert application.at("/fallback")[0]["ErrorCode"] == "11205"


def test_without_a_fallback_the_caller_hears_the_apology(application, network, caller):
    application.pages["/voice"] = 500
    caller.dial("12355").hears(APOLOGY).is_hung_up_on()
    network.settles()
    assert application.at("/ended")[0]["CallStatus"] == "failed"


def test_a_dead_server_is_a_failure(network, caller):
    network.line("12355", voice_url="http://127.0.0.1:9/voice")
    caller.dial("12355").hears(APOLOGY).is_hung_up_on()
    assert network.errors[0]["code"] == 11205


def test_a_fallback_that_fails_too_ends_in_the_apology(application, network, caller):
    network.line("12355", fallback_url=f"{application.base}/fallback")
    application.pages |= {"/voice": 500, "/fallback": 500}
    caller.dial("12355").hears(APOLOGY).is_hung_up_on()
    assert [error["code"] for error in network.errors] == [11200, 11200]


def test_a_document_of_the_wrong_type_is_refused(application, network, caller):
    application.pages["/voice"] = 204
    caller.dial("12355").hears(APOLOGY).is_hung_up_on()
    assert network.errors[0]["code"] == 12300


def test_a_loop_of_documents_is_stopped(application, network, caller):
    application.pages["/voice"] = "<Redirect>/voice</Redirect>"
    caller.dial("12355").hears(APOLOGY).is_hung_up_on()
    assert "loop" in network.errors[0]["message"]


def test_a_url_may_ask_for_retries_marked_by_one_token(application, network, caller):
    network.line("12355", voice_url=f"{application.base}/voice#rc=2&rp=5xx")
    answers = iter([500, 500, "<Say>您好</Say>"])
    application.pages["/voice"] = lambda _: next(answers)
    caller.dial("12355").hears("您好").is_hung_up_on()
    tokens = [got.token for got in application.got if got.path == "/voice"]
    assert len(tokens) == 3
    assert len(set(tokens)) == 1
    assert all(got.signed for got in application.got)


@pytest.mark.parametrize(
    ("fragment", "count", "after"),
    [
        ("", 1, {"ct"}),
        ("rc=3&rp=all", 3, {"ct", "rt", "4xx", "5xx"}),
        ("rc=99&rp=rt,nonsense", 5, {"rt"}),
        ("rc=x", 1, {"ct"}),
    ],
)
def test_what_a_url_may_ask_for(fragment, count, after):
    assert Retries.asked_by(fragment) == Retries(count, frozenset(after))


def test_a_status_callback_that_fails_is_a_warning(application, network, caller):
    application.pages |= {"/voice": "<Hangup/>", "/ended": 500}
    caller.dial("12355").is_hung_up_on()
    network.settles()
    assert [error["code"] for error in network.errors] == [15003]
