"""The policy of steps is data, refused when it makes no sense."""

from typing import Any

import pytest
from pydantic import ValidationError

from hotline.accounts.permissions import Role
from hotline.outbox import Channel
from triage.alerts import policy

STEP: dict[str, Any] = {"contact": 1, "channel": "sms"}
ALARM: dict[str, Any] = {"role": "supervisor", "channels": ["sms"]}


def test_the_policy_in_force():
    steps = [(step.contact, step.channel) for step in policy.load().steps]
    assert steps == [(1, Channel.sms), (1, Channel.call), (2, Channel.sms), (2, Channel.call)]
    assert policy.load().alarm.role is Role.supervisor
    assert policy.load().alarm.channels == (Channel.sms, Channel.call)


@pytest.mark.parametrize(
    "bad",
    [
        {"steps": [], "alarm": ALARM},
        {"steps": [STEP]},
        {"steps": [{**STEP, "contact": 0}], "alarm": ALARM},
        {"steps": [{**STEP, "channel": "pigeon"}], "alarm": ALARM},
        {"steps": [{**STEP, "wait": 5}], "alarm": ALARM},
        {"steps": [STEP], "alarm": ALARM | {"channels": []}},
        {"steps": [STEP], "alarm": ALARM | {"role": "nobody"}},
        {"steps": [STEP], "alarm": ALARM, "more": 1},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(bad):
    assert policy.Policy.model_validate({"steps": [STEP], "alarm": ALARM})
    with pytest.raises(ValidationError):
        policy.Policy.model_validate(bad)
