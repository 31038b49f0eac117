"""A call moves on whatever is heard: every way through, and the parameters that tell of it."""

from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from ivr.flow import load
from ivr.nodes import Effect, Menu, Wait
from ivr.session import (
    Event,
    Heard,
    Move,
    Where,
    advance,
    by_itself,
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


def decided(word: str) -> Heard:
    return Heard(Event.decided, word)


def test_silence_is_put_through_to_an_officer_at_once():
    assert after("greeting", SILENCE, decided("no")).node == "officer"


def test_two_wrong_keys_are_put_through_to_an_officer():
    assert after("greeting", key("9")) == replace(at("greeting", tries=1), step=5)
    assert after("greeting", key("9"), key("#"), decided("no")).node == "officer"
    assert after("greeting", key("9"), key("1")).node == "danger"


@pytest.mark.parametrize("node", ["officer", "danger"])
def test_a_caller_waits_in_rounds_and_then_may_leave_a_statement(node: str):
    wait = LINE.nodes[node]
    assert isinstance(wait, Wait)
    for round_ in range(wait.rounds - 1):
        again = advance(LINE, at(node, round_), SILENCE)
        assert (again.where.node, again.where.tries, again.effects) == (node, round_ + 1, ())
    assert after(node, SILENCE, tries=wait.rounds - 1).node == wait.unanswered
    assert after(node, Heard(Event.unanswered)).node == wait.unanswered


@pytest.mark.parametrize("round_", range(3))
def test_an_officer_who_accepts_is_there_whatever_the_round(round_: int):
    assert after("officer", Heard(Event.answered), tries=round_).node == "talk"
    assert after("talk", Heard(Event.over)).node == "talked"


def test_while_waiting_every_key_still_works():
    assert advance(LINE, at("officer", 1), key("*")).effects == (Effect.emergency,)
    assert after("officer", key("2")).node == "statement"


@pytest.mark.parametrize("node", ["officer", "danger"])
def test_who_keeps_pressing_keys_waits_as_long_as_others_but_not_for_ever(node: str):
    where = replace(at(node, 1), step=5)
    for step in range(6, 21):
        where = advance(LINE, where, key("7")).where
        assert where == replace(at(node, 1), step=step)
    for _ in range(3):
        where = advance(LINE, where, key("7")).where
    assert where.node != node


def test_a_question_goes_on_by_its_answer_and_without_one_to_a_person():
    assert after("known_nuisance", decided("yes")).node == "statement"
    for word in ("no", "", "perhaps"):
        assert after("known_nuisance", decided(word)).node == "officer"


def test_without_the_database_nobody_is_asked_and_nobody_rung():
    move = by_itself(LINE, advance(LINE, at("greeting"), SILENCE))
    assert move.where.node == "statement"
    danger = by_itself(LINE, advance(LINE, at("greeting"), key("1")))
    assert danger.where.node == "danger_statement"


def test_what_is_spoken_counts_like_its_key():
    for words in ("我有危险", "救命啊", "Help me"):
        assert after("greeting", Heard(Event.speech, words)).node == "danger"
    assert after("greeting", Heard(Event.speech, "我想查询以前的报告")).node == "may_enquire"


@pytest.mark.parametrize("words", ["喂", "我在学校被人欺负", "爸爸以前也这样", "妈妈在医院"])
def test_who_speaks_without_a_key_word_is_put_through(words: str):
    assert after("greeting", Heard(Event.speech, words)).node == "known_nuisance"
    assert after("english", Heard(Event.speech, "I am at school")).node == "known_nuisance"


def test_who_wants_the_police_is_an_emergency():
    move = advance(LINE, at("quiet_police"), key("1"))
    assert (move.effects, move.answer) == ((Effect.emergency,), ("police", "yes"))
    assert advance(LINE, at("quiet_police"), key("2")).effects == ()


def test_no_call_back_is_promised_where_there_is_no_number():
    assert after("officer", key("3")).node == "may_call_back"
    assert after("may_call_back", decided("yes")).node == "callback_safe"
    assert after("may_call_back", decided("no")).node == "callback_no_number"
    assert after("may_call_back", decided("")).node == "statement"


def test_after_a_conversation_that_broke_off_the_rest_can_be_told():
    assert after("talked", key("2")).node == "statement"
    assert after("danger_talked", key("2")).node == "danger_statement"


def test_danger_wins_when_more_than_one_thing_is_said():
    assert after("greeting", Heard(Event.speech, "我在学校有危险")).node == "danger"


def test_the_quiet_questions_are_answered_one_by_one():
    first = advance(LINE, at("quiet_who"), key("1"))
    assert (first.where.node, first.answer) == ("quiet_danger", ("who", "child"))
    second = advance(LINE, first.where, key("1"))
    assert (second.effects, second.answer) == ((Effect.emergency,), ("danger", "yes"))
    assert advance(LINE, second.where, Heard(Event.next)).where.node == "quiet_hurt"


@pytest.mark.parametrize("node", ["quiet_danger", "quiet_hurt", "quiet_police", "quiet_safe"])
def test_whoever_presses_nothing_more_is_listened_to(node: str):
    assert after(node, SILENCE).node == "quiet_room"


def test_a_wrong_key_is_no_answer():
    assert advance(LINE, at("quiet_hurt"), key("7")).answer is None


def test_an_entry_counts_when_its_check_digits_do():
    right = advance(LINE, at("mandated_code"), key("100105"))
    assert (right.where.node, right.answer) == ("mandated_ground", ("institution", "100105"))
    wrong = advance(LINE, at("mandated_code"), key("100150"))
    assert (wrong.where.node, wrong.where.tries, wrong.answer) == ("mandated_code", 1, None)
    assert after("mandated_code", key("1"), key("2"), key("3")).node == "mandated_ground"


def test_without_a_code_the_report_goes_on():
    assert after("mandated_code", SILENCE).node == "mandated_ground"


@pytest.mark.parametrize("keys", ["*", "12*", "*#"])
def test_the_star_is_danger_wherever_digits_are_asked_for(keys: str):
    assert advance(LINE, at("mandated_code"), key(keys)).effects == (Effect.emergency,)
    assert advance(LINE, at("enquiry_pin"), key(keys)).effects == (Effect.emergency,)


@pytest.mark.parametrize("digits", ["0229", "1231", "0101"])
def test_a_day_of_the_year(digits: str):
    assert advance(LINE, at("mandated_date"), key(digits)).answer == ("known_on", digits)


@pytest.mark.parametrize("digits", ["0230", "1301", "0000", "101", "１２３１", "11111"])
def test_no_day_of_the_year(digits: str):
    assert advance(LINE, at("mandated_date"), key(digits)).where.node == "mandated_date"


def test_a_pin_is_no_answer_that_is_kept():
    assert advance(LINE, at("enquiry_pin"), key("1234")).answer is None


def test_the_third_wrong_pin_leads_to_a_person():
    assert after("enquiry_pin", key("1234"), decided("wrong")).node == "enquiry_pin_again"
    assert after("enquiry_pin_again", key("1234"), decided("wrong")).node == "known_nuisance"


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
        assert advance(LINE, at("danger_heard"), Heard(event, "1")) == Move(at("danger_heard"))


def test_danger_can_be_said_while_the_last_sentence_is_spoken_and_another_key_ends_the_call():
    assert advance(LINE, at("goodbye"), key("*")).effects == (Effect.emergency,)
    over = advance(LINE, at("goodbye"), key("7")).where
    assert (over.node, over.tries) == ("goodbye", 1)
    assert advance(LINE, over, key("*")) == Move(over)


@pytest.mark.parametrize("node", LINE.nodes)
def test_a_hang_up_moves_nothing(node: str):
    assert advance(LINE, at(node), Heard(Event.hangup)) == Move(at(node))


def test_a_start_event_enters_the_flow_with_its_effects():
    acknowledged = Where("police", "acknowledged", "zh", report="10000138")
    move = advance(load("police"), acknowledged, Heard(Event.start))
    assert move == Move(Where("police", "alert", "zh", 0, 0, "10000138"))


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


@pytest.mark.parametrize("name", ["officer", "transfer", "join", "callback"])
def test_only_a_key_takes_a_call(name: str):
    flow, offer = load(name), at("offer", flow=name)
    menu = flow.nodes["offer"]
    assert isinstance(menu, Menu)
    assert advance(flow, offer, key("1")).where.node == "take"
    for _ in range(menu.tries):
        offer = advance(flow, offer, Heard(Event.speech, "请留言")).where
    assert offer.node == "declined"


@pytest.mark.parametrize(
    ("word", "node"), [("taken", "talk"), ("other", "taken"), ("gone", "gone"), ("", "gone")]
)
def test_only_the_first_to_accept_is_joined(word: str, node: str):
    take = at("take", flow="officer")
    assert advance(load("officer"), take, decided(word)).where.node == node


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
        ("over", {"DialCallStatus": "completed"}, Heard(Event.over)),
        ("", {"DialCallStatus": "completed"}, Heard(Event.over)),
        ("", {"DialCallStatus": "a-new-word"}, Heard(Event.over)),
        ("", {"SpeechResult": "救命", "Confidence": "0.9"}, Heard(Event.speech, "救命")),
        ("decided", {"Digits": "yes"}, Heard(Event.decided)),
        ("answered", {}, Heard(Event.answered)),
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
