"""A call from the dial tone to the end: Say, Gather, Redirect, Hangup, Reject, and who is told."""

import time

import pytest
import requests

from hotline.simulator.config import Line, Phone
from hotline.simulator.driver import pocket_network

MENU = '<Gather numDigits="1" action="/key"><Say language="zh-CN">请按一</Say></Gather>'
SILENT = "<Redirect>/voice?timeout=1</Redirect>"


def test_a_key_is_carried_to_the_action_and_the_line_is_told_of_the_end(
    application, network, caller
):
    application.pages |= {"/voice": MENU, "/key": "<Say>谢谢</Say><Hangup/>"}
    caller.dial("12355").hears("请按一").presses("1").hears("谢谢").is_hung_up_on()
    network.settles()
    (key,) = application.at("/key")
    assert (key["Digits"], key["From"], key["To"]) == ("1", "13800000001", "12355")
    (end,) = application.at("/ended")
    assert (end["CallStatus"], end["CallbackSource"], end["SequenceNumber"]) == (
        "completed",
        "call-progress-events",
        "0",
    )
    assert int(end["CallDuration"]) >= 1
    assert end["Timestamp"].endswith("+0000")
    assert network.errors == []


def test_the_first_webhook_carries_what_the_network_sends(application, caller):
    application.pages["/voice"] = "<Hangup/>"
    caller.dial("12355").is_hung_up_on()
    (first,) = application.at("/voice")
    assert first["CallStatus"] == "ringing"
    assert first["Direction"] == "inbound"
    assert first["ApiVersion"] == "2010-04-01"
    assert first["Caller"] == first["From"]
    assert (first["FromCity"], first["FromCountry"], first["CalledCountry"]) == ("", "CN", "CN")
    assert first["CallSid"].startswith("CA")
    assert len(first["CallSid"]) == 34


@pytest.mark.parametrize(
    "number",
    [
        "anonymous",
        "",
        "Restricted",
        "+266696687",
        "12345",
        "sip:a@example.org",
        "+86 138 0000 0009",
    ],
)
def test_odd_numbers_are_delivered_verbatim(application, network, number):
    application.pages["/voice"] = "<Say>您好</Say>"
    network.phone(number).dial("12355").hears("您好").is_hung_up_on()
    assert application.at("/voice")[0]["From"] == number


@pytest.mark.parametrize("dialled", ["12355", "+8612355", "0086 12355"])
def test_a_line_is_found_however_its_number_is_written(application, caller, dialled):
    application.pages["/voice"] = "<Say>您好</Say>"
    caller.dial(dialled).hears("您好").is_hung_up_on()
    assert application.at("/voice")[0]["To"] == "12355"


def test_an_unknown_number_does_not_exist(caller):
    caller.dial("12399").is_hung_up_on()
    assert "unobtainable" in caller.heard
    assert caller.call["status"] == "failed"


def test_silence_falls_through_to_the_next_verb(application, caller):
    application.pages |= {
        "/voice": lambda form: "<Say>再见</Say>" if "timeout" in form else MENU + SILENT,
    }
    caller.dial("12355").hears("请按一").stays_silent().hears("再见").is_hung_up_on()
    assert application.at("/key") == []


def test_an_empty_result_reaches_the_action_only_on_request(application, caller):
    application.pages |= {
        "/voice": '<Gather action="/key" actionOnEmptyResult="true"/><Say>落空</Say>',
        "/key": "<Say>到了</Say>",
    }
    caller.dial("12355").stays_silent().hears("到了").is_hung_up_on()
    assert application.at("/key")[0]["Digits"] == ""
    assert "落空" not in caller.heard


@pytest.mark.parametrize(
    ("attributes", "pressed", "digits", "finished_on"),
    [
        ('numDigits="2"', "123", "12", ""),
        ("", "42#", "42", "#"),
        ('finishOnKey="*"', "4#2*", "4#2", "*"),
    ],
)
def test_what_ends_a_gather(application, caller, attributes, pressed, digits, finished_on):
    application.pages["/voice"] = f'<Gather action="/key" {attributes}/>'
    application.pages["/key"] = "<Hangup/>"
    caller.dial("12355").presses(pressed).is_hung_up_on()
    (key,) = application.at("/key")
    assert (key["Digits"], key["FinishedOnKey"]) == (digits, finished_on)


def test_only_the_finishing_key_is_no_input(application, caller):
    application.pages["/voice"] = '<Gather action="/key"/><Say>没有输入</Say>'
    caller.dial("12355").presses("#").hears("没有输入").is_hung_up_on()
    assert application.at("/key") == []


def test_words_are_heard_where_speech_is_asked_for(application, caller):
    application.pages["/voice"] = '<Gather input="dtmf speech" action="/key"/>'
    caller.dial("12355").says(text="我要报告").is_hung_up_on()
    (key,) = application.at("/key")
    assert key["SpeechResult"] == "我要报告"
    assert 0 < float(key["Confidence"]) <= 1
    assert "Digits" not in key


def test_words_are_nothing_to_a_gather_of_keys(application, caller):
    application.pages["/voice"] = '<Gather numDigits="1" action="/key"/><Say>没有输入</Say>'
    caller.dial("12355").says(seconds=1).presses("3").is_hung_up_on()
    assert application.at("/key")[0]["Digits"] == "3"


def test_a_gather_without_action_asks_its_own_document_again(application, caller):
    application.pages["/voice"] = lambda form: "<Hangup/>" if "Digits" in form else "<Gather/>"
    caller.dial("12355").presses("7#").is_hung_up_on()
    assert [form.get("Digits") for form in application.at("/voice")] == [None, "7"]


def test_a_document_may_be_asked_for_by_get(application, caller):
    application.pages["/voice"] = '<Redirect method="GET">/next?问=答</Redirect>'
    application.pages["/next"] = "<Say>到了</Say>"
    caller.dial("12355").hears("到了").is_hung_up_on()
    got = application.got[1]
    assert (got.method, got.path, got.signed) == ("GET", "/next", True)
    assert got.form["问"] == "答"
    assert got.form["CallSid"] == caller.call["sid"]


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
def test_a_rejected_call_is_never_answered(application, network, caller, reason, status):
    application.pages["/voice"] = f'<Reject reason="{reason}"/>'
    caller.dial("12355").is_hung_up_on()
    network.settles()
    (end,) = application.at("/ended")
    assert (end["CallStatus"], end["CallDuration"]) == (status, "0")


def test_hanging_up_ends_the_call_without_another_document(application, network, caller):
    application.pages["/voice"] = MENU + SILENT
    caller.dial("12355").hears("请按一").hangs_up()
    network.settles()
    assert [got.path for got in application.got] == ["/voice", "/ended"]
    assert application.at("/ended")[0]["CallStatus"] == "completed"


@pytest.mark.parametrize(
    ("said_first", "given"), [(True, {"SpeechResult": "我要报告"}), (False, {"Digits": "12"})]
)
def test_of_keys_and_words_the_first_counts(application, caller, said_first, given):
    application.pages |= {
        "/voice": '<Gather input="dtmf speech" numDigits="2" action="/key"/>',
        "/key": "<Hangup/>",
    }
    caller.dial("12355")
    if not said_first:
        caller.presses("1")
    caller.says(text="我要报告")
    if not said_first:
        caller.presses("2")
    caller.is_hung_up_on()
    (key,) = application.at("/key")
    both = {name: key[name] for name in ("Digits", "SpeechResult") if name in key}
    assert both == given


def _until(application, path: str, requests: int) -> None:
    for _ in range(200):
        if len(application.at(path)) >= requests:
            return
        time.sleep(0.05)
    raise AssertionError(f"no {requests} requests of {path}")


def test_who_waits_hears_round_after_round_until_pressing_a_key(application, network, caller):
    application.pages |= {"/voice": MENU + "<Redirect>/voice</Redirect>", "/key": "<Hangup/>"}
    caller.dial("12355").stays_silent().waits()
    _until(application, "/voice", 4)
    caller.presses("1").is_hung_up_on()
    assert application.at("/key")[0]["Digits"] == "1"
    assert caller.call["duration"] >= 3 * 5  # as if each round had lasted its five seconds
    assert network.errors == []


def test_a_caller_may_wait_for_longer_than_a_loop(application, network, caller):
    application.pages["/voice"] = MENU + SILENT
    caller.follows("12355", [{"waits": 0.001}])
    _until(application, "/voice", 120)
    caller.hangs_up()
    assert network.errors == []


def test_a_machine_does_not_listen_for_ever(application, network, caller):
    application.pages["/voice"] = MENU + SILENT
    caller.follows("12355", []).is_hung_up_on()
    assert len(application.at("/voice")) == 25  # of five seconds each
    assert network.errors == []


# sounds


def test_a_sound_is_fetched_once_and_played(application, network, caller, wav):
    application.pages |= {
        "/voice": "<Play>/prompt.wav</Play><Play>/prompt.wav</Play><Say>之后</Say>",
        "/prompt.wav": wav(1.0),
    }
    caller.dial("12355").hears("/prompt.wav").hears("/prompt.wav").hears("之后").is_hung_up_on()
    (fetched,) = [got for got in application.got if got.path == "/prompt.wav"]
    assert fetched.method == "GET"
    assert f"[play] {application.base}/prompt.wav" in caller.heard
    kept = requests.get(
        f"{network.base_url}/control/sound",
        params={"url": f"{application.base}/prompt.wav"},
        timeout=5,
    )
    assert (kept.headers["Content-Type"], kept.content[:4]) == ("audio/x-wav", b"RIFF")
    assert network.errors == []


def test_a_sound_that_must_not_be_kept_is_fetched_again(application, caller, wav):
    fleeting = wav(1.0)
    fleeting.headers["Cache-Control"] = "no-cache"
    application.pages |= {
        "/voice": '<Play>/prompt.wav</Play><Play loop="0">/prompt.wav</Play>',
        "/prompt.wav": fleeting,
    }
    caller.dial("12355").is_hung_up_on()
    assert len([got for got in application.got if got.path == "/prompt.wav"]) == 2
    assert caller.heard.count("prompt.wav") == 4


@pytest.mark.parametrize(
    ("document", "page", "code"),
    [
        ("<Play>/odd.wav</Play>", 404, 11200),
        ("<Play>/odd.wav</Play>", "<Say/>", 13420),
        ("<Gather><Play>/odd.wav</Play></Gather>", "<Say/>", 13325),
    ],
)
def test_a_sound_that_cannot_be_had_is_left_out(application, network, caller, document, page, code):
    application.pages |= {"/voice": f"{document}<Say>之后</Say>", "/odd.wav": page}
    caller.dial("12355")
    if "Gather" in document:
        caller.stays_silent()
    caller.hears("之后").is_hung_up_on()
    assert "odd.wav" not in caller.heard
    assert [error["code"] for error in network.errors] == [code]


def test_a_telephone_in_a_call_cannot_dial_again(application, caller):
    application.pages["/voice"] = MENU
    caller.dial("12355").hears("请按一")
    with pytest.raises(AssertionError):
        caller.dial("12355")
    caller.hangs_up()


def test_a_person_who_hears_something_else_says_what(application, caller):
    application.pages["/voice"] = "<Say>线路忙</Say>"
    caller.dial("12355").is_hung_up_on()
    with pytest.raises(AssertionError, match="线路忙"):
        caller.hears("您好")


def test_what_was_heard_before_the_key_does_not_count_after_it(application, caller):
    application.pages |= {"/voice": MENU, "/key": "<Say>再见</Say>"}
    caller.dial("12355").hears("请按一").presses("1").is_hung_up_on()
    with pytest.raises(AssertionError):
        caller.hears("请按一")


def test_a_call_that_waits_for_nobody_is_a_visible_error(application):
    application.pages["/voice"] = MENU + "<Hangup/>"
    line = Line(f"{application.base}/voice")
    with pocket_network({"12355": line}, account_sid="AC1", auth_token="t", patience=0.2) as hasty:
        hasty.phone("13800000001").dial("12355").is_hung_up_on()
        assert "nobody acted" in hasty.errors[0]["message"]


def test_the_console_can_change_a_telephone_without_losing_its_name(network):
    network.phone("13800000007", label="值班员", kind="mobile").never_answers()
    view = network.send("GET", "state", None)["phones"][-1]
    assert (view["label"], view["habit"]) == ("值班员", "unanswered")


def test_a_phone_of_unknown_habit_is_refused():
    with pytest.raises(ValueError, match="habit"):
        Phone("13800000001", habit="sleeps")


def test_hanging_up_before_the_first_answer_was_never_a_call(application, network, caller):
    def slowly(_):
        time.sleep(0.3)
        return "<Say>您好</Say>"

    application.pages["/voice"] = slowly
    caller.dial("12355").hangs_up()
    network.settles()
    assert caller.call["status"] == "canceled"
    assert "您好" not in caller.heard
    assert application.at("/ended")[0]["CallDuration"] == "0"
