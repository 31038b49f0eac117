"""The questions of every situation, and the rules that suggest an urgency from their answers."""

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from pydantic import ValidationError

from hotline.config import Settings
from triage.answers import ANSWER_QUESTIONS
from triage.facts import answers, questions
from triage.facts.questions import Answering, Group
from triage.facts.questions import Book as Questions
from triage.intake.models import ReporterKind
from triage.intake.states import Situation, Urgency
from triage.suggestion import rules
from triage.suggestion.rules import Book, Condition, Evidence

NOON = dt.datetime(2026, 5, 2, 4, tzinfo=dt.UTC)
MOST_ASKED = 9
"""More than that nobody asks somebody who is crying."""


@pytest.fixture(autouse=True)
def zone(settings: Settings) -> None:
    """Moments are read on the line's clock."""


def held(**known: Any) -> set[str]:
    """The rules that hold."""
    evidence = Evidence(**{"received_at": NOON, "now": NOON, **known})
    suggestion = rules.suggest(evidence)
    return {rule.name for rule in suggestion.rules} if suggestion else set()


def suggested(**known: Any) -> Urgency | None:
    suggestion = rules.suggest(Evidence(**{"received_at": NOON, "now": NOON, **known}))
    return suggestion.urgency if suggestion else None


@pytest.mark.parametrize("situation", Situation)
def test_every_situation_has_its_few_questions(situation: Situation) -> None:
    asked = questions.load().situations[situation]
    assert len(asked) >= 3
    for harm in ("sexual", "violence", "bullying"):
        at_once = questions.load().of(situation, {"hurt": "yes", "harm": harm})
        assert len(at_once) <= MOST_ASKED
    assert len(set(asked)) == len(asked)


def test_everything_is_said_in_both_languages() -> None:
    said = [*questions.load().questions.values(), *rules.load().rules]
    options = [option for one in questions.load().questions.values() for option in one.options]
    for one in (*said, *options):
        assert one.en
        assert one.en.isascii(), one.en
        assert not one.zh.isascii(), one.zh


def test_what_is_not_called_for_is_not_asked() -> None:
    book = questions.load()
    assert "breathing" not in book.of(Situation.domestic_violence, {})
    assert "breathing" in book.of(Situation.domestic_violence, {"hurt": "yes"})
    assert "evidence_kept" in book.of(Situation.unlawful_harm, {"harm": "sexual"})
    assert "evidence_kept" not in book.of(Situation.unlawful_harm, {"harm": "bullying"})
    assert book.of(None, {}) == {}


def test_what_hangs_on_a_question_nobody_asks_here_is_asked_in_any_case() -> None:
    book = questions.load()
    assert "hurt" not in book.situations[Situation.accident]
    assert "breathing" in book.of(Situation.accident, {})
    assert "self_harm" in book.of(Situation.other, {})
    assert "self_harm" not in book.of(Situation.unlawful_harm, {"harm": "sexual"})


def test_every_fact_of_a_rule_can_be_answered_where_the_rule_looks() -> None:
    book = questions.load()
    always = {key for keys in book.groups.values() for key in keys}
    for rule in rules.load().rules:
        facts = {one.fact for one in rule.when if one.fact} - always
        named = {one for condition in rule.when for one in condition.situation}
        for situation in named:
            assert facts <= set(book.situations[situation]), (rule.name, situation)
        assert named or any(facts <= set(keys) for keys in book.situations.values()), rule.name


def test_answers_to_what_is_no_longer_asked_are_left_out() -> None:
    typed = {"weapon": "yes", "clothes": "红外套", "nickname": " ", "guardian": "祖母"}
    assert answers.asked(Situation.missing, typed) == {"clothes": "红外套", "guardian": "祖母"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"situations": {"missing": ("clothes", "shoes")}}, "no question shoes"),
        ({"situations": {"missing": ()}}, "clothes is never asked"),
        ({"groups": {}}, "nothing is asked for reporter"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(change: dict[str, Any], told: str) -> None:
    written = questions.load().model_dump(by_alias=True)
    for part, sets in change.items():
        written[part] = {**written[part], **sets} if sets else {}
    with pytest.raises(ValidationError, match=told):
        Questions.model_validate(written)


def test_every_group_and_situation_stands_in_the_file() -> None:
    book = questions.load()
    assert set(book.groups) == set(Group)
    assert set(book.situations) == set(Situation)


def test_a_rule_about_a_key_names_a_question_of_the_flow() -> None:
    keyed = [one.answer for rule in rules.load().rules for one in rule.when if one.answer]
    assert keyed
    assert set(keyed) <= set(ANSWER_QUESTIONS)


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({}, "exactly one"),
        ({"fact": "hurt", "is": ["yes"], "night": True}, "exactly one"),
        ({"fact": "nonsense", "is": ["yes"]}, "no question nonsense"),
        ({"fact": "hurt", "is": ["badly"]}, "never answered with badly"),
        ({"fact": "hurt", "at_most": 3}, "cannot be asked"),
        ({"fact": "last_seen_at", "is": ["yes"]}, "cannot be asked"),
        ({"fact": "clothes", "is": ["red"]}, "cannot be asked"),
        ({"answer": "danger"}, "no answer is named"),
        ({"situation": ["flood"]}, "Input should be"),
    ],
)
def test_a_condition_that_can_never_hold_is_refused(condition: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Condition.model_validate(condition)


def test_two_rules_of_one_name_are_refused() -> None:
    rule = rules.load().rules[0].model_dump(by_alias=True)
    with pytest.raises(ValidationError):
        Book.model_validate({"rules": [rule, rule]})


def test_nothing_known_suggests_nothing() -> None:
    assert held() == set()
    assert held(situation=Situation.other, facts={"hurt": "unknown", "alone_now": "no"}) == set()


@pytest.mark.parametrize(
    ("known", "rule"),
    [
        ({"nodes": ["greeting", "danger"]}, "danger_key"),
        ({"answers": {"danger": "yes"}}, "danger_answered"),
        ({"facts": {"person_there": "yes"}}, "person_there"),
        ({"facts": {"breathing": "no"}}, "not_breathing"),
        ({"situation": Situation.missing, "age": 9}, "missing_small"),
        ({"facts": {"alone_now": "yes"}, "age": 7}, "small_and_alone"),
        ({"situation": Situation.living_alone, "facts": {"youngest_age": "7"}}, "youngest_alone"),
        ({"facts": {"last_contact": "2026-04-20T08:00"}}, "no_word"),
        ({"reporter": ReporterKind.child}, "child_calls"),
        ({"answers": {"who": "child"}}, "child_answered"),
        ({"answers": {"ground": "5"}}, "grave_ground"),
        ({"nodes": ["greeting", "quiet_who"]}, "quiet"),
        ({"facts": {"self_harm": "yes"}}, "self_harm"),
        ({"situation": Situation.trafficked, "facts": {"controlled": "yes"}}, "trafficked_held"),
        ({"situation": Situation.living_alone, "age": 7}, "small_living_alone"),
        ({"situation": Situation.living_alone, "facts": {"food": "no"}}, "living_alone_no_food"),
        ({"situation": Situation.accident, "facts": {"accident": "water"}}, "grave_accident"),
    ],
)
def test_a_rule_holds_by_what_it_names(known: dict[str, Any], rule: str) -> None:
    assert rule in held(**known)


@pytest.mark.parametrize(
    ("known", "rule"),
    [
        ({"nodes": ["greeting"]}, "danger_key"),
        ({"facts": {"breathing": "unknown"}}, "not_breathing"),
        ({"situation": Situation.missing, "age": 10}, "missing_small"),
        ({"situation": Situation.missing}, "missing_small"),
        ({"facts": {"alone_now": "yes"}}, "small_and_alone"),
        ({"situation": Situation.living_alone, "facts": {"youngest_age": "8"}}, "youngest_alone"),
        ({"situation": Situation.living_alone, "facts": {"youngest_age": "²"}}, "youngest_alone"),
        ({"situation": Situation.accident, "facts": {"accident": "fall"}}, "grave_accident"),
        ({"facts": {"last_contact": "2026-04-27T08:00"}}, "no_word"),
        ({"facts": {"last_contact": "someday"}}, "no_word"),
    ],
)
def test_and_not_without_it(known: dict[str, Any], rule: str) -> None:
    assert rule not in held(**known)


def test_hours_are_counted_on_the_lines_clock() -> None:
    at_eight = {"last_seen_at": "2026-04-29T12:00"}  # 72 hours before noon in Shanghai
    assert "missing_lately" in held(situation=Situation.missing, facts=at_eight)
    before = {"last_seen_at": "2026-04-29T11:59"}
    assert "missing_lately" not in held(situation=Situation.missing, facts=before)


@pytest.mark.parametrize(("hour", "holds"), [(13, False), (14, True), (21, True), (22, False)])
def test_night_is_that_of_the_line(hour: int, *, holds: bool) -> None:
    # 14:00 and 22:00 UTC are 22:00 and 6:00 in Shanghai.
    received = NOON.replace(hour=hour)
    known = {"situation": Situation.wandering, "facts": {"still_there": "yes"}}
    assert ("out_at_night" in held(**known, received_at=received)) is holds


def test_the_most_urgent_rule_is_the_suggestion_and_all_are_shown() -> None:
    known = {"situation": Situation.domestic_violence, "facts": {"hurt": "yes", "weapon": "yes"}}
    assert held(**known) == {"harm", "hurt", "weapon"}
    assert suggested(**known) is Urgency.emergency
    assert suggested(situation=Situation.domestic_violence) is Urgency.urgent
    assert suggested(situation=Situation.dropped_out) is Urgency.standard


def test_an_answer_fits_its_question(app: Flask) -> None:
    book = questions.load().questions.values()
    with app.test_request_context():
        for kind, answer, is_right in (
            (Answering.number, "12", True),
            (Answering.number, "100", False),
            (Answering.number, "两个", False),
            (Answering.number, "²", False),
            (Answering.moment, "2020-01-01T10:00", True),
            (Answering.moment, "昨天", False),
            (Answering.moment, "2999-01-01T10:00", False),
            (Answering.text, "长" * 200, True),
            (Answering.text, "长" * 201, False),
            (Answering.yes_no, "unknown", True),
            (Answering.yes_no, "perhaps", False),
        ):
            question = next(one for one in book if one.kind is kind)
            assert (answers.fault(question, answer) == "") is is_right, answer
