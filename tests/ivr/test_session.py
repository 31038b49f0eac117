"""A call moves on whatever is heard: every way through, and the parameters that tell of it."""

from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from ivr.flow import load
from ivr.nodes import Effect
from ivr.session import (
    Event,
    Heard,
    Move,
    Where,
    advance,
    heard_from_form,
    start,
    where_from_args,
    where_to_query,
)

LINE = load("12355")
SILENCE = Heard(Event.timeout)


def key(digit: str) -> Heard:
    return Heard(Event.digits, digit)


def at(node: str, tries: int = 0, flow: str = "12355") -> Where:
    return Where(flow, node, "zh", tries, 4, "10000138")


def after(node: str, *heard: Heard, tries: int = 0) -> Where:
    where = at(node, tries)
    for one in heard:
        where = advance(LINE, where, one).where
    return where


def test_a_call_starts_at_the_greeting_in_chinese():
    assert start(LINE, report="10000138") == Move(
        Where("12355", "greeting", "zh", 0, 0, "10000138"), ()
    )


def test_a_call_starts_in_a_language_that_the_flow_speaks():
    assert start(LINE, "en").where.lang == "en"
    assert start(LINE, "fr").where.lang == "zh"


def test_one_is_danger_and_an_emergency_at_once():
    move = advance(LINE, at("greeting"), key("1"))
    assert move == Move(Where("12355", "danger", "zh", 0, 5, "10000138"), (Effect.emergency,))


def test_two_is_english_and_stays_english():
    assert after("greeting", key("2")).lang == "en"
    assert after("greeting", key("2"), key("1")) == replace(at("danger"), lang="en", step=6)


def test_silence_is_put_through_to_an_officer_at_once():
    assert after("greeting", SILENCE).node == "officer"


def test_two_wrong_keys_are_put_through_to_an_officer():
    assert after("greeting", key("9")) == replace(at("greeting", tries=1), step=5)
    assert after("greeting", key("9"), key("#")).node == "officer"
    assert after("greeting", key("9"), key("1")).node == "danger"


def test_an_unanswered_ring_leads_to_the_recording():
    assert after("officer", Heard(Event.unanswered)).node == "statement"
    assert after("danger", Heard(Event.unanswered)).node == "danger_statement"
    assert after("danger", Heard(Event.answered)).node == "talked"


def test_danger_can_still_be_said_at_the_recording():
    move = advance(LINE, at("statement"), key("1"))
    assert (move.where.node, move.effects) == ("danger", (Effect.emergency,))


def test_a_statement_leads_to_goodbye():
    assert after("statement", Heard(Event.recorded, "RE1")).node == "heard"


def test_an_empty_recording_is_asked_for_once_more():
    empty = Heard(Event.empty)
    assert (after("statement", empty).node, after("statement", empty).tries) == ("statement", 1)
    assert after("statement", empty, empty).node == "unheard"
    assert after("statement", empty, Heard(Event.recorded)).node == "heard"


def test_a_child_playing_with_the_keys_still_gets_to_the_tone():
    where = after("statement", key("7"), key("7"))
    assert (where.node, where.tries) == ("statement", 2)
    assert after("statement", Heard(Event.recorded), tries=2).node == "heard"
    assert after("statement", Heard(Event.empty), tries=2).node == "unheard"
    assert after("statement", key("7"), tries=2).node == "unheard"


def test_a_second_try_fires_no_effect_again():
    police = load("police")
    first = start(police)
    again = advance(police, first.where, SILENCE)
    assert (again.where.node, again.where.tries, again.effects) == ("alert", 1, ())


@pytest.mark.parametrize("event", Event)
def test_a_finished_call_stays_where_it_is(event: Event):
    if event is not Event.start:
        assert advance(LINE, at("heard"), Heard(event, "1")) == Move(at("heard"))


@pytest.mark.parametrize("node", LINE.nodes)
def test_a_hang_up_moves_nothing(node: str):
    assert advance(LINE, at(node), Heard(Event.hangup)) == Move(at(node))


def test_a_start_event_enters_the_flow_with_its_effects():
    accepted = Where("officer", "accepted", "zh", report="10000138")
    move = advance(load("officer"), accepted, Heard(Event.start))
    assert move == Move(Where("officer", "offer", "zh", 0, 0, "10000138"))


def test_police_acknowledge_by_one_key_only():
    police, alert = load("police"), at("alert", flow="police")
    move = advance(police, alert, key("1"))
    assert (move.where.node, move.effects) == ("acknowledged", (Effect.acknowledge_alert,))
    for heard in (key("2"), key("#"), Heard(Event.speech, "一")):
        assert advance(police, alert, heard).where.node == "not_acknowledged"


def test_the_alert_is_said_three_times_and_then_not_acknowledged():
    police = load("police")
    where, places = start(police).where, []
    for _ in range(3):
        where = advance(police, where, SILENCE).where
        places.append((where.node, where.tries))
    assert places == [("alert", 1), ("alert", 2), ("not_acknowledged", 0)]


def test_only_a_key_takes_a_call():
    officer, offer = load("officer"), at("offer", flow="officer")
    assert advance(officer, offer, key("1")).effects == (Effect.accept_call,)
    once = advance(officer, offer, Heard(Event.speech, "请留言")).where
    assert advance(officer, once, SILENCE) == Move(
        Where("officer", "declined", "zh", 0, 6, "10000138")
    )


def test_a_place_survives_the_url():
    where = Where("police", "alert", "en", 2, 7, "1 0&0=中")
    assert where_from_args(dict(parse_qsl(where_to_query(where)))) == where
    bare = Where("12355", "greeting", "zh")
    assert "report" not in where_to_query(bare)
    assert where_from_args(dict(parse_qsl(where_to_query(bare)))) == bare


@pytest.mark.parametrize("number", ["", "-1", "x", "1e9", "²", "9" * 5000, "0x1", " "])
def test_garbage_for_a_number_is_zero(number: str):
    where = where_from_args({"flow": "12355", "tries": number, "step": number})
    assert (where.tries, where.step) == (0, 0)


def test_a_huge_number_is_bounded():
    assert where_from_args({"step": "99999999"}).step == 1000


def test_an_unknown_place_is_the_start():
    assert where_from_args({}) == Where("12355", "greeting", "zh")
    assert where_from_args({"flow": "../x", "node": "danger"}).node == "danger"
    assert where_from_args({"flow": "police", "node": "x"}) == Where("police", "alert", "zh")
    assert where_from_args({"lang": "xx"}).lang == "zh"


@pytest.mark.parametrize(
    ("event", "form", "heard"),
    [
        ("digits", {"Digits": "1"}, key("1")),
        ("digits", {"Digits": ""}, SILENCE),
        ("digits", {"SpeechResult": "救命"}, Heard(Event.speech, "救命")),
        ("digits", {}, SILENCE),
        ("timeout", {"Digits": "1"}, SILENCE),
        ("empty", {"RecordingSid": "RE1"}, Heard(Event.empty)),
        ("recorded", {"RecordingSid": "RE1", "Digits": "#"}, Heard(Event.recorded, "RE1")),
        ("recorded", {}, Heard(Event.recorded)),
        ("recorded", {"Digits": "hangup", "RecordingSid": "RE1"}, Heard(Event.hangup, "RE1")),
        ("recorded", {"CallStatus": "completed"}, Heard(Event.hangup)),
        ("next", {"CallStatus": "in-progress"}, Heard(Event.next)),
        ("start", {"Digits": "1", "CallStatus": "in-progress"}, Heard(Event.start)),
        ("", {"DialCallStatus": "completed", "DialBridged": "true"}, Heard(Event.answered)),
        ("", {"DialCallStatus": "completed", "DialBridged": "false"}, Heard(Event.unanswered)),
        ("", {"DialCallStatus": "completed"}, Heard(Event.unanswered)),
        ("", {"DialCallStatus": "a-new-word"}, Heard(Event.unanswered)),
        ("unanswered", {}, Heard(Event.unanswered)),
        ("digits", {"DialCallStatus": "completed", "Digits": "1"}, key("1")),
        ("", {}, SILENCE),
        ("nonsense", {"RecordingSid": "RE1"}, Heard(Event.recorded, "RE1")),
        ("nonsense", {"Digits": "5", "RecordingSid": "RE1"}, key("5")),
    ],
)
def test_what_the_network_says_becomes_what_was_heard(
    event: str, form: dict[str, str], heard: Heard
):
    assert heard_from_form({"event": event}, form) == heard
