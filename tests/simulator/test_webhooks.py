"""How webhooks are sent: signed, in time, with a fallback, retried where the URL asks."""

import time

import pytest

from hotline.simulator.config import Line
from hotline.simulator.driver import pocket_network
from hotline.simulator.overrides import Overrides

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
    ("fragment", "overrides", "nonsense"),
    [
        ("", Overrides(1, frozenset({"ct"}), 5.0, 15.0, 15.0), []),
        ("rc=3&rp=all", Overrides(3, frozenset({"ct", "rt", "4xx", "5xx"})), []),
        (
            "rc=0&rp=rt,5xx&ct=100&rt=2500&tt=3000&sni=n&e=ashburn",
            Overrides(0, frozenset({"rt", "5xx"}), 0.1, 2.5, 3.0),
            [],
        ),
        ("rc=9&rp=rt,nonsense&ct=50&x=1", Overrides(), ["rc=9", "rp=rt,nonsense", "ct=50", "x=1"]),
    ],
)
def test_what_a_url_may_ask_for(fragment, overrides, nonsense):
    assert Overrides.asked_by(fragment) == (overrides, nonsense)


def test_what_is_no_override_is_a_visible_error(application, network, caller):
    network.line("12355", voice_url=f"{application.base}/voice#rc=77")
    application.pages["/voice"] = "<Hangup/>"
    caller.dial("12355").is_hung_up_on()
    assert [error["code"] for error in network.errors] == [11100]


def test_the_fragment_is_neither_sent_nor_signed(application, network, caller):
    network.line("12355", voice_url=f"{application.base}/voice?a=1#rc=0")
    application.pages["/voice"] = "<Hangup/>"
    caller.dial("12355").is_hung_up_on()
    (got,) = [got for got in application.got if got.path == "/voice"]
    assert (got.query, got.signed) == ("a=1", True)
    assert network.errors == []


@pytest.mark.parametrize(
    ("policy", "page", "requests"),
    [("4xx", 404, 3), ("5xx", 404, 1), ("5xx", 503, 3), ("ct", 503, 1), ("all", 429, 3)],
)
def test_only_the_failures_that_are_named_are_retried(
    application, network, caller, policy, page, requests
):
    network.line("12355", voice_url=f"{application.base}/voice#rc=2&rp={policy}")
    application.pages["/voice"] = page
    caller.dial("12355").hears(APOLOGY).is_hung_up_on()
    assert len(application.at("/voice")) == requests


def test_a_url_may_ask_for_less_patience_and_a_second_try(application, network, caller):
    network.line("12355", voice_url=f"{application.base}/voice#rt=200&rc=1&rp=rt")
    answers = iter([0.6, 0])

    def late_once(_):
        time.sleep(next(answers))
        return "<Say>您好</Say>"

    application.pages["/voice"] = late_once
    caller.dial("12355").hears("您好").is_hung_up_on()
    first, second = [got for got in application.got if got.path == "/voice"]
    assert first.token == second.token


def test_all_tries_together_take_no_longer_than_the_total(application, network, caller):
    network.line("12355", voice_url=f"{application.base}/voice#rt=200&tt=300&rc=5&rp=rt")

    def never(_):
        time.sleep(0.8)
        return "<Say>您好</Say>"

    application.pages["/voice"] = never
    began = time.monotonic()
    caller.dial("12355").hears(APOLOGY).is_hung_up_on()
    assert time.monotonic() - began < 0.7
    assert len(application.at("/voice")) == 2


def test_a_status_callback_that_fails_is_a_warning(application, network, caller):
    application.pages |= {"/voice": "<Hangup/>", "/ended": 500}
    caller.dial("12355").is_hung_up_on()
    network.settles()
    assert [error["code"] for error in network.errors] == [15003]
