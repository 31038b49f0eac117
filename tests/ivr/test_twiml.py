"""The documents: what the caller hears, and that no call falls off the end of one."""

from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.flow import load, load_all
from ivr.nodes import Flow
from ivr.session import (
    Event,
    Heard,
    Where,
    advance,
    heard_from_form,
    start,
    where_from_args,
)
from ivr.twiml import Values, render, step_url

LINE = load("12355")
VALUES = Values(
    base_url="https://line.example/",
    recording_max_seconds=240,
    room_seconds=480,
    conference="line-CA1",
    fields={
        "code": "4711",
        "place": "和平区 <北> & \x00街",
        "situation": "家庭暴力",
        "callback": "12355",
        "reason": "紧急报告无人领取",
    },
)
# The longest way there is, with every try at every node used up, is shorter.
MOST_STEPS = 40

# Walks share a machine with the other tests: time says nothing about them.
unhurried = settings(deadline=None)


def page(node: str, *, tries: int = 0, flow: Flow = LINE, values: Values = VALUES) -> ET.Element:
    where = Where(flow.name, node, "zh", tries, 3, "10000138")
    return ET.fromstring(render(flow, where, values))


def heard_text(document: ET.Element) -> str:
    return " ".join(say.text or "" for say in document.iter("Say"))


def query(url: str | None) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url or "").query)


def test_the_greeting_asks_for_one_key_in_both_voices():
    document = page("greeting")
    gather = document[0]
    assert gather.attrib == {
        "action": "https://line.example/ivr/step?flow=12355&node=greeting&lang=zh&tries=0&step=3"
        "&report=10000138#ct=2000&rt=6000&rc=1&rp=ct,rt,5xx",
        "method": "POST",
        "input": "dtmf speech",
        "language": "cmn-Hans-CN",
        "hints": "危险,救命,打我,打人,被打,help,danger,强制报告,单位报告,report for,查询,"
        "earlier report,英语,英文,english",
        "speechTimeout": "auto",
        "numDigits": "1",
        "finishOnKey": "",
        "timeout": "3",
    }
    voices = [(say.get("voice"), say.get("language")) for say in gather]
    chinese = ("Polly.Zhiyu-Neural", "cmn-CN")
    assert [voice for voice in voices if voice != chinese] == [("Polly.Joanna-Neural", "en-US")]
    assert "孩子现在有危险，请按1" in heard_text(document)
    assert [verb.tag for verb in document] == ["Gather", "Redirect"]
    assert query(document[1].text)["event"] == ["timeout"]


def test_a_second_try_says_why():
    first, second = heard_text(page("greeting")), heard_text(page("greeting", tries=1))
    assert second != first
    assert second.endswith(first)


def test_a_statement_is_recorded_as_the_network_needs_it():
    document = page("statement")
    assert [verb.tag for verb in document] == ["Gather", "Record", "Redirect"]
    record = document[1]
    assert query(record.attrib.pop("action"))["event"] == ["recorded"]
    assert record.attrib == {
        "method": "POST",
        "timeout": "10",
        "maxLength": "240",
        "finishOnKey": "#",
        "trim": "do-not-trim",
        "playBeep": "true",
        "recordingStatusCallback": "https://line.example/ivr/recording#rc=5&rp=all",
        "recordingStatusCallbackEvent": "completed absent",
    }
    assert query(document[2].text)["event"] == ["empty"]
    assert document[0].get("timeout") == "1"


def test_behind_danger_the_statement_has_no_keys():
    assert [verb.tag for verb in page("danger_statement")] == ["Say", "Record", "Redirect"]


def test_the_last_try_at_a_statement_cannot_be_interrupted():
    assert [verb.tag for verb in page("statement", tries=1)] == ["Gather", "Record", "Redirect"]
    assert [verb.tag for verb in page("statement", tries=2)] == ["Record", "Redirect"]


def test_the_room_is_recorded_without_a_tone_and_silence_does_not_end_it():
    record = page("quiet_room").find("Record")
    assert record is not None
    wanted = ("playBeep", "timeout", "maxLength")
    assert [record.get(name) for name in wanted] == ["false", "480", "480"]


def test_whoever_waits_can_press_a_key_all_the_time():
    document = page("officer")
    gather, redirect = document
    assert (gather.tag, gather.get("timeout"), gather.get("numDigits")) == ("Gather", "15", "1")
    assert "正在为你接通值班员" in heard_text(document)
    assert query(redirect.text)["event"] == ["timeout"]


def test_a_place_in_the_line_is_said_when_somebody_is_before():
    ahead = replace(VALUES, fields={"ahead": "2"})
    assert "2" in heard_text(page("officer", values=ahead))
    assert "前面" not in heard_text(page("officer"))


def test_a_further_round_says_something_else():
    assert heard_text(page("officer", tries=1)) != heard_text(page("officer"))


def test_a_conversation_is_a_conference_recorded_on_the_callers_leg():
    say, dial = page("talk")
    assert say.tag == "Say"
    assert query(dial.attrib.pop("action"))["event"] == ["over"]
    assert dial.attrib == {
        "method": "POST",
        "record": "record-from-answer-dual",
        "trim": "do-not-trim",
        "recordingStatusCallback": "https://line.example/ivr/recording#rc=5&rp=all",
        "recordingStatusCallbackEvent": "completed absent",
    }
    (conference,) = dial
    assert conference.text == "line-CA1"
    assert conference.attrib == {
        "startConferenceOnEnter": "true",
        "endConferenceOnExit": "true",
        "beep": "false",
        "waitUrl": "",
    }


def test_an_officer_may_leave_without_ending_the_conversation():
    dial = page("talk", flow=load("officer")).find("Dial")
    assert dial is not None
    assert dial.get("record") is None
    assert dial[0].get("endConferenceOnExit") == "false"


def test_a_call_back_is_recorded_under_the_callers_own_call():
    values = replace(VALUES, call_sid="CA9")
    dial = page("talk", flow=load("called_back"), values=values).find("Dial")
    assert dial is not None
    assert (
        dial.get("recordingStatusCallback")
        == "https://line.example/ivr/recording?call=CA9#rc=5&rp=all"
    )


def test_several_digits_are_ended_by_the_hash_key():
    gather = page("mandated_code")[0]
    wanted = ("numDigits", "finishOnKey", "input")
    assert [gather.get(name) for name in wanted] == ["8", "#", "dtmf"]
    first, again = heard_text(page("mandated_code")), heard_text(page("mandated_code", tries=1))
    assert again.endswith(first)
    assert again != first


@pytest.mark.parametrize(
    ("lang", "spoken"), [("zh", "cmn-Hans-CN"), ("yue", "yue-Hant-HK"), ("en", "en-US")]
)
@pytest.mark.parametrize("node", ["statement", "talk", "quiet_room"])
def test_the_network_is_asked_to_write_down_what_is_said(node: str, lang: str, spoken: str):
    where, values = Where("district", node, lang, 0, 3), replace(VALUES, transcribe=True)
    listening = ET.fromstring(render(load("district"), where, values)).find("Start/Transcription")
    assert listening is not None
    assert listening.get("languageCode") == spoken
    assert listening.get("statusCallbackUrl") == "https://line.example/ivr/transcription"
    # What callers tell must not come with asterisks in it.
    assert listening.get("profanityFilter") == "false"


def test_it_is_not_asked_unless_chosen_nor_for_an_officers_leg():
    assert page("statement").find("Start") is None
    values = replace(VALUES, transcribe=True)
    assert page("talk", flow=load("officer"), values=values).find("Start") is None


def test_a_sentence_that_somebody_has_recorded_is_played():
    def recorded(language: str, key: str) -> str | None:
        return f"https://line.example/{language}/{key}.wav" if key == "greeting" else None

    gather = page("greeting", values=replace(VALUES, recorded=recorded))[0]
    assert [verb.tag for verb in gather][:2] == ["Play", "Say"]
    assert gather[0].text == "https://line.example/zh/greeting.wav"
    assert "你好" not in heard_text(gather)


def test_the_receipt_number_is_read_digit_by_digit():
    assert heard_text(page("heard")).count("幺零零零，零幺三八") == 2


def test_the_last_words_are_not_said_again_for_a_key_that_means_nothing():
    assert [verb.tag for verb in page("goodbye")] == ["Gather", "Hangup"]
    assert [verb.tag for verb in page("goodbye", tries=1)] == ["Hangup"]


def test_without_a_receipt_number_the_goodbye_is_still_said():
    document = ET.fromstring(render(LINE, Where("12355", "unheard", "zh"), VALUES))
    assert document[-1].tag == "Hangup"
    assert "受理编号" not in heard_text(document)
    assert "再见" in heard_text(document)


def test_the_alert_says_code_place_and_what_never_a_name():
    fields = {**VALUES.fields, "name": "某某"}
    document = page("alert", flow=load("police"), values=Values("https://x", fields))
    text = heard_text(document)
    for expected in ("儿童保护热线", "四七幺幺", "和平区 <北> & 街", "家庭暴力", "请按1"):
        assert expected in text
    assert "某某" not in text


def test_the_police_hear_place_and_number_again_after_acknowledging():
    text = heard_text(page("details", flow=load("police")))
    assert "和平区" in text
    assert "幺二三五五" in text


def test_an_alert_without_a_place_is_still_said():
    document = page("alert", flow=load("police"), values=Values("https://x", {"code": "1"}))
    assert "地点" not in heard_text(document)
    assert "请按1" in heard_text(document)


def test_the_first_url_of_a_call_that_the_line_makes():
    url = step_url("https://line.example/", start(load("police"), report="7").where, Event.start)
    assert url == (
        "https://line.example/ivr/step?flow=police&node=alert&lang=zh&tries=0&step=0&report=7"
        "&event=start#ct=2000&rt=6000&rc=1&rp=ct,rt,5xx"
    )


def _sound(document: ET.Element) -> None:
    """No call falls off the end of a document, and nothing is left of a blank."""
    tags = [verb.tag for verb in document]
    for here, following in zip(tags, [*tags[1:], ""], strict=True):
        if here == "Gather":
            assert following in {"Redirect", "Record", "Hangup"}
        if here == "Record":
            assert following == "Redirect"
    assert not set(heard_text(document)) & set("{}")


@pytest.mark.parametrize("flow", load_all().values(), ids=load_all())
@pytest.mark.parametrize("values", [VALUES, Values("http://127.0.0.1:1")], ids=["full", "bare"])
def test_every_document_of_every_flow_is_sound(flow: Flow, values: Values):
    for node in flow.nodes:
        for tries in range(4):
            for lang in flow.languages:
                document = ET.fromstring(render(flow, Where(flow.name, node, lang, tries), values))
                _sound(document)
                assert len(document) > 0


def _urls(document: ET.Element) -> list[str]:
    """Where the network may post next: actions and redirects, not other people's legs."""
    actions = [url for verb in document if (url := verb.get("action"))]
    return actions + [verb.text or "" for verb in document.iter("Redirect")]


FORMS = st.one_of(
    st.sampled_from("0123456789*#").map(lambda digit: {"Digits": digit}),
    st.sampled_from([{}, {"Digits": "hangup"}, {"Digits": ""}, {"RecordingSid": "RE1"}]),
    st.sampled_from(["10000138", "0229", "12*"]).map(lambda digits: {"Digits": digits}),
    st.just({"DialCallStatus": "completed"}),
    st.dictionaries(
        st.sampled_from(["Digits", "SpeechResult", "CallStatus", "DialCallStatus", "RecordingSid"]),
        st.text(max_size=5),
    ),
)


@pytest.mark.parametrize("flow", load_all().values(), ids=load_all())
@unhurried
@given(forms=st.lists(FORMS, min_size=MOST_STEPS, max_size=MOST_STEPS), data=st.data())
def test_any_walk_by_the_documents_own_urls_ends(
    flow: Flow, forms: list[dict[str, str]], data: st.DataObject
):
    """A caller who presses, says and records anything is at an end within a bound."""
    where = start(flow, report="10000138").where
    for form in forms:
        document = ET.fromstring(render(flow, where, VALUES))
        _sound(document)
        urls = _urls(document)
        if not urls:
            break
        args = dict(parse_qsl(urlsplit(data.draw(st.sampled_from(urls))).query))
        heard = heard_from_form(args, form)
        if heard.event is Event.hangup:
            break
        assert where_from_args(args) == where
        where = advance(flow, where, heard).where
    else:
        pytest.fail(f"still talking at {where}")


@pytest.mark.parametrize("flow", load_all().values(), ids=load_all())
@unhurried
@given(
    heard=st.lists(
        st.builds(
            Heard,
            st.sampled_from([e for e in Event if e not in (Event.start, Event.hangup)]),
            st.one_of(st.sampled_from("0123456789*#"), st.text(max_size=3)),
        ),
        min_size=MOST_STEPS,
        max_size=MOST_STEPS,
    )
)
def test_any_events_in_any_order_come_to_an_end(flow: Flow, heard: list[Heard]):
    """Even events that do not belong to the place, as late or forged ones, lead on."""
    where = start(flow).where
    for one in heard:
        before, where = where, advance(flow, where, one).where
        assert where == before or where.step == before.step + 1
    assert advance(flow, where, Heard(Event.timeout)).where == where


@unhurried
@given(
    args=st.dictionaries(
        st.sampled_from(["flow", "node", "lang", "tries", "step", "report", "event"]), st.text()
    ),
    form=st.dictionaries(st.sampled_from(["Digits", "DialCallStatus", "CallStatus"]), st.text()),
)
def test_garbage_in_a_url_still_gives_a_document(args: dict[str, str], form: dict[str, str]):
    where = where_from_args(args)
    move = advance(load(where.flow), where, heard_from_form(args, form))
    _sound(ET.fromstring(render(load(move.where.flow), move.where, VALUES)))
