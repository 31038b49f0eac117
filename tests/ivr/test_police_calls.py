"""The police's side of the telephone by its webhooks: what each asks of the database, and what it keeps."""

from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from hotline import audit, db
from ivr.aloud import TONGUES
from tests.ivr.people import counted, the
from triage.alerts import service as alerts
from triage.alerts.models import Alert
from triage.alerts.states import NEWS
from triage.callers.models import EnquiryTry
from triage.intake.models import CallStep, Report

POLICE, STRANGER = "+8610000000311", "+8610000000399"
MOST_STATEMENTS = 33
"""Of a webhook that finds the alert, acknowledges it and says where the child is."""


@pytest.fixture
def code(wire):
    """An alert is out; its code."""
    wire.post("/ivr/voice")
    with db.transaction() as session:
        return alerts.raise_alert(session, the(Report).id, audit.SYSTEM).code


def enters(wire, node: str, number: int, digits: str, caller: str = POLICE):
    place = {"flow": "police_line", "node": node, "lang": "zh", "tries": "0", "step": str(number)}
    path = f"/ivr/step?{urlencode(place | {'event': 'digits'})}"
    return wire.post(path, CallSid="CA-police", From=caller, Digits=digits)


def kept() -> list[str]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(CallStep.value).order_by(CallStep.step)))


def test_a_code_costs_one_transaction_and_few_statements(wire, code):
    with counted(db.engine()) as seen:
        answer = enters(wire, "code", 1, code)
    assert "已签收" in "".join(answer.itertext())
    assert seen.transactions == 1
    assert len(seen.statements) <= MOST_STATEMENTS, len(seen.statements)


def test_the_same_code_by_a_webhook_that_comes_twice_is_answered_alike(wire, code):
    for _ in range(2):
        said = "".join(enters(wire, "code", 1, code).itertext())
        assert "已签收" in said
        assert "node=details" in said
    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(EnquiryTry)) == 1


def test_neither_pin_nor_badge_stands_in_the_trace(wire, code):
    enters(wire, "code", 1, code, STRANGER)
    enters(wire, "pin", 2, "311311", STRANGER)
    enters(wire, "badge", 3, "012345", STRANGER)
    assert kept() == [code, "", ""]
    assert the(Alert).acknowledged_by == "云溪公安分局指挥中心 警号 012345"


def test_a_pin_without_a_code_opens_nothing(wire, code):
    answer = enters(wire, "pin", 1, "311311", STRANGER)
    assert "密码不对" in "".join(answer.itertext())
    assert the(Alert).status == "raised"


@pytest.mark.parametrize("node", ["acknowledged", "details", "badge", "thanks"])
def test_a_place_after_the_code_that_nobody_has_come_to_acknowledges_nothing(wire, code, node):
    """A URL of ours from another call, or a first webhook that was lost."""
    enters(wire, node, 4, "1", STRANGER)
    assert (the(Alert).status, the(Alert).feedback) == ("raised", None)


def test_the_childs_address_is_told_to_whoever_has_the_code_and_never_the_name(wire, code):
    with db.transaction() as session:
        report = session.get_one(Report, the(Report).id)
        report.address, report.child_name = "杏花路3号 李小雨家", "李小雨"
    said = "".join(enters(wire, "code", 1, code).itertext())
    assert "杏花路3号" in said
    assert "李小雨" not in said


@pytest.mark.parametrize("tongue", TONGUES.values(), ids=TONGUES)
def test_every_kind_of_news_has_a_word_in_every_language(tongue):
    assert {*NEWS, "exercise"} <= tongue.words.keys()
