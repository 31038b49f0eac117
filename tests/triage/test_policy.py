"""The policies are data, refused when they make no sense, and one always fits."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hotline import config
from hotline.outbox import Channel
from triage.alerts import health, policy
from triage.alerts.policy import Book, Who
from triage.alerts.states import Purpose
from triage.intake.states import Situation

CALL: dict[str, Any] = {"contact": "first", "channels": ["call"]}
ALARM: dict[str, Any] = {"contact": "supervisors", "channels": ["sms"]}
POLICE: dict[str, Any] = {"name": "police", "steps": [CALL], "alarm": ALARM, "news": [CALL]}
OFFICE: dict[str, Any] = {**POLICE, "name": "office", "purpose": "office"}
OWN = """
[[policies]]
name = "ours"
steps = [{ contact = "first", channels = ["sms", "call"] }]
news = [{ contact = "first", channels = ["call"] }]
alarm = { contact = "officers", channels = ["call"] }

[[policies]]
name = "offices"
purpose = "office"
steps = [{ contact = "first", channels = ["sms"], wait = 3600 }]
news = [{ contact = "first", channels = ["call"] }]
alarm = { contact = "officers", channels = ["sms"], wait = 7200 }
"""


def book(*policies: dict[str, Any]) -> Book:
    return Book.model_validate({"policies": [*policies]})


def test_the_policy_in_force(database):
    plan = policy.choose(Purpose.police, ["990101001", "990101"], Situation.missing)
    sms, call = Channel.sms, Channel.call
    assert [(step.contact, step.channels) for step in plan.attempts] == [
        (Who.first, (sms,)),
        (Who.first, (call,)),
        (Who.second, (sms, call)),
        (Who.superior, (sms, call)),
    ]
    assert {step.patience for step in plan.attempts} == {config.current().alert_ack_seconds}
    assert (plan.alarm.contact, plan.alarm.channels) == (Who.supervisors, (sms, call))
    assert plan.asking


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("situation", [*Situation, None])
def test_there_is_one_for_every_alert(database, purpose, situation):
    assert policy.choose(purpose, [], situation).purpose is purpose


def test_the_first_that_fits_is_followed():
    here = POLICE | {"name": "here", "places": ["990101"], "situations": ["missing"]}
    own = book(here, POLICE, OFFICE)

    def chosen(codes: list[str], situation: Situation | None) -> str:
        fits = (one for one in own.policies if one.fits(Purpose.police, codes, situation))
        return next(fits).name

    assert chosen(["990101001", "990101", "990100"], Situation.missing) == "here"
    assert chosen(["990102", "990100"], Situation.missing) == "police"
    assert chosen(["990101"], Situation.accident) == "police"
    assert chosen([], None) == "police"


def test_a_step_is_made_as_often_as_it_says():
    twice = POLICE | {"steps": [CALL | {"repeat": 2}, CALL | {"contact": "second"}]}
    plan = book(twice, OFFICE).policies[0]
    assert [step.contact for step in plan.attempts] == [Who.first, Who.first, Who.second]


@pytest.mark.parametrize(
    "bad",
    [
        {"steps": []},
        {"news": []},
        {"steps": [CALL | {"contact": "pigeon"}]},
        {"steps": [CALL | {"channels": ["pigeon"]}]},
        {"steps": [CALL | {"channels": ["redirect"]}]},
        {"steps": [CALL | {"channels": []}]},
        {"steps": [CALL | {"wait": 0}]},
        {"steps": [CALL | {"repeat": 0}]},
        {"steps": [CALL | {"wait": policy.LONGEST_POLICE_WAIT + 1}]},
        {"steps": [CALL | {"channels": ["sms"]}]},
        {"news": [CALL | {"wait": policy.LONGEST_POLICE_WAIT + 1}]},
        {"alarm": ALARM | {"wait": policy.LONGEST_POLICE_WAIT + 1}},
        {"alarm": ALARM | {"contact": "first"}},
        {"alarm": ALARM | {"channels": []}},
        {"situations": ["missing"]},
        {"places": ["990101"]},
        {"name": "office"},
        {"purpose": "office"},
        {"more": 1},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(bad):
    assert book(POLICE, OFFICE)
    with pytest.raises(ValidationError):
        book(POLICE | bad, OFFICE)


def test_one_that_is_never_reached_is_refused():
    with pytest.raises(ValidationError, match="never used"):
        book(POLICE | {"name": "before"}, POLICE, OFFICE)


def test_an_operator_may_bring_policies_of_their_own(
    database: config.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    own = tmp_path / "own.toml"
    own.write_text(OWN)
    monkeypatch.setattr(config, "_current", database.model_copy(update={"alert_policy": own}))
    assert policy.choose(Purpose.police, [], None).name == "ours"
    assert policy.named("police", Purpose.police).name == "ours"


@pytest.mark.parametrize("content", [None, b"steps = [", b"policies = []", b"\xff\xfe"])
def test_a_file_that_has_gone_or_gone_bad_stops_no_alert(database, monkeypatch, tmp_path, content):
    own = tmp_path / "policy.toml"
    if content is not None:
        own.write_bytes(content)
    changed = config.current().model_copy(update={"alert_policy": own})
    monkeypatch.setattr(config, "_current", changed)
    with pytest.raises(policy.UNUSABLE):
        policy.load()
    assert policy.choose(Purpose.police, [], None).name == "police"
    assert policy.named("ours", Purpose.office).name == "office"
    assert health.POLICY.look
    assert "ALERT_POLICY" in health.POLICY.look()


def test_a_good_one_is_no_trouble(database):
    assert health.POLICY.look
    assert health.POLICY.look() == ""


def test_no_key_of_a_supervisor_silences_the_police_for_long():
    with pytest.raises(ValidationError, match="over 600"):
        book(POLICE | {"alarm": ALARM | {"heard_wait": 86_400}}, OFFICE)
